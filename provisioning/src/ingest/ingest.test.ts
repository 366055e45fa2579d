import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { CardHash, DeviceId, SiteId } from '@tramhoc/protocol/ids';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { attendanceReader } from '../attendance/attendance-day.ts';
import { type CentreStore, openCentreStore } from '../store/centre-store.ts';
import { epochA, epochB, made } from '../testing/test-events.ts';
import { type Ingest, ingest } from './ingest.ts';

const siteId = SiteId.parse('thpt-nguyen-du');
const deviceId = DeviceId.parse('11111111-1111-4111-8111-111111111111');
const brokerId = DeviceId.parse('22222222-2222-4222-8222-222222222222');
const receivedMs = Date.UTC(2026, 10, 23, 1, 0);

let folder: string;
let store: CentreStore;
let take: Ingest;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tramhoc-ingest-'));
  store = openCentreStore(folder);
  take = ingest({ store, clock: fakeClock({ wallMs: receivedMs }), log: silentLog });
  store.sites.insert({
    ...{ site_id: siteId, name: 'A', broker_host: 'localhost', broker_port: 8883, card_key: '0'.repeat(64) },
    broker_device_id: brokerId,
    created_ms: 0,
  });
  for (const [id, role] of [
    [deviceId, 'agent'],
    [brokerId, 'broker'],
  ] as const)
    store.devices.insert({
      ...{ device_id: id, site_id: siteId, role, name: 'x', model: '', serial: '', agent_version: '', fingerprint: id },
      enrolled_ms: 0,
    });
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

const tap = (seq: number, more: Partial<Parameters<typeof made>[0]> = {}) => made({ siteId, deviceId, seq, ...more });
const stored = () => store.events.page({ limit: 1_000, after: 0 });
const contiguous = (batch: unknown[], epoch = epochA): number =>
  take(siteId, batch).receipt.receipts.find((receipt) => receipt.epoch === epoch)!.contiguousSeq;

test('whatever is repeated, cut or reordered on the way, each event is stored once and the receipt says how far it is whole', () => {
  // a batch is any selection of the events, in any order, with repeats
  const batches = fc.array(fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 8 });
  let run = 0;
  fc.assert(
    fc.property(batches, (sent) => {
      run += 1;
      const epoch = run.toString(16).padStart(16, '0');
      const delivered = new Set<number>();
      for (const batch of sent) {
        const { receipt } = take(
          siteId,
          batch.map((seq) => tap(seq, { epoch })),
        );
        const fresh = new Set(batch.filter((seq) => !delivered.has(seq))).size;
        for (const seq of batch) delivered.add(seq);
        let whole = 0;
        while (delivered.has(whole + 1)) whole += 1;
        expect(receipt).toMatchObject({ accepted: fresh, repeated: batch.length - fresh, quarantined: 0 });
        expect(receipt.receipts).toEqual([{ device: deviceId, epoch, contiguousSeq: whole, storedSeq: Math.max(...delivered) }]);
      }
      const rows = store.db.prepare<{ seq: number }>('SELECT seq FROM events WHERE epoch = ? ORDER BY seq').all(epoch);
      expect(rows.map((row) => row.seq)).toEqual([...delivered].sort((a, b) => a - b));
    }),
    { numRuns: 60 },
  );
});

test('a repeated tap counts once in the attendance of the day', () => {
  take(siteId, [tap(1), tap(2)]);
  take(siteId, [tap(1), tap(2)]);
  expect(store.sites.tapsOfSiteOn(siteId, '2026-11-23')).toBe(2);
});

test('a declared loss closes its hole; without it the hole stays open', () => {
  const dropped = (seq: number, from: number, to: number) =>
    tap(seq, { type: 'vn.tramhoc.outbox.dropped.v1', data: { epoch: epochA, from, to, count: to - from + 1, reason: 'size' } });
  expect(contiguous([tap(1), tap(5)])).toBe(1);
  expect(contiguous([dropped(6, 2, 4)])).toBe(6);
  expect(contiguous([tap(8)])).toBe(6);
});

test('losses that are declared before their neighbours arrive are not forgotten', () => {
  const dropped = tap(9, { type: 'vn.tramhoc.outbox.dropped.v1', data: { epoch: epochA, from: 3, to: 5, count: 3, reason: 'age' } });
  expect(contiguous([dropped])).toBe(0);
  expect(contiguous([tap(6), tap(7), tap(8)])).toBe(0);
  expect(contiguous([tap(2)])).toBe(0);
  expect(contiguous([tap(1)])).toBe(9);
});

