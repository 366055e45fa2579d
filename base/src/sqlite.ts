/** SQLite as everything that is acknowledged needs it: WAL, synchronous=FULL, a size cap, forward-only migrations. The only user of better-sqlite3. */
import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isTramError, TramError } from '@tramhoc/protocol/errors';
import BetterSqlite3 from 'better-sqlite3';
import { asFileFault } from './config.ts';

export type SqlValue = null | number | bigint | string | Uint8Array;
export type Statement<Row = Record<string, unknown>> = {
  run(...values: SqlValue[]): { changes: number; lastInsertRowid: number | bigint };
  get(...values: SqlValue[]): Row | undefined;
  all(...values: SqlValue[]): Row[];
  iterate(...values: SqlValue[]): IterableIterator<Row>;
};
export type Database = {
  readonly path: string;
  prepare<Row = Record<string, unknown>>(sql: string): Statement<Row>;
  exec(sql: string): void;
  /** Runs `work` in one BEGIN IMMEDIATE transaction and returns what it returned; a throw rolls back. Nested calls join the outer one. */
  transaction<Result>(work: () => Result): Result;
  /**
   * From now on the file may grow by `bytes` and no more, as if that were its cap, and its WAL is kept as short; `undefined`: up to its own cap again.
   */
  limitGrowth(bytes: number | undefined): void;
  /** Empties the WAL, as far as somebody's reading and the disk allow. Not inside a transaction. */
  checkpoint(): void;
  /** What is remembered of rows must be forgotten when they are undone: `undone` runs after each transaction that was rolled back. */
  onRollback(undone: () => void): void;
  /** A consistent copy, taken while in use. */
  backup(path: string): Promise<void>;
  close(): void;
};

/** The part of better-sqlite3 that is used here: what a simulated disk must offer. Errors have SQLite's name of the fault in `code`. */
export type SqliteFile = Pick<BetterSqlite3.Database, 'exec' | 'open' | 'inTransaction'> & {
  pragma(source: string, options?: { simple?: boolean }): unknown;
  prepare(sql: string): {
    run(...values: SqlValue[]): { changes: number; lastInsertRowid: number | bigint };
    get(...values: SqlValue[]): unknown;
    all(...values: SqlValue[]): unknown[];
    iterate(...values: SqlValue[]): IterableIterator<unknown>;
  };
  transaction<Result>(work: () => Result): { immediate(): Result };
  backup(path: string): Promise<unknown>;
  close(): unknown;
};
export type DatabaseOptions = {
  migrations: readonly string[];
  maxBytes?: number;
  /** A write found no room, on the disk or below the cap; called before DISK_FULL is thrown. */
  onFull?: () => void;
  /** Opens or creates the file; a simulation has its own. */
  openFile?: (path: string) => SqliteFile;
};

const pageBytes = 4_096;

/** Where the file is another user's, or the file system has no modes, it stays as its administrator made it. */
function keepToOwner(file: string): void {
  if (((statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) === 0) return;
  try {
    chmodSync(file, 0o600);
  } catch (cause) {
    if (!['EPERM', 'ENOTSUP', 'EROFS'].includes((cause as NodeJS.ErrnoException).code ?? '')) throw cause;
  }
}

/** Pupils' names and keys are for this user only: SQLite would go by the umask. Its -wal and -shm take the mode of the file. */
function openFileHere(path: string): SqliteFile {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, 'a', 0o600));
  for (const file of [path, `${path}-wal`, `${path}-shm`]) keepToOwner(file);
  return new BetterSqlite3(path);
}

/**
 * Opens or creates `path`. `migrations[n]` takes the schema from version n to n + 1 and is never edited once released.
 * Throws STORE_TOO_NEW, STORE_CORRUPT, DISK_FULL, DISK_FAILED, PERMISSION_MISSING.
 */
