import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isTramError } from '@tramhoc/protocol/errors';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from './sqlite.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sqlite-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const one = 'CREATE TABLE note (text TEXT) STRICT';
const two = 'ALTER TABLE note ADD COLUMN at INTEGER';

test('every database syncs each commit to disk', () => {
  const database = openDatabase(join(folder, 'a.sqlite'), { migrations: [one] });
  expect(database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
  expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
  database.close();
});

test.each(['made anew', 'made by an older version'])(
  'a database is for its owner only, also in a folder that others may enter: %s',
  (how) => {
    chmodSync(folder, 0o755);
    const path = join(folder, 'a.sqlite');
    if (how !== 'made anew') writeFileSync(path, '', { mode: 0o644 });
    const database = openDatabase(path, { migrations: [one] });
    expect([path, `${path}-wal`, `${path}-shm`].map((file) => (statSync(file).mode & 0o777).toString(8))).toEqual(['600', '600', '600']);
    database.close();
  },
);

test('a newer program brings the schema up, an older one refuses to touch it', () => {
  const path = join(folder, 'a.sqlite');
  openDatabase(path, { migrations: [one] }).close();
  const database = openDatabase(path, { migrations: [one, two] });
  database.prepare('INSERT INTO note (text, at) VALUES (?, ?)').run('x', 1);
  database.close();
  expect(() => openDatabase(path, { migrations: [one] })).toThrow(/newer version/);
});

test('a migration that fails leaves the schema where it was', () => {
  const path = join(folder, 'a.sqlite');
  openDatabase(path, { migrations: [one] }).close();
  expect(() => openDatabase(path, { migrations: [one, 'CREATE TABLE other (a) STRICT'] })).toThrow();
  openDatabase(path, { migrations: [one, two] }).close();
});

test('a file that is no database is reported as damaged, with what to do', () => {
  const path = join(folder, 'a.sqlite');
  writeFileSync(path, 'this is not a database, it only has its name and is long enough to be looked at by SQLite'.repeat(20));
  let fault: unknown;
  try {
    openDatabase(path, { migrations: [one] });
  } catch (error) {
    fault = error;
  }
  expect(isTramError(fault, 'STORE_CORRUPT') && fault.message).toMatch(/restore/);
});

test('at its size cap a database says that it is full and still lets rows be deleted', () => {
  const database = openDatabase(join(folder, 'a.sqlite'), { migrations: [one], maxBytes: 200_000 });
  const insert = database.prepare('INSERT INTO note (text) VALUES (?)');
  let fault: unknown;
  for (let count = 0; count < 1_000 && fault === undefined; count += 1) {
    try {
      insert.run('x'.repeat(1_000));
    } catch (error) {
      fault = error;
    }
  }
  expect(isTramError(fault, 'DISK_FULL')).toBe(true);
  database.exec('DELETE FROM note');
  insert.run('again');
  database.close();
});

test('a throw inside a transaction takes everything back, also from an inner one', () => {
  const database = openDatabase(join(folder, 'a.sqlite'), { migrations: [one] });
  const insert = database.prepare('INSERT INTO note (text) VALUES (?)');
  expect(() =>
    database.transaction(() => {
      insert.run('outer');
      database.transaction(() => insert.run('inner'));
      throw new Error('stop');
    }),
  ).toThrow('stop');
  expect(database.prepare('SELECT count(*) AS count FROM note').get()).toEqual({ count: 0 });
  database.close();
});

test.each([
  ['SQLITE_IOERR_FSYNC', 'DISK_FAILED', /kernel's log/],
  ['SQLITE_IOERR_SHMSIZE', 'DISK_FULL', /free some/],
  ['SQLITE_FULL', 'DISK_FULL', /free some/],
  ['SQLITE_TOOBIG', 'STORE_CORRUPT', /restore a backup/],
] as const)('what the disk refuses has a code and says what to do: %s', (sqliteCode, code, says) => {
  const openFile = (): never => {
    throw Object.assign(new Error('disk I/O error'), { code: sqliteCode });
  };
  expect(() => openDatabase(join(folder, 'a.sqlite'), { migrations: [one], openFile })).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(says) }),
  );
});
