/** One open database of a simulated disk: better-sqlite3 underneath, and the places where a program can die or a disk can refuse. */
import type { SqliteFile, SqlValue } from '@tramhoc/base/sqlite';
import BetterSqlite3 from 'better-sqlite3';
import { type Committed, type KillPlan, type Platter, preparedOf, type SimulatedDisk, statementOf } from './simulated-disk.ts';
import { type Owner, ProgramGone } from './virtual-loop.ts';

/** With synchronous=NORMAL SQLite syncs the WAL when it is copied back: every 1,000 pages, which is about this many small commits. */
const commitsPerCheckpoint = 50;
export function openSimulatedFile(disk: SimulatedDisk, path: string, platter: Platter, owner: Owner): SqliteFile {
  const { raw } = platter;
  let uncommitted: Committed[] = [];
  let closed = false;
  let inTransaction = false;
  const here = (): void => {
    if (!owner.alive || closed) throw new ProgramGone();
  };
  const dieAt = (when: KillPlan['when']): void => {
    const plan = disk.killPlan;
    if (plan === undefined || plan.when !== when) return;
    plan.countdown -= 1;
    if (plan.countdown > 0) return;
    disk.killPlan = undefined;
    plan.kill();
    throw new ProgramGone();
  };
  const refuse = (at: 'statement' | 'commit'): void => {
    if (disk.full === at) {
      disk.count('writes refused: disk full');
      throw new BetterSqlite3.SqliteError('database or disk is full', 'SQLITE_FULL');
    }
    if (at === 'commit' && disk.failingCommits > 0) {
      disk.failingCommits -= 1;
      disk.count('commits failed: I/O error');
      throw new BetterSqlite3.SqliteError('disk I/O error', 'SQLITE_IOERR_FSYNC');
    }
  };
  const beforeCommit = (): void => {
    dieAt('before-commit');
    refuse('commit');
  };
  const afterCommit = (): void => {
    const done = uncommitted;
    uncommitted = [];
    if (disk.slowMs > 0) owner.busyUntilMs = Math.max(disk.nowMs(), owner.busyUntilMs) + disk.slowMs;
    if (done.length > 0) disk.onCommit(path, done);
    dieAt('after-commit');
  };
  const commit = <Result>(work: () => Result): Result => {
    const loose = level(disk, platter) !== 'full';
    // the state that a power cut would leave, taken before the first commit that is not synced
    if (loose && platter.unsyncedCommits === 0) platter.atLastSync = raw.serialize();
    statementOf(platter, 'BEGIN IMMEDIATE').run();
    inTransaction = true;
    let result: Result;
    try {
      result = work();
      beforeCommit();
      statementOf(platter, 'COMMIT').run();
    } catch (cause) {
      uncommitted = [];
      if (raw.inTransaction) statementOf(platter, 'ROLLBACK').run();
      throw cause;
    } finally {
      inTransaction = false;
    }
    if (loose) platter.unsyncedCommits = (platter.unsyncedCommits + 1) % commitsPerCheckpoint;
    afterCommit();
    return result;
  };

  return {
    get open() {
      return !closed && owner.alive;
    },
    get inTransaction() {
      here();
      return inTransaction;
    },
    exec(sql) {
      here();
      raw.exec(disk.variant.schema === undefined ? sql : disk.variant.schema(sql));
      return raw;
    },
    pragma(source, options) {
      here();
      if (source === 'user_version') return statementOf(platter, 'PRAGMA user_version').pluck().get();
      const [, name, value] = /^\s*(\w+)\s*=\s*(\S+)/.exec(source) ?? [];
      if (name === undefined || value === undefined) return raw.pragma(source, options);
      if (name === 'synchronous') platter.synced = levelOf(value);
      else if (name !== 'journal_mode' && name !== 'busy_timeout' && platter.pragmas.get(name) !== value) {
        platter.pragmas.set(name, value);
        return raw.pragma(source, options);
      }
      return value;
    },
    prepare(sql) {
      here();
      const { statement, readonly, watch, table } = preparedOf(platter, sql);
      const forgotten = disk.variant.forgets?.(sql) === true;
      const guarded = <Result>(values: readonly SqlValue[], work: () => Result): Result => {
        here();
        if (readonly) return work();
        const write = (): Result => {
          dieAt('statement');
          refuse('statement');
          // a removal in the transaction of an insert is an eviction
          if (watch === 'removed' && uncommitted.length > 0)
            uncommitted.push({
              what: 'evicted',
              row: statementOf(platter, 'SELECT id, keep_longest FROM queue WHERE position = ?').get(...values),
            });
          platter.written.add(table);
          if (watch === 'retired') {
            const going = statementOf(platter, sql.replace(/^\s*DELETE/i, 'SELECT body').replace(/RETURNING.*$/is, ''));
            uncommitted.push({ what: watch, bodies: going.pluck().all(...values) as string[] });
          }
          const result = work();
          if (watch === 'accepted') uncommitted.push({ what: watch, row: values });
          if (watch === 'given up') uncommitted.push({ what: watch, keep: /\bkeep = 1\b/.test(sql), rows: result as unknown[] });
          return result;
        };
        return inTransaction ? write() : commit(write);
      };
      return {
        run: (...values) => guarded(values, () => statement.run(...values)),
        get: (...values) => (forgotten ? undefined : guarded(values, () => statement.get(...values))),
        all: (...values) => guarded(values, () => statement.all(...values)),
        iterate: (...values) => {
          here();
          return statement.iterate(...values);
        },
      };
    },
    transaction: (work) => ({
      immediate() {
        here();
        return commit(work);
      },
    }),
    backup: () => Promise.reject(new Error('copies are taken from the disk itself')),
    close() {
      // the last one to close checkpoints
      platter.unsyncedCommits = 0;
      closed = true;
    },
  };
}

function levelOf(word: string): Platter['synced'] {
  const name = word.toLowerCase();
  return name === 'full' || name === 'extra' || Number(name) >= 2 ? 'full' : name === 'off' || name === '0' ? 'off' : 'normal';
}

function level(disk: SimulatedDisk, platter: Platter): Platter['synced'] {
  return disk.variant.neverFull === true ? 'normal' : platter.synced;
}
