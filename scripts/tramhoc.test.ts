import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
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
  expect(chooseCommand([])).toEqual({ help: tramhocCommands });
  expect(chooseCommand(['centre', '--help'])).toMatchObject({ program: 'provisioning/src/cli/main.ts', rest: ['--help'] });
});

test('a word that begins commands lists those', () => {
  const ofAgents = tramhocCommands.filter(({ words }) => words[0] === 'agent');
  for (const words of [['agent'], ['agent', '--help'], ['agent', 'help']]) expect(chooseCommand(words)).toEqual({ help: ofAgents });
  expect(chooseCommand(['agent', 'dance', 'now'])).toEqual({ unknown: 'agent dance', near: ofAgents });
  expect(chooseCommand(['fly'])).toEqual({ unknown: 'fly', near: tramhocCommands });
});

test('tramhoc works from any folder, through a link, and says what it can do', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tramhoc-command-'));
  try {
    const link = join(folder, 'tramhoc');
    symlinkSync(join(root, 'tramhoc'), link);
    const help = await run(link, ['--help'], folder);
    expect(help).toMatchObject({ code: 0, err: '', out: expect.stringContaining('agent simulate') });
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(await run(link, ['--version'], folder)).toEqual({ code: 0, err: '', out: `${version}\n` });
    expect(await run(link, ['fly'], folder)).toMatchObject({ code: 2, out: '', err: expect.stringContaining('"fly"') });
    expect(await run(link, ['centre', '--help'], folder)).toMatchObject({ code: 0, out: expect.stringContaining('create-site') });
    expect(await run(link, ['centre', 'fly'], folder)).toMatchObject({ code: 2, err: expect.stringContaining('INPUT_INVALID') });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 60_000);

test('a program that is killed ends tramhoc as a shell says it', async () => {
  const words = ['agent', 'simulate', 'rdm6300', '--listen', 'tcp://127.0.0.1:0'];
  const tramhoc = spawn(join(root, 'tramhoc'), words, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(tramhoc.stdout, 'data');
  const [program] = execFileSync('ps', ['-o', 'pid=', '--ppid', String(tramhoc.pid)], { encoding: 'utf8' })
    .trim()
    .split(/\s+/);
  const ended = once(tramhoc, 'exit');
  process.kill(Number(program), 'SIGKILL');
  expect(await ended).toEqual([137, null]);
}, 60_000);

test('an agent and a broker run as their figures were measured, and Node knows how', async () => {
  for (const program of ['device-agent/src/main.ts', 'broker/src/main.ts', 'provisioning/src/ingest-process/main.ts']) {
    const flags = nodeFlagsOf(program);
    expect(flags).toEqual(expect.arrayContaining([expect.stringContaining('--max-semi-space-size=')]));
    expect(await run(process.execPath, [...flags, '-p', '6*7'])).toMatchObject({ code: 0, out: '42\n' });
  }
  expect(chooseCommand(['agent', 'start'])).toMatchObject({ nodeFlags: nodeFlagsOf('device-agent/src/main.ts') });
});
