/**
 * An append-only queue in one SQLite file: what is in it is on disk before anybody is told so. It gives every row its seq and knows the epoch of the
 * file; a cap on size and age evicts the oldest, leaving a row that says which ones went. Each row has a checksum, since SQLite has none: a row that
 * the disk has changed is never given out as if it were true.
 */
import { crc32 } from 'node:zlib';
import { isTramError } from '@tramhoc/protocol/errors';
import { Epoch } from '@tramhoc/protocol/ids';
import type { Clock } from './clock.ts';
import { type Disk, localDisk } from './disk.ts';
import type { Random } from './random.ts';
import type { Statement } from './sqlite.ts';

/** `position` orders the rows of the file for ever; `seq` counts within the epoch the row was made in. */
export type QueueRow = { position: number; epoch: Epoch; seq: number; id: string; kind: string; keepLongest: boolean; body: string };
/** A row before it has its seq. `make` is called inside the transaction. `keepLongest`: evicted only when nothing else is left. */
export type NewRow = { kind: string; keepLongest: boolean; make(identity: { seq: number; epoch: Epoch }): { id: string; body: string } };
/** `count` rows were found damaged on the disk: what they said is not known any more. They are kept aside in the file, as they were found. */
export type Damaged = { count: number };
/** `count` rows were given up, all with a seq within `from`..`to`; what is not among them may still be there. */
export type Dropped = { epoch: Epoch; from: number; to: number; count: number; reason: 'size' | 'age' };

export type DurableQueue = {
  readonly epoch: Epoch;
  /** One transaction; returns after the commit. Throws DISK_FULL or STORE_FULL: then nothing was written. */
  append(rows: readonly NewRow[]): QueueRow[];
  /** Rows after `afterPosition` (0: from the oldest), oldest first: at most `limit` rows and about `maxBytes` of bodies, but at least one when there is one. */
  read(options: { afterPosition: number; limit: number; maxBytes: number }): QueueRow[];
  /** The next hop owns them now. */
  remove(positions: readonly number[]): void;
  pendingCount(): number;
  /** Highest seq given in this epoch; 0 before the first. */
  lastSeq(): number;
  /** Small values as durable as the rows. */
  meta: { get(key: string): string | undefined; set(key: string, value: string): void };
  /** A new epoch begins and seq starts again at 1. Rows that wait keep the identity they were made with. */
  renewEpoch(): Epoch;
  /** As of the database below. */
  limitGrowth(bytes: number | undefined): void;
  backup(path: string): Promise<void>;
  close(): void;
};

export type DurableQueueOptions = {
  path: string;
  maxBytes: number;
  /** For rows that are not `keepLongest`; those stay until the size cap has nothing else to take. */
  maxAgeMs: number;
  random: Random;
  clock: Clock;
  /** Whether `clock.wallMs()` may be believed. Rows go by age only then: a clock that jumped a year ahead must not empty the queue. */
  wallTrusted(): boolean;
  /** The row that records an eviction; appended in the transaction that evicts. */
  onDropped(dropped: Dropped): NewRow;
  /** The row that records rows found damaged; appended in the transaction that puts them aside. */
  onDamaged(damaged: Damaged): NewRow;
  disk?: Pick<Disk, 'openDatabase'>;
  /** A write found no room. What can be freed by others is freed here; then it is tried once more. */
  onFull?: () => void;
};

const migrations = [
  `CREATE TABLE queue (
     position INTEGER PRIMARY KEY AUTOINCREMENT,
     epoch TEXT NOT NULL,
     seq INTEGER NOT NULL,
     id TEXT NOT NULL UNIQUE,
     kind TEXT NOT NULL,
     keep_longest INTEGER NOT NULL,
     wall_ms INTEGER NOT NULL,
     bytes INTEGER NOT NULL,
     body TEXT NOT NULL
   ) STRICT;
   CREATE INDEX queue_evict ON queue (keep_longest, position);
   CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;`,
  // of a row that records an eviction: what it records (JSON of Dropped), so that it goes on in another one when the row itself is given up
  'ALTER TABLE queue ADD COLUMN records TEXT;',
  // crc is NULL in rows made before it; damaged keeps JSON of the rows whose crc does not fit, for a person to look at
  `ALTER TABLE queue ADD COLUMN crc INTEGER;
   CREATE TABLE damaged (position INTEGER PRIMARY KEY, found_ms INTEGER NOT NULL, row TEXT NOT NULL) STRICT;`,
];

