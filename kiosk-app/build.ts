/** Builds the kiosk's page and what Electron runs into dist/, unless nothing changed since the last time. `node kiosk-app/build.ts`. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { distFolder, electronConfig, pageConfig } from './vite.config.ts';

export type KioskBuild = { pageFolder: string; electronFolder: string; built: boolean };

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
/** What the process that bundles is told to do. */
const bundleWord = 'bundle';
const stampFile = join(distFolder, 'inputs.sha256');

/** A few seconds when something changed, a few milliseconds when not. `force` builds in any case. */
export async function buildKiosk({ force = false }: { force?: boolean } = {}): Promise<KioskBuild> {
  const result = { pageFolder: join(distFolder, 'page'), electronFolder: join(distFolder, 'electron') };
  const stamp = hashOfInputs();
  if (!force && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return { ...result, built: false };
  // in a process of its own: React is bundled for production whatever NODE_ENV the caller (a test runner, say) has
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), bundleWord, stamp], {
    env: { NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the kiosk could not be bundled (it ended with ${code}):\n${said}`);
  return { ...result, built: true };
}

async function bundle(stamp: string): Promise<void> {
  rmSync(distFolder, { recursive: true, force: true });
  await build(pageConfig);
  await build(electronConfig('electron.main'));
  await build(electronConfig('bridge.preload'));
  const electronFolder = join(distFolder, 'electron');
  mkdirSync(electronFolder, { recursive: true });
  const { version } = JSON.parse(readFileSync(here('package.json'), 'utf8')) as { version: string };
  writeFileSync(join(electronFolder, 'package.json'), `${JSON.stringify({ name: 'tramhoc-kiosk', version, main: 'main.cjs' }, null, 2)}\n`);
  writeFileSync(stampFile, stamp);
}

/** Everything that can change the result: our sources without tests, the contracts, the build itself, the locked packages. */
function hashOfInputs(): string {
  const hash = createHash('sha256');
  const folders = ['src', '../protocol/src', '../base/src'].map(here);
  const files = [
    ...folders.flatMap(filesBelow),
    here('build.ts'),
    here('vite.config.ts'),
    here('package.json'),
    here('../package-lock.json'),
  ];
  for (const file of files.filter((name) => !/\.test\.tsx?$/.test(name)).sort())
    hash.update(`${file}\0`).update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

if (import.meta.main && process.argv[2] === bundleWord) await bundle(process.argv[3]!);
else if (import.meta.main) {
  const { pageFolder, built } = await buildKiosk({ force: process.argv.includes('--force') });
  process.stdout.write(`${built ? 'built' : 'up to date'}: ${pageFolder}\n`);
}
