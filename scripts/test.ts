/**
 * `npm test`: everything a reviewer would do. System packages (as root on Debian), format and lint, types, the browser builds, then the five
 * Vitest projects; it stops at the first step that fails. `--fast` leaves out e2e.
 *   ELECTRON_TEST_RUNTIME          folder with an Electron to test the kiosk in; without it, or one installed, those cases are skipped
 *   ELECTRON_TEST_RUNTIME_COMMAND  a program that prints such a folder; asked when the first is not set
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '@tramhoc/base/command-line';
import { runSteps, type Step, summaryLines, totals } from './run-steps.ts';
import { provideSystemPackages } from './system-packages.ts';

const root = join(import.meta.dirname, '..');
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const usage = `usage: npm test [-- --fast]

Everything a reviewer would check; as root on Debian it installs the programs that some tests talk to. --fast leaves out what needs a browser.`;

await runProgram({ usage, options: { fast: { type: 'boolean', default: false } } }, async ({ values }) => {
  process.chdir(root);
  return await main(values);
});

async function main({ fast }: { fast: boolean }): Promise<number> {
  provideSystemPackages((line) => print(`=== system packages: ${line}`));
  const resultsFolder = mkdtempSync(join(tmpdir(), 'tramhoc-test-'));
  const stopped = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopped.abort());
  try {
    const steps = stepsFor({ fast, resultsFolder, electronRuntime: fast ? undefined : electronRuntime() });
    const results = await runSteps(steps, { print, elapsedMs: () => performance.now(), signal: stopped.signal });
    for (const line of summaryLines(results)) print(line);
    return totals(results).failed === 0 ? 0 : 1;
  } finally {
    rmSync(resultsFolder, { recursive: true, force: true });
  }
}

function stepsFor({
  fast,
  resultsFolder,
  electronRuntime,
}: {
  fast: boolean;
  resultsFolder: string;
  electronRuntime: string | undefined;
}): Step[] {
  const tool = (name: string): string => join(root, 'node_modules', '.bin', name);
  const project = (name: string): Step => {
    const resultsPath = join(resultsFolder, `${name}.json`);
    const command = [tool('vitest'), 'run', '--project', name, '--reporter=default', '--reporter=json', `--outputFile.json=${resultsPath}`];
    return { name, command: command as [string, ...string[]], resultsPath };
  };
  const steps: Step[] = [
    { name: 'format and lint', command: [tool('biome'), 'check', '--error-on-warnings', '.'] },
    { name: 'types', command: [tool('tsc'), '--noEmit', '-p', '.'] },
    { name: 'build', command: ['npm', 'run', '--silent', 'build'] },
    project('unit'),
    project('scenarios'),
    project('simulation'),
    project('faults'),
  ];
  if (fast) return steps;
  const e2e = project('e2e');
  const env = electronRuntime === undefined ? {} : { ELECTRON_TEST_RUNTIME: electronRuntime };
  const wantsScreen = process.platform === 'linux' && !process.env['DISPLAY'] && spawnSync('xvfb-run', ['--help']).status === 0;
  const command: Step['command'] = wantsScreen ? ['xvfb-run', '-a', '-s', '-screen 0 1920x1080x24', ...e2e.command] : e2e.command;
  return [...steps, { ...e2e, command, env }];
}

/** After the system packages, because the run-time needs some of them. */
function electronRuntime(): string | undefined {
  const command = process.env['ELECTRON_TEST_RUNTIME_COMMAND'];
  if (process.env['ELECTRON_TEST_RUNTIME'] || !command) return process.env['ELECTRON_TEST_RUNTIME'] || undefined;
  const asked = spawnSync(command, { encoding: 'utf8' });
  const folder = asked.stdout?.trim() ?? '';
  if (asked.status === 0 && folder !== '') return folder;
  print(`=== no Electron to test in: ${(asked.stderr ?? asked.error?.message ?? '').trim().split('\n').at(-1)}`);
  return undefined;
}
