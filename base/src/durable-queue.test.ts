import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { type DurableQueueOptions, type NewRow, openDurableQueue } from './durable-queue.ts';
import { fakeClock } from './fake-clock.ts';
import { seededRandom } from './random.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function freshOptions(options: Partial<DurableQueueOptions> = {}): DurableQueueOptions {
  const folder = mkdtempSync(join(tmpdir(), 'queue-'));
  folders.push(folder);
  return {
    path: join(folder, 'queue.sqlite'),
    maxBytes: 1_000_000,
    maxAgeMs: 30 * 86_400_000,
    random: seededRandom(7),
    clock: fakeClock(),
    wallTrusted: () => true,
    onDropped: (dropped) => row(`dropped ${dropped.from}-${dropped.to} ${dropped.reason}`, { kind: 'dropped' }),
    onDamaged: ({ count }) => row(`damaged ${count}`, { kind: 'damaged' }),
    ...options,
  };
}
const row = (text: string, { kind = 'reading', keepLongest = false } = {}): NewRow => ({
  kind,
  keepLongest,
  make: ({ seq, epoch }) => ({ id: `${epoch}-${seq}`, body: text }),
});
const all = { afterPosition: 0, limit: 10_000, maxBytes: 10_000_000 };

test('rows come back in the order they were appended, also after closing and opening again', () => {
  const options = freshOptions();
  const queue = openDurableQueue(options);
  queue.append([row('a'), row('b')]);
  queue.append([row('c')]);
  const { epoch } = queue;
  queue.close();
  const again = openDurableQueue(options);
  expect(again.epoch).toBe(epoch);
  expect(again.read(all).map(({ seq, body }) => [seq, body])).toEqual([
    [1, 'a'],
    [2, 'b'],
    [3, 'c'],
  ]);
  again.close();
});

test('a seq is never given twice, even when everything was delivered before a restart', () => {
  const options = freshOptions();
  const queue = openDurableQueue(options);
  queue.remove(queue.append([row('a'), row('b')]).map(({ position }) => position));
  expect(queue.pendingCount()).toBe(0);
  queue.close();
  const again = openDurableQueue(options);
  expect(again.append([row('c')])[0]).toMatchObject({ seq: 3 });
  again.close();
});

test('a row whose making fails leaves nothing behind and takes no seq', () => {
  const queue = openDurableQueue(freshOptions());
  const broken: NewRow = {
    kind: 'reading',
    keepLongest: false,
    make: () => {
      throw new Error('broken');
    },
  };
  expect(() => queue.append([row('a'), broken])).toThrow('broken');
  expect(queue.pendingCount()).toBe(0);
  expect(queue.append([row('b')])[0]).toMatchObject({ seq: 1 });
  queue.close();
});

test('at the cap the oldest telemetry goes, attendance stays, and a record says what went', () => {
  const queue = openDurableQueue(freshOptions({ maxBytes: 20_000 }));
  queue.append([row('tap', { kind: 'tap', keepLongest: true })]);
  for (let count = 0; count < 40; count += 1) queue.append([row('x'.repeat(1_000))]);
  const rows = queue.read(all);
  expect(rows.some(({ kind }) => kind === 'tap')).toBe(true);
  expect(rows.filter(({ kind }) => kind === 'dropped').length).toBeGreaterThan(0);
  expect(rows.reduce((sum, { body }) => sum + body.length, 0)).toBeLessThan(20_000);
  queue.close();
});

