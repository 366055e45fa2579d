import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FakeClock, fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import type { TramEvent } from '@tramhoc/protocol/event';
import { CardHash, DeviceId, Epoch } from '@tramhoc/protocol/ids';
import { afterEach, expect, test } from 'vitest';
import { createMetrics } from '../health/metrics.ts';
import { openSiteStore, type SiteStore } from '../site-store.ts';
import { makeTestFolder, type TestDevice, testSiteId } from '../testing/test-site.ts';

const brokerId = DeviceId.parse('00000000-0000-4000-8000-00000000b0b0');
const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const step of cleanUp.splice(0).toReversed()) step();
});

type World = { clock: FakeClock; store: SiteStore; device: TestDevice; stranger: TestDevice; send(...events: unknown[]): Promise<void> };

function openStore(folder: string, clock: FakeClock, maxStoreBytes = 64 * 1024 * 1024, seed = 7): SiteStore {
  return openSiteStore({
    config: { dataDir: folder, maxStoreBytes, retentionDays: 30 },
    identity: { siteId: testSiteId, deviceId: brokerId },
    clock,
    random: seededRandom(seed),
    log: silentLog,
    metrics: createMetrics(),
    onCommitted: () => undefined,
  });
}

function openWorld({ maxStoreBytes }: { maxStoreBytes?: number } = {}): World {
  const clock = fakeClock();
  const made = makeTestFolder({ clock });
  const folder = mkdtempSync(join(tmpdir(), 'tramhoc-ingest-'));
  const store = openStore(folder, clock, maxStoreBytes);
  cleanUp.push(
    made.remove,
    () => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }),
    () => store.close(),
  );
  const device = made.device(() => 0);
  const stranger = made.device(() => 0);
  const send = (...events: unknown[]): Promise<void> =>
    store.ingest.events({ owner: device.owner, topic: device.topic, payload: Buffer.from(JSON.stringify(events)) });
  return { clock, store, device, stranger, send };
}

const stored = ({ events }: SiteStore): TramEvent[] =>
  events.read({ afterPosition: 0, limit: 100_000, maxBytes: Number.MAX_SAFE_INTEGER }).map(({ body }) => JSON.parse(body) as TramEvent);
const facts = (store: SiteStore, type: string): Record<string, unknown>[] =>
  stored(store)
    .filter((event) => event.type === type)
    .map(({ data }) => data);
const taps = (store: SiteStore): number[] =>
  stored(store)
    .filter(({ type }) => type === 'vn.tramhoc.attendance.tap.v1')
    .map(({ seq }) => seq);

test('the same event sent again counts once, also with newer sending times', async () => {
  const { store, device, send } = openWorld();
  const event = device.event();
  await send(event);
  await send({ ...event, sentmonons: '99999999999999' }, device.event());
  expect(taps(store)).toEqual([1, 2]);
  expect(store.quarantine.count()).toBe(0);
});

// seed 7030327 of the simulation: the disk of the device was full for a month, and the centre was put back from a copy
test('what was let go here and is sent again is taken again: the device may have the last copy', async () => {
  const { store, device, send } = openWorld();
  const event = device.event();
  await send(event, device.event());
  const remove = store.database.prepare('DELETE FROM event WHERE seq = 1');
  store.database.transaction(() => store.events.removing(() => remove.run().changes));
  expect(taps(store)).toEqual([2]);
  await send(event);
  await send(event);
  expect(taps(store)).toEqual([2, 1]);
  expect(store.events.stream({ device: device.owner.deviceId, epoch: Epoch.parse(event['epoch']) })).toEqual({ highest: 2, gaps: [] });
});

test('another event under a used seq is kept aside with the reason, and the first one stays', async () => {
  const { store, device, send } = openWorld();
  const first = device.event();
  await send(first);
  await send(device.event({ seq: 1, data: { slot: 'other', cardHash: 'b'.repeat(64), technology: 'code' } }));
  expect(stored(store)[0]).toMatchObject({ id: first.id as string });
  expect(store.quarantine.latest(5)).toMatchObject([{ code: 'CONFLICT', reason: 'seq 1 was used before for another event' }]);
  expect(facts(store, 'vn.tramhoc.site.quarantined.v1')).toMatchObject([{ device: device.owner.deviceId, code: 'CONFLICT' }]);
});

