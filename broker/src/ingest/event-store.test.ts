import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeviceId, Epoch } from '@tramhoc/protocol/ids';
import { afterEach, expect, test } from 'vitest';
import { openSiteDatabase, type SiteDatabase } from '../site-database.ts';
import { createEventStore, type StreamKey } from './event-store.ts';

const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const step of cleanUp.splice(0).toReversed()) step();
});
const device = DeviceId.parse('00000000-0000-4000-8000-000000000001');
const epochs = ['00000000000000aa', '00000000000000bb'].map((epoch) => Epoch.parse(epoch));

function store() {
  const folder = mkdtempSync(join(tmpdir(), 'tramhoc-events-'));
  cleanUp.push(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
  const database = openSiteDatabase(folder, { maxBytes: 16 * 1024 * 1024 });
  cleanUp.push(() => database.close());
  const events = createEventStore(database);
  for (const epoch of epochs)
    for (const seq of [1, 2, 3]) events.insert({ device, epoch, seq, keep: true, admittedMs: 1, body: `{"seq":${seq}}` });
  return { database, events, folder };
}
/** As after a start on the same file. */
const reopened = ({ database }: { database: SiteDatabase }): ReturnType<typeof createEventStore> => createEventStore(database);
const put = (events: ReturnType<typeof createEventStore>, key: StreamKey, seqs: readonly number[]): void => {
  for (const seq of seqs) events.insert({ ...key, seq, keep: true, admittedMs: 1, body: `{"seq":${seq}}` });
  events.advanceStream(key, { highest: seqs.at(-1)!, gaps: [] });
};
const oneTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);
const damagedIn = (events: ReturnType<typeof createEventStore>): number[] =>
  events.read({ afterPosition: 0, limit: 100, maxBytes: 10_000 }).flatMap(({ position, damaged }) => (damaged ? [position] : []));

test('what was written is read as it was', () => {
  const { events } = store();
  expect(damagedIn(events)).toEqual([]);
  expect(events.read({ afterPosition: 0, limit: 100, maxBytes: 10_000 }).map(({ epoch, seq, body }) => [epoch, seq, body])).toEqual(
    epochs.flatMap((epoch) => [1, 2, 3].map((seq) => [epoch, seq, `{"seq":${seq}}`])),
  );
});

test.each([
  ['the text', `UPDATE event SET body = '{"seq":9}' WHERE position = 2`],
  ['the number', 'UPDATE event SET seq = 7 WHERE position = 2'],
  ['whose it is, to somebody else', 'UPDATE event SET run = 2 WHERE position = 2'],
  ['whose it is, to nobody', 'UPDATE event SET run = 99 WHERE position = 2'],
])('a disk that changes %s is noticed, and the row is not passed over', (_what, sql) => {
  const { database, events } = store();
  database.exec(sql);
  expect(damagedIn(events)).toEqual([2]);
});

test('what a transaction that was rolled back said of an outbox is forgotten', () => {
  const { database, events } = store();
  const key = { device, epoch: Epoch.parse('00000000000000cc') };
  const attempt = (): void =>
    database.transaction(() => {
      events.insert({ ...key, seq: 1, keep: true, admittedMs: 1, body: '{}' });
      events.keepStream(key, { highest: 1, gaps: [] });
      throw new Error('the disk failed');
    });
  expect(attempt).toThrow('the disk failed');
  expect(events.stream(key).highest).toBe(0);
  expect(events.bodyAt({ ...key, seq: 1 })).toBeUndefined();
  database.transaction(() => events.insert({ ...key, seq: 1, keep: true, admittedMs: 1, body: '{"again":true}' }));
  expect(events.bodyAt({ ...key, seq: 1 })).toBe('{"again":true}');
});

test('how far an outbox has arrived is read from its rows after a start, and what was sent again is found', () => {
  const made = store();
  const key = { device, epoch: Epoch.parse('00000000000000dd') };
  made.database.transaction(() => put(made.events, key, oneTo(50)));
  const later = reopened(made);
  expect(later.stream(key)).toEqual({ highest: 50, gaps: [] });
  expect(later.bodyAt({ ...key, seq: 17 })).toBe('{"seq":17}');
  expect(later.bodyAt({ ...key, seq: 51 })).toBeUndefined();
});

test('a row whose number the disk has changed does not say how far an outbox has arrived', () => {
  const made = store();
  const key = { device, epoch: Epoch.parse('00000000000000dd') };
  made.database.transaction(() => put(made.events, key, oneTo(50)));
  made.database.exec('UPDATE event SET seq = 2000000000 WHERE seq = 50');
  expect(reopened(made).stream(key).highest).toBe(49);
});

test('thousands of events of two outboxes are found again, in memory, on disk and after a start', () => {
  const made = store();
  const keys = ['00000000000000dd', '00000000000000ee'].map((epoch) => ({ device, epoch: Epoch.parse(epoch) }));
  for (let round = 0; round < 3; round += 1)
    made.database.transaction(() => {
      for (const key of keys)
        put(
          made.events,
          key,
          oneTo(1_500).map((seq) => round * 1_500 + seq),
        );
      made.events.settle();
    });
  for (const events of [made.events, reopened(made)])
    for (const key of keys) {
      expect(events.stream(key).highest).toBe(4_500);
      for (const seq of [1, 1_500, 1_501, 4_499, 4_500]) expect(events.bodyAt({ ...key, seq })).toBe(`{"seq":${seq}}`);
      expect(events.bodyAt({ ...key, seq: 4_501 })).toBeUndefined();
    }
});

