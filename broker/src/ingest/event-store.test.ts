import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeviceId, Epoch } from '@tramhoc/protocol/ids';
import { afterEach, expect, test } from 'vitest';
import { openSiteDatabase } from '../site-database.ts';
import { createEventStore } from './event-store.ts';

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
  return { database, events };
}
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
      events.keepStream(key, { highest: 1, gaps: [] }, 1);
      throw new Error('the disk failed');
    });
  expect(attempt).toThrow('the disk failed');
  expect(events.stream(key).highest).toBe(0);
  expect(events.bodyAt({ ...key, seq: 1 })).toBeUndefined();
  database.transaction(() => events.insert({ ...key, seq: 1, keep: true, admittedMs: 1, body: '{"again":true}' }));
  expect(events.bodyAt({ ...key, seq: 1 })).toBe('{"again":true}');
});
