/** A whole centre in a temporary folder, for tests: real files, real TLS, free ports. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { type FakeClock, fakeClock } from '@tramhoc/base/fake-clock';
import { type CentreClient, centreClient, enrol, type Identity, newKey } from '@tramhoc/base/identity';
import { silentLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import type { EnrolmentGrant, EnrolmentStarted } from '@tramhoc/protocol/enrolment';
import { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import type { DesiredChanges, EventReceipt } from '@tramhoc/protocol/upstream';
import type { PendingEnrolment } from '../api/contract.ts';
import { askCentre, type LocalCall } from '../cli/local-client.ts';
import { type Centre, type CentreConfig, startCentre } from '../server.ts';

export const siteA = SiteId.parse('thpt-nguyen-du');
export const siteB = SiteId.parse('thcs-le-loi');

export type Answer = { status: number; json: unknown; text: string; headers: Record<string, string | string[] | undefined> };
export type Enrolled = { deviceId: DeviceId; identity: Identity; client: CentreClient };
export type TestCentre = {
  centre: Centre;
  clock: FakeClock;
  dataDir: string;
  /** The API as `local`. */
  ask(call: LocalCall): Promise<unknown>;
  /** The console's listener. */
  http(method: string, path: string, options?: { headers?: Record<string, string>; body?: unknown; raw?: string }): Promise<Answer>;
  /** The devices listener without a certificate. */
  devices(method: 'GET' | 'POST', path: string, options?: { body?: unknown; client?: CentreClient }): Promise<Answer>;
  site(siteId?: SiteId): Promise<{ claimUser: string; claimToken: string }>;
  broker(siteId?: SiteId): Promise<Enrolled>;
  agent(siteId?: SiteId, name?: string): Promise<Enrolled & { grant: EnrolmentGrant }>;
  /** POST /v1/events as a broker does it. */
  send(broker: Enrolled, events: readonly unknown[]): Promise<EventReceipt>;
  desired(broker: Enrolled, after: number): Promise<DesiredChanges>;
  /** With another event log, if one is given. */
  restart(eventLog?: CentreConfig['eventLog']): Promise<void>;
  stop(): Promise<void>;
};

export async function testCentre({
  wallMs = Date.now(),
  consoleFolder,
  publicUrl,
  eventLog,
  maxStoreBytes,
  parent = tmpdir(),
}: {
  wallMs?: number;
  consoleFolder?: string;
  publicUrl?: string;
  eventLog?: CentreConfig['eventLog'];
  maxStoreBytes?: number;
  /** Where its data folder is made. */
  parent?: string;
} = {}): Promise<TestCentre> {
  const dataDir = mkdtempSync(join(parent, 'tramhoc-centre-'));
  const clock = fakeClock({ wallMs });
  const deps = { clock, random: systemRandom(), log: silentLog };
  const config = {
    dataDir,
    console: { host: '127.0.0.1', port: 0, ...(publicUrl === undefined ? {} : { publicUrl }) },
    devices: { host: '127.0.0.1', port: 0, names: ['localhost', '127.0.0.1'] },
    consoleFolder: consoleFolder ?? join(dataDir, 'no-console'),
    ...(eventLog === undefined ? {} : { eventLog }),
    ...(maxStoreBytes === undefined ? {} : { maxStoreBytes }),
  };
  const clients: CentreClient[] = [];
  let centre = await startCentre(config, deps);
  const where = () => ({ url: centre.devicesUrl, caFile: centre.rootCaFile });
  const clientOf = (identity?: Identity): CentreClient => {
    const client = centreClient(where(), identity);
    clients.push(client);
    return client;
  };
  const ask: TestCentre['ask'] = (call) => askCentre(centre.adminSocket, call);
  const devices: TestCentre['devices'] = async (method, path, { body, client = clientOf() } = {}) => {
    const answer = await client.request({
      ...{ method, path },
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    return {
      status: answer.status,
      headers: answer.headers,
      text: answer.body.toString('utf8'),
      json: jsonOf(answer.body.toString('utf8')),
    };
  };
  const site: TestCentre['site'] = async (siteId = siteA) =>
    (await ask({
      method: 'POST',
      path: '/api/sites',
      body: { siteId, name: `Trường ${siteId}`, brokerHost: 'localhost', brokerPort: 8883 },
    })) as {
      claimUser: string;
      claimToken: string;
    };
  const certified = async (deviceId: string, token: string, keyPem = newKey().keyPem): Promise<Enrolled> => {
    const identity = await enrol(clientOf(), { keyPem, subject: deviceId, basic: { user: deviceId, password: token } });
    return { deviceId: DeviceId.parse(deviceId), identity, client: clientOf(identity) };
  };
  const test: TestCentre = {
    ...{ clock, dataDir, ask, devices, site },
    get centre() {
      return centre;
    },
    async http(method, path, { headers = {}, body, raw } = {}) {
      const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
      const answer = await fetch(new URL(path, centre.metricsUrl), {
        method,
        headers: { ...(payload === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(payload === undefined ? {} : { body: payload }),
      });
      const text = await answer.text();
      const cookie = answer.headers.getSetCookie();
      return { status: answer.status, text, json: jsonOf(text), headers: { ...Object.fromEntries(answer.headers), 'set-cookie': cookie } };
    },
    async broker(siteId = siteA) {
      const { claimUser, claimToken } = await site(siteId);
      return await certified(claimUser, claimToken);
    },
    async agent(siteId = siteA, name = 'Kiosk sảnh') {
      const { keyPem, spki } = newKey();
      const about = { name, model: 'Test PC', serial: 'SN-1', agentVersion: '0.1.0' };
      const started = (await devices('POST', '/v1/enrolment', { body: { publicKey: Buffer.from(spki).toString('base64'), ...about } }))
        .json as EnrolmentStarted;
      const found = (await ask({ method: 'POST', path: '/api/enrolments/lookup', body: { code: started.userCode } })) as PendingEnrolment;
      await ask({
        method: 'POST',
        path: `/api/enrolments/${found.enrolmentId}/approve`,
        body: { siteId, name, fingerprint: started.fingerprint },
      });
      const grant = (await devices('POST', '/v1/enrolment/token', { body: { deviceCode: started.deviceCode } })).json as EnrolmentGrant;
      return { grant, ...(await certified(grant.deviceId, grant.enrolToken, keyPem)) };
    },
    async send({ client }, events) {
      const answer = await client.request({
        ...{ method: 'POST', path: '/v1/events', body: zstdCompressSync(Buffer.from(JSON.stringify(events))) },
        headers: { 'content-type': 'application/cloudevents-batch+json', 'content-encoding': 'zstd' },
      });
      if (answer.status !== 200) throw new Error(`${answer.status} ${answer.body.toString('utf8')}`);
      return JSON.parse(answer.body.toString('utf8')) as EventReceipt;
    },
    async desired({ client }, after) {
      const answer = await client.request({ method: 'GET', path: `/v1/desired?after=${after}` });
      if (answer.status !== 200) throw new Error(`${answer.status} ${answer.body.toString('utf8')}`);
      return JSON.parse(answer.body.toString('utf8')) as DesiredChanges;
    },
    async restart(other) {
      await centre.close();
      centre = await startCentre(other === undefined ? config : { ...config, eventLog: other }, deps);
    },
    async stop() {
      await Promise.all(clients.map((client) => client.close()));
      await centre.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  return test;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