/** What a row costs beside its body: keys, record header and both indexes. */
const rowOverheadBytes = 160;
/** File pages beyond the rows' own bytes (half-filled pages, indexes): the file may be this much larger than `maxBytes`. */
const fileSlack = 1.5;
const fileMarginBytes = 1024 * 1024;
/** When it uses more than all but this of its file, the oldest go although their bytes would fit: rows of half a page leave the other half unused. */
const fileReserveBytes = fileMarginBytes / 2;
/** One eviction makes room for a while, so that a full queue does not evict on every append. */
const evictShare = 0.02;
/** `wall_ms` of a row that was made while the clock was not believed: it does not go by age. */
const ageUnknown = Number.MAX_SAFE_INTEGER;
/** To look walks over all rows that may go by age: seldom, unless there is more to take than one look takes. */
const lookAtAgesMs = 6 * 3_600_000;
const ageRows = 1_000;
const nextAgesSoonMs = 60_000;
/** On a full disk at least this much goes at a time. */
const fullDiskStepBytes = 64 * 1024;
/** About what the record of an eviction takes; one is made for each epoch. */
const recordBytes = 700;

/** Kept of damaged rows: a disk that dies damages more than anybody will look at. */
const maxDamagedRows = 1_000;
/** A damaged length may claim megabytes. */
const maxDamagedChars = 64 * 1024;

type Row = { position: number; epoch: Epoch; seq: number; id: string; kind: string; keep_longest: number; wall_ms: number; bytes: number };
type StoredRow = Row & { body: string; records: string | null; crc: number | null };

type Evicted = { position: number; epoch: Epoch; seq: number; bytes: number; records: string | null };