test('taps that stand between readings stay as long as one reading is left, and what a record told is told by the next', () => {
  const told: { from: number; to: number; count: number }[] = [];
  const queue = openDurableQueue(
    freshOptions({
      maxBytes: 20_000,
      onDropped({ from, to, count }) {
        told.push({ from, to, count });
        return row('r'.repeat(500), { kind: 'dropped' });
      },
    }),
  );
  for (let count = 0; count < 200; count += 1) {
    queue.append([row('t'.repeat(300), { kind: 'tap', keepLongest: true }), row('x'.repeat(900))]);
    const rows = queue.read(all);
    const taps = rows.filter(({ kind }) => kind === 'tap').length;
    if (taps < count + 1) expect(rows.filter(({ kind }) => kind === 'reading')).toEqual([]);
    const records = rows.filter(({ kind }) => kind === 'dropped');
    expect(records.length).toBeLessThan(12);
  }
  // the records that wait cover everything that is not there
  const there = new Set(queue.read(all).map(({ seq }) => seq));
  const waiting = queue.read(all).filter(({ kind }) => kind === 'dropped').length;
  const covered = told.slice(-waiting);
  for (let seq = 1; seq <= queue.lastSeq(); seq += 1)
    expect(there.has(seq) || covered.some(({ from, to }) => from <= seq && seq <= to)).toBe(true);
  queue.close();
});

test('every seq is either still there, removed by us, or named in a record of dropped rows', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ size: fc.integer({ min: 1, max: 3_000 }), keepLongest: fc.boolean(), remove: fc.boolean() }), { maxLength: 60 }),
      (steps) => {
        const gone = new Set<number>();
        const queue = openDurableQueue(
          freshOptions({
            maxBytes: 15_000,
            onDropped: ({ from, to }) => {
              for (let seq = from; seq <= to; seq += 1) gone.add(seq);
              return row('dropped', { kind: 'dropped', keepLongest: true });
            },
          }),
        );
        for (const { size, keepLongest, remove } of steps) {
          queue.append([row('x'.repeat(size), { keepLongest })]);
          const oldest = queue.read({ ...all, limit: 1 })[0];
          if (remove && oldest !== undefined) {
            gone.add(oldest.seq);
            queue.remove([oldest.position]);
          }
        }
        const there = new Set(queue.read(all).map(({ seq }) => seq));
        for (let seq = 1; seq <= queue.lastSeq(); seq += 1) expect(there.has(seq) || gone.has(seq)).toBe(true);
        expect(queue.pendingCount()).toBe(there.size);
        queue.close();
      },
    ),
    { numRuns: 40 },
  );
});

test('a clock that jumped ahead and is not believed evicts nothing', async () => {
  const clock = fakeClock();
  let trusted = true;
  const queue = openDurableQueue(freshOptions({ clock, wallTrusted: () => trusted }));
  queue.append([row('old')]);
  trusted = false;
  clock.jumpWall(400 * 86_400_000);
  queue.append([row('new')]);
  expect(queue.pendingCount()).toBe(2);
  trusted = true;
  await clock.advance(6 * 3_600_000);
  queue.append([row('newer')]);
  expect(queue.read(all).map(({ body }) => body)).toEqual(['new', 'newer', 'dropped 1-1 age']);
  queue.close();
});

test('what was made before the clock was set is not old when it is set', async () => {
  const clock = fakeClock();
  let trusted = false;
  const queue = openDurableQueue(freshOptions({ clock, wallTrusted: () => trusted }));
  queue.append([row('reading with an empty battery')]);
  trusted = true;
  clock.jumpWall(9_000 * 86_400_000);
  await clock.advance(6 * 3_600_000);
  queue.append([row('reading')]);
  expect(queue.read(all).map(({ body }) => body)).toEqual(['reading with an empty battery', 'reading']);
  queue.close();
});

test.each([400, 1_900, 2_100, 5_000])('rows of %i bytes for which there is no room any more push out the oldest, and are taken', (size) => {
  const maxBytes = 8_000_000;
  const queue = openDurableQueue(freshOptions({ maxBytes }));
  const rows = Math.ceil((2 * maxBytes) / size);
  for (let count = 0; count < rows; count += 50)
    queue.append(Array.from({ length: 50 }, () => row('x'.repeat(size), { kind: 'tap', keepLongest: true })));
  expect(queue.pendingCount()).toBeLessThan(rows);
  queue.append([row('the newest', { keepLongest: true })]);
  const bodies = queue.read({ ...all, limit: rows * 2 }).map(({ body }) => body);
  expect(bodies).toContain('the newest');
  expect(bodies.some((body) => body.startsWith('dropped 1-'))).toBe(true);
  queue.close();
});

