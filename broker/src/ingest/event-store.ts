/** Events of the site in the order they were admitted, and how far each outbox has arrived. Called inside transactions of ingest. */
import type { DeviceId, Epoch } from '@tramhoc/protocol/ids';
import { canonicalJson } from '@tramhoc/protocol/twin';
import type { SiteDatabase } from '../site-database.ts';
import { createPlaces, rowChecksum } from './event-places.ts';
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
  keepStream(key: StreamKey, stream: Stream, heardMs: number): void;
  /** Last step of a transaction that inserted. */
  settle(): void;
  /** Every removal of rows goes through this, within a transaction: what only they tell is kept. `remove` gives how many went, and so does this. */
  removing(remove: () => number): number;
  streamsWithOpenGaps(): (StreamKey & { stream: Stream })[];
  openStreamCount(): number;
  /** Forgets outboxes that nothing was heard of since and of which nothing is stored. */
  forgetStreams(heardBeforeMs: number): void;
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

export function createEventStore(database: SiteDatabase): EventStore {
  const insert = database.prepare('INSERT INTO event (run, seq, keep, crc, admitted_ms, body) VALUES (?, ?, ?, ?, ?, ?)');
  const bodyAt = database.prepare<{ body: string }>('SELECT body FROM event WHERE position = ?');
  const places = createPlaces(database);
  const findRun = database.prepare<RunRow>('SELECT id, highest, gaps FROM run WHERE device = ? AND epoch = ?');
  const newRun = database.prepare("INSERT INTO run (device, epoch, highest, gaps, open_gaps, heard_ms) VALUES (?, ?, 0, '[]', 0, ?)");
  const keepRun = database.prepare('UPDATE run SET highest = ?, gaps = ?, open_gaps = ?, heard_ms = ? WHERE id = ?');
  const advanceRun = database.prepare('UPDATE run SET highest = max(highest, ?), heard_ms = ? WHERE id = ?');
  const forgetRuns = database.prepare('DELETE FROM run WHERE heard_ms < ? AND NOT EXISTS (SELECT 1 FROM event WHERE event.run = run.id)');
  const gappy = database.prepare<RunRow & StreamKey>('SELECT id, device, epoch, highest, gaps FROM run WHERE open_gaps > 0');
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
  const makeRun = (key: StreamKey, heardMs: number): Run => {
    const { lastInsertRowid } = newRun.run(key.device, key.epoch, heardMs);
    return remembered(key, { id: Number(lastInsertRowid), stream: emptyStream });
  };
  /** What the rows that are not placed yet say of their outboxes. */
  const keepAdvances = (): void => {
    for (const { run, seq, admittedMs } of places.lastOfEach()) advanceRun.run(seq, admittedMs, run);
  };

  return {
    insert(row) {
      const { id } = runOf(row) ?? makeRun(row, row.admittedMs);
      const { seq, admittedMs, body } = row;
      const { lastInsertRowid } = insert.run(id, seq, row.keep ? 1 : 0, rowChecksum({ run: id, seq, body }), admittedMs, body);
      const position = Number(lastInsertRowid);
      places.add({ run: id, seq, position, admittedMs });
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
      const count = remove();
      if (count > 0) {
        keepAdvances();
        places.forget();
      }
      return count;
    },
    stream: (key) => runOf(key)?.stream ?? emptyStream,
    advanceStream(key, stream) {
      const run = runOf(key);
      if (run !== undefined) run.stream = stream;
    },
    keepStream(key, stream, heardMs) {
      const run = runOf(key) ?? makeRun(key, heardMs);
      const { highest, gaps } = stream;
      keepRun.run(highest, gaps.length === 0 ? '[]' : JSON.stringify(gaps), openIn(gaps), heardMs, run.id);
      run.stream = stream;
    },
    streamsWithOpenGaps: () =>
      gappy.all().map(({ device, epoch, ...row }) => ({ device, epoch, stream: runOf({ device, epoch })?.stream ?? asStream(row) })),
    openStreamCount: () => gappyCount.get()!.count,
    forgetStreams(heardBeforeMs) {
      if (forgetRuns.run(heardBeforeMs).changes > 0) runs.clear();
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
