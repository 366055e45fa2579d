/** Builds the console's pages into dist/console, unless nothing that they are made of has changed. Run it, or call buildConsole(). */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

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

/** `built` is false when the pages in dist/console are of these very sources. Throws what Vite throws. */
export async function buildConsole(): Promise<{ folder: string; built: boolean }> {
  const stamp = inputHash();
  if (existsSync(join(consoleFolder, 'index.html')) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp)
    return { folder: consoleFolder, built: false };
  await build({ configFile: join(here, 'console.vite.config.ts'), logLevel: 'warn', mode: 'production' });
  writeFileSync(stampFile, stamp);
  return { folder: consoleFolder, built: true };
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