export function openDatabase(path: string, { migrations, maxBytes, onFull, openFile = openFileHere }: DatabaseOptions): Database {
  let raw: SqliteFile;
  try {
    raw = openFile(path);
    raw.pragma('journal_mode = WAL');
    // better-sqlite3 is compiled with NORMAL for WAL: acknowledged rows would be lost in a power cut
    raw.pragma('synchronous = FULL');
    raw.pragma('foreign_keys = ON');
    raw.pragma('busy_timeout = 5000');
    // with a cap, delete and insert go on working when the cap is reached; on a full disk they do not
    if (maxBytes !== undefined) raw.pragma(`max_page_count = ${pagesOf(maxBytes)}`);
    migrate(raw, path, migrations);
  } catch (cause) {
    throw asSqliteFault(cause, path);
  }
  return wrap(raw, { path, maxBytes, onFull });
}

/** SQLite's own limit. */
const mostPages = 4_294_967_294;
/** SQLite's own default. */
const walPages = 1_000;
const fewestWalPages = 32;
const pagesOf = (bytes: number | undefined): number => (bytes === undefined ? mostPages : Math.floor(bytes / pageBytes));

function migrate(raw: SqliteFile, path: string, migrations: readonly string[]): void {
  const version = raw.pragma('user_version', { simple: true }) as number;
  if (version > migrations.length)
    throw new TramError(
      'STORE_TOO_NEW',
      `${path} was written by a newer version (schema ${version}, this one knows ${migrations.length}); start the newer version.`,
    );
  for (let next = version; next < migrations.length; next += 1) {
    raw
      .transaction(() => {
        raw.exec(migrations[next]!);
        raw.pragma(`user_version = ${next + 1}`);
      })
      .immediate();
  }
}

function wrap(
  raw: SqliteFile,
  { path, maxBytes, onFull }: { path: string; maxBytes: number | undefined; onFull: (() => void) | undefined },
): Database {
  const faultOf = (cause: unknown): unknown => {
    const fault = asSqliteFault(cause, path);
    if (fault !== cause && isTramError(fault, 'DISK_FULL')) onFull?.();
    return fault;
  };
  const guarded = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (cause) {
      throw faultOf(cause);
    }
  };
  const rolledBack: (() => void)[] = [];
  return {
    path,
    prepare<Row>(sql: string): Statement<Row> {
      const statement = guarded(() => raw.prepare(sql));
      return {
        // the one that runs for each event: without a closure
        run(...values) {
          try {
            return statement.run(...values);
          } catch (cause) {
            throw faultOf(cause);
          }
        },
        get: (...values) => guarded(() => statement.get(...values) as Row | undefined),
        all: (...values) => guarded(() => statement.all(...values) as Row[]),
        iterate: (...values) => guardedRows(() => statement.iterate(...values) as IterableIterator<Row>, path),
      };
    },
    exec: (sql) => guarded(() => void raw.exec(sql)),
    limitGrowth(bytes) {
      const pages = raw.pragma('page_count', { simple: true }) as number;
      raw.pragma(`max_page_count = ${bytes === undefined ? pagesOf(maxBytes) : Math.min(pagesOf(maxBytes), pages + pagesOf(bytes))}`);
      raw.pragma(`wal_autocheckpoint = ${bytes === undefined ? walPages : Math.max(fewestWalPages, Math.min(walPages, pagesOf(bytes)))}`);
    },
    checkpoint() {
      try {
        raw.pragma('wal_checkpoint(TRUNCATE)');
      } catch {
        // on a full disk it may not be possible; what is in the WAL stays there
      }
    },
    transaction(work) {
      if (raw.inTransaction) return work();
      try {
        return guarded(() => raw.transaction(work).immediate());
      } catch (cause) {
        for (const undone of rolledBack) undone();
        throw cause;
      }
    },
    onRollback: (undone) => void rolledBack.push(undone),
    backup: async (target) => void (await raw.backup(target)),
    close() {
      if (!raw.open) return;
      raw.close();
    },
  };
}