test('a loss declared after a restore closes the hole in the epoch that lost', () => {
  expect(contiguous([tap(1), tap(4)])).toBe(1);
  const dropped = tap(1, {
    epoch: epochB,
    type: 'vn.tramhoc.outbox.dropped.v1',
    data: { epoch: epochA, from: 2, to: 3, count: 2, reason: 'size' },
  });
  expect(contiguous([dropped], epochA)).toBe(4);
});

test('a loss in the store of the site is believed from its broker, and from nobody else', () => {
  const data = { device: deviceId, epoch: epochA, from: 2, to: 3, count: 2, reason: 'size' };
  const by = (source: DeviceId) => made({ siteId, deviceId: source, seq: 1, epoch: epochB, type: 'vn.tramhoc.site.dropped.v1', data });
  take(siteId, [tap(1), tap(4)]);
  take(siteId, [by(DeviceId.parse('33333333-3333-4333-8333-333333333333'))]);
  expect(store.events.stream(deviceId, tap(1).epoch as never).contiguous_seq).toBe(1);
  take(siteId, [by(brokerId)]);
  expect(store.events.stream(deviceId, tap(1).epoch as never).contiguous_seq).toBe(4);
});

test('a long stretch behind a hole is walked to its end', () => {
  const many = Array.from({ length: 2_500 }, (_, at) => tap(at + 2));
  for (let at = 0; at < many.length; at += 500) expect(contiguous(many.slice(at, at + 500))).toBe(0);
  expect(contiguous([tap(1)])).toBe(2_501);
});

test('what cannot be read is kept aside once, counts as delivered and stops nothing', () => {
  const bad = { ...tap(2), data: { slot: 'gate' } };
  const first = take(siteId, [tap(1), bad, 'noise', tap(3)]);
  expect(first.receipt).toMatchObject({ accepted: 2, quarantined: 2, repeated: 0 });
  expect(first.receipt.receipts[0]).toMatchObject({ contiguousSeq: 3, storedSeq: 3 });
  take(siteId, [bad, 'noise']);
  expect(store.events.quarantineCount()).toBe(2);
});

test('an event that names another site is kept aside and moves no stream of that site', () => {
  const foreign = made({ siteId: SiteId.parse('thcs-le-loi'), deviceId, seq: 1 });
  const { receipt } = take(siteId, [foreign]);
  expect(receipt).toMatchObject({ accepted: 0, quarantined: 1, receipts: [] });
  expect(stored()).toEqual([]);
});

test('an outbox that was restored under its old epoch loses nothing: the second fact under one number is kept aside', () => {
  take(siteId, [tap(1)]);
  const other = tap(1, {
    id: '99999999-9999-4999-8999-999999999999',
    data: { slot: 'gate', cardHash: 'b'.repeat(64), technology: 'em4100' },
  });
  expect(take(siteId, [other]).receipt).toMatchObject({ accepted: 0, repeated: 0, quarantined: 1 });
});

test('an id that was used before counts nothing twice and loses nothing: it is kept aside', () => {
  take(siteId, [tap(1), tap(2)]);
  const again = [tap(1, { epoch: epochB, id: tap(1).id }), tap(2, { epoch: epochB, id: tap(2).id }), tap(3, { epoch: epochB })];
  const { receipt } = take(siteId, again);
  expect(receipt).toMatchObject({ accepted: 1, repeated: 0, quarantined: 2 });
  expect(receipt.receipts[0]).toMatchObject({ epoch: epochB, contiguousSeq: 3 });
  expect(stored()).toHaveLength(3);
  expect(take(siteId, again).receipt).toMatchObject({ accepted: 0, repeated: 1, quarantined: 2 });
});

test('an event type of a newer version is stored as it is', () => {
  const { receipt } = take(siteId, [tap(1, { type: 'vn.tramhoc.library.loan.v1' as never, data: { item: 'x' } })]);
  expect(receipt.accepted).toBe(1);
  expect(JSON.parse(stored()[0]!.data)).toEqual({ item: 'x' });
});

test('the day of a tap is the Vietnamese day of the time that the site worked out', () => {
  take(siteId, [tap(1, { siteTimeMs: Date.UTC(2026, 10, 22, 16, 59) }), tap(2, { siteTimeMs: Date.UTC(2026, 10, 22, 17, 0) })]);
  expect(store.sites.tapsOfSiteOn(siteId, '2026-11-22')).toBe(1);
  expect(store.sites.tapsOfSiteOn(siteId, '2026-11-23')).toBe(1);
});