test('an id that was used before goes on to the centre, which knows the ids of all sites; its seq is no gap', async () => {
  const { clock, store, device, send } = openWorld();
  const first = device.event();
  await send(first, device.event({ id: first.id }), device.event());
  expect(taps(store)).toEqual([1, 2, 3]);
  await clock.advance(60_000);
  expect(facts(store, 'vn.tramhoc.site.gap.v1')).toEqual([]);
});

test('every event carries the time of the site, and what the device wrote there is not let through', async () => {
  const { clock, store, device, send } = openWorld();
  const event = device.event({ time: '2001-01-01T00:00:00.000Z', clockquality: 'unknown' });
  await clock.advance(3_000);
  const unknown = { sentbootid: undefined, sitetime: '1999-01-01T00:00:00.000Z', sitetimemethod: 'same-boot', sitetimeerrorms: 0 };
  await send({ ...event, sentmonons: String(clock.monotonicNs()) }, device.event({ clockquality: 'unknown', ...unknown }));
  const [known, lost] = stored(store);
  expect(known).toMatchObject({ sitetimemethod: 'same-boot', time: '2001-01-01T00:00:00.000Z' });
  expect(Date.parse(known!.sitetime!)).toBe(clock.wallMs() - 3_000);
  expect(lost!.sitetimemethod).toBe('unknown');
  expect(lost).not.toHaveProperty('sitetime');
  expect(lost).not.toHaveProperty('sitetimeerrorms');
});

test('a gap is reported once it stays; a batch that was overtaken is none', async () => {
  const { clock, store, device, send } = openWorld();
  await send(device.event(), device.event({ seq: 5 }));
  await clock.advance(10_000);
  await send(device.event({ seq: 3 }));
  expect(facts(store, 'vn.tramhoc.site.gap.v1')).toEqual([]);
  await clock.advance(40_000);
  const { deviceId } = device.owner;
  expect(facts(store, 'vn.tramhoc.site.gap.v1')).toEqual([
    { device: deviceId, epoch: device.epoch, from: 2, to: 2 },
    { device: deviceId, epoch: device.epoch, from: 4, to: 4 },
  ]);
  await send(device.event({ seq: 2 }), device.event({ seq: 4 }));
  await clock.advance(40_000);
  expect(facts(store, 'vn.tramhoc.site.gap.v1')).toHaveLength(2);
  expect(taps(store).toSorted()).toEqual([1, 2, 3, 4, 5]);
});

test('what a device says it gave up is no gap to report', async () => {
  const { clock, store, device, send } = openWorld();
  const dropped = { epoch: device.epoch, from: 2, to: 8, count: 7, reason: 'size' };
  await send(device.event(), device.event({ seq: 9, type: 'vn.tramhoc.outbox.dropped.v1', data: dropped }));
  await clock.advance(60_000);
  expect(facts(store, 'vn.tramhoc.site.gap.v1')).toEqual([]);
});

test('gaps that were not reported before a restart are reported after it', async () => {
  const { clock, store, device, send } = openWorld();
  await send(device.event({ seq: 2 }));
  store.close();
  const again = openStore(join(store.database.path, '..'), clock);
  cleanUp.push(() => again.close());
  await clock.advance(60_000);
  expect(facts(again, 'vn.tramhoc.site.gap.v1')).toMatchObject([{ from: 1, to: 1 }]);
});

test('a device whose made-up epochs all begin with a gap has as many told as one outbox can have, then one now and then; others are told in their time', async () => {
  const { clock, store, device, stranger, send } = openWorld();
  for (let batch = 0; batch < 10; batch += 1)
    await send(
      ...Array.from({ length: 100 }, (_, at) => device.event({ epoch: (batch * 100 + at).toString(16).padStart(16, '0'), seq: 2 })),
    );
  const { owner, topic } = stranger;
  await store.ingest.events({ owner, topic, payload: Buffer.from(JSON.stringify([stranger.event({ seq: 7 })])) });
  const told = (of: TestDevice): number =>
    facts(store, 'vn.tramhoc.site.gap.v1').filter((gap) => gap['device'] === of.owner.deviceId).length;
  await clock.advance(21_000);
  expect([told(stranger), told(device)]).toEqual([1, 20]);
  await clock.advance(600_000);
  expect(told(device)).toBeGreaterThanOrEqual(200);
  expect(told(device)).toBeLessThanOrEqual(200 + 63);
  expect(store.gaps.openCount()).toBe(1_000 - told(device));
});

