import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSiteDatabase, type SiteDatabase } from './site-database.ts';

let folder = '';
let database: SiteDatabase;
const open = (): SiteDatabase => openSiteDatabase(folder, { maxBytes: 64 * 1024 * 1024 });
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'site-database-'));
  database = open();
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

/** As somebody sees it who opens the file now: what a cut of power would leave. */
function onDisk(key: string): string | undefined {
  const other = open();
  const value = other.meta.get(key);
  other.close();
  return value;
}

test('what is left for later is there at once, and on disk with the next transaction, whatever that is for', () => {
  database.meta.setLater('cursor', '7');
  expect([database.meta.get('cursor'), onDisk('cursor')]).toEqual(['7', undefined]);
  database.transaction(() => database.transaction(() => database.meta.set('other', 'x')));
  expect([database.meta.get('cursor'), onDisk('cursor'), onDisk('other')]).toEqual(['7', '7', 'x']);
  database.meta.setLater('cursor', '8');
  database.meta.setLater('cursor', '9');
  database.meta.settle();
  expect(onDisk('cursor')).toBe('9');
});

test('a transaction that was undone takes nothing of it along; the next one does', () => {
  database.meta.setLater('cursor', '7');
  expect(() =>
    database.transaction(() => {
      database.meta.set('other', 'x');
      throw new Error('undone');
    }),
  ).toThrow('undone');
  expect([database.meta.get('cursor'), onDisk('cursor'), onDisk('other')]).toEqual(['7', undefined, undefined]);
  database.transaction(() => undefined);
  expect(onDisk('cursor')).toBe('7');
});

test('what is set at once is the newer word', () => {
  database.meta.setLater('cursor', '7');
  database.transaction(() => database.meta.set('cursor', '3'));
  database.meta.settle();
  expect([database.meta.get('cursor'), onDisk('cursor')]).toEqual(['3', '3']);
});
