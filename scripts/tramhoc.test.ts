import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chooseCommand, nodeFlagsOf, tramhocCommands } from './tramhoc-commands.ts';

const root = join(import.meta.dirname, '..');
type Ended = { code: number; out: string; err: string };
const run = (file: string, args: string[], cwd = root): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(file, args, { cwd, encoding: 'utf8' }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number((error as { code?: number }).code ?? 1), out, err }),
    );
  });

test('every command has its program', () => {
  expect(tramhocCommands.filter(({ program }) => !existsSync(join(root, program)))).toEqual([]);
});

test('the longest name counts, and the rest of the line is for the program', () => {
  expect(chooseCommand(['centre', 'start', '--config', 'a'])).toMatchObject({
    program: 'provisioning/src/main.ts',
    rest: ['--config', 'a'],
  });
  expect(chooseCommand(['centre', 'list-sites'])).toMatchObject({ program: 'provisioning/src/cli/main.ts', rest: ['list-sites'] });
  expect(chooseCommand(['agent'])).toEqual({ unknown: 'agent' });
  expect(chooseCommand(['agent', 'dance', 'now'])).toEqual({ unknown: 'agent dance' });
  expect(chooseCommand([])).toEqual({ help: true });
});

test('tramhoc works from any folder, through a link, and says what it can do', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tramhoc-command-'));
  try {
    const link = join(folder, 'tramhoc');
    symlinkSync(join(root, 'tramhoc'), link);
    const help = await run(link, ['--help'], folder);
    expect(help).toMatchObject({ code: 0, err: '', out: expect.stringContaining('agent simulate') });
    expect(await run(link, ['fly'], folder)).toMatchObject({ code: 2, out: '', err: expect.stringContaining('"fly"') });
    expect(await run(link, ['centre', '--help'], folder)).toMatchObject({ code: 0, out: expect.stringContaining('create-site') });
    expect(await run(link, ['centre', 'fly'], folder)).toMatchObject({ code: 1, err: expect.stringContaining('INPUT_INVALID') });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('an agent and a broker run as their figures were measured, and Node knows how', async () => {
  for (const program of ['device-agent/src/main.ts', 'broker/src/main.ts', 'provisioning/src/ingest-process/main.ts']) {
    const flags = nodeFlagsOf(program);
    expect(flags).toEqual(expect.arrayContaining([expect.stringContaining('--max-semi-space-size=')]));
    expect(await run(process.execPath, [...flags, '-p', '6*7'])).toMatchObject({ code: 0, out: '42\n' });
  }
  expect(chooseCommand(['agent', 'start'])).toMatchObject({ nodeFlags: nodeFlagsOf('device-agent/src/main.ts') });
});
