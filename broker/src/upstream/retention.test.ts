import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FakeClock, fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import type { TramEvent } from '@tramhoc/protocol/event';
import { DeviceId, Epoch, SlotId } from '@tramhoc/protocol/ids';
import { afterEach, expect, test } from 'vitest';
import { createMetrics } from '../health/metrics.ts';
import { openSiteStore, type SiteStore } from '../site-store.ts';
import { makeTestFolder, type TestDevice, testSiteId } from '../testing/test-site.ts';
import { lossesOf } from './retention.ts';

const brokerId = DeviceId.parse('00000000-0000-4000-8000-00000000b0b0');
const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const step of cleanUp.splice(0).toReversed()) step();
});

/** A site that does not reach its centre, with a store of 1 MiB. */
function smallSite(): {
  clock: FakeClock;
  store: SiteStore;
  device: TestDevice;
  stranger: TestDevice;
  send(...events: unknown[]): Promise<void>;
} {
  const clock = fakeClock();
  const made = makeTestFolder({ clock });
  const folder = mkdtempSync(join(tmpdir(), 'tramhoc-retention-'));
  const store = openSiteStore({
    config: { dataDir: folder, maxStoreBytes: 1024 * 1024, retentionDays: 30 },
    identity: { siteId: testSiteId, deviceId: brokerId },
    ...{ clock, random: seededRandom(7), log: silentLog, metrics: createMetrics(), onCommitted: () => undefined },
  });
  cleanUp.push(
    made.remove,
    () => rmSync(folder, { recursive: true }),
    () => store.close(),
  );
  const device = made.device(() => 0);
  const send = (...events: unknown[]): Promise<void> =>
    store.ingest.events({ owner: device.owner, topic: device.topic, payload: Buffer.from(JSON.stringify(events)) });
  return { clock, store, device, stranger: made.device(() => 0), send };
}

type Record = { device: string; epoch: string; from: number; to: number; count: number };
const stored = ({ events }: SiteStore): TramEvent[] =>
  events.read({ afterPosition: 0, limit: 100_000, maxBytes: Number.MAX_SAFE_INTEGER }).map(({ body }) => JSON.parse(body) as TramEvent);
const recordsOf = (store: SiteStore, device: string): Record[] =>
  stored(store)
    .filter(({ type }) => type === 'vn.tramhoc.site.dropped.v1')
    .map(({ data }) => data as Record)
    .filter((record) => record.device === device);
const reading = { slot: 'air', driver: 'pms5003', measurements: [{ quantity: 'pm25', value: 12 }], sampleCount: 60 };
const counted = (records: readonly Record[]): number => records.reduce((sum, { count }) => sum + count, 0);

test('what a device said that it gave up stays said when the site gives up the record of it', async () => {
  const { store, device, send } = smallSite();
  const before = Epoch.parse('ab'.repeat(8));
  const gaveUp = { epoch: before, from: 3, to: 9, count: 6, reason: 'age' };
  await send(device.event({ type: 'vn.tramhoc.outbox.dropped.v1', data: gaveUp }));
  const readings = 60 * 60;
  for (let sent = 0; sent < readings; sent += 60)
    await send(...Array.from({ length: 60 }, () => device.event({ type: 'vn.tramhoc.sensor.reading.v1', data: reading })));

  const { deviceId } = device.owner;
  expect(stored(store).some(({ type }) => type === 'vn.tramhoc.outbox.dropped.v1')).toBe(false);
  const records = recordsOf(store, deviceId);
  expect(records.filter(({ epoch }) => epoch === before)).toMatchObject([{ from: 3, to: 9, count: 6 }]);
  const kept = stored(store).filter(({ source }) => source.endsWith(deviceId));
  expect(counted(records.filter(({ epoch }) => epoch === device.epoch)) + kept.length).toBe(readings + 1);
});

test('readings of gateways and who came and went are telemetry: they go before a tap, and the last word about each device stays', async () => {
  const { store, device, stranger, send } = smallSite();
  const { ingest, ownFacts, presence } = store;
  presence.arrived(stranger.owner.deviceId);
  await send(...Array.from({ length: 100 }, () => device.event()));
  const slot = SlotId.parse('zigbee-phong-1');
  const measurements = [{ quantity: 'pm25' as const, value: 12 }];
  for (let round = 0; round < 2_000; round += 1) {
    presence.arrived(device.owner.deviceId);
    presence.left(device.owner.deviceId, 'lost');
    const data = { slot, driver: 'zigbee2mqtt', measurements, sampleCount: 60 };
    const kept = ingest.write(() => void ownFacts.append({ type: 'vn.tramhoc.sensor.reading.v1', data }));
    if (round % 50 === 0) await kept;
  }
  await send(device.event());

  const left = stored(store);
  expect(left.filter(({ type }) => type === 'vn.tramhoc.attendance.tap.v1')).toHaveLength(101);
  const presenceLeft = left.filter(({ type }) => type === 'vn.tramhoc.site.presence.v1').map(({ data }) => data);
  expect(presenceLeft.length).toBeLessThan(2_000);
  expect(presenceLeft.findLast((data) => data['device'] === stranger.owner.deviceId)).toMatchObject({ online: true, reason: 'connected' });
  expect(presenceLeft.findLast((data) => data['device'] === device.owner.deviceId)).toMatchObject({ online: false, reason: 'lost' });
  // each of the broker's facts is there or counted once in what it says of itself
  const records = recordsOf(store, brokerId);
  expect(records.length).toBeLessThan(20);
  expect(counted(records) + left.filter(({ source }) => source.endsWith(brokerId)).length).toBe(ownFacts.lastSeq());
});