test('a new epoch counts from 1 and waiting rows keep their identity', () => {
  const queue = openDurableQueue(freshOptions());
  const before = queue.epoch;
  queue.append([row('a'), row('b')]);
  const after = queue.renewEpoch();
  expect(after).not.toBe(before);
  queue.append([row('c')]);
  expect(queue.read(all).map(({ epoch, seq }) => [epoch, seq])).toEqual([
    [before, 1],
    [before, 2],
    [after, 1],
  ]);
  queue.close();
});

test('reading stops at the byte limit but always gives one row', () => {
  const queue = openDurableQueue(freshOptions());
  queue.append([row('x'.repeat(500)), row('x'.repeat(500)), row('x'.repeat(500))]);
  expect(queue.read({ afterPosition: 0, limit: 10, maxBytes: 1_100 })).toHaveLength(2);
  expect(queue.read({ afterPosition: 0, limit: 10, maxBytes: 10 })).toHaveLength(1);
  queue.close();
});

/** What a dying card does: other bytes where `text` was, in a file that nobody has open. */
function damage(path: string, text: string, other: string): void {
  const file = readFileSync(path);
  const at = file.indexOf(text);
  if (at === -1) throw new Error(`${text} is not in ${path}`);
  file.write(other, at);
  writeFileSync(path, file);
}
const damagedRows = (path: string): string[] => {
  const raw = new BetterSqlite3(path, { readonly: true });
  const rows = raw.prepare('SELECT row FROM damaged').pluck().all() as string[];
  raw.close();
  return rows;
};

test('a row that the disk changed is never given out: it is kept aside, a record says so, and the others go on', () => {
  const options = freshOptions();
  let queue = openDurableQueue(options);
  queue.append([row('tap of An'), row('tap of Binh'), row('tap of Chi')]);
  queue.close();
  damage(options.path, 'tap of Binh', 'tap of Dung');
  queue = openDurableQueue(options);
  expect(queue.read(all).map(({ seq, body }) => [seq, body])).toEqual([
    [1, 'tap of An'],
    [3, 'tap of Chi'],
  ]);
  expect(queue.read(all).map(({ body }) => body)).toEqual(['tap of An', 'tap of Chi', 'damaged 1']);
  expect(queue.pendingCount()).toBe(3);
  queue.close();
  expect(damagedRows(options.path)).toEqual([expect.stringContaining('tap of Dung')]);
});

test('a damaged number of a row is found like a damaged body, also where an index does not know the row any more', () => {
  const options = freshOptions();
  let queue = openDurableQueue(options);
  const { epoch } = queue;
  queue.append([row('a'), row('b')]);
  queue.close();
  // the first place is the table's; the index keeps the old id
  damage(options.path, `${epoch}-2`, `${epoch}-9`);
  queue = openDurableQueue(options);
  expect(queue.read(all).map(({ body }) => body)).toEqual(['a']);
  expect(queue.read(all).map(({ body }) => body)).toEqual(['a', 'damaged 1']);
  queue.close();
});

test('when everything that was asked for is damaged, what lies behind it is still read', () => {
  const options = freshOptions();
  let queue = openDurableQueue(options);
  queue.append([row('first'), row('second')]);
  queue.close();
  damage(options.path, 'first', 'fIrst');
  queue = openDurableQueue(options);
  expect(queue.read({ ...all, limit: 1 }).map(({ body }) => body)).toEqual(['second']);
  queue.close();
});

test('rows from before there were checksums are given out as they are', () => {
  const options = freshOptions();
  let queue = openDurableQueue(options);
  queue.append([row('old')]);
  queue.close();
  const raw = new BetterSqlite3(options.path);
  raw.exec('UPDATE queue SET crc = NULL');
  raw.close();
  queue = openDurableQueue(options);
  expect(queue.read(all).map(({ body }) => body)).toEqual(['old']);
  queue.close();
});
