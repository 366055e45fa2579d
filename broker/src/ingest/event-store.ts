/** Events of the site in the order they were admitted, and how far each outbox has arrived. Called inside transactions of ingest. */
import type { DeviceId, Epoch } from '@tramhoc/protocol/ids';
import { canonicalJson } from '@tramhoc/protocol/twin';
import type { SiteDatabase } from '../site-database.ts';
import { createPlaces, type Place, rowChecksum } from './event-places.ts';
import { emptyStream, Gaps, type Stream } from './seq-gap.ts';
import { createStreamMap } from './stream-map.ts';

export type NewRow = StreamKey & { seq: number; keep: boolean; admittedMs: number; body: string };
/** `damaged`: the body is not what was written. */
export type StoredRow = StreamKey & { position: number; seq: number; admittedMs: number; body: string; damaged: boolean };
export type StreamKey = { device: DeviceId; epoch: Epoch };

export type EventStore = {
  /** Nothing is stored under this identity: ask `bodyAt` before, where `stream` does not rule it out. Gives the position. */
  insert(row: NewRow): number;
  /** What is stored under this identity, or undefined. */
  bodyAt(key: StreamKey & { seq: number }): string | undefined;
  stream(key: StreamKey): Stream;
  /** Of an outbox with rows of this transaction and no other change: they tell how far it has arrived, also after a start. */
  advanceStream(key: StreamKey, stream: Stream): void;
  /** A gap came or went, or something arrived of which there is no row. */
  keepStream(key: StreamKey, stream: Stream): void;
  /** Last step of a transaction that inserted. */
  settle(): void;
  /**
   * Every removal of rows goes through this, within a transaction: what only they tell is kept. `remove` gives how many of the oldest went, or which; this
   * gives how many.
   */
  removing(remove: () => number | readonly Pick<Place, 'run' | 'position'>[]): number;
  /** At most `ofEach` of each device, the oldest first. */
  streamsWithOpenGaps(ofEach: number): (StreamKey & { stream: Stream })[];
  openStreamCount(): number;
  /** Forgets outboxes of which nothing is stored, but for the newest of each device. Gives how many; it looks when enough has changed since the last look. */
  forgetEmpty(): number;
  /** Rows after `afterPosition` in order, at most `limit` and about `maxBytes` of bodies, at least one. */
  read(options: { afterPosition: number; limit: number; maxBytes: number }): StoredRow[];
  lastPosition(): number;
  /** When the first row after `position` was admitted. */
  oldestAfter(position: number): { admittedMs: number } | undefined;
};

/** Stamped on the way and different at each try: no part of what an event says. */
const stampedFields = new Set(['sentbootid', 'sentmonons', 'sitetime', 'sitetimemethod', 'sitetimeerrorms']);

/** Whether two events, as devices made them, say the same. */
export function isSameEvent(one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>): boolean {
  const made = (event: Readonly<Record<string, unknown>>): string =>
    canonicalJson(Object.fromEntries(Object.entries(event).filter(([key]) => !stampedFields.has(key))));
  return made(one) === made(other);
}

type Run = { id: number; stream: Stream };
type RunRow = { id: number; highest: number; gaps: string };
/** A site of 500 devices that start ten times a day; what was forgotten is read again. */
const maxRunsInMemory = 5_000;
/** Events whose place is in memory only, and with it how far their outbox has arrived; after a start both are read from the rows. */
const maxUnplaced = 4_096;
/**
 * Of which nothing is stored any more: what they still said arrived a month ago, or was given up. A device that starts ten times a day sends what it kept
 * for weeks before one of these is missed; and then the centre recognises what it had. One that makes up epochs fills no store with them.
 */
const maxEmptyRuns = 200;