test('a time that the site could not work out is stored as unknown, never as the clock of the device', () => {
  take(siteId, [tap(1, { siteTimeMs: null })]);
  expect(stored()[0]).toMatchObject({ site_time_ms: null, site_time_method: 'unknown', device_time: '2000-01-01T00:00:00.000Z' });
  expect(store.sites.tapsOfSiteOn(siteId, '2026-11-23')).toBe(1);
});

test('the day and the time of a punch are those of the terminal, whenever it told them; one whose clock cannot be right is not believed, and that is told', () => {
  const punch = (seq: number, time: string) =>
    tap(seq, {
      siteTimeMs: Date.UTC(2026, 10, 23, 0, 5),
      data: {
        ...{ slot: 'gate', cardHash: 'a'.repeat(64), technology: 'terminal' },
        terminal: { serial: '0316144680030', time, verify: 'finger', direction: 'in' },
      },
    });
  take(siteId, [
    ...[punch(1, '2026-11-20T06:58:12+07:00'), punch(2, '2026-11-20T17:01:00+07:00'), punch(3, '2026-12-24T06:58:12+07:00')],
    // what it kept for a year, and what it tells after its battery ran out
    ...[punch(4, '2025-10-20T06:58:12+07:00'), punch(5, '2000-01-01T07:02:00+07:00'), punch(6, '0000-01-01T00:00:00+14:00')],
  ]);
  const holders = [{ cardHash: CardHash.parse('a'.repeat(64)), personId: 'HS1', name: 'An', group: '10A1' }];
  expect(attendanceReader(store.db)(siteId, '2026-11-20', holders).rows).toMatchObject([
    { firstMs: Date.UTC(2026, 10, 19, 23, 58, 12), lastMs: Date.UTC(2026, 10, 20, 10, 1), tapCount: 2, timeDoubtful: false },
  ]);
  expect(attendanceReader(store.db)(siteId, '2026-11-23', holders).rows).toMatchObject([
    { firstMs: Date.UTC(2026, 10, 23, 0, 5), lastMs: Date.UTC(2026, 10, 23, 0, 5), tapCount: 3, timeDoubtful: true },
  ]);
  expect(attendanceReader(store.db)(siteId, '2025-10-20', holders).rows).toMatchObject([{ tapCount: 1, timeDoubtful: false }]);
  for (const day of ['2026-12-24', '2000-01-01', '-000001-12']) expect(store.sites.tapsOfSiteOn(siteId, day)).toBe(0);
});

test('an older report that arrives late does not replace a newer one', () => {
  const reported = (seq: number, appliedVersion: number) =>
    tap(seq, { type: 'vn.tramhoc.twin.reported.v1', data: { appliedVersion, hash: 'h', drivers: {}, errors: [] } });
  take(siteId, [reported(7, 3)]);
  take(siteId, [reported(5, 2)]);
  expect(store.twins.reported(deviceId)?.version).toBe(3);
});

test('presence comes from the broker of the site, for devices of that site', () => {
  const presence = (seq: number, online: boolean) =>
    made({
      siteId,
      deviceId: brokerId,
      seq,
      type: 'vn.tramhoc.site.presence.v1',
      data: { device: deviceId, online, reason: online ? 'connected' : 'lost' },
    });
  const { devices } = take(siteId, [presence(1, true)]);
  expect(devices.has(deviceId)).toBe(true);
  expect(store.devices.get(deviceId)).toMatchObject({ online: 1 });
  take(siteId, [presence(2, false)]);
  expect(store.devices.get(deviceId)).toMatchObject({ online: 0 });
  const byItself = tap(1, { type: 'vn.tramhoc.site.presence.v1', data: { device: deviceId, online: true, reason: 'connected' } });
  take(siteId, [byItself]);
  expect(store.devices.get(deviceId)).toMatchObject({ online: 0 });
});

test('a fault in the middle of a batch stores nothing of it', () => {
  const broken = {
    ...store,
    projections: {
      ...store.projections,
      tap: () => {
        throw new Error('disk');
      },
    },
  };
  const failing = ingest({ store: broken, clock: fakeClock(), log: silentLog });
  const hello = tap(1, {
    type: 'vn.tramhoc.device.slot.v1',
    data: { slot: 'gate', driver: 'rdm6300', state: 'open', skippedBytes: 0, reopenCount: 0 },
  });
  expect(() => failing(siteId, [hello, tap(2)])).toThrow('disk');
  expect(stored()).toEqual([]);
});