test('after a disk was exchanged every device has a gap: they are told in a few checks, each once', async () => {
  const { clock, store, device } = openWorld();
  const others = Array.from({ length: 500 }, (_, at) => DeviceId.parse(`00000000-0000-4000-8000-${at.toString(16).padStart(12, '0')}`));
  store.database.transaction(() => {
    for (const other of others)
      store.events.keepStream({ device: other, epoch: device.epoch }, { highest: 9, gaps: [{ from: 1, to: 8, state: 'open' }] });
  });
  const told = (): unknown[] => facts(store, 'vn.tramhoc.site.gap.v1').map((gap) => gap['device']);
  await clock.advance(21_000);
  expect(told()).toHaveLength(200);
  await clock.advance(40_000);
  expect(told().toSorted()).toEqual(others);
});

test('a payload nobody can read is acknowledged, kept, and reported', async () => {
  const { store, device } = openWorld();
  const payload = Buffer.from('{"half":');
  for (let round = 0; round < 3; round += 1) await store.ingest.events({ owner: device.owner, topic: device.topic, payload });
  expect(store.quarantine.latest(5)).toMatchObject([{ code: 'PAYLOAD_MALFORMED', payloadBytes: 8, times: 3 }]);
  expect(facts(store, 'vn.tramhoc.site.quarantined.v1')[0]).toMatchObject({ code: 'PAYLOAD_MALFORMED', payloadBytes: 8 });
});

test('a device that sends only rubbish fills neither the quarantine nor the line to the centre', async () => {
  const { store, device } = openWorld();
  for (let round = 0; round < 10_050; round += 1)
    void store.ingest.events({ owner: device.owner, topic: device.topic, payload: Buffer.from(`rubbish ${round}`) });
  await store.ingest.idle();
  expect(store.quarantine.count()).toBe(10_000);
  expect(store.quarantine.latest(1)[0]!.payloadBytes).toBe('rubbish 10049'.length);
  expect(facts(store, 'vn.tramhoc.site.quarantined.v1').length).toBeLessThan(50);
});

test('the broker numbers its own facts without a hole, from 1 under a new epoch after each start', async () => {
  const { clock, store, device } = openWorld();
  store.presence.arrived(device.owner.deviceId);
  await store.ingest.idle();
  store.close();
  const again = openStore(join(store.database.path, '..'), clock, 64 * 1024 * 1024, 99);
  cleanUp.push(() => again.close());
  again.presence.allGone();
  expect(stored(again).map(({ source, seq }) => ({ source, seq }))).toEqual([
    { source: `urn:tramhoc:${testSiteId}:${brokerId}`, seq: 1 },
    { source: `urn:tramhoc:${testSiteId}:${brokerId}`, seq: 1 },
  ]);
  expect(new Set(stored(again).map(({ epoch }) => epoch)).size).toBe(2);
  expect(facts(again, 'vn.tramhoc.site.presence.v1')).toMatchObject([
    { online: true, reason: 'connected' },
    { online: false, reason: 'restart' },
  ]);
});

test('a second connection that takes over is no absence', async () => {
  const { store, device } = openWorld();
  const { deviceId } = device.owner;
  store.presence.arrived(deviceId);
  store.presence.arrived(deviceId);
  store.presence.left(deviceId, 'taken-over');
  store.presence.left(deviceId, 'lost');
  await store.ingest.idle();
  expect(facts(store, 'vn.tramhoc.site.presence.v1').map(({ online, reason }) => [online, reason])).toEqual([
    [true, 'connected'],
    [true, 'taken-over'],
    [false, 'lost'],
  ]);
});

test('a full store gives up telemetry with a record, keeps the taps, and goes on taking events', async () => {
  const { store, device, send } = openWorld({ maxStoreBytes: 4 * 1024 * 1024 });
  const reading = { slot: 'air', driver: 'pms5003', measurements: [{ quantity: 'pm25', value: 12 }], sampleCount: 60 };
  for (let round = 0; round < 120; round += 1) {
    const telemetry = Array.from({ length: 60 }, () => device.event({ type: 'vn.tramhoc.sensor.reading.v1', data: reading }));
    await send(device.event(), ...telemetry);
  }
  const kept = stored(store);
  expect(taps(store)).toHaveLength(120);
  const records = facts(store, 'vn.tramhoc.site.dropped.v1') as { device: string; count: number; from: number; to: number }[];
  const ofDevice = records.filter((record) => record.device === device.owner.deviceId);
  const droppedCount = ofDevice.reduce((sum, { count }) => sum + count, 0);
  expect(droppedCount).toBeGreaterThan(0);
  expect(kept.filter(({ source }) => source.endsWith(device.owner.deviceId)).length + droppedCount).toBe(120 * 61);
  expect(store.ingest.fault()).toBeUndefined();
});

