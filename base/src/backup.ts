/**
 * A copy of a program's data folder, taken while the program runs: its database as of one moment, and every other file of the folder. It is a plain
 * folder with a manifest, so that any tool can move, pack and encrypt it. It holds keys: readable by its owner alone.
 */
import { createHash, X509Certificate } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  type Dirent,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { TramError } from '@tramhoc/protocol/errors';
import { z } from 'zod';
import { asFolderFault, readJsonFileIfAny, writeFileAtomic } from './config.ts';
import { copyDatabase } from './sqlite.ts';

/** Which program a data folder belongs to is seen by its database. An agent's is not copied: a new enrolment is safer than old keys. */
const databases = { site: 'site.db', centre: 'centre.sqlite' } as const;
export type BackupKind = keyof typeof databases;

const RelativePath = z
  .string()
  .min(1)
  .max(1_000)
  .refine((path) => !path.startsWith('/') && !path.split('/').some((part) => part === '' || part === '.' || part === '..'));
export const BackupManifest = z.strictObject({
  format: z.literal('tramhoc-backup-1'),
  kind: z.enum(['site', 'centre']),
  /** Of the software that made it. */
  version: z.string(),
  /** Of a site: its URN. */
  identity: z.string().optional(),
  schemaVersion: z.int().min(0),
  madeAt: z.iso.datetime(),
  database: RelativePath,
  files: z
    .array(z.strictObject({ path: RelativePath, bytes: z.int().min(0), sha256: z.string().length(64), mode: z.int().min(0).max(0o777) }))
    .max(100_000),
});
export type BackupManifest = z.infer<typeof BackupManifest>;

export const manifestName = 'manifest.json';
/** What restore puts beside the data while it works, what it moved aside, and what it leaves for a centre to find (after-restore.ts). */
export const stagingName = '.restoring';
export const asideName = 'before-restore-';
export const restoredName = 'restored.json';
/** Made anew by the program. */
export const ballastName = 'ballast';

const chunkBytes = 1024 * 1024;

export function databaseOf(dataDir: string): { kind: BackupKind; name: string } | undefined {
  for (const [kind, name] of Object.entries(databases)) if (existsSync(join(dataDir, name))) return { kind: kind as BackupKind, name };
  return undefined;
}

/**
 * Gives the new folder, made below `to`. Throws INPUT_INVALID (no data there, `to` inside of it), STORE_CORRUPT, DISK_FULL, PERMISSION_MISSING; then
 * nothing of it is left.
 */
