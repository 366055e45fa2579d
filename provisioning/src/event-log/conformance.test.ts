/** What every event log promises, over each of them. What follows from an event (attendance, readings) is tested in ingest.test.ts and log-tail.test.ts. */
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  brokerId,
  deviceId,
  otherSiteId,
  receivedMs,
  secondId,
  siteId,
  type TestLog,
  testPostgresLog,
  testSqliteLog,
} from '../testing/test-event-logs.ts';
import { epochA, epochB, made } from '../testing/test-events.ts';
import { startPostgres, type TestPostgres, withoutPostgres } from '../testing/test-postgres.ts';

let server: TestPostgres | undefined;
let url: string;
beforeAll(async () => {
  if (withoutPostgres) return;
  server = await startPostgres();
  url = await server.database('conformance');
}, 60_000);
afterAll(() => server?.close(), 60_000);

const kinds = [
  { name: 'SQLite', skipped: false, open: testSqliteLog },
  {
    name: withoutPostgres ? 'PostgreSQL (not installed)' : 'PostgreSQL',
    skipped: withoutPostgres,
    open: (): Promise<TestLog> => testPostgresLog(url),
  },
];
const tap = (seq: number, more: Partial<Parameters<typeof made>[0]> = {}) => made({ siteId, deviceId, seq, ...more });
const dropped = (seq: number, { from, to, epoch = epochA }: { from: number; to: number; epoch?: string }, more = {}) =>
  tap(seq, { type: 'vn.tramhoc.outbox.dropped.v1', data: { epoch, from, to, count: to - from + 1, reason: 'size' }, ...more });