function* guardedRows<Row>(begin: () => IterableIterator<Row>, path: string): IterableIterator<Row> {
  try {
    yield* begin();
  } catch (cause) {
    throw asSqliteFault(cause, path);
  }
}

function asSqliteFault(cause: unknown, path: string): unknown {
  const code = String((cause as { code?: unknown }).code ?? '');
  // nothing that we write comes near SQLite's limit of a value: its length is what was damaged
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB' || code === 'SQLITE_TOOBIG')
    return new TramError('STORE_CORRUPT', `${path} is damaged; keep a copy of it, then restore a backup (docs/runbooks/restore.md).`, {
      cause,
    });
  if (code === 'SQLITE_CANTOPEN' || code === 'SQLITE_READONLY' || code === 'SQLITE_READONLY_DIRECTORY')
    return new TramError(
      'PERMISSION_MISSING',
      `${path} may not be written by this user; give it the right (chown or chmod) or choose another folder.`,
      { cause },
    );
  // the file that connections share could not grow: on a full disk that is the first thing to fail
  if (code === 'SQLITE_IOERR_SHMSIZE')
    return new TramError('DISK_FULL', `no space left for ${path}-shm; free some and start again.`, { cause });
  if (code.startsWith('SQLITE_IOERR'))
    return new TramError(
      'DISK_FAILED',
      `the disk of ${path} refused to read or write (${code}); look at the kernel's log (dmesg) and exchange the disk when it stays.`,
      { cause },
    );
  return asFileFault(cause, path);
}

/**
 * A consistent copy of a database that another process may be writing: one read transaction, so that writers go on and nothing of theirs that came
 * later is in it. Meanwhile the WAL grows. `to` must not exist. On the disk when this returns. Throws STORE_CORRUPT, DISK_FULL, PERMISSION_MISSING.
 */
export function copyDatabase({ from, to }: { from: string; to: string }): { schemaVersion: number } {
  let source: BetterSqlite3.Database | undefined;
  try {
    source = new BetterSqlite3(from, { readonly: true, fileMustExist: true });
    source.prepare('VACUUM INTO ?').run(to);
    // SQLite does not sync what VACUUM INTO wrote
    const file = openSync(to, 'r');
    fsyncSync(file);
    closeSync(file);
    return inspectDatabase(to);
  } catch (cause) {
    throw asSqliteFault(cause, from);
  } finally {
    source?.close();
  }
}

/** Reads every page. Throws STORE_CORRUPT. */
export function inspectDatabase(path: string): { schemaVersion: number } {
  let file: BetterSqlite3.Database | undefined;
  try {
    file = new BetterSqlite3(path, { readonly: true, fileMustExist: true });
    const verdict = file.pragma('integrity_check(1)', { simple: true });
    if (verdict !== 'ok')
      throw new TramError('STORE_CORRUPT', `${path} is damaged (${String(verdict)}); use an older copy (docs/runbooks/restore.md).`);
    return { schemaVersion: file.pragma('user_version', { simple: true }) as number };
  } catch (cause) {
    throw asSqliteFault(cause, path);
  } finally {
    file?.close();
  }
}

/** Whether a program has this database open. One that cannot be read is open nowhere. */
export function isDatabaseOpen(path: string): boolean {
  let file: BetterSqlite3.Database | undefined;
  try {
    file = new BetterSqlite3(path, { fileMustExist: true, timeout: 200 });
    // whoever has a database in WAL mode open holds a shared lock on it; this asks for the exclusive one
    file.pragma('locking_mode = EXCLUSIVE');
    file.exec('BEGIN EXCLUSIVE');
    file.exec('ROLLBACK');
    return false;
  } catch (cause) {
    return (cause as { code?: unknown }).code === 'SQLITE_BUSY';
  } finally {
    file?.close();
  }
}
