/**
 * The MQTT server of the product with rules that allow everything, over plain TCP and a real site store: what the protocol itself promises is tested
 * here, apart from who may do what. Never used outside tests.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '@tramhoc/base/clock';
import { silentLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import type { IConnectPacket } from 'mqtt-packet';
import { createMetrics } from '../health/metrics.ts';
import { createMqttServer, type GoneHow, type LineFault, type MqttRules, type MqttServer } from '../mqtt-server.ts';
import { type DeliveryLimits, deliveryLimits } from '../sessions/delivery-limits.ts';
import { createSessionStore } from '../sessions/session-store.ts';
import { openSiteStore, type SiteStore } from '../site-store.ts';
import { openPacketClient, type PacketClient } from './packet-client.ts';

/** Each client is known by its id alone. */
export type Guest = { clientId: string };
export type TestMqtt = {
  port: number;
  server: MqttServer<Guest>;
  store: SiteStore;
  faults: LineFault[];
  gone: GoneHow[];
  overflowed: string[];
  counted: string[];
  open(connect?: Partial<IConnectPacket> | 'nothing'): Promise<PacketClient>;
  /** Stops as the product stops, and starts again. */
  restart(): Promise<void>;
  /** The power goes now: what is on disk at this moment is what the next start finds. */
  powerCut(): Promise<void>;
  close(): Promise<void>;
};

const clock = systemClock();
const identity = { siteId: SiteId.parse('thpt-test'), deviceId: DeviceId.parse('00000000-0000-4000-8000-00000000b0b0') };

type Options = {
  limits?: Partial<DeliveryLimits>;
  rules?: Partial<MqttRules<Guest>>;
  connectTimeoutMs?: number;
  stalledMs?: number;
  /** Of the MQTT server; the store has the system's. */
  clock?: Clock;
};
type Running = Pick<TestMqtt, 'port' | 'server' | 'store'> & { stop(): Promise<void> };

export async function startTestMqtt(options: Options = {}): Promise<TestMqtt> {
  const records: Pick<TestMqtt, 'faults' | 'gone' | 'overflowed' | 'counted'> = { faults: [], gone: [], overflowed: [], counted: [] };
  const folders: string[] = [];
  const newFolder = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'tramhoc-mqtt-'));
    folders.push(folder);
    return folder;
  };
  const stops: (() => Promise<void>)[] = [];
  const run = async (folder: string): Promise<Running> => {
    const running = await start(folder, options, records);
    stops.push(running.stop);
    return running;
  };
  const first = await run(newFolder());
  const mqtt: TestMqtt = {
    ...records,
    ...first,
    open: (connect = {}) => openPacketClient(mqtt.port, { connect }),
    async restart() {
      await stops.pop()!();
      Object.assign(mqtt, await run(folders.at(-1)!));
    },
    async powerCut() {
      const before = folders.at(-1)!;
      const after = newFolder();
      cpSync(before, after, { recursive: true });
      await stops.pop()!();
      Object.assign(mqtt, await run(after));
    },
    async close() {
      for (const stop of stops) await stop();
      for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
  return mqtt;
}

async function start(
  folder: string,
  options: Options,
  records: Pick<TestMqtt, 'faults' | 'gone' | 'overflowed' | 'counted'>,
): Promise<Running> {
  const config = { dataDir: folder, maxStoreBytes: 2 ** 30, retentionDays: 30 };
  const store = openSiteStore({
    ...{ config, identity, clock, random: systemRandom(), log: silentLog, metrics: createMetrics() },
    onCommitted: () => undefined,
  });
  const rules: MqttRules<Guest> = {
    connect(guest, { clientId }) {
      guest.clientId = clientId === '' ? `unnamed ${Math.random()}` : clientId;
      return { allowed: true, clientId: guest.clientId, owner: guest.clientId };
    },
    publish: (_guest, { retain }) => Promise.resolve({ allowed: true, retain }),
    subscribe: (_guest, filter) => !filter.startsWith('no/'),
    deliver: () => true,
    arrived: () => undefined,
    gone: (_guest, how) => void records.gone.push(how),
    absent: (clientId) => ({ clientId }),
    overflowed: ({ clientId }) => void records.overflowed.push(clientId),
    ...options.rules,
  };
  const server = await createMqttServer(rules, {
    ...{ log: silentLog, clock: options.clock ?? clock, limits: { ...deliveryLimits, ...options.limits } },
    store: createSessionStore(store.database, store.ingest.write),
    ...(options.connectTimeoutMs === undefined ? {} : { connectTimeoutMs: options.connectTimeoutMs }),
    count: (what) => void records.counted.push(what),
  });
  const patience = options.stalledMs === undefined ? {} : { patienceMs: options.stalledMs };
  const listener = createServer({ noDelay: true }, (socket: Socket) =>
    server.serve(socket, { clientId: '' }, { onFault: (fault) => void records.faults.push(fault), ...patience }),
  );
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return {
    ...{ server, store },
    port: (listener.address() as { port: number }).port,
    async stop() {
      const closed = new Promise((resolve) => listener.close(resolve));
      await server.close();
      await closed;
      store.close();
    },
  };
}
