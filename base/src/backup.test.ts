import 'reflect-metadata';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';
import { afterEach, expect, test } from 'vitest';
import { demandWholeFolder, makeBackup, readManifest } from './backup.ts';
import { restoreBackup } from './restore.ts';
import { type Database, openDatabase } from './sqlite.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const migrations = ['CREATE TABLE fact (position INTEGER PRIMARY KEY, body TEXT NOT NULL)'];
const wallMs = Date.UTC(2026, 10, 23, 7);
const version = '1.2.3';

/** A data folder as a centre has it, with its database open. */
function centre(): { folder: string; dataDir: string; copies: string; db: Database; facts(dataDir?: string): string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'tramhoc-backup-'));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  const dataDir = join(folder, 'centre');
  const db = openDatabase(join(dataDir, 'centre.sqlite'), { migrations });
  ends.push(() => db.close());
  mkdirSync(join(dataDir, 'ca', 'keys'), { recursive: true });
  writeFileSync(join(dataDir, 'ca', 'keys', 'device-ca.pem'), 'secret', { mode: 0o600 });
  writeFileSync(join(dataDir, 'ca', 'root.pem'), 'known to all', { mode: 0o644 });
  const facts = (of = dataDir): string[] => {
    const read = openDatabase(join(of, 'centre.sqlite'), { migrations });
    const rows = read.prepare<{ body: string }>('SELECT body FROM fact ORDER BY position').all();
    read.close();
    return rows.map(({ body }) => body);
  };
  return { folder, dataDir, copies: join(folder, 'copies'), db, facts };
}
const say = ({ db }: { db: Database }, body: string): void => void db.prepare('INSERT INTO fact (body) VALUES (?)').run(body);

test('a copy made while the program writes holds what was committed by then, and comes back whole in an empty folder', () => {
  const it = centre();
  say(it, 'before');
  const { folder, manifest } = makeBackup({ dataDir: it.dataDir, to: it.copies, version, wallMs });
  say(it, 'after');
  expect(manifest).toMatchObject({ kind: 'centre', version, schemaVersion: 1, madeAt: '2026-11-23T07:00:00.000Z' });
  expect(readManifest(folder)).toEqual(manifest);
  const target = join(it.folder, 'new machine');
  expect(restoreBackup({ from: folder, dataDir: target, replace: false, wallMs })).toEqual({ manifest, movedTo: undefined });
  expect(it.facts(target)).toEqual(['before']);
  expect(readFileSync(join(target, 'ca', 'keys', 'device-ca.pem'), 'utf8')).toBe('secret');
  expect(existsSync(join(target, 'restored.json'))).toBe(true);
});

test('the copy is for its owner alone, and files have their rights again afterwards', () => {
  const it = centre();
  const { folder } = makeBackup({ dataDir: it.dataDir, to: it.copies, version, wallMs });
  const modeOf = (...path: string[]): number => statSync(join(...path)).mode & 0o777;
  expect(modeOf(folder)).toBe(0o700);
  for (const file of ['data/centre.sqlite', 'data/ca/root.pem', 'data/ca/keys/device-ca.pem', 'manifest.json'])
    expect({ file, mode: modeOf(folder, file) }).toEqual({ file, mode: 0o600 });
  const target = join(it.folder, 'new');
  restoreBackup({ from: folder, dataDir: target, replace: false, wallMs });
  expect(modeOf(target, 'ca/root.pem')).toBe(0o644);
  expect(modeOf(target, 'ca/keys/device-ca.pem')).toBe(0o600);
});

test('sockets, the WAL, half-written files and what an earlier restore moved aside are no part of a copy', async () => {
  const it = centre();
  say(it, 'in the WAL');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(it.dataDir, 'admin.sock'), resolve));
  ends.push(() => server.close());
  writeFileSync(join(it.dataDir, 'identity.json.new'), 'half');
  writeFileSync(join(it.dataDir, 'ballast'), 'x');
  mkdirSync(join(it.dataDir, 'before-restore-1'));
  writeFileSync(join(it.dataDir, 'before-restore-1', 'old'), 'x');
  const { manifest } = makeBackup({ dataDir: it.dataDir, to: it.copies, version, wallMs });
  expect(manifest.files.map(({ path }) => path).toSorted()).toEqual(['ca/keys/device-ca.pem', 'ca/root.pem', 'centre.sqlite']);
});

test('nothing is restored over a program that runs, nor over data unless it is told, and then nothing is deleted', () => {
  const it = centre();
  say(it, 'copied');
  const { folder } = makeBackup({ dataDir: it.dataDir, to: it.copies, version, wallMs });
  say(it, 'later');
  const restore = (replace: boolean) => restoreBackup({ from: folder, dataDir: it.dataDir, replace, wallMs });
  expect(() => restore(true)).toThrow(/a program is running/);
  it.db.close();
  expect(() => restore(false)).toThrow(/is not empty; say --replace/);
  expect(it.facts()).toEqual(['copied', 'later']);
  const { movedTo } = restore(true);
  expect(it.facts()).toEqual(['copied']);
  expect(it.facts(movedTo)).toEqual(['copied', 'later']);
  demandWholeFolder(it.dataDir);
});

