/** The thermometer of docs/add-a-device.md, as somebody who follows the page would have it. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs/add-a-device.md'), 'utf8');

/** Each file that the page writes: its path on a line of its own, then its text. */
function writtenFiles(): { path: string; text: string }[] {
  return [...page.matchAll(/^`(device-agent\/\S+)`\n\n```\w+\n([\s\S]*?)^```$/gm)].map(([, path, text]) => ({ path: path!, text: text! }));
}

/** Files of which the compiler says that they are wrong, as if they lay in the repository. */
async function wronglyTyped(files: readonly { path: string; text: string }[]): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tram-page-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const { path, text } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const config = { extends: join(root, 'tsconfig.json'), compilerOptions: { rootDirs: [folder, root] }, include: ['device-agent/**/*.ts'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const said = await new Promise<string>((resolve) => {
    execFile(join(root, 'node_modules/.bin/tsc'), ['-p', folder], { cwd: folder, encoding: 'utf8' }, (_, out, err) =>
      resolve(`${out}${err}`),
    );
  });
  const faults = said.split('\n').filter((line) => /^\S/.test(line));
  return faults.map((line) => /^(device-agent\/\S+)\(\d+,\d+\): error/.exec(line)?.[1] ?? line);
}

test('what the page writes has the types of the code around it', async () => {
  const files = writtenFiles();
  expect(files.map(({ path }) => basename(path))).toEqual([
    ...['README.md', 'codec.ts', 'codec.test.ts', 'simulator.ts', 'discovery.ts', 'driver.ts', 'conformance.ts'],
  ]);
  const driver = files.find(({ path }) => path.endsWith('/driver.ts'))!.text;
  const planted = { path: 'device-agent/src/drivers/klima-k1/planted.ts', text: driver.replace('silenceMs,\n', 'quietMs: silenceMs,\n') };
  expect(await wronglyTyped([...files, planted])).toEqual([planted.path]);
}, 60_000);