for (const kind of kinds)
  describe.skipIf(kind.skipped)(kind.name, () => {
    let log: TestLog;
    beforeEach(async () => {
      log = await kind.open();
    });
    afterEach(() => log.close());
    const receipt = async (batch: unknown[]) => (await log.take(siteId, batch)).receipt;
    const contiguous = async (batch: unknown[], epoch: string = epochA): Promise<number> =>
      (await receipt(batch)).receipts.find((one) => one.epoch === epoch)!.contiguousSeq;
    const stored = () => log.page({ limit: 10_000, after: 0 });

    test('whatever is repeated, cut or reordered on the way, each event is stored once and the receipt says how far it is whole', async () => {
      const batches = fc.array(fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 8 });
      let run = 0;
      await fc.assert(
        fc.asyncProperty(batches, async (sent) => {
          run += 1;
          const epoch = run.toString(16).padStart(16, '0');
          const delivered = new Set<number>();
          for (const batch of sent) {
            const answer = await receipt(batch.map((seq) => tap(seq, { epoch })));
            const fresh = new Set(batch.filter((seq) => !delivered.has(seq))).size;
            for (const seq of batch) delivered.add(seq);
            let whole = 0;
            while (delivered.has(whole + 1)) whole += 1;
            expect(answer).toMatchObject({ accepted: fresh, repeated: batch.length - fresh, quarantined: 0 });
            expect(answer.receipts).toEqual([{ device: deviceId, epoch, contiguousSeq: whole, storedSeq: Math.max(...delivered) }]);
          }
          const seqs = (await stored()).filter((row) => row.epoch === epoch).map(({ seq }) => seq);
          expect(seqs.toSorted((a, b) => a - b)).toEqual([...delivered].toSorted((a, b) => a - b));
        }),
        { numRuns: 25 },
      );
    });

    test('an event is kept as it came, with the time that the site worked out', async () => {
      const data = { slot: 'gate', cardHash: 'c'.repeat(64), technology: 'em4100' };
      await receipt([tap(1, { data }), tap(2, { siteTimeMs: null })]);
      const [first, second] = await stored();
      expect(first).toMatchObject({
        ...{ site_id: siteId, device_id: deviceId, epoch: epochA, seq: 1, id: tap(1).id, type: 'vn.tramhoc.attendance.tap.v1' },
        ...{ device_time: '2000-01-01T00:00:00.000Z', clock_quality: 'rtc', site_time_ms: Date.UTC(2026, 10, 23, 0, 5) },
        ...{ site_time_method: 'same-boot', site_time_error_ms: 20, received_ms: receivedMs },
      });
      expect(JSON.parse(first!.data)).toEqual(data);
      expect(second).toMatchObject({ site_time_ms: null, site_time_method: 'unknown', site_time_error_ms: null });
    });

    test('text of every kind comes back as it was: tabs, line breaks, backslashes, quotes, Vietnamese, U+0000 and halves of emoji', async () => {
      const item = 'a\tb\nc\\d\\\\N "é" Trường Đặng \u0000 \ud83d \u2028 {} \\.';
      await receipt([tap(1, { type: 'vn.tramhoc.library.loan.v1' as never, data: { item, [item]: [1, null] } })]);
      expect(JSON.parse((await stored())[0]!.data)).toEqual({ item, [item]: [1, null] });
    });

    test('a declared loss closes its hole; without it the hole stays open', async () => {
      expect(await contiguous([tap(1), tap(5)])).toBe(1);
      expect(await contiguous([dropped(6, { from: 2, to: 4 })])).toBe(6);
      expect(await contiguous([tap(8)])).toBe(6);
    });

    test('losses that are declared before their neighbours arrive are not forgotten', async () => {
      expect(await contiguous([dropped(9, { from: 3, to: 5 })])).toBe(0);
      expect(await contiguous([tap(6), tap(7), tap(8)])).toBe(0);
      expect(await contiguous([tap(2)])).toBe(0);
      expect(await contiguous([tap(1)])).toBe(9);
    });

    test('a loss declared in another epoch closes the hole in the epoch that lost', async () => {
      expect(await contiguous([tap(1), tap(4)])).toBe(1);
      expect(await contiguous([dropped(1, { from: 2, to: 3 }, { epoch: epochB })], epochA)).toBe(4);
    });

    test('a loss in the store of the site is believed from its broker, and from nobody else', async () => {
      const data = { device: deviceId, epoch: epochA, from: 2, to: 3, count: 2, reason: 'size' };
      const by = (source: typeof deviceId) =>
        made({ siteId, deviceId: source, seq: 1, epoch: epochB, type: 'vn.tramhoc.site.dropped.v1', data });
      expect(await contiguous([tap(1), tap(4)])).toBe(1);
      expect((await receipt([by(secondId)])).receipts).toHaveLength(1);
      expect(await contiguous([by(brokerId)], epochA)).toBe(4);
    });

    test('a long stretch behind a hole is walked to its end', async () => {
      const many = Array.from({ length: 2_500 }, (_, at) => tap(at + 2));
      for (let at = 0; at < many.length; at += 500) expect(await contiguous(many.slice(at, at + 500))).toBe(0);
      expect(await contiguous([tap(1)])).toBe(2_501);
    });

    test('what cannot be read is kept aside once, counts as delivered and stops nothing', async () => {
      const bad = { ...tap(2), data: { slot: 'gate', 'a\u0000b': 1 } };
      const first = await receipt([tap(1), bad, 'noise', tap(3)]);
      expect(first).toMatchObject({ accepted: 2, quarantined: 2, repeated: 0 });
      expect(first.receipts[0]).toMatchObject({ contiguousSeq: 3, storedSeq: 3 });
      await receipt([bad, 'noise']);
      expect(await log.quarantineCount()).toBe(2);
    });

    test('an event that names another site is kept aside and moves no stream of that site', async () => {
      expect(await receipt([made({ siteId: otherSiteId, deviceId, seq: 1 })])).toMatchObject({ accepted: 0, quarantined: 1, receipts: [] });
      expect(await stored()).toEqual([]);
    });

    test('the second fact under one number is kept aside, in one batch and in two', async () => {
      const other = (seq: number) => tap(seq, { id: `99999999-9999-4999-8999-99999999999${seq}` });
      await receipt([tap(1)]);
      expect(await receipt([other(1), tap(2), other(2)])).toMatchObject({ accepted: 1, repeated: 0, quarantined: 2 });
      expect(await log.quarantineCount()).toBe(2);
    });

    test('an id that was used before counts nothing twice and loses nothing: it is kept aside, in one batch and in two', async () => {
      await receipt([tap(1), tap(2)]);
      const again = (seq: number) => tap(seq, { epoch: epochB, id: tap(seq).id });
      const answer = await receipt([
        again(1),
        again(2),
        tap(3, { epoch: epochB }),
        tap(4, { epoch: epochB, id: tap(3, { epoch: epochB }).id }),
      ]);
      expect(answer).toMatchObject({ accepted: 1, repeated: 0, quarantined: 3 });
      expect(answer.receipts[0]).toMatchObject({ epoch: epochB, contiguousSeq: 4 });
      expect(await stored()).toHaveLength(3);
    });

    test('an event type of a newer version is stored as it is', async () => {
      await receipt([tap(1, { type: 'vn.tramhoc.library.loan.v1' as never, data: { item: 'x' } })]);
      expect(JSON.parse((await stored())[0]!.data)).toEqual({ item: 'x' });
    });

    test('a batch is taken only when the log holds what the site believes', async () => {
      expect((await log.take(siteId, [tap(1)], { held: 'none', next: 'a.1' })).receipt).toMatchObject({ accepted: 1, heldMark: 'a.1' });
      await expect(async () => await log.take(siteId, [tap(2)], { held: 'none', next: 'a.2' })).rejects.toMatchObject({
        code: 'CONFLICT',
        details: { heldMark: 'a.1' },
      });
      expect((await log.take(siteId, [], { held: 'a.1', next: 'a.1' })).receipt).toMatchObject({ accepted: 0, heldMark: 'a.1' });
      expect(await stored()).toHaveLength(1);
    });

    test('pages: by site, device and type, newest first or onward from a position', async () => {
      const slot = { slot: 'gate', driver: 'rdm6300', state: 'open', skippedBytes: 0, reopenCount: 0 };
      const rare = 'vn.tramhoc.device.slot.v1';
      await receipt([tap(1), tap(2, { type: rare, data: slot }), made({ siteId, deviceId: secondId, seq: 1 })]);
      await log.take(otherSiteId, [made({ siteId: otherSiteId, deviceId: brokerId, seq: 1 })]);
      await receipt([tap(3)]);
      const names = async (filter: Parameters<TestLog['page']>[0]) =>
        (await log.page(filter)).map(({ device_id, seq }) => `${device_id === deviceId ? 'a' : device_id === secondId ? 'b' : 'c'}${seq}`);
      expect(await names({ limit: 10 })).toEqual(['a3', 'c1', 'b1', 'a2', 'a1']);
      expect(await names({ limit: 2, site: siteId })).toEqual(['a3', 'b1']);
      expect(await names({ limit: 10, site: otherSiteId })).toEqual(['c1']);
      expect(await names({ limit: 10, device: deviceId, type: 'vn.tramhoc.attendance.tap.v1' })).toEqual(['a3', 'a1']);
      expect(await names({ limit: 10, type: rare })).toEqual(['a2']);
      expect(await names({ limit: 10, site: siteId, type: rare })).toEqual(['a2']);
      const middle = (await log.page({ limit: 10 }))[2]!.position;
      expect(await names({ limit: 10, before: middle })).toEqual(['a2', 'a1']);
      expect(await names({ limit: 1, after: middle })).toEqual(['c1']);
      expect(await names({ limit: 10, after: middle, site: siteId })).toEqual(['a3']);
    });
  });