/** Throws what openDatabase throws. */
export function openDurableQueue(options: DurableQueueOptions): DurableQueue {
  const { clock, random, disk = localDisk } = options;
  const fileBytes = options.maxBytes * fileSlack + fileMarginBytes;
  const database = disk.openDatabase(options.path, {
    ...{ migrations, maxBytes: fileBytes },
    ...(options.onFull === undefined ? {} : { onFull: options.onFull }),
  });
  const sql = {
    insert: database.prepare(
      'INSERT INTO queue (epoch, seq, id, kind, keep_longest, wall_ms, bytes, body, records, crc) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    read: database.prepare<StoredRow>(
      `SELECT position, epoch, seq, id, kind, keep_longest, wall_ms, bytes, body, records, crc FROM queue
       WHERE position > ? ORDER BY position LIMIT ?`,
    ),
    keepDamaged: database.prepare('INSERT OR REPLACE INTO damaged (position, found_ms, row) VALUES (?, ?, ?)'),
    trimDamaged: database.prepare(
      'DELETE FROM damaged WHERE position NOT IN (SELECT position FROM damaged ORDER BY found_ms DESC, position DESC LIMIT ?)',
    ),
    size: database.prepare<{ bytes: number }>('SELECT bytes FROM queue WHERE position = ?'),
    remove: database.prepare('DELETE FROM queue WHERE position = ?'),
    oldest: database.prepare<Evicted>(
      'SELECT position, epoch, seq, bytes, records FROM queue WHERE keep_longest = ? ORDER BY position LIMIT 1000',
    ),
    expired: database.prepare<Evicted>(
      'SELECT position, epoch, seq, bytes, records FROM queue WHERE keep_longest = 0 AND wall_ms < ? ORDER BY position LIMIT ?',
    ),
    usedBytes: database.prepare<{ bytes: number }>(
      'SELECT (page_count - freelist_count) * page_size AS bytes FROM pragma_page_count(), pragma_freelist_count(), pragma_page_size()',
    ),
    totals: database.prepare<{ count: number; bytes: number | null }>(
      `SELECT count(*) AS count, sum(bytes) + count(*) * ${rowOverheadBytes} AS bytes FROM queue`,
    ),
    metaGet: database.prepare<{ value: string }>('SELECT value FROM meta WHERE key = ?'),
    metaSet: database.prepare('INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value'),
  };
  const meta = metaOf(sql.metaGet, sql.metaSet);
  let epoch = Epoch.parse(meta.get('epoch') ?? newEpoch(random, meta));
  let seq = Number(meta.get('seq') ?? 0);
  const start = sql.totals.get()!;
  let count = start.count;
  let bytes = start.bytes ?? 0;
  let nextAgesMs = 0;

  const insert = (row: NewRow, records: Dropped | null = null): QueueRow => {
    seq += 1;
    const { id, body } = row.make({ seq, epoch });
    const size = Buffer.byteLength(body);
    const recorded = records === null ? null : JSON.stringify(records);
    const keep = row.keepLongest ? 1 : 0;
    const wallMs = options.wallTrusted() ? clock.wallMs() : ageUnknown;
    const crc = checksum({ epoch, seq, id, kind: row.kind, keep_longest: keep, wall_ms: wallMs, bytes: size }, body, recorded);
    const { lastInsertRowid } = sql.insert.run(epoch, seq, id, row.kind, keep, wallMs, size, body, recorded, crc);
    count += 1;
    bytes += size + rowOverheadBytes;
    return { position: Number(lastInsertRowid), epoch, seq, id, kind: row.kind, keepLongest: row.keepLongest, body };
  };
  const forget = (row: { position: number; bytes: number }): void => {
    sql.remove.run(row.position);
    count -= 1;
    bytes -= row.bytes + rowOverheadBytes;
  };
  /** Everything that is not `keepLongest` goes before anything that is. Room for the records of it is made as well. */
  const makeRoom = (only?: 'telemetry'): void => {
    const gone = new Map<string, Dropped>();
    const giveUp = (row: Evicted, reason: Dropped['reason']): void => {
      forget(row);
      addTo(gone, { epoch: row.epoch, from: row.seq, to: row.seq, count: 1, reason });
      if (row.records !== null) addTo(gone, JSON.parse(row.records) as Dropped);
    };
    if (only === 'telemetry') {
      const target = bytes - Math.max(fullDiskStepBytes, bytes * evictShare);
      for (const row of sql.oldest.all(0)) if (bytes + gone.size * recordBytes > target) giveUp(row, 'size');
    }
    if (clock.monotonicMs() >= nextAgesMs && options.wallTrusted()) {
      const old = sql.expired.all(clock.wallMs() - options.maxAgeMs, ageRows);
      nextAgesMs = clock.monotonicMs() + (old.length === ageRows ? nextAgesSoonMs : lookAtAgesMs);
      for (const row of old) giveUp(row, 'age');
    }
    const fits = (limit: number): boolean => bytes + gone.size * recordBytes <= limit;
    const fileIsFull = sql.usedBytes.get()!.bytes > fileBytes - fileReserveBytes;
    if (fileIsFull || !fits(options.maxBytes)) {
      const target = Math.min(bytes, options.maxBytes) * (1 - evictShare);
      for (const keepLongest of [0, 1])
        for (let rows = sql.oldest.all(keepLongest); rows.length > 0 && !fits(target); rows = sql.oldest.all(keepLongest))
          for (const row of rows) if (!fits(target)) giveUp(row, 'size');
    }
    for (const range of gone.values()) insert(options.onDropped(range), range);
  };

  /** All of `work` or nothing of it. */
  const atomically = <Result>(work: () => Result): Result => {
    const before = { seq, count, bytes };
    try {
      return database.transaction(() => {
        const result = work();
        meta.set('seq', String(seq));
        return result;
      });
    } catch (cause) {
      ({ seq, count, bytes } = before);
      throw cause;
    }
  };
  const append = (rows: readonly NewRow[]): QueueRow[] =>
    atomically(() => {
      const appended = rows.map((row) => insert(row));
      makeRoom();
      return appended;
    });
  const giveUpTelemetry = (): void => {
    try {
      atomically(() => makeRoom('telemetry'));
    } catch (cause) {
      if (!isTramError(cause, 'DISK_FULL')) throw cause;
    }
  };

  /** Out of the queue and into `damaged`. An index that does not know the row any more is made anew. */
  const putAside = (rows: readonly StoredRow[]): void => {
    const work = (): void => {
      for (const row of rows) {
        sql.keepDamaged.run(row.position, Math.round(clock.wallMs()), JSON.stringify(row).slice(0, maxDamagedChars));
        sql.remove.run(row.position);
      }
      sql.trimDamaged.run(maxDamagedRows);
      insert(options.onDamaged({ count: rows.length }));
      meta.set('seq', String(seq));
    };
    const before = { seq, count, bytes };
    try {
      try {
        database.transaction(work);
      } catch (cause) {
        if (!isTramError(cause, 'STORE_CORRUPT')) throw cause;
        ({ seq } = before);
        database.transaction(() => {
          database.exec('REINDEX queue');
          work();
        });
      }
      // what the damaged rows said of their sizes cannot be believed
      const now = sql.totals.get()!;
      count = now.count;
      bytes = now.bytes ?? 0;
    } catch (cause) {
      ({ seq, count, bytes } = before);
      throw cause;
    }
  };

  return {
    get epoch() {
      return epoch;
    },
    append(rows) {
      try {
        return append(rows);
      } catch (cause) {
        // the disk is full, not the queue: what nobody misses makes room, what was promised to a person stays
        if (!isTramError(cause, 'DISK_FULL')) throw cause;
        database.checkpoint();
        giveUpTelemetry();
        return append(rows);
      }
    },
    read(options) {
      for (;;) {
        const { rows, damaged } = readSound(sql.read, options);
        if (damaged.length > 0) putAside(damaged);
        // when all of them were damaged, what lies behind them is still to be read
        if (rows.length > 0 || damaged.length === 0) return rows;
      }
    },
    remove(positions) {
      const before = { count, bytes };
      try {
        database.transaction(() => {
          for (const position of positions) {
            const size = sql.size.get(position);
            if (size !== undefined) forget({ position, bytes: size.bytes });
          }
        });
      } catch (cause) {
        ({ count, bytes } = before);
        throw cause;
      }
    },
    pendingCount: () => count,
    lastSeq: () => seq,
    meta,
    renewEpoch() {
      return database.transaction(() => {
        epoch = Epoch.parse(newEpoch(random, meta));
        seq = 0;
        meta.set('seq', '0');
        return epoch;
      });
    },
    limitGrowth: database.limitGrowth,
    backup: (path) => database.backup(path),
    close: () => database.close(),
  };
}

