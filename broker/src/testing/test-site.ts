/** A whole broker on loopback for tests: its own authority, folder and devices. Never used outside tests. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '@tramhoc/base/clock';
import { type Identity, saveIdentity } from '@tramhoc/base/identity';
import { createLog, type Log } from '@tramhoc/base/log';
import { seededRandom, systemRandom } from '@tramhoc/base/random';
import type { EventType, TramEvent } from '@tramhoc/protocol/event';
import { DeviceId, deviceUrn, Epoch, SiteId } from '@tramhoc/protocol/ids';
import { eventsTopic, type TopicOwner } from '@tramhoc/protocol/topics';
import type { AccessLimits } from '../access/tls-listener.ts';
import { BrokerConfig } from '../broker-config.ts';
import { type SiteBroker, startSiteBroker } from '../site-broker.ts';
import { openRawClient, type RawClient, type RawClientOptions } from './raw-client.ts';
import { createTestCa, type TestCa } from './test-ca.ts';

export const testSiteId = SiteId.parse('thpt-test');
const brokerId = DeviceId.parse('00000000-0000-4000-8000-00000000b0b0');

export type TestDevice = {
  owner: TopicOwner;
  identity: Identity;
  epoch: Epoch;
  topic: string;
  open(options?: Partial<RawClientOptions>): Promise<RawClient>;
  /** An event as an agent makes it, with the next seq unless one is given. */
  event(fields?: Partial<Record<keyof TramEvent, unknown>> & { type?: EventType }): Record<string, unknown>;
};

export type TestSite = {
  ca: TestCa;
  folder: string;
  config: BrokerConfig;
  broker: SiteBroker;
  logLines: string[];
  device(): TestDevice;
  restart(): Promise<void>;
  metric(name: string): Promise<number>;
  close(): Promise<void>;
};

export type TestFolder = { ca: TestCa; folder: string; config: BrokerConfig; device(port: () => number): TestDevice; remove(): void };

/** What a broker finds on its first start: a folder with its identity, the centre's root, and a config. */
export function makeTestFolder(options: {
  clock: Clock;
  centreUrl?: string;
  ca?: TestCa;
  maxStoreBytes?: number;
  /** Where its folder is made; the default is the system's temporary folder. */
  parent?: string;
  gateways?: unknown;
}): TestFolder {
  const { clock, centreUrl, ca, maxStoreBytes, gateways } = options;
  const authority = ca ?? createTestCa(clock.wallMs());
  const folder = mkdtempSync(join(options.parent ?? tmpdir(), 'tramhoc-broker-'));
  const caFile = join(folder, 'root.pem');
  writeFileSync(caFile, authority.rootPem);
  const uri = deviceUrn({ siteId: testSiteId, deviceId: brokerId });
  saveIdentity(folder, authority.issue({ subject: 'broker', names: { uris: [uri], dns: ['localhost'], loopback: true } }));
  const listen = { host: '127.0.0.1', port: 0 };
  const config = BrokerConfig.parse({
    dataDir: folder,
    // port 9 (discard) answers to nobody
    centre: { url: centreUrl ?? 'https://127.0.0.1:9', caFile },
    mqtt: listen,
    status: listen,
    ...(maxStoreBytes === undefined ? {} : { maxStoreBytes }),
    ...(gateways === undefined ? {} : { gateways }),
  });
  let devices = 0;
  return {
    ca: authority,
    folder,
    config,
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }),
    device(port) {
      devices += 1;
      return makeDevice({ ca: authority, number: devices, port, clock });
    },
  };
}

function makeDevice({ ca, number, port, clock }: { ca: TestCa; number: number; port: () => number; clock: Clock }): TestDevice {
  const deviceId = DeviceId.parse(`00000000-0000-4000-8000-${String(number).padStart(12, '0')}`);
  const owner = { siteId: testSiteId, deviceId };
  const identity = ca.issue({ subject: 'device', names: { uris: [deviceUrn(owner)] } });
  const epoch = Epoch.parse(String(number).padStart(16, 'e'));
  // the generator ignores the lowest bit of its seed
  const random = seededRandom(number * 2);
  let seq = 0;
  return {
    owner,
    identity,
    epoch,
    topic: eventsTopic(owner),
    open: (options = {}) => openRawClient({ port: port(), identity, clock, ...options }),
    event(fields = {}) {
      if (fields.seq === undefined) seq += 1;
      return {
        specversion: '1.0',
        id: random.uuid(),
        source: deviceUrn(owner),
        type: 'vn.tramhoc.attendance.tap.v1',
        time: new Date(clock.wallMs()).toISOString(),
        datacontenttype: 'application/json',
        epoch,
        seq,
        bootid: clock.bootId,
        monons: String(clock.monotonicNs()),
        clockquality: 'ntp',
        sentbootid: clock.bootId,
        sentmonons: String(clock.monotonicNs()),
        data: { slot: 'gate', cardHash: 'a'.repeat(64), technology: 'em4100' },
        ...fields,
      };
    },
  };
}

export async function startTestSite(
  options: Partial<Parameters<typeof makeTestFolder>[0]> & { limits?: AccessLimits; log?: Log } = {},
): Promise<TestSite> {
  const clock = options.clock ?? systemClock();
  const made = makeTestFolder({ ...options, clock });
  const logLines: string[] = [];
  const log = options.log ?? createLog({ part: 'broker', level: 'debug', write: (line) => void logLines.push(line) });
  const start = (): Promise<SiteBroker> =>
    startSiteBroker(made.config, {
      clock,
      random: systemRandom(),
      log,
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    });
  const site: TestSite = {
    ...made,
    broker: await start(),
    logLines,
    device: () => made.device(() => site.broker.mqttPort),
    async restart() {
      await site.broker.close();
      site.broker = await start();
    },
    async metric(name) {
      const answer = await fetch(new URL('/metrics', site.broker.statusUrl));
      const line = (await answer.text()).split('\n').find((found) => found.startsWith(`tramhoc_${name} `));
      if (line === undefined) throw new Error(`no metric ${name}`);
      return Number(line.split(' ').at(-1));
    },
    async close() {
      await site.broker.close();
      made.remove();
    },
  };
  return site;
}
