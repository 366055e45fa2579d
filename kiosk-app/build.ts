/** Builds the kiosk's page and what Electron runs into dist/, unless nothing changed since the last time. `node kiosk-app/build.ts`. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { distFolder, electronConfig, pageConfig } from './vite.config.ts';

export type KioskBuild = { pageFolder: string; electronFolder: string; built: boolean };

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const stampFile = join(distFolder, 'inputs.sha256');

/** A few seconds when something changed, a few milliseconds when not. `force` builds in any case. */
export async function buildKiosk({ force = false }: { force?: boolean } = {}): Promise<KioskBuild> {
  const result = { pageFolder: join(distFolder, 'page'), electronFolder: join(distFolder, 'electron') };
  const stamp = hashOfInputs();
  if (!force && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return { ...result, built: false };
  rmSync(distFolder, { recursive: true, force: true });
  await build(pageConfig);
  await build(electronConfig('electron.main'));
  await build(electronConfig('bridge.preload'));
  mkdirSync(result.electronFolder, { recursive: true });
  const { version } = JSON.parse(readFileSync(here('package.json'), 'utf8')) as { version: string };
  writeFileSync(
    join(result.electronFolder, 'package.json'),
    `${JSON.stringify({ name: 'tramhoc-kiosk', version, main: 'main.cjs' }, null, 2)}\n`,
  );
  writeFileSync(stampFile, stamp);
  return { ...result, built: true };
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

if (import.meta.main) {
  const { pageFolder, built } = await buildKiosk({ force: process.argv.includes('--force') });
  process.stdout.write(`${built ? 'built' : 'up to date'}: ${pageFolder}\n`);
}