test('nothing is promised while the store cannot be written, and the same events are taken once it can', async () => {
  const { store, device, send } = openWorld({ maxStoreBytes: 4 * 1024 * 1024 });
  // something that may not be given up fills the store to the last page
  store.database.exec('CREATE TABLE ballast (bytes BLOB)');
  for (let bytes = 1024 * 1024; bytes > 100; ) {
    try {
      store.database.exec(`INSERT INTO ballast VALUES (zeroblob(${bytes}))`);
    } catch {
      bytes = Math.floor(bytes / 2);
    }
  }
  const events = Array.from({ length: 60 }, () => device.event());
  await expect(send(...events)).rejects.toMatchObject({ code: 'DISK_FULL' });
  expect(store.ingest.fault()).toMatchObject({ code: 'DISK_FULL' });
  expect(taps(store)).toEqual([]);
  store.database.exec('DROP TABLE ballast');
  await send(...events);
  expect(store.ingest.fault()).toBeUndefined();
  expect(taps(store)).toHaveLength(60);
});

test('a card list that does not fit changes nothing', () => {
  const { store } = openWorld({ maxStoreBytes: 4 * 1024 * 1024 });
  const name = 'x'.repeat(120);
  const holders = Array.from({ length: 20_000 }, (_, at) => ({
    cardHash: CardHash.parse(at.toString(16).padStart(64, '0')),
    personId: String(at).padStart(40, '0'),
    name,
    group: '10A1',
  }));
  const wishes = { cursor: 1, documents: [], revocations: [], roster: { version: 1, holders } };
  expect(() => store.wishes.keep(wishes)).toThrow(expect.objectContaining({ code: 'DISK_FULL' }));
  expect([store.wishes.cursor(), store.cards.count()]).toEqual([0, 0]);
});

test('what a device sent after a batch that was refused is refused too, so that nothing overtakes it; others are served', async () => {
  const { store, device, stranger } = openWorld();
  const fault = new Error('the disk failed');
  const { transaction } = store.database;
  let left = 2;
  // the group commit fails, then the first of its batches on its own
  store.database.transaction = (work) => {
    left -= 1;
    if (left >= 0) throw fault;
    return transaction(work);
  };
  const sent = [device, device, stranger].map((from) =>
    store.ingest.events({ owner: from.owner, topic: from.topic, payload: Buffer.from(JSON.stringify([from.event()])) }).then(
      () => 'stored',
      () => 'refused',
    ),
  );
  expect(await Promise.all(sent)).toEqual(['refused', 'refused', 'stored']);
});

test('the same number for another event is noticed however long ago the first one came, also after a restart', async () => {
  const { clock, store, device, send } = openWorld();
  const [early, late] = [device.event(), Array.from({ length: 5_000 }, () => device.event())];
  await send(early);
  for (let at = 0; at < late.length; at += 100) await send(...late.slice(at, at + 100));
  const other = { ...early, id: '00000000-0000-4000-8000-00000000abcd' };
  await send(early, other, late[10]!, late.at(-1)!, { ...late.at(-1)!, time: '2001-01-01T00:00:00.000Z' });
  expect([taps(store).length, store.quarantine.count()]).toEqual([5_001, 2]);
  store.close();
  const again = openStore(join(store.database.path, '..'), clock, 64 * 1024 * 1024, 99);
  cleanUp.push(() => again.close());
  const sent = [early, { ...other, time: '2002-01-01T00:00:00.000Z' }, { ...late.at(-2)!, time: '2002-01-01T00:00:00.000Z' }];
  await again.ingest.events({ owner: device.owner, topic: device.topic, payload: Buffer.from(JSON.stringify(sent)) });
  expect([taps(again).length, again.quarantine.count()]).toEqual([5_001, 4]);
});
