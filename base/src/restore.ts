/** Puts a backup back: everything is looked at before anything is touched, and what was there is moved aside, never deleted. */
import { chownSync, existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { TramError } from '@tramhoc/protocol/errors';
import {
  asideName,
  type BackupKind,
  type BackupManifest,
  copySynced,
  databaseOf,
  fileFacts,
  ownerOf,
  readManifest,
  restoredName,
  siteUrn,
  stagingName,
  syncFolder,
  syncFolders,
} from './backup.ts';
import { asFolderFault, writeFileAtomic } from './config.ts';
import { inspectDatabase, isDatabaseOpen } from './sqlite.ts';

export type Restored = { manifest: BackupManifest /** Where the former content lies now. */; movedTo: string | undefined };

/**
 * `program`: whose config names `dataDir`, where that is known. Throws INPUT_INVALID (no backup, or `dataDir` is of another program, of another site or
 * nobody's), STORE_CORRUPT (a file is not as it was copied), CONFLICT (the program runs, or the folder is not empty and `replace` is not set), DISK_FULL,
 * PERMISSION_MISSING. Until everything is there the program refuses to start on the folder.
 */
export function restoreBackup(options: {
  from: string;
  dataDir: string;
  program?: BackupKind;
  replace: boolean;
  wallMs: number;
}): Restored {
  const from = resolve(options.from);
  const dataDir = resolve(options.dataDir);
  const manifest = readManifest(from);
  const { kind } = manifest;
  if (options.program !== undefined && options.program !== kind)
    throw new TramError('INPUT_INVALID', `${from} is a copy of a ${kind}, the config is one of a ${options.program}; give the ${kind}'s.`);
  verify(from, manifest);
  const staging = join(dataDir, stagingName);
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    demandIdle(dataDir);
    // a new disk has its lost+found
    const present = readdirSync(dataDir).filter((name) => ![stagingName, 'lost+found'].includes(name) && !name.startsWith(asideName));
    const half = existsSync(staging);
    if (present.length > 0) demandOwn(dataDir, manifest, { half });
    if ((present.length > 0 || half) && !options.replace)
      throw new TramError(
        'CONFLICT',
        `${dataDir} is not empty; say --replace and what is there is moved into ${asideName}<time> beside the restored files.`,
      );
    rmSync(staging, { recursive: true, force: true });
    mkdirSync(staging, { mode: 0o700 });
    for (const { path, mode } of manifest.files) copySynced(join(from, 'data', path), join(staging, path), mode);
    const note = { backupOf: manifest.madeAt, restoredAt: new Date(options.wallMs).toISOString() };
    if (manifest.kind === 'centre') writeFileAtomic(join(staging, restoredName), `${JSON.stringify(note)}\n`, { mode: 0o600 });
    check(staging, manifest);
    giveToOwner(dataDir, staging);
    syncFolders(staging);
    const movedTo = moveAside(dataDir, present, options.wallMs);
    for (const name of readdirSync(staging)) renameSync(join(staging, name), join(dataDir, name));
    syncFolder(dataDir);
    rmdirSync(staging);
    syncFolder(dataDir);
    return { manifest, movedTo };
  } catch (cause) {
    throw asFolderFault(cause, dataDir);
  }
}

function verify(from: string, manifest: BackupManifest): void {
  const missing = manifest.files.find(({ path }) => !existsSync(join(from, 'data', path)));
  if (missing !== undefined)
    throw new TramError('STORE_CORRUPT', `${missing.path} is missing in the backup ${from}; use another copy.`, {
      details: { path: missing.path },
    });
  check(join(from, 'data'), manifest);
  const { schemaVersion } = inspectDatabase(join(from, 'data', manifest.database));
  if (schemaVersion !== manifest.schemaVersion)
    throw new TramError('STORE_CORRUPT', `the database of ${from} is not the one that its manifest tells of; use another copy.`);
}

function check(folder: string, manifest: BackupManifest): void {
  for (const { path, bytes, sha256, mode } of manifest.files) {
    const facts = fileFacts(folder, path, mode);
    if (facts.bytes !== bytes || facts.sha256 !== sha256)
      throw new TramError('STORE_CORRUPT', `${path} in ${folder} is not as it was copied; use another copy.`, { details: { path } });
  }
}

function demandIdle(dataDir: string): void {
  const database = databaseOf(dataDir);
  if (database !== undefined && isDatabaseOpen(join(dataDir, database.name)))
    throw new TramError('CONFLICT', `a program is running on ${dataDir}; stop it and wait until it is gone, then restore.`);
}

/** What is moved aside must be what the copy is of. Where a restore was cut short there may be too little left to tell. */
function demandOwn(dataDir: string, { kind, identity }: BackupManifest, { half }: { half: boolean }): void {
  const owner = ownerOf(dataDir);
  if (owner === undefined ? !half : owner !== kind)
    throw new TramError(
      'INPUT_INVALID',
      `${dataDir} holds ${owner === undefined ? 'no data' : `the data of a ${owner}, not`} of a ${kind}; give the folder of the ${kind}, or a new one.`,
    );
  const [there, copied] = [kind === 'site' ? urnIfAny(dataDir) : undefined, identity].map((urn) => urn?.split(':').at(2));
  if (there !== undefined && copied !== undefined && there !== copied)
    throw new TramError(
      'INPUT_INVALID',
      `${dataDir} is of the site ${there}, the copy of ${copied}; give the folder of ${copied}, or a new one.`,
    );
}

/** It may be damaged: that is what copies are for. */
function urnIfAny(dataDir: string): string | undefined {
  try {
    return siteUrn(dataDir);
  } catch {
    return undefined;
  }
}

/** An administrator restores for the program's own user. */
function giveToOwner(dataDir: string, staging: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(dataDir);
  chownSync(staging, uid, gid);
  for (const entry of readdirSync(staging, { withFileTypes: true, recursive: true }))
    chownSync(join(entry.parentPath, entry.name), uid, gid);
}

function moveAside(dataDir: string, names: readonly string[], wallMs: number): string | undefined {
  if (names.length === 0) return undefined;
  const movedTo = join(dataDir, `${asideName}${new Date(wallMs).toISOString().replaceAll(/[:.]/g, '')}`);
  mkdirSync(movedTo, { mode: 0o700 });
  // the database last: while it is there, another try still sees whose folder this is
  for (const name of names.toSorted((a, b) => Number(isDatabase(dataDir, a)) - Number(isDatabase(dataDir, b))))
    renameSync(join(dataDir, name), join(movedTo, name));
  syncFolder(movedTo);
  syncFolder(dirname(movedTo));
  return movedTo;
}

const isDatabase = (dataDir: string, name: string): boolean => name === databaseOf(dataDir)?.name;