export function createEventStore(database: SiteDatabase): EventStore {
  const insert = database.prepare('INSERT INTO event (run, seq, keep, crc, admitted_ms, body) VALUES (?, ?, ?, ?, ?, ?)');
  const bodyAt = database.prepare<{ body: string }>('SELECT body FROM event WHERE position = ?');
  const places = createPlaces(database);
  const findRun = database.prepare<RunRow>('SELECT id, highest, gaps FROM run WHERE device = ? AND epoch = ?');
  const newRun = database.prepare("INSERT INTO run (device, epoch, highest, gaps, open_gaps) VALUES (?, ?, 0, '[]', 0)");
  const keepRun = database.prepare('UPDATE run SET highest = ?, gaps = ?, open_gaps = ? WHERE id = ?');
  const advanceRun = database.prepare('UPDATE run SET highest = max(highest, ?) WHERE id = ?');
  const runCount = database.prepare<{ count: number }>('SELECT count(*) AS count FROM run');
  const forgetRuns = database.prepare(
    `DELETE FROM run WHERE id IN (
       SELECT id FROM (
         SELECT id, row_number() OVER (PARTITION BY device ORDER BY id DESC) AS nth FROM run
         WHERE NOT EXISTS (SELECT 1 FROM stretch WHERE stretch.run = run.id) AND id NOT IN (SELECT value FROM json_each(?)))
       WHERE nth > ?)`,
  );
  const nextGappy = database.prepare<Pick<StreamKey, 'device'>>(
    'SELECT device FROM run WHERE open_gaps > 0 AND device > ? ORDER BY device LIMIT 1',
  );
  const gappyOf = database.prepare<RunRow & StreamKey>(
    'SELECT id, device, epoch, highest, gaps FROM run WHERE open_gaps > 0 AND device = ? ORDER BY id LIMIT ?',
  );
  const gappyCount = database.prepare<{ count: number }>('SELECT count(*) AS count FROM run WHERE open_gaps > 0');
  // a row whose run nobody knows was damaged as well, and must not be passed over
  const read = database.prepare<Omit<StoredRow, 'damaged'> & { run: number; crc: number | null }>(
    `SELECT position, coalesce(device, 'unknown') AS device, coalesce(epoch, '') AS epoch, run, seq, admitted_ms AS admittedMs, crc, body
     FROM event LEFT JOIN run ON run.id = event.run
     WHERE position > ? AND position <= ? ORDER BY position LIMIT ?`,
  );
  const last = database.prepare<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'event'");
  const oldest = database.prepare<{ admittedMs: number }>(
    'SELECT admitted_ms AS admittedMs FROM event WHERE position > ? ORDER BY position LIMIT 1',
  );
  const lastPosition = (): number => last.get()?.seq ?? 0;

  /** What the tables say, also of rows that the transaction under way has written. */
  const runs = createStreamMap<Run>();
  database.onRollback(runs.clear);
  const runOf = (key: StreamKey): Run | undefined => {
    const known = runs.get(key);
    if (known !== undefined) return known;
    const row = findRun.get(key.device, key.epoch);
    if (row === undefined) return undefined;
    const { highest, gaps } = asStream(row);
    return remembered(key, { id: row.id, stream: { highest: Math.max(highest, places.highestUnplaced(row.id)), gaps } });
  };
  const remembered = (key: StreamKey, run: Run): Run => {
    if (runs.size() >= maxRunsInMemory) runs.clear();
    runs.set(key, run);
    return run;
  };
  /** Runs that came and rows that went since it was looked which runs are empty; and how many runs there were then. */
  let changed = Number.POSITIVE_INFINITY;
  let lookedAt = 0;
  const makeRun = (key: StreamKey): Run => {
    const { lastInsertRowid } = newRun.run(key.device, key.epoch);
    changed += 1;
    return remembered(key, { id: Number(lastInsertRowid), stream: emptyStream });
  };
  /** What the rows that are not placed yet say of their outboxes. */
  const keepAdvances = (): void => {
    for (const { run, seq } of places.lastOfEach()) advanceRun.run(seq, run);
  };

  return {
    insert(row) {
      const { id } = runOf(row) ?? makeRun(row);
      const { seq, admittedMs, body } = row;
      const { lastInsertRowid } = insert.run(id, seq, row.keep ? 1 : 0, rowChecksum({ run: id, seq, body }), admittedMs, body);
      const position = Number(lastInsertRowid);
      places.add({ run: id, seq, position });
      return position;
    },
    bodyAt({ device, epoch, seq }) {
      const run = runOf({ device, epoch });
      const position = run === undefined ? undefined : places.find({ run: run.id, seq });
      return position === undefined ? undefined : bodyAt.get(position)?.body;
    },
    settle() {
      if (places.unplacedCount() < maxUnplaced) return;
      keepAdvances();
      places.write();
    },
    removing(remove) {
      places.load();
      const removed = remove();
      const count = typeof removed === 'number' ? removed : removed.length;
      if (count > 0) {
        keepAdvances();
        places.forget(typeof removed === 'number' ? [] : removed);
        changed += count;
      }
      return count;
    },
    stream: (key) => runOf(key)?.stream ?? emptyStream,
    advanceStream(key, stream) {
      const run = runOf(key);
      if (run !== undefined) run.stream = stream;
    },
    keepStream(key, stream) {
      const run = runOf(key) ?? makeRun(key);
      const { highest, gaps } = stream;
      keepRun.run(highest, gaps.length === 0 ? '[]' : JSON.stringify(gaps), openIn(gaps), run.id);
      run.stream = stream;
    },
    streamsWithOpenGaps(ofEach) {
      const rows: (RunRow & StreamKey)[] = [];
      for (let next = nextGappy.get(''); next !== undefined; next = nextGappy.get(next.device))
        rows.push(...gappyOf.all(next.device, ofEach));
      return rows.map(({ device, epoch, ...row }) => ({ device, epoch, stream: runOf({ device, epoch })?.stream ?? asStream(row) }));
    },
    openStreamCount: () => gappyCount.get()!.count,
    forgetEmpty() {
      // to look costs by the number of runs, so it is looked once for a part of them
      if (changed * 4 < lookedAt || changed === 0) return 0;
      const held = [...places.lastOfEach()].map(({ run }) => run);
      const { changes } = forgetRuns.run(JSON.stringify(held), maxEmptyRuns);
      if (changes > 0) runs.clear();
      changed = 0;
      lookedAt = runCount.get()!.count;
      return changes;
    },
    read({ afterPosition, limit, maxBytes }) {
      const rows = read.all(afterPosition, lastPosition(), limit);
      let bytes = 0;
      const tooMany = rows.findIndex((row) => {
        bytes += Buffer.byteLength(row.body);
        return bytes > maxBytes;
      });
      const few = tooMany === -1 ? rows : rows.slice(0, Math.max(1, tooMany));
      return few.map(({ crc, run, ...row }) => ({
        ...row,
        damaged: row.epoch === '' || (crc !== null && crc !== rowChecksum({ ...row, run })),
      }));
    },
    lastPosition,
    oldestAfter: (position) => oldest.get(position),
  };
}

const asStream = (row: RunRow): Stream => ({ highest: row.highest, gaps: row.gaps === '[]' ? [] : Gaps.parse(JSON.parse(row.gaps)) });

function openIn(gaps: Stream['gaps']): number {
  let open = 0;
  for (const { state } of gaps) if (state === 'open') open += 1;
  return open;
}
