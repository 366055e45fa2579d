/**
 * Which punches of attendance terminals have become events already: terminals tell the same ones again after a lost answer, a restart or a change of
 * their clock. A line is written only after its event is on disk, so a power cut between the two can at worst leave an event without its line; that
 * event is then still in the outbox (it leaves it only when the broker has it, which takes a turn of the program at least), and opening finds it there.
 */
import { join } from 'node:path';
import type { Clock } from '@tramhoc/base/clock';
import { type Disk, localDisk } from '@tramhoc/base/disk';
import type { DurableQueue } from '@tramhoc/base/durable-queue';
import type { Log } from '@tramhoc/base/log';

export type PunchLedger = {
  has(id: string): boolean;
  /** `id`: of the event, which is on disk. Never throws: what cannot be written is remembered and written with the next one. */
  add(id: string): void;
  close(): void;
};

/** About a year of a school with 250 punches a day; terminals themselves hold 50,000 to 200,000. */
const maxRows = 100_000;
/** Terminals that are asked for older ones would be asked by nobody. */
const maxAgeMs = 400 * 24 * 3_600_000;
/** One clearing makes room for a while. */
const evictRows = 1_000;
/** Lines that the disk refused. Past this many the disk has refused the events as well. */
const maxUnwritten = 10_000;
const tapKind = 'vn.tramhoc.attendance.tap.v1';
const scanRows = 1_000;
const scanBytes = 4 * 1024 * 1024;

const migrations = [
  `CREATE TABLE punch (position INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, wall_ms INTEGER NOT NULL) STRICT;`,
];
const bytesOf = (id: string): Uint8Array => Buffer.from(id.replaceAll('-', ''), 'hex');

/** `<dataDir>/punches.db`. Throws what openDatabase throws. */
export function openPunchLedger({
  dataDir,
  waiting,
  clock,
  wallTrusted,
  log,
  disk = localDisk,
  limits = { maxRows, evictRows },
}: {
  dataDir: string;
  /** The outbox. */
  waiting: Pick<DurableQueue, 'read'>;
  clock: Clock;
  /** Whether the wall clock may be believed: lines go by age only then. */
  wallTrusted(): boolean;
  log: Log;
  disk?: Pick<Disk, 'openDatabase'>;
  limits?: { maxRows: number; evictRows: number };
}): PunchLedger {
  const database = disk.openDatabase(join(dataDir, 'punches.db'), { migrations });
  const sql = {
    has: database.prepare('SELECT 1 FROM punch WHERE id = ?'),
    add: database.prepare('INSERT INTO punch (id, wall_ms) VALUES (?, ?) ON CONFLICT (id) DO NOTHING'),
    count: database.prepare<{ count: number }>('SELECT count(*) AS count FROM punch'),
    evictOldest: database.prepare('DELETE FROM punch WHERE position IN (SELECT position FROM punch ORDER BY position LIMIT ?)'),
    oldest: database.prepare<{ wall_ms: number }>('SELECT wall_ms FROM punch ORDER BY position LIMIT 1'),
    evictAged: database.prepare(
      'DELETE FROM punch WHERE position IN (SELECT position FROM punch WHERE wall_ms < ? ORDER BY position LIMIT ?)',
    ),
  };
  let count = sql.count.get()?.count ?? 0;
  let unwritten = new Set<string>();
  const evict = (): void => {
    if (count > limits.maxRows) count -= sql.evictOldest.run(limits.evictRows).changes;
    const beforeMs = clock.wallMs() - maxAgeMs;
    const oldestMs = sql.oldest.get()?.wall_ms;
    if (oldestMs !== undefined && oldestMs < beforeMs && wallTrusted()) count -= sql.evictAged.run(beforeMs, limits.evictRows).changes;
  };
  const write = (ids: readonly string[]): void => {
    const before = count;
    try {
      database.transaction(() => {
        for (const id of ids) count += sql.add.run(bytesOf(id), Math.round(clock.wallMs())).changes;
        evict();
      });
    } catch (cause) {
      count = before;
      throw cause;
    }
  };
  const add = (ids: readonly string[]): void => {
    if (ids.length === 0) return;
    try {
      write(ids);
      unwritten = new Set();
    } catch (err) {
      log.warn({ err, count: ids.length }, 'the list of punches could not be written; it will be with the next one');
      unwritten = new Set(ids.slice(-maxUnwritten));
    }
  };
  const written = (id: string): boolean => sql.has.get(bytesOf(id)) !== undefined;
  add(waitingPunches(waiting).filter((id) => !written(id)));
  return {
    has: (id) => unwritten.has(id) || written(id),
    add: (id) => add([...unwritten, id]),
    close: () => database.close(),
  };
}

/** Ids of the punches in the outbox: of any of them the line may be missing. */
function waitingPunches(waiting: Pick<DurableQueue, 'read'>): string[] {
  const ids: string[] = [];
  for (let afterPosition = 0; ; ) {
    const rows = waiting.read({ afterPosition, limit: scanRows, maxBytes: scanBytes });
    const last = rows.at(-1);
    if (last === undefined) return ids;
    afterPosition = last.position;
    for (const { kind, id, body } of rows) if (kind === tapKind && body.includes('"technology":"terminal"')) ids.push(id);
  }
}
