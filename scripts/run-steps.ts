/** Runs the steps of the test command one after the other and tells what came of them. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export type Step = {
  name: string;
  command: readonly [string, ...string[]];
  env?: Readonly<Record<string, string>>;
  /** Where the command leaves its results, when it is a run of Vitest. */
  resultsPath?: string;
};
export type Counts = { passed: number; failed: number; skipped: number };
export type StepResult = { name: string; outcome: 'passed' | 'failed' | 'not run'; durationMs: number; counts?: Counts };

/**
 * A step that fails is the last one that runs. `elapsedMs` is a clock that only grows; `print` gets whole lines. The commands write to this
 * process's own output. `signal` ends the running command.
 */
export async function runSteps(
  steps: readonly Step[],
  { print, elapsedMs, signal }: { print(line: string): void; elapsedMs(): number; signal?: AbortSignal },
): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (const step of steps) {
    if (results.some(({ outcome }) => outcome === 'failed')) {
      results.push({ name: step.name, outcome: 'not run', durationMs: 0 });
      continue;
    }
    print(`=== ${step.name}: ${step.command.join(' ')}`);
    const startedMs = elapsedMs();
    const fault = await runCommand(step, signal);
    const counts = step.resultsPath === undefined ? undefined : readCounts(step.resultsPath);
    const durationMs = elapsedMs() - startedMs;
    print(`=== ${step.name}: ${fault ?? 'passed'} in ${seconds(durationMs)}`);
    results.push({
      name: step.name,
      outcome: fault === undefined ? 'passed' : 'failed',
      durationMs,
      ...(counts === undefined ? {} : { counts }),
    });
  }
  return results;
}

/** undefined when it ended with 0, else why not. */
function runCommand({ command: [program, ...words], env }: Step, signal: AbortSignal | undefined): Promise<string | undefined> {
  return new Promise((resolve) => {
    // a group of its own: xvfb-run and Vitest start processes that must go with them
    const child = spawn(program, words, { stdio: ['ignore', 'inherit', 'inherit'], detached: true, env: { ...process.env, ...env } });
    const stop = (): void => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    };
    if (signal?.aborted === true) stop();
    signal?.addEventListener('abort', stop, { once: true });
    const done = (fault: string | undefined): void => {
      signal?.removeEventListener('abort', stop);
      resolve(fault);
    };
    child.once('error', (cause) => done(`failed (${cause.message})`));
    child.once('exit', (code, killedBy) => done(code === 0 ? undefined : `failed (${killedBy ?? `exit code ${code}`})`));
  });
}

/** Numbers of Vitest's JSON report (its reporter `json`); undefined when there is none, because the run broke before its end. */
export function readCounts(path: string): Counts | undefined {
  try {
    const report = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    const number = (key: string): number => (typeof report[key] === 'number' ? report[key] : 0);
    return {
      passed: number('numPassedTests'),
      failed: number('numFailedTests'),
      skipped: number('numPendingTests') + number('numTodoTests'),
    };
  } catch {
    return undefined;
  }
}

/** A step that failed without a failing test (format, types, a file that does not load) counts as one failure. */
export function totals(results: readonly StepResult[]): Counts {
  const sum: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { outcome, counts } of results) {
    sum.passed += counts?.passed ?? 0;
    sum.skipped += counts?.skipped ?? 0;
    sum.failed += outcome === 'failed' ? Math.max(1, counts?.failed ?? 0) : (counts?.failed ?? 0);
  }
  return sum;
}

/** One line a step, then the totals alone on the last line. */
export function summaryLines(results: readonly StepResult[]): string[] {
  const { passed, failed, skipped } = totals(results);
  const width = Math.max(...results.map(({ name }) => name.length));
  const lines = results.map(({ name, outcome, durationMs, counts }) => {
    const tests = counts === undefined ? '' : `  ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
    return `${name.padEnd(width)}  ${outcome.padEnd(7)}  ${outcome === 'not run' ? '' : seconds(durationMs).padStart(7)}${tests}`.trimEnd();
  });
  return ['', ...lines, '', `${passed} passed, ${failed} failed, ${skipped} skipped`];
}

const seconds = (durationMs: number): string => `${(durationMs / 1_000).toFixed(1)} s`;