test('an outbox whose newest rows were removed is as far after a start as it was', () => {
  const made = store();
  const key = { device, epoch: Epoch.parse('00000000000000dd') };
  made.database.transaction(() => put(made.events, key, oneTo(50)));
  const remove = made.database.prepare('DELETE FROM event WHERE seq > 10');
  // also when the removal is the first thing that a start does
  const later = reopened(made);
  expect(made.database.transaction(() => later.removing(() => remove.run().changes))).toBe(40);
  expect(reopened(made).stream(key).highest).toBe(50);
  expect(reopened(made).bodyAt({ ...key, seq: 50 })).toBeUndefined();
});

test('of outboxes of which nothing is stored the newest two hundred of each device are remembered, and all others', () => {
  const made = store();
  const { database, events } = made;
  const keyOf = (nth: number): StreamKey => ({ device, epoch: Epoch.parse(nth.toString(16).padStart(16, '0')) });
  const numbers = oneTo(5_000).map((nth) => nth + 1_000);
  // the first 4,700 go to disk, what comes then is in memory
  for (const some of [numbers.slice(0, 4_700), numbers.slice(4_700)])
    database.transaction(() => {
      for (const nth of some) put(events, keyOf(nth), [1]);
      events.settle();
    });
  const remove = database.prepare<{ run: number; position: number }>(
    'DELETE FROM event WHERE run > 2 AND position % 5 > 0 RETURNING run, position',
  );
  expect(database.transaction(() => events.removing(() => remove.all()))).toBe(4_000);
  expect(events.forgetEmpty()).toBe(3_800);
  for (const of of [events, reopened(made)]) {
    const known = numbers.filter((nth) => of.stream(keyOf(nth)).highest === 1);
    // of the newest 250 numbers 200 have no row any more
    expect(known.length).toBe(1_200);
    expect(known.slice(-250)).toEqual(numbers.slice(-250));
    const left = of.read({ afterPosition: 6, limit: 9_999, maxBytes: 1e9 });
    expect(left.length).toBe(1_000);
    for (const { epoch, body } of left) expect(of.bodyAt({ device, epoch, seq: 1 })).toBe(body);
  }
  // nothing has changed since
  expect(events.forgetEmpty()).toBe(0);
});

test('a gap is on disk at once', () => {
  const made = store();
  const key = { device, epoch: Epoch.parse('00000000000000dd') };
  made.database.transaction(() => {
    put(made.events, key, oneTo(3));
    made.events.keepStream(key, { highest: 9, gaps: [{ from: 4, to: 8, state: 'open' }] });
  });
  const later = reopened(made);
  expect(later.stream(key)).toEqual({ highest: 9, gaps: [{ from: 4, to: 8, state: 'open' }] });
  // what comes after it in its turn is not written with it, and known all the same
  const gaps = [{ from: 4, to: 8, state: 'open' as const }];
  made.database.transaction(() => {
    put(made.events, key, [10, 11]);
    made.events.advanceStream(key, { highest: 11, gaps });
  });
  for (const events of [made.events, reopened(made)])
    expect(events.streamsWithOpenGaps(20)).toEqual([{ ...key, stream: { highest: 11, gaps } }]);
});

test('a store of an earlier version is brought forward: what was sent again is found, and the last fact about each device', () => {
  const { database, events: before, folder } = store();
  for (const body of [
    { type: 'vn.tramhoc.site.presence.v1', data: { device } },
    { type: 'vn.tramhoc.device.hello.v1', data: { device } },
  ])
    before.insert({ device, epoch: epochs[0]!, seq: 4, keep: false, admittedMs: 1, body: JSON.stringify(body) });
  before.insert({ device, epoch: epochs[0]!, seq: 5, keep: false, admittedMs: 1, body: '{"type":"vn.tramhoc.site.presence.v1", torn' });
  database.exec(`
    INSERT INTO presence (device, online, reason, since_ms) VALUES ('${device}', 1, 'connected', 1);
    ALTER TABLE presence DROP COLUMN told;
    ALTER TABLE run ADD COLUMN heard_ms INTEGER NOT NULL DEFAULT 0;
    DROP TABLE stretch;
    CREATE TABLE place (run INTEGER NOT NULL, seq INTEGER NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (run, seq)) STRICT, WITHOUT ROWID;
    INSERT INTO place SELECT run, seq, position FROM event WHERE position <= 4;
    INSERT INTO meta VALUES ('event.placed', '4');
    UPDATE run SET highest = 3;
    PRAGMA user_version = 3;
  `);
  database.close();
  const newer = openSiteDatabase(folder, { maxBytes: 16 * 1024 * 1024 });
  cleanUp.push(() => newer.close());
  const events = createEventStore(newer);
  for (const epoch of epochs) for (const seq of [1, 2, 3]) expect(events.bodyAt({ device, epoch, seq })).toBe(`{"seq":${seq}}`);
  expect(events.bodyAt({ device, epoch: epochs[0]!, seq: 6 })).toBeUndefined();
  expect(newer.prepare('SELECT told FROM presence').all()).toEqual([{ told: 7 }]);
});