export function makeBackup(options: { dataDir: string; to: string; version: string; wallMs: number }): {
  folder: string;
  manifest: BackupManifest;
} {
  const dataDir = resolve(options.dataDir);
  const to = resolve(options.to);
  const database = databaseOf(dataDir);
  if (database === undefined)
    throw new TramError(
      'INPUT_INVALID',
      `${dataDir} holds no data of a centre or a site broker; give the config of one. An agent is enrolled anew instead.`,
    );
  if (`${to}${sep}`.startsWith(`${dataDir}${sep}`))
    throw new TramError('INPUT_INVALID', `${to} lies inside the data folder; a copy belongs on another disk.`);
  demandWholeFolder(dataDir);
  const identity = database.kind === 'site' ? siteUrn(dataDir) : undefined;
  const madeAt = new Date(options.wallMs).toISOString();
  const name = [identity?.split(':').at(2) ?? database.kind, madeAt.slice(0, 19).replaceAll(':', '')].join('-');
  const folder = join(to, name);
  if (existsSync(folder)) throw new TramError('CONFLICT', `${folder} is there already; wait a second or name another folder.`);
  const partial = `${folder}.partial`;
  try {
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(join(partial, 'data'), { recursive: true, mode: 0o700 });
    chmodSync(partial, 0o700);
    const { schemaVersion } = copyDatabase({ from: join(dataDir, database.name), to: join(partial, 'data', database.name) });
    chmodSync(join(partial, 'data', database.name), 0o600);
    const files = [fileFacts(join(partial, 'data'), database.name, 0o600)];
    for (const { path, mode } of filesBeside(dataDir, database.name)) {
      copySynced(join(dataDir, path), join(partial, 'data', path), 0o600);
      files.push(fileFacts(join(partial, 'data'), path, mode));
    }
    const manifest: BackupManifest = {
      ...{
        format: 'tramhoc-backup-1',
        kind: database.kind,
        version: options.version,
        schemaVersion,
        madeAt,
        database: database.name,
        files,
      },
      ...(identity === undefined ? {} : { identity }),
    };
    writeFileAtomic(join(partial, manifestName), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
    syncFolders(partial);
    renameSync(partial, folder);
    syncFolder(to);
    return { folder, manifest };
  } catch (cause) {
    rmSync(partial, { recursive: true, force: true });
    throw asFolderFault(cause, to);
  }
}

/** Also where its database is lost: what else a program keeps there. */
export function ownerOf(dataDir: string): BackupKind | undefined {
  const beside = { site: 'identity.json', centre: 'ca' } as const;
  return databaseOf(dataDir)?.kind ?? (Object.keys(beside) as BackupKind[]).find((kind) => existsSync(join(dataDir, beside[kind])));
}

/** Throws STORE_CORRUPT: a restore into this folder was cut short. */
export function demandWholeFolder(dataDir: string): void {
  if (existsSync(join(dataDir, stagingName)))
    throw new TramError('STORE_CORRUPT', `a restore into ${dataDir} did not end; run it again with --replace (docs/runbooks/restore.md).`);
}

/** Every file of the folder but the database, what is being written, sockets, and what restore and the program make anew. */
function filesBeside(dataDir: string, databaseName: string): { path: string; mode: number }[] {
  const found: { path: string; mode: number }[] = [];
  const skip = (entry: Dirent): boolean =>
    entry.name.startsWith(databaseName) ||
    entry.name.startsWith(asideName) ||
    [stagingName, restoredName, ballastName].includes(entry.name) ||
    entry.name.endsWith('.new');
  for (const entry of readdirSync(dataDir, { withFileTypes: true, recursive: true })) {
    const path = relative(dataDir, join(entry.parentPath, entry.name)).split(sep).join('/');
    const inside = path.split('/')[0]!;
    if (!entry.isFile() || skip(entry) || inside === stagingName || inside.startsWith(asideName)) continue;
    found.push({ path, mode: statSync(join(dataDir, path)).mode & 0o777 });
  }
  return found;
}

export function siteUrn(dataDir: string): string | undefined {
  const { certificatePem } = (readJsonFileIfAny(join(dataDir, 'identity.json')) ?? {}) as { certificatePem?: unknown };
  if (typeof certificatePem !== 'string') return undefined;
  return /URI:(?<urn>urn:tramhoc:[^,]+)/.exec(new X509Certificate(certificatePem).subjectAltName ?? '')?.groups?.['urn'];
}

export function fileFacts(folder: string, path: string, mode: number): BackupManifest['files'][number] {
  const hash = createHash('sha256');
  let bytes = 0;
  const file = openSync(join(folder, path), 'r');
  try {
    const chunk = Buffer.alloc(chunkBytes);
    for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) {
      hash.update(chunk.subarray(0, read));
      bytes += read;
    }
  } finally {
    closeSync(file);
  }
  return { path, bytes, sha256: hash.digest('hex'), mode };
}

/** What is replaced whole while we read is read as it was. */
export function copySynced(from: string, to: string, mode: number): void {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  const source = openSync(from, 'r');
  const target = openSync(to, 'wx', mode);
  try {
    const chunk = Buffer.alloc(chunkBytes);
    for (let read = readSync(source, chunk); read > 0; read = readSync(source, chunk))
      for (let at = 0; at < read; ) at += writeSync(target, chunk, at, read - at);
    fsyncSync(target);
  } finally {
    closeSync(source);
    closeSync(target);
  }
}

export function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

export function syncFolders(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true, recursive: true }))
    if (entry.isDirectory()) syncFolder(join(entry.parentPath, entry.name));
  syncFolder(path);
}

/** Throws INPUT_INVALID when this is no backup, STORE_CORRUPT when its manifest cannot be read. */
export function readManifest(folder: string): BackupManifest {
  const path = join(folder, manifestName);
  if (!existsSync(path))
    throw new TramError('INPUT_INVALID', `${folder} is no backup (${manifestName} is missing); name the folder that tramhoc backup made.`);
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new TramError('STORE_CORRUPT', `${path} cannot be read; use another copy.`, { cause });
  }
  const parsed = BackupManifest.safeParse(json);
  if (!parsed.success)
    throw new TramError('STORE_CORRUPT', `${path} is not one that this version knows; use the version that made it, or another copy.`, {
      cause: parsed.error,
    });
  return parsed.data;
}
