/**
 * A disk that can be full, slow, failing, imaged, replaced and damaged, and that loses what was not synced when the power goes. SQLite itself is
 * real: each database is an in-memory better-sqlite3, so that a kill leaves what was committed; the production code sets its pragmas, and the disk
 * believes what they say: with synchronous=FULL each commit is synced, with less only a checkpoint is.
 */
import type { Disk } from '@tramhoc/base/disk';
import { openDatabase } from '@tramhoc/base/sqlite';
import { TramError } from '@tramhoc/protocol/errors';
import BetterSqlite3 from 'better-sqlite3';
import type { Dice } from './dice.ts';
import { openSimulatedFile } from './simulated-file.ts';
import type { Owner } from './virtual-loop.ts';
import { ProgramGone } from './virtual-loop.ts';

export type Prepared = {
  statement: BetterSqlite3.Statement;
  readonly: boolean;
  /** Of a statement that writes. */
  table: string;
  watch: 'accepted' | 'removed' | 'given up' | 'retired' | undefined;
};
/** One database on the platter. */
export type Platter = {
  raw: BetterSqlite3.Database;
  statements: Map<string, Prepared>;
  /** Settings that need not be made twice. */
  pragmas: Map<string, string>;
  /** Tables that may have rows. */
  written: Set<string>;
  /** Made from the product's schema alone: it may be used again by another history. */
  pure: boolean;
  /** What the program that opened it asked for. better-sqlite3 itself begins with NORMAL. */
  synced: 'off' | 'normal' | 'full';
  /** Commits since the last sync; with them the state that a power cut leaves. */
  unsyncedCommits: number;
  atLastSync: Buffer | undefined;
};
export type DiskImage = { databases: Map<string, Buffer>; texts: Map<string, string> };
/** Kills the program that holds the disk at an operation to come. */
export type KillPlan = { when: 'statement' | 'before-commit' | 'after-commit' | 'file'; countdown: number; kill(): void };
/** What a commit did that the ledger must know. `accepted`: the values of the INSERT into the queue, in their order. */
export type Committed =
  | { what: 'accepted'; row: readonly unknown[] }
  | { what: 'evicted'; row: unknown }
  | { what: 'given up'; keep: boolean; rows: readonly unknown[] }
  | { what: 'retired'; bodies: readonly string[] };

export type DiskVariant = {
  /** What the pragma says is not done: the disk syncs at checkpoints only. */
  neverFull?: boolean;
  /** The text of the schema before SQLite sees it. */
  schema?(sql: string): string;
  /** Whether this question finds no row, whatever there is. */
  forgets?(sql: string): boolean;
};

export type SimulatedDisk = {
  readonly name: string;
  full: false | 'statement' | 'commit';
  /** This many commits fail with an I/O error. */
  failingCommits: number;
  slowMs: number;
  killPlan: KillPlan | undefined;
  readonly platters: Map<string, Platter>;
  readonly texts: Map<string, string>;
  readonly variant: DiskVariant;
  /** Its databases have a cap that counts pages: then each history has its own. */
  readonly capped: boolean;
  /** How often another disk was put in its place. */
  exchanges: number;
  onCommit(path: string, done: readonly Committed[]): void;
  /** Counts what really happened. */
  count(what: string): void;
  nowMs(): number;
  /** The disk as a program sees it; nothing works once the program is gone. */
  mountedBy(owner: Owner): Disk;
  image(): DiskImage;
  /** Everything is as in the image; `undefined`: a new, empty card. */
  replace(image: DiskImage | undefined): void;
  /** The power goes: what was not synced is lost. Gives the commits that went. */
  cutPower(): number;
  /** Overwrites one page of a database with rubbish. Gives whether there was one to damage. */
  damage(path: string, dice: Dice): boolean;
  close(): void;
};

/** Preparing costs more than running: each statement is prepared once for a database. */
export function statementOf(platter: Platter, sql: string): BetterSqlite3.Statement {
  return preparedOf(platter, sql).statement;
}

export function preparedOf({ raw, statements }: Platter, sql: string): Prepared {
  let prepared = statements.get(sql);
  if (prepared === undefined) {
    const statement = raw.prepare(sql);
    const table = /\b(?:INTO|UPDATE|FROM)\s+(\w+)/i.exec(sql)?.[1] ?? '';
    prepared = { statement, readonly: statement.readonly, table, watch: watchOf(sql) };
    statements.set(sql, prepared);
  }
  return prepared;
}

