/** Builds the console's pages into dist/console, unless nothing that they are made of has changed. Run it, or call buildConsole(). */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const repository = join(here, '..');
export const consoleFolder: string = join(here, 'dist', 'console');
const stampFile = join(consoleFolder, 'inputs.sha256');
/** Pages, the contract they share with the server, and the versions of every library. */
const inputs = ['provisioning/src/console', 'provisioning/src/api', 'protocol/src'];
const inputFiles = [
  'provisioning/console.vite.config.ts',
  'provisioning/build-console.ts',
  'provisioning/package.json',
  'package-lock.json',
];

/** `built` is false when the pages in dist/console are of these very sources. Throws with Vite's own words when they cannot be bundled. */
export async function buildConsole(): Promise<{ folder: string; built: boolean }> {
  const stamp = inputHash();
  if (isInPlace(stamp)) return { folder: consoleFolder, built: false };
  // built aside and then put in place: a centre that runs, or a second build, never sees half of it
  const dist = join(here, 'dist');
  mkdirSync(dist, { recursive: true });
  const fresh = mkdtempSync(join(dist, '.console-'));
  try {
    await bundle(join(fresh, 'new'));
    writeFileSync(join(fresh, 'new', 'inputs.sha256'), stamp);
    putInPlace(fresh, stamp);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return { folder: consoleFolder, built: true };
}

/** Vite in a process of its own: React is bundled for production whatever NODE_ENV the caller (a test runner, say) has. */
async function bundle(outDir: string): Promise<void> {
  const vite = join(repository, 'node_modules', 'vite', 'bin', 'vite.js');
  const options = ['build', '--config', join(here, 'console.vite.config.ts'), '--outDir', outDir, '--logLevel', 'warn'];
  const child = spawn(process.execPath, [vite, ...options], { env: { NODE_ENV: 'production' }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the console could not be bundled (vite ended with ${code}):\n${said}`);
}

const isInPlace = (stamp: string): boolean => existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp;

function putInPlace(fresh: string, stamp: string): void {
  try {
    if (existsSync(consoleFolder)) renameSync(consoleFolder, join(fresh, 'old'));
    renameSync(join(fresh, 'new'), consoleFolder);
  } catch (error) {
    // another build of the same sources was a moment faster
    if (!isInPlace(stamp)) throw error;
  }
}

function inputHash(): string {
  const files = [...inputs.flatMap((folder) => filesBelow(join(repository, folder))), ...inputFiles.map((file) => join(repository, file))];
  const hash = createHash('sha256');
  for (const file of files.sort()) {
    const content = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
    hash.update(`${relative(repository, file)} ${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}

/** Tests are no part of the pages. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

if (import.meta.main) {
  const { folder, built } = await buildConsole();
  process.stdout.write(`${built ? 'built' : 'unchanged'} ${relative(repository, folder)}\n`);
}