test('a device that makes up an epoch for each event fills no store: what it said goes like other telemetry, and what is left counts once', async () => {
  const { store, device, stranger, send } = smallSite();
  let made = 0;
  const madeUp = (): object => {
    made += 1;
    return device.event({ type: 'vn.tramhoc.sensor.reading.v1', data: reading, epoch: made.toString(16).padStart(16, '0'), seq: 1 });
  };
  let taps = 0;
  const tap = async (): Promise<void> => {
    const { owner, topic } = stranger;
    await store.ingest.events({ owner, topic, payload: Buffer.from(JSON.stringify([stranger.event()])) });
    taps += 1;
  };
  let last: object[] = [];
  for (let round = 0; round < 100; round += 1) {
    last = Array.from({ length: 60 }, madeUp);
    await send(...last);
    await tap();
    if (round % 20 === 0) store.retention.tidy();
  }
  await send(...last);
  store.retention.tidy();

  const left = stored(store);
  expect(left.filter(({ type }) => type === 'vn.tramhoc.attendance.tap.v1')).toHaveLength(taps);
  const records = recordsOf(store, device.owner.deviceId);
  expect(records.length).toBeLessThan(20);
  expect(counted(records) + left.filter(({ type }) => type === 'vn.tramhoc.sensor.reading.v1').length).toBe(made);
  const { runs } = store.database.prepare<{ runs: number }>('SELECT count(*) AS runs FROM run').get()!;
  expect(runs).toBeLessThan(left.length + 1_000);
  expect(store.database.usedBytes()).toBeLessThan(1024 * 1024 * 0.9);
});

test('a wall clock that is a month ahead for a minute takes nothing that a restored centre may ask for', async () => {
  const { clock, store, device, send } = smallSite();
  await send(...Array.from({ length: 100 }, () => device.event()));
  store.database.meta.set('upstream.position', String(store.events.lastPosition()));
  for (const days of [0, 31, 0]) {
    clock.jumpWall(days * 86_400_000);
    expect(store.retention.tidy()).toEqual({ retired: 0, dropped: 0 });
    clock.jumpWall(-days * 86_400_000);
  }
  expect(stored(store)).toHaveLength(100);
});

test('records of what is gone do not fill a store that gives up rows for months', async () => {
  const { store, device, send } = smallSite();
  const readings = 150 * 60;
  for (let sent = 0; sent < readings; sent += 60)
    await send(...Array.from({ length: 60 }, () => device.event({ type: 'vn.tramhoc.sensor.reading.v1', data: reading })));
  const records = stored(store).filter(({ type }) => type === 'vn.tramhoc.site.dropped.v1');
  // one of the device and one of the broker for each half of what the store holds
  expect(records.length).toBeLessThan(20);
  const kept = stored(store).filter(({ source }) => source.endsWith(device.owner.deviceId));
  expect(counted(recordsOf(store, device.owner.deviceId)) + kept.length).toBe(readings);
});

test('one record for each outbox says which rows went and what the records among them said', () => {
  const [device, other] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'].map((id) => DeviceId.parse(id));
  const [epoch, older] = ['01'.repeat(8), '02'.repeat(8)].map((text) => Epoch.parse(text));
  const record = (type: string, data: object): string => JSON.stringify({ type: `vn.tramhoc.${type}`, data });
  const row = (seq: number, body: string) => ({ device: device!, epoch: epoch!, seq, body });
  const losses = lossesOf([
    row(8, record('sensor.reading.v1', { note: 'vn.tramhoc.site.dropped.v1' })),
    row(9, record('outbox.dropped.v1', { epoch, from: 2, to: 5, count: 3, reason: 'size' })),
    row(10, record('outbox.dropped.v1', { epoch: older, from: 1, to: 1, count: 1, reason: 'age' })),
    row(11, record('site.dropped.v1', { device: other, epoch: older, from: 4, to: 6, count: 2, reason: 'size' })),
    row(12, record('site.dropped.v1', { device: other, epoch, from: 1, to: 2, count: 70, epochs: 30, reason: 'size' })),
    row(13, record('site.dropped.v1', { device: other, epoch, from: 2, to: 3, count: 8, epochs: 3, reason: 'size' })),
  ]);
  expect(losses).toEqual([
    { device, epoch, from: 2, to: 13, count: 9 },
    { device, epoch: older, from: 1, to: 1, count: 1 },
    { device: other, epoch: older, from: 4, to: 6, count: 2 },
    { device: other, epoch, from: 1, to: 3, count: 78, epochs: 32 },
  ]);
});