test('a copy with one wrong byte, a missing file or a changed manifest is refused before anything is touched', () => {
  const it = centre();
  say(it, 'a');
  it.db.close();
  const target = join(it.folder, 'new');
  const damage = (name: string, harm: (folder: string) => void): void => {
    const { folder } = makeBackup({ dataDir: it.dataDir, to: join(it.copies, name), version, wallMs });
    harm(folder);
    expect(() => restoreBackup({ from: folder, dataDir: target, replace: true, wallMs })).toThrow(/another copy/);
    expect(existsSync(target)).toBe(false);
  };
  damage('byte', (folder) => {
    const path = join(folder, 'data', 'centre.sqlite');
    const bytes = readFileSync(path);
    bytes[bytes.length - 10]! ^= 1;
    writeFileSync(path, bytes);
  });
  damage('missing', (folder) => rmSync(join(folder, 'data', 'ca', 'root.pem')));
  damage('way out', (folder) => {
    const path = join(folder, 'manifest.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('ca/root.pem', '../root.pem'));
  });
});

test('a restore that was cut short keeps the program from starting until it is done again', () => {
  const it = centre();
  say(it, 'a');
  const { folder } = makeBackup({ dataDir: it.dataDir, to: it.copies, version, wallMs });
  const target = join(it.folder, 'new');
  mkdirSync(join(target, '.restoring'), { recursive: true });
  expect(() => demandWholeFolder(target)).toThrow(/did not end; run it again with --replace/);
  expect(() => restoreBackup({ from: folder, dataDir: target, replace: false, wallMs })).toThrow(/--replace/);
  restoreBackup({ from: folder, dataDir: target, replace: true, wallMs });
  demandWholeFolder(target);
  expect(it.facts(target)).toEqual(['a']);
});

/** A data folder as a site broker has it. */
async function site(folder: string, siteId: string): Promise<string> {
  const dataDir = join(folder, siteId);
  openDatabase(join(dataDir, 'site.db'), { migrations }).close();
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const names = new SubjectAlternativeNameExtension([{ type: 'url', value: `urn:tramhoc:${siteId}:11111111-1111-4111-8111-111111111111` }]);
  const certificate = await X509CertificateGenerator.createSelfSigned({ keys, extensions: [names] });
  writeFileSync(join(dataDir, 'identity.json'), JSON.stringify({ certificatePem: certificate.toString('pem') }));
  return dataDir;
}

test('a copy goes only where its own program, and its own site, has its data', async () => {
  const it = centre();
  it.db.close();
  const [siteA, siteB] = [await site(it.folder, 'truong-a'), await site(it.folder, 'truong-b')];
  const foreign = join(it.folder, 'music');
  mkdirSync(foreign);
  writeFileSync(join(foreign, 'song'), '');
  const copyOf = (dataDir: string): string => makeBackup({ dataDir, to: it.copies, version, wallMs }).folder;
  const [ofCentre, ofA] = [copyOf(it.dataDir), copyOf(siteA)];
  const restore = (from: string, dataDir: string, program?: 'site' | 'centre') => () =>
    restoreBackup({ from, dataDir, replace: true, wallMs, ...(program === undefined ? {} : { program }) });
  // the WAL goes and comes with whoever reads the database
  const files = (dataDir: string): string[] =>
    readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).filter((name) => !/-(?:wal|shm)$/.test(name));
  const before = [it.dataDir, siteA, siteB, foreign].map(files);
  expect(restore(ofCentre, siteA)).toThrow(/holds the data of a site, not of a centre/);
  expect(restore(ofA, it.dataDir)).toThrow(/holds the data of a centre, not of a site/);
  expect(restore(ofA, siteB)).toThrow(/is of the site truong-b, the copy of truong-a/);
  expect(restore(ofA, foreign)).toThrow(/holds no data of a site/);
  expect(restore(ofCentre, join(it.folder, 'new'), 'site')).toThrow(/is a copy of a centre, the config is one of a site/);
  expect(existsSync(join(it.folder, 'new'))).toBe(false);
  expect([it.dataDir, siteA, siteB, foreign].map(files)).toEqual(before);

  // what is damaged may be replaced, and a new disk is not of use to anybody yet
  rmSync(join(siteA, 'site.db'));
  expect(restore(ofA, siteA, 'site')().movedTo).toBeDefined();
  writeFileSync(join(siteB, 'identity.json'), 'damaged');
  expect(restore(ofA, siteB)().movedTo).toBeDefined();
  mkdirSync(join(it.folder, 'disk', 'lost+found'), { recursive: true });
  expect(restoreBackup({ from: ofCentre, dataDir: join(it.folder, 'disk'), replace: false, wallMs }).movedTo).toBeUndefined();
});

test('a file where a folder was meant is no folder', () => {
  const it = centre();
  const { folder } = makeBackup({ dataDir: it.dataDir, to: it.copies, version, wallMs });
  const file = join(it.folder, 'file');
  writeFileSync(file, '');
  for (const path of [file, join(file, 'below')]) {
    expect(() => makeBackup({ dataDir: it.dataDir, to: path, version, wallMs })).toThrow(`${path} is no folder`);
    expect(() => restoreBackup({ from: folder, dataDir: path, replace: true, wallMs })).toThrow(`${path} is no folder`);
  }
});

test('a copy that cannot be made says why and leaves nothing', () => {
  const it = centre();
  const make = (dataDir: string, to: string) => () => makeBackup({ dataDir, to, version, wallMs });
  expect(make(it.folder, it.copies)).toThrow(/holds no data of a centre or a site broker/);
  expect(make(it.dataDir, join(it.dataDir, 'copies'))).toThrow(/inside the data folder/);
  it.db.close();
  const path = join(it.dataDir, 'centre.sqlite');
  const bytes = readFileSync(path);
  bytes.fill(0xff, 4_096, 8_192);
  writeFileSync(path, bytes);
  expect(make(it.dataDir, it.copies)).toThrow(/is damaged/);
  expect(readdirSync(it.copies)).toEqual([]);
});
