import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import { TramError } from '@tramhoc/protocol/errors';
import { checkEvent, EventBatch, type EventData, type TramEvent } from '@tramhoc/protocol/event';
import { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import { maxMqttPayloadBytes } from '@tramhoc/protocol/limits';
import * as fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { createDrain, type Drain } from './drain.ts';
import { maxInFlight } from './drain-machine.ts';
import { type Outbox, openOutbox } from './outbox.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const owner = { siteId: SiteId.parse('thpt-demo'), deviceId: DeviceId.parse('11111111-1111-4111-8111-111111111111') };
const reading = (value: number) =>
  ({
    slot: 'air',
    driver: 'pms5003',
    measurements: [{ quantity: 'pm25', value }],
    sampleCount: 1,
  }) as EventData<'vn.tramhoc.sensor.reading.v1'>;

/** A device with its outbox file, and a wire to a broker that a test lets through, breaks and acknowledges by hand. The wire keeps order, as TCP does. */
function device() {
  const dataDir = mkdtempSync(join(tmpdir(), 'drain-'));
  folders.push(dataDir);
  const clock = fakeClock();
  const random = seededRandom(folders.length);
  const arrived: TramEvent[][] = [];
  const payloads: string[] = [];
  type Sent = { payload: string; delivered: boolean; resolve(): void; reject(error: Error): void };
  let wire: Sent[] = [];
  let connected = false;
  let outbox: Outbox;
  let drain: Drain;
  const open = (): void => {
    outbox = openOutbox({ dataDir, owner, clock, random, log: silentLog, clockQuality: () => 'site' });
    drain = createDrain({
      queue: outbox.queue,
      publish: (payload) =>
        new Promise((resolve, reject) => {
          if (connected) wire.push({ payload, delivered: false, resolve, reject });
          else reject(new TramError('LINK_CLOSED', 'not connected'));
        }),
      delivered: outbox.delivered,
      clock,
      log: silentLog,
    });
    outbox.onChange(() => drain.wake());
  };
  open();
  const settle = (): Promise<void> => clock.advance(0);
  return {
    clock,
    arrived,
    payloads,
    get outbox() {
      return outbox;
    },
    inFlight: () => wire.length,
    accept: (value: number) => outbox.accept('vn.tramhoc.sensor.reading.v1', reading(value)),
    async connect() {
      if (connected) return;
      connected = true;
      drain.linkChanged(true);
      await settle();
    },
    async disconnect() {
      if (!connected) return;
      connected = false;
      const lost = wire;
      wire = [];
      for (const { reject } of lost) reject(new TramError('LINK_CLOSED', 'gone'));
      drain.linkChanged(false);
      await settle();
    },
    /** The next batch reaches the broker. */
    deliver() {
      const next = wire.find(({ delivered }) => !delivered);
      if (next === undefined) return;
      next.delivered = true;
      payloads.push(next.payload);
      const events = EventBatch.parse(JSON.parse(next.payload)).map((input) => {
        const check = checkEvent(input);
        if (!check.ok) throw new Error(check.reason);
        return check.event;
      });
      arrived.push(events);
    },
    /** The broker's PUBACK of the oldest batch that it has comes back. */
    async acknowledge() {
      const at = wire.findIndex(({ delivered }) => delivered);
      if (at === -1) return;
      const [acked] = wire.splice(at, 1);
      acked!.resolve();
      await settle();
    },
    async refuse() {
      const refused = wire.shift();
      refused?.reject(new TramError('PAYLOAD_TOO_LARGE', 'no'));
      await settle();
    },
    async killAndStart() {
      await this.disconnect();
      drain.close();
      outbox.close();
      open();
    },
    close() {
      drain.close();
      outbox.close();
    },
  };
}

test('without a backlog an event is under way before accept returns to its caller', async () => {
  const it = device();
  await it.connect();
  it.accept(1);
  expect(it.inFlight()).toBe(1);
  it.close();
});

test('a backlog goes out in full batches of at most 64 KiB, a few at a time', async () => {
  const it = device();
  for (let at = 0; at < 700; at += 1) it.accept(at);
  await it.connect();
  expect(it.inFlight()).toBeLessThanOrEqual(maxInFlight);
  while (it.inFlight() > 0) {
    it.deliver();
    await it.acknowledge();
  }
  expect(Math.max(...it.payloads.map((payload) => Buffer.byteLength(payload)))).toBeLessThanOrEqual(maxMqttPayloadBytes);
  expect(it.payloads.length).toBeLessThan(10);
  expect(it.arrived.flat().map(({ seq }) => seq)).toEqual(Array.from({ length: 700 }, (_, at) => at + 1));
  it.close();
});

test('every event says when it was sent by the clock that cannot jump', async () => {
  const it = device();
  it.accept(1);
  const madeNs = it.clock.monotonicNs();
  await it.clock.advance(60_000);
  it.clock.jumpWall(-1e10);
  await it.connect();
  it.deliver();
  const [event] = it.arrived[0]!;
  expect(event).toMatchObject({ sentbootid: it.clock.bootId, bootid: it.clock.bootId, monons: String(madeNs) });
  expect(BigInt(event!.sentmonons!) - madeNs).toBe(60_000_000_000n);
  it.close();
});

test('a refusal that does not end the connection is tried again after a while, not at once', async () => {
  const it = device();
  await it.connect();
  it.accept(1);
  await it.refuse();
  expect(it.inFlight()).toBe(0);
  await it.clock.advance(6_000);
  expect(it.inFlight()).toBe(1);
  it.close();
});

const act = fc.constantFrom('accept', 'connect', 'disconnect', 'deliver', 'acknowledge', 'kill') satisfies fc.Arbitrary<string>;

test('law: whatever connects, breaks, is killed or not acknowledged, each accepted event arrives, first arrivals in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 60 }), async (acts) => {
      const it = device();
      const accepted: string[] = [];
      const perform: Record<(typeof acts)[number], () => unknown> = {
        accept: () => accepted.push(it.accept(accepted.length).id),
        connect: () => it.connect(),
        disconnect: () => it.disconnect(),
        deliver: () => it.deliver(),
        acknowledge: () => it.acknowledge(),
        kill: () => it.killAndStart(),
      };
      for (const next of acts) await perform[next]();
      await it.connect();
      while (it.inFlight() > 0) {
        it.deliver();
        await it.acknowledge();
      }
      const firstArrivals = [...new Set(it.arrived.flat().map(({ id }) => id as string))];
      expect(firstArrivals).toEqual(accepted);
      expect(it.outbox.pendingCount()).toBe(0);
      it.close();
    }),
    { numRuns: 60 },
  );
});
