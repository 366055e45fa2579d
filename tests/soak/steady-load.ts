/**
 * Devices that publish at a steady rate, batch after batch, and send again what was not acknowledged. Each has an epoch of its own and counts from 1 without a hole,
 * so that at the end two numbers say whether anything is missing or twice: the highest seq acknowledged, and how many rows there are.
 */
import { randomBytes } from 'node:crypto';
import { systemClock } from '@tramhoc/base/clock';
import { loadIdentity } from '@tramhoc/base/identity';
import { openRawClient, type RawClient } from '@tramhoc/broker/testing/raw-client';
import { DeviceId, deviceUrn, SiteId } from '@tramhoc/protocol/ids';
import { eventsTopic } from '@tramhoc/protocol/topics';

export type SteadyOptions = {
  port: number;
  siteId: string;
  deviceId: string;
  identityFolder: string;
  /** Tells connections of one device apart. */
  name: string;
  eventsPerSecond: number;
};
export type SteadyDevice = {
  readonly epoch: string;
  readonly deviceId: string;
  acknowledged(): number;
  /** Drops the connection without a word; it comes back. */
  drop(): void;
  /** Makes nothing new; resolves when everything was acknowledged. */
  finish(): Promise<void>;
};

const clock = systemClock();
export const batchEvents = 50;
/** One in so many is a tap, the others are readings: the mix of a school with sensors in its rooms. */
const tapEvery = 10;
const maxUnderWay = 40;
const tryAgainMs = 200;

type Batch = { lastSeq: number; payload: string };

export function startSteadyDevice(options: SteadyOptions): SteadyDevice {
  const identity = loadIdentity(options.identityFolder)!;
  const owner = { siteId: SiteId.parse(options.siteId), deviceId: DeviceId.parse(options.deviceId) };
  const epoch = randomBytes(8).toString('hex');
  const topic = eventsTopic(owner);
  const periodMs = (batchEvents * 1_000) / options.eventsPerSecond;
  let seq = 0;
  let acknowledged = 0;
  /** In their order; the first one is the oldest that was not acknowledged. */
  let waiting: Batch[] = [];
  let client: RawClient | undefined;
  let finishing = false;

  const makeBatch = (): Batch => {
    const time = new Date(clock.wallMs()).toISOString();
    const monons = String(clock.monotonicNs());
    const events = Array.from({ length: batchEvents }, () => {
      seq += 1;
      const isTap = seq % tapEvery === 0;
      return {
        specversion: '1.0',
        id: `${epoch.slice(0, 8)}-0000-4000-8000-${seq.toString(16).padStart(12, '0')}`,
        source: deviceUrn(owner),
        type: isTap ? 'vn.tramhoc.attendance.tap.v1' : 'vn.tramhoc.sensor.reading.v1',
        ...{ time, datacontenttype: 'application/json', epoch, seq, bootid: clock.bootId, monons, clockquality: 'ntp' },
        ...{ sentbootid: clock.bootId, sentmonons: monons },
        data: isTap
          ? { slot: 'gate', cardHash: randomBytes(32).toString('hex'), technology: 'em4100' }
          : { slot: 'air', driver: 'pms5003', measurements: [{ quantity: 'pm25', value: seq % 100 }], sampleCount: 60 },
      };
    });
    return { lastSeq: seq, payload: JSON.stringify(events) };
  };
  const send = (over: RawClient, batch: Batch): void =>
    void over.publish(topic, batch.payload).then((how) => {
      if (how !== 'acknowledged') return;
      waiting = waiting.filter((other) => other !== batch);
      acknowledged = waiting.length === 0 ? batch.lastSeq : Math.max(acknowledged, waiting[0]!.lastSeq - batchEvents);
    });
  const session = async (): Promise<void> => {
    const over = await openRawClient({ port: options.port, identity, clock, clientId: `${owner.deviceId}/${options.name}`, keepalive: 15 });
    if (over.returnCode !== 0) {
      over.socket.destroy();
      return;
    }
    client = over;
    let live = true;
    void over.ended.then(() => {
      live = false;
    });
    for (const batch of waiting) send(over, batch);
    for (let dueMs = clock.monotonicMs(); live && !(finishing && waiting.length === 0); dueMs += periodMs) {
      await clock.sleep(Math.max(1, dueMs - clock.monotonicMs()));
      // what a bad minute cost is not made up for
      if (clock.monotonicMs() - dueMs > 1_000) dueMs = clock.monotonicMs();
      if (finishing || !live || waiting.length >= maxUnderWay) continue;
      const batch = makeBatch();
      waiting.push(batch);
      send(over, batch);
    }
    client = undefined;
    if (live) await over.end();
    await over.ended;
  };
  const run = async (): Promise<void> => {
    while (!(finishing && waiting.length === 0)) {
      await session().catch(() => undefined);
      await clock.sleep(tryAgainMs);
    }
  };
  const done = run();
  return {
    ...{ epoch, deviceId: owner.deviceId },
    acknowledged: () => acknowledged,
    drop: () => void client?.socket.destroy(),
    async finish() {
      finishing = true;
      await done;
    },
  };
}