/** What the ledger wants to know: rows of an outbox as they come, rows of outbox and site store that were given up for lack of space, rows that a site let go. */
function watchOf(sql: string): Prepared['watch'] {
  if (/^\s*INSERT INTO queue /i.test(sql)) return 'accepted';
  if (/^\s*DELETE FROM queue WHERE position = \?/i.test(sql)) return 'removed';
  if (/^\s*DELETE FROM event WHERE position IN \(SELECT position FROM event WHERE position <= \?/i.test(sql)) return 'retired';
  return /^\s*DELETE FROM event .* RETURNING .* AS device, .* AS epoch, seq/is.test(sql) ? 'given up' : undefined;
}

/** Freshly migrated databases by file name: the schema is made once for all histories of a process. */
const templates = new Map<string, Buffer>();

/**
 * Databases of finished histories by file name, emptied, with their statements: the most expensive part of a history is to prepare them. Only where
 * nothing looks at pages: an emptied database has its rows' pages still.
 */
const pool = new Map<string, Platter[]>();
const maxPooled = 12;

function emptied(platter: Platter): boolean {
  const { raw, written, pragmas } = platter;
  if (raw.inTransaction) return false;
  // whoever opens it next sets it again
  raw.pragma('foreign_keys = OFF');
  pragmas.clear();
  statementOf(platter, 'BEGIN').run();
  for (const table of written) statementOf(platter, `DELETE FROM ${table}`).run();
  statementOf(platter, 'DELETE FROM sqlite_sequence').run();
  statementOf(platter, 'COMMIT').run();
  written.clear();
  Object.assign(platter, { synced: 'normal', unsyncedCommits: 0, atLastSync: undefined });
  return true;
}

const fileNameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

export function createDisk(
  name: string,
  { nowMs, count, onCommit, variant, capped }: Pick<SimulatedDisk, 'nowMs' | 'count' | 'onCommit' | 'variant' | 'capped'>,
): SimulatedDisk {
  const platters = new Map<string, Platter>();
  const texts = new Map<string, string>();
  const put = (path: string, bytes: Buffer | undefined): Platter => {
    platters.get(path)?.raw.close();
    const raw = new BetterSqlite3(bytes ?? ':memory:');
    const platter: Platter = {
      raw,
      statements: new Map(),
      pragmas: new Map(),
      written: new Set(),
      synced: 'normal',
      unsyncedCommits: 0,
      atLastSync: undefined,
      pure: false,
    };
    platters.set(path, platter);
    return platter;
  };
  const disk: SimulatedDisk = {
    ...{ name, nowMs, count, onCommit, variant, capped, platters, texts },
    full: false,
    failingCommits: 0,
    slowMs: 0,
    killPlan: undefined,
    exchanges: 0,
    mountedBy: (owner) => mount(disk, owner, put),
    image: () => ({
      databases: new Map([...platters].map(([path, { raw }]) => [path, raw.serialize()])),
      texts: new Map(texts),
    }),
    replace(image) {
      disk.exchanges += 1;
      for (const path of [...platters.keys()]) {
        platters.get(path)!.raw.close();
        platters.delete(path);
      }
      texts.clear();
      if (image === undefined) return;
      for (const [path, bytes] of image.databases) put(path, bytes);
      for (const [path, text] of image.texts) texts.set(path, text);
    },
    cutPower() {
      let lost = 0;
      for (const [path, { unsyncedCommits, atLastSync }] of [...platters]) {
        if (unsyncedCommits === 0) continue;
        lost += unsyncedCommits;
        put(path, atLastSync);
      }
      return lost;
    },
    damage: (path, dice) => damage({ path, platter: platters.get(path) }, put, dice),
    close() {
      for (const [path, platter] of platters) {
        const others = pool.get(fileNameOf(path)) ?? [];
        if (!capped && platter.pure && others.length < maxPooled && emptied(platter)) pool.set(fileNameOf(path), [...others, platter]);
        else platter.raw.close();
      }
      platters.clear();
    },
  };
  return disk;
}

function mount(disk: SimulatedDisk, owner: Owner, put: (path: string, bytes: Buffer | undefined) => Platter): Disk {
  const here = (): void => {
    if (!owner.alive) throw new ProgramGone();
  };
  return {
    openDatabase(path, options) {
      here();
      const fileName = fileNameOf(path);
      const fresh = !disk.platters.has(path);
      const { schema } = disk.variant;
      const used = fresh && !disk.capped && schema === undefined ? pool.get(fileName)?.pop() : undefined;
      if (used !== undefined) disk.platters.set(path, used);
      const template = schema === undefined ? templates.get(fileName) : undefined;
      const platter = disk.platters.get(path) ?? put(path, template);
      const database = openDatabase(path, { ...options, openFile: () => openSimulatedFile(disk, path, platter, owner) });
      if (fresh && schema === undefined) {
        platter.pure = true;
        if (template === undefined && used === undefined) templates.set(fileName, platter.raw.serialize());
      }
      return database;
    },
    readJsonFileIfAny(path) {
      here();
      const text = disk.texts.get(path);
      return text === undefined ? undefined : JSON.parse(text);
    },
    writeFileAtomic(path, content) {
      here();
      if (disk.full !== false) throw new TramError('DISK_FULL', `no space left for ${path}`);
      const plan = disk.killPlan;
      const hit = plan?.when === 'file';
      const before = hit && plan.countdown % 2 === 0;
      if (!before) disk.texts.set(path, String(content));
      if (!hit) return;
      disk.killPlan = undefined;
      plan.kill();
      throw new ProgramGone();
    },
    exists: (path) => disk.platters.has(path) || disk.texts.has(path),
    rename(from, to) {
      here();
      const platter = disk.platters.get(from);
      if (platter === undefined) return;
      disk.platters.delete(from);
      disk.platters.set(to, platter);
    },
  };
}

const pageBytes = 4_096;
/** First byte of a page that SQLite recognises (B-tree pages); overflow and free pages have no mark to check. */
const treePages = new Set([2, 5, 10, 13]);

function damage(
  { path, platter }: { path: string; platter: Platter | undefined },
  put: (path: string, bytes: Buffer) => Platter,
  dice: Dice,
): boolean {
  if (platter === undefined) return false;
  platter.raw.exec('VACUUM');
  const bytes = platter.raw.serialize();
  const pages: number[] = [];
  for (let at = pageBytes; at < bytes.length; at += pageBytes) if (treePages.has(bytes[at]!)) pages.push(at);
  if (pages.length === 0) return false;
  const at = dice.pick(pages);
  bytes.fill(0xff, at, at + pageBytes);
  put(path, bytes);
  return true;
}
