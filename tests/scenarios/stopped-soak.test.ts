/** `npm run soak` as somebody stops it. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';

/** Processes that it started and that still run. */
const startedBy = ({ pid }: ChildProcess): number[] =>
  spawnSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' })
    .stdout.trim()
    .split(/\s+/)
    .map(Number);
/** In a container nobody may bury what has ended. */
const runs = (pid: number): boolean => /^[^Z]/.test(spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout);

test('a soak that is stopped leaves no program behind', async () => {
  const soak = spawn(process.execPath, [join(import.meta.dirname, '..', 'soak', 'main.ts'), '--rate', '50'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void soak.kill('SIGKILL'));
  // the first fault comes when both programs run
  for await (const line of createInterface({ input: soak.stdout })) if (line.startsWith('fault:')) break;
  const programs = startedBy(soak);
  expect(programs.filter(runs)).toHaveLength(2);
  const ended = once(soak, 'exit');
  soak.kill('SIGTERM');
  expect(await ended).toEqual([130, null]);
  await expect.poll(() => programs.filter(runs), { timeout: 10_000 }).toEqual([]);
}, 120_000);