function readSound(
  statement: Statement<StoredRow>,
  { afterPosition, limit, maxBytes }: Parameters<DurableQueue['read']>[0],
): { rows: QueueRow[]; damaged: StoredRow[] } {
  const rows: QueueRow[] = [];
  const damaged: StoredRow[] = [];
  let size = 0;
  for (const row of statement.iterate(afterPosition, limit)) {
    if (!isSound(row)) {
      damaged.push(row);
      continue;
    }
    const { position, epoch, seq, id, kind, body } = row;
    size += row.bytes;
    if (rows.length > 0 && size > maxBytes) break;
    rows.push({ position, epoch, seq, id, kind, keepLongest: row.keep_longest === 1, body });
  }
  return { rows, damaged };
}

/** Everything but the position, which SQLite gives. */
function checksum(
  { epoch, seq, id, kind, keep_longest, wall_ms, bytes }: Omit<Row, 'position'>,
  body: string,
  records: string | null,
): number {
  return crc32(body, crc32(`${epoch} ${seq} ${id} ${kind} ${keep_longest} ${wall_ms} ${bytes} ${records ?? ''}\n`));
}

/** Rows from before there were checksums are believed. A damaged page may give values of any type. */
function isSound(row: StoredRow): boolean {
  if (row.crc === null) return typeof row.body === 'string';
  return (
    typeof row.body === 'string' &&
    (typeof row.records === 'string' || row.records === null) &&
    checksum(row, row.body, row.records) === row.crc
  );
}

function metaOf(get: Statement<{ value: string }>, set: Statement): DurableQueue['meta'] {
  return { get: (key) => get.get(key)?.value, set: (key, value) => void set.run(key, value) };
}

function newEpoch(random: Random, meta: DurableQueue['meta']): string {
  const epoch = Buffer.from(random.bytes(8)).toString('hex');
  meta.set('epoch', epoch);
  return epoch;
}

/** One record for each epoch and reason. */
function addTo(gone: Map<string, Dropped>, range: Dropped): void {
  const key = `${range.epoch} ${range.reason}`;
  const known = gone.get(key) ?? range;
  const count = known === range ? range.count : known.count + range.count;
  gone.set(key, { ...range, from: Math.min(known.from, range.from), to: Math.max(known.to, range.to), count });
}
