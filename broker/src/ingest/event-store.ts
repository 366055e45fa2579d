/** Events of the site in the order they were admitted, and how far each outbox has arrived. Called inside transactions of ingest. */
import { crc32 } from 'node:zlib';
import type { DeviceId, Epoch } from '@tramhoc/protocol/ids';
import { canonicalJson } from '@tramhoc/protocol/twin';
import type { SiteDatabase } from '../site-database.ts';
import { emptyStream, Gaps, type Stream } from './seq-gap.ts';

export type NewRow = StreamKey & { seq: number; keep: boolean; admittedMs: number; body: string };
/** `damaged`: the body is not what was written. */
export type StoredRow = StreamKey & { position: number; seq: number; admittedMs: number; body: string; damaged: boolean };
export type StreamKey = { device: DeviceId; epoch: Epoch };

export type EventStore = {
  /** Nothing is stored under this identity: ask `bodyAt` before, where `stream` does not rule it out. */
  insert(row: NewRow): void;
  /** What is stored under this identity, or undefined. */
  bodyAt(key: StreamKey & { seq: number }): string | undefined;
  stream(key: StreamKey): Stream;
  keepStream(key: StreamKey, stream: Stream, heardMs: number): void;
  /** Last step of a transaction that inserted. */
  settle(): void;
  /** What `bodyAt` need not find any more, since the rows are gone. */
  forgetPlaces(rows: readonly Place[]): void;
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

/** The short name of an outbox, and a position in it. */
export type Place = { run: number; seq: number };

type Run = { id: number; stream: Stream };
type RunRow = { id: number; highest: number; gaps: string };
/** A site of 500 devices that start ten times a day; what was forgotten is read again. */
const maxRunsInMemory = 5_000;
/** Events whose place is in memory only; after a start they are read from the table. */
const maxUnplaced = 4_096;
const placedKey = 'event.placed';

export function createEventStore(database: SiteDatabase): EventStore {
  const insert = database.prepare('INSERT INTO event (run, seq, keep, crc, admitted_ms, body) VALUES (?, ?, ?, ?, ?, ?)');
  const bodyAt = database.prepare<{ body: string }>('SELECT body FROM event WHERE position = ?');
  const placeOf = database.prepare<{ position: number }>('SELECT position FROM place WHERE run = ? AND seq = ?');
  const putPlace = database.prepare('INSERT OR REPLACE INTO place (run, seq, position) VALUES (?, ?, ?)');
  const dropPlace = database.prepare('DELETE FROM place WHERE run = ? AND seq = ?');
  const unplacedRows = database.prepare<Place & { position: number }>(
    'SELECT run, seq, position FROM event WHERE position > ? ORDER BY position',
  );
  const findRun = database.prepare<RunRow>('SELECT id, highest, gaps FROM run WHERE device = ? AND epoch = ?');
  const newRun = database.prepare("INSERT INTO run (device, epoch, highest, gaps, open_gaps, heard_ms) VALUES (?, ?, 0, '[]', 0, ?)");
  const keepRun = database.prepare('UPDATE run SET highest = ?, gaps = ?, open_gaps = ?, heard_ms = ? WHERE id = ?');
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
  const runs = new Map<string, Run>();
  /** Read again when it is needed: after a rollback the disk may not be there to ask. */
  let unplaced: (Place & { position: number })[] | undefined;
  const toBePlaced = (): (Place & { position: number })[] => {
    unplaced ??= unplacedRows.all(Number(database.meta.get(placedKey) ?? 0));
    return unplaced;
  };
  database.onRollback(() => {
    runs.clear();
    unplaced = undefined;
  });
  const runOf = ({ device, epoch }: StreamKey): Run | undefined => {
    const name = `${device} ${epoch}`;
    const known = runs.get(name);
    if (known !== undefined) return known;
    const row = findRun.get(device, epoch);
    return row === undefined ? undefined : remembered(name, { id: row.id, stream: asStream(row) });
  };
  const remembered = (name: string, run: Run): Run => {
    if (runs.size >= maxRunsInMemory) runs.clear();
    runs.set(name, run);
    return run;
  };
  const makeRun = (key: StreamKey, heardMs: number): Run => {
    const { lastInsertRowid } = newRun.run(key.device, key.epoch, heardMs);
    return remembered(`${key.device} ${key.epoch}`, { id: Number(lastInsertRowid), stream: emptyStream });
  };

  return {
    insert(row) {
      const { id } = runOf(row) ?? makeRun(row, row.admittedMs);
      const { lastInsertRowid } = insert.run(id, row.seq, row.keep ? 1 : 0, checksum(id, row), row.admittedMs, row.body);
      unplaced?.push({ run: id, seq: row.seq, position: Number(lastInsertRowid) });
    },
    bodyAt({ device, epoch, seq }) {
      const run = runOf({ device, epoch });
      if (run === undefined) return undefined;
      const { position } = toBePlaced().findLast((row) => row.run === run.id && row.seq === seq) ?? placeOf.get(run.id, seq) ?? {};
      return position === undefined ? undefined : bodyAt.get(position)?.body;
    },
    settle() {
      const rows = toBePlaced();
      if (rows.length < maxUnplaced) return;
      // neighbours go into the same page
      for (const { run, seq, position } of rows.toSorted((a, b) => a.run - b.run || a.seq - b.seq)) putPlace.run(run, seq, position);
      database.meta.set(placedKey, String(rows.at(-1)!.position));
      unplaced = [];
    },
    forgetPlaces(rows) {
      for (const { run, seq } of rows) dropPlace.run(run, seq);
    },
    stream: (key) => runOf(key)?.stream ?? emptyStream,
    keepStream(key, stream, heardMs) {
      const run = runOf(key) ?? makeRun(key, heardMs);
      const { highest, gaps } = stream;
      keepRun.run(highest, gaps.length === 0 ? '[]' : JSON.stringify(gaps), openIn(gaps), heardMs, run.id);
      run.stream = stream;
    },
    streamsWithOpenGaps: () => gappy.all().map((row) => ({ device: row.device, epoch: row.epoch, stream: asStream(row) })),
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
      return few.map(({ crc, run, ...row }) => ({ ...row, damaged: row.epoch === '' || (crc !== null && crc !== checksum(run, row)) }));
    },
    lastPosition,
    oldestAfter: (position) => oldest.get(position),
  };
}

/** CRC-32 of the body that begins with whose event it is: a damaged number is found like damaged text. */
const checksum = (run: number, { seq, body }: { seq: number; body: string }): number =>
  crc32(body, (Math.imul(run, 0x9e37_79b1) ^ seq) >>> 0);

const asStream = (row: RunRow): Stream => ({ highest: row.highest, gaps: row.gaps === '[]' ? [] : Gaps.parse(JSON.parse(row.gaps)) });

function openIn(gaps: Stream['gaps']): number {
  let open = 0;
  for (const { state } of gaps) if (state === 'open') open += 1;
  return open;
}
