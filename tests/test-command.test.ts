/** `npm test` itself: a failure anywhere is a failure, and the last line says so. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runSteps, type Step, summaryLines, totals } from '../scripts/run-steps.ts';
import { missingLine, missingPackages, type SystemPackage } from '../scripts/system-packages.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tramhoc-command-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const node = (name: string, script: string): Step => ({ name, command: [process.execPath, '-e', script] });
const reporting = (name: string, report: object, exitCode: number): Step => {
  const resultsPath = join(folder, `${name}.json`);
  const script = `require('node:fs').writeFileSync(${JSON.stringify(resultsPath)}, ${JSON.stringify(JSON.stringify(report))}); process.exit(${exitCode})`;
  return { ...node(name, script), resultsPath };
};

async function run(steps: Step[], signal?: AbortSignal) {
  const printed: string[] = [];
  let nowMs = 0;
  const tools = { print: (line: string) => void printed.push(line), elapsedMs: () => (nowMs += 1_000) };
  const results = await runSteps(steps, signal === undefined ? tools : { ...tools, signal });
  return { printed, results, last: summaryLines(results).at(-1) };
}

test('all steps pass: every step has its line with its duration, the last line has the totals', async () => {
  const first = reporting('unit', { numPassedTests: 7, numFailedTests: 0, numPendingTests: 1, numTodoTests: 1 }, 0);
  const second = reporting('e2e', { numPassedTests: 3, numFailedTests: 0, numPendingTests: 2, numTodoTests: 0 }, 0);
  const { printed, results, last } = await run([node('types', ''), first, second]);
  expect(results.map(({ outcome }) => outcome)).toEqual(['passed', 'passed', 'passed']);
  expect(printed).toContain('=== types: passed in 1.0 s');
  expect(last).toBe('10 passed, 0 failed, 4 skipped');
});

test('a step that fails is the last that runs, and what did not run is named', async () => {
  const broken = reporting('unit', { numPassedTests: 5, numFailedTests: 2, numPendingTests: 0, numTodoTests: 0 }, 1);
  const { results, last } = await run([node('types', ''), broken, node('e2e', '')]);
  expect(results.map(({ outcome }) => outcome)).toEqual(['passed', 'failed', 'not run']);
  expect(last).toBe('5 passed, 2 failed, 0 skipped');
});

test('a failure without a failing test still counts', async () => {
  const unloaded = reporting('unit', { numPassedTests: 5, numFailedTests: 0 }, 1);
  const { results } = await run([unloaded]);
  expect(totals(results)).toEqual({ passed: 5, failed: 1, skipped: 0 });
  expect((await run([node('types', 'process.exit(3)')])).last).toBe('0 passed, 1 failed, 0 skipped');
});

test('a command that is not there, and one that is killed, are failures', async () => {
  const absent = await run([{ name: 'lint', command: [join(folder, 'no-such-command')] }]);
  expect(absent.last).toBe('0 passed, 1 failed, 0 skipped');
  const killed = await run([node('unit', "process.kill(process.pid, 'SIGKILL')")]);
  expect(killed.printed.at(-1)).toContain('SIGKILL');
  expect(killed.last).toBe('0 passed, 1 failed, 0 skipped');
});

test('stopping the command stops the step that runs, with all that it started', async () => {
  const pidPath = join(folder, 'pid');
  const inner = `require('node:fs').writeFileSync(${JSON.stringify(pidPath)}, String(process.pid)); setInterval(() => {}, 1_000)`;
  const outer = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(inner)}]); setInterval(() => {}, 1_000)`;
  const stopped = new AbortController();
  const started = run([node('unit', outer), node('e2e', '')], stopped.signal);
  await expect.poll(() => existsSync(pidPath) && readFileSync(pidPath, 'utf8') !== '', { timeout: 10_000 }).toBe(true);
  stopped.abort();
  expect((await started).results.map(({ outcome }) => outcome)).toEqual(['failed', 'not run']);
  const pid = Number(readFileSync(pidPath, 'utf8'));
  await expect.poll(() => isRunning(pid), { timeout: 10_000 }).toBe(false);
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const status = `/proc/${pid}/status`; // in a container nobody may bury it
    return !existsSync(status) || !/^State:\s+Z/m.test(readFileSync(status, 'utf8'));
  } catch {
    return false;
  }
}

test('only what is not there is asked for', () => {
  const wanted: SystemPackage[] = [
    { name: 'chromium', has: { command: ['chromium', 'google-chrome'] }, skips: 'pages' },
    { name: 'socat', has: { command: ['socat'] }, skips: 'serial' },
    { name: 'libnss3', has: { library: 'libnss3.so' }, skips: 'electron' },
    { name: 'libgbm1', has: { library: 'libgbm.so.1' }, skips: 'electron' },
  ];
  const programs = join(folder, 'programs');
  mkdirSync(programs);
  writeFileSync(join(programs, 'google-chrome'), '', { mode: 0o755 });
  writeFileSync(join(programs, 'socat'), '', { mode: 0o644 });
  const missing = missingPackages(wanted, { path: `/nowhere:${programs}`, libraries: '\tlibnss3.so (libc6) => /lib/libnss3.so\n' });
  expect(missing.map(({ name }) => name)).toEqual(['socat', 'libgbm1']);
  expect(missingLine(missing)).toBe('not installed: socat, libgbm1 (tests skipped: serial; electron)');
});