describe.skipIf(withoutPostgres)(withoutPostgres ? 'both (PostgreSQL is not installed)' : 'both', () => {
  test('any series of batches gets the same receipts and leaves the same events', async () => {
    const [left, right] = [await testSqliteLog(), await testPostgresLog(url)];
    let run = 0;
    const epochs = fc.constantFrom(0, 1);
    const seq = fc.integer({ min: 1, max: 9 });
    const element = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('tap' as const), epoch: epochs, seq, id: fc.integer({ min: 0, max: 30 }) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('own' as const), epoch: epochs, seq }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('lost' as const), epoch: epochs, seq, of: epochs, from: seq, to: seq }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('bad' as const), epoch: epochs, seq }) },
    );
    const batches = fc.array(fc.array(element, { minLength: 1, maxLength: 7 }), { minLength: 1, maxLength: 6 });
    try {
      await fc.assert(
        fc.asyncProperty(batches, async (sent) => {
          run += 1;
          const epochOf = (at: number): string => (run * 2 + at).toString(16).padStart(16, '0');
          const of = (one: (typeof sent)[number][number]): unknown => {
            const epoch = epochOf(one.epoch);
            switch (one.kind) {
              case 'tap':
                return tap(one.seq, {
                  epoch,
                  id: `${run.toString(16).padStart(8, '0')}-0000-4000-8000-${String(one.id).padStart(12, '0')}`,
                });
              case 'own':
                return tap(one.seq, { epoch });
              case 'lost':
                return dropped(one.seq, { from: one.from, to: one.to, epoch: epochOf(one.of) }, { epoch });
              case 'bad':
                return { ...tap(one.seq, { epoch }), time: 'yesterday' };
              default:
                return one satisfies never;
            }
          };
          for (const batch of sent.map((elements) => elements.map(of))) {
            const [one, other] = [(await left.take(siteId, batch)).receipt, (await right.take(siteId, batch)).receipt];
            const sorted = (receipts: typeof one.receipts) => receipts.toSorted((a, b) => (a.epoch < b.epoch ? -1 : 1));
            expect({ ...other, receipts: sorted(other.receipts) }).toEqual({ ...one, receipts: sorted(one.receipts) });
          }
        }),
        { numRuns: 60 },
      );
      const kept = async (log: TestLog) =>
        (await log.page({ limit: 10_000, after: 0 })).map(({ device_id, epoch, seq, id, type, data }) => [
          device_id,
          epoch,
          seq,
          id,
          type,
          data,
        ]);
      expect(await kept(right)).toEqual(await kept(left));
      expect(await right.quarantineCount()).toBe(await left.quarantineCount());
    } finally {
      await left.close();
      await right.close();
    }
  }, 60_000);
});
