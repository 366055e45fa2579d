/** A centre to look at: the real one with the built console, brokers and agents enrolled over the real wire, in a folder that goes away. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@tramhoc/base/clock';
import { type CentreClient, centreClient, enrol, newKey } from '@tramhoc/base/identity';
import { silentLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import { EnrolmentGrant, EnrolmentStarted } from '@tramhoc/protocol/enrolment';
import type { EventType } from '@tramhoc/protocol/event';
import { DeviceId, deviceUrn, type SiteId } from '@tramhoc/protocol/ids';
import { askCentre, type LocalCall } from '@tramhoc/provisioning/cli/local-client';
import { type Centre, startCentre } from '@tramhoc/provisioning/server';
import { buildConsole } from '../../provisioning/build-console.ts';

/** Who tells facts; `cardKey`: the site's key of card hashes, which agents are given. */
export type Speaker = { siteId: SiteId; deviceId: DeviceId; seq: number; cardKey?: string };
/** One fact to be told: by which device, when (the site's time; null: nobody knows). */
export type Fact = { by: Speaker; type: EventType; data: Record<string, unknown>; atMs: number | null; clockquality?: string };
export type WaitingDevice = { started: EnrolmentStarted; keyPem: string };

export type ConsoleStage = {
  centre: Centre;
  password: string;
  ask(call: LocalCall): Promise<unknown>;
  site(site: { siteId: SiteId; name: string; brokerHost?: string }): Promise<{ broker: Speaker; client: CentreClient }>;
  /** A device that asks for a code, as an agent does. */
  waiting(about: { name: string; model: string; serial: string }): Promise<WaitingDevice>;
  /** What the device does once it is approved; the certificate it gets. */
  collect(waiting: WaitingDevice): Promise<Speaker>;
  approve(waiting: WaitingDevice, where: { siteId: SiteId; name: string }): Promise<Speaker>;
  tell(client: CentreClient, facts: readonly Fact[]): Promise<void>;
  close(): Promise<void>;
};

const epoch = 'c0ffee0000000001';
const bootid = '6f1c1d3e-52a7-4b64-9a51-0d7a3c1f0001';

export async function setConsoleStage(): Promise<ConsoleStage> {
  const { folder: consoleFolder } = await buildConsole();
  const dataDir = mkdtempSync(join(tmpdir(), 'tramhoc-console-e2e-'));
  const random = systemRandom();
  const centre = await startCentre(
    {
      dataDir,
      consoleFolder,
      departmentName: 'So GDDT',
      console: { host: '127.0.0.1', port: 0 },
      devices: { host: '127.0.0.1', port: 0, names: ['localhost', '127.0.0.1'] },
    },
    { clock: systemClock(), random, log: silentLog },
  );
  const clients: CentreClient[] = [];
  const clientOf = (identity?: Parameters<typeof centreClient>[1]): CentreClient => {
    const client = centreClient({ url: centre.devicesUrl, caFile: centre.rootCaFile }, identity);
    clients.push(client);
    return client;
  };
  const anonymous = clientOf();
  const ask = (call: LocalCall): Promise<unknown> => askCentre(centre.adminSocket, call);
  const post = async (path: string, body: unknown): Promise<unknown> => {
    const answer = await anonymous.request({
      method: 'POST',
      path,
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
    if (answer.status >= 300) throw new Error(`${path} answered ${answer.status} ${answer.body.toString('utf8')}`);
    return JSON.parse(answer.body.toString('utf8'));
  };
  const stage: ConsoleStage = {
    centre,
    password: centre.firstRunPassword!,
    ask,
    async site({ siteId, name, brokerHost = 'broker.truong.lan' }) {
      const made = await ask({ method: 'POST', path: '/api/sites', body: { siteId, name, brokerHost, brokerPort: 8883 } });
      const { claimUser, claimToken } = made as { claimUser: string; claimToken: string };
      const identity = await enrol(anonymous, {
        keyPem: newKey().keyPem,
        subject: claimUser,
        basic: { user: claimUser, password: claimToken },
      });
      return { broker: { siteId, deviceId: DeviceId.parse(claimUser), seq: 0 }, client: clientOf(identity) };
    },
    async waiting(about) {
      const { keyPem, spki } = newKey();
      const request = { publicKey: Buffer.from(spki).toString('base64'), agentVersion: '0.1.0', ...about };
      return { started: EnrolmentStarted.parse(await post('/v1/enrolment', request)), keyPem };
    },
    async collect({ started, keyPem }) {
      const grant = EnrolmentGrant.parse(await post('/v1/enrolment/token', { deviceCode: started.deviceCode }));
      const { deviceId, siteId, cardKey } = grant;
      await enrol(anonymous, { keyPem, subject: deviceId, basic: { user: deviceId, password: grant.enrolToken } });
      return { siteId, deviceId, seq: 0, cardKey };
    },
    async approve(waiting, { siteId, name }) {
      const { enrolmentId } = (await ask({ method: 'POST', path: '/api/enrolments/lookup', body: { code: waiting.started.userCode } })) as {
        enrolmentId: string;
      };
      const body = { siteId, name, fingerprint: waiting.started.fingerprint };
      await ask({ method: 'POST', path: `/api/enrolments/${enrolmentId}/approve`, body });
      return await stage.collect(waiting);
    },
    async tell(client, facts) {
      for (let at = 0; at < facts.length; at += 500) {
        const body = JSON.stringify(facts.slice(at, at + 500).map((fact) => eventOf(fact, random.uuid())));
        const headers = { 'content-type': 'application/cloudevents-batch+json' };
        const answer = await client.request({ method: 'POST', path: '/v1/events', headers, body });
        const receipt = JSON.parse(answer.body.toString('utf8')) as { quarantined: number };
        if (answer.status !== 200 || receipt.quarantined > 0) throw new Error(`events: ${answer.status} ${JSON.stringify(receipt)}`);
      }
    },
    async close() {
      for (const client of clients) await client.close();
      await centre.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  return stage;
}

function eventOf({ by, type, data, atMs, clockquality = 'site' }: Fact, id: string): unknown {
  by.seq += 1;
  const known =
    atMs === null
      ? { sitetimemethod: 'unknown' }
      : { sitetime: new Date(atMs).toISOString(), sitetimemethod: 'same-boot', sitetimeerrorms: 40 };
  return {
    ...{
      specversion: '1.0',
      id,
      source: deviceUrn(by),
      type,
      time: new Date(atMs ?? 0).toISOString(),
      datacontenttype: 'application/json',
    },
    ...{ epoch, seq: by.seq, bootid, monons: String(by.seq * 1_000_000), clockquality: atMs === null ? 'unknown' : clockquality },
    ...known,
    data,
  };
}
