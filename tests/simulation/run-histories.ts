/** Many histories on several processes. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { VariantName } from './broken-variants.ts';
import type { HistoryResult } from './history.ts';
import type { WorkerAnswer, WorkerOrder, WorkerUsage } from './worker.ts';

export type Summary = {
  histories: number;
  failed: HistoryResult[];
  /** How often each fault, and each thing people did, happened. */
  counts: Map<string, number>;
  acceptedEvents: number;
  virtualMs: number;
  turns: number;
  /** Of the processor, all workers together; counted when a worker has ended what it was given. */
  cpuMs: number;
  /** Memory of the worker that had most. */
  peakBytes: number;
  /** Of `seeds`, as many as have all been run from the first on: where to go on after a run that was stopped. */
  doneFromFirst: number;
  /** Seed -> trace hash; filled only when asked for. */
  hashes: Map<number, string>;
};
export type RunOptions = {
  seeds: readonly number[];
  jobs: number;
  variant?: VariantName | undefined;
  ledgerOnly?: boolean | undefined;
  keepHashes?: boolean;
  /** Stops at the first history with a broken promise. */
  untilFailure?: boolean;
  onResult?(summary: Summary): void;
  /** Looked at now and then: no more histories are begun. */
  stopped?(): boolean;
};

/** Histories that a worker is given at a time: enough to hide the way, few enough that all workers end together. */
const chunk = 50;
/** Sparkplug from the first call: a history runs much code that never gets hot (a seventh less time). */
const nodeOptions = ['--max-old-space-size=1024', '--always-sparkplug'];
/** Seeds of failures that are kept with their words; more than anybody reads. */
const maxFailed = 200;

export async function runHistories(options: RunOptions): Promise<Summary> {
  const { seeds, jobs } = options;
  const summary: Summary = {
    ...{ histories: 0, failed: [], counts: new Map(), acceptedEvents: 0, virtualMs: 0, turns: 0, hashes: new Map() },
    ...{ cpuMs: 0, peakBytes: 0, doneFromFirst: 0 },
  };
  let next = 0;
  const done = doneChunks(summary, seeds.length);
  const workers = Array.from({ length: Math.max(1, Math.min(jobs, Math.ceil(seeds.length / chunk))) }, () =>
    fork(join(import.meta.dirname, 'worker.ts'), { execArgv: nodeOptions }),
  );
  const serve = (worker: ChildProcess): Promise<void> =>
    new Promise((resolve, reject) => {
      let before: WorkerUsage = { cpuMs: 0, peakBytes: 0 };
      let given = 0;
      const enough = (): boolean => (options.untilFailure === true && summary.failed.length > 0) || options.stopped?.() === true;
      const give = (): void => {
        given = next;
        if (next >= seeds.length || enough()) {
          resolve();
          return;
        }
        const some = seeds.slice(next, next + chunk);
        const { variant, ledgerOnly } = options;
        const order: WorkerOrder = {
          seeds: some,
          ...(variant === undefined ? {} : { variant }),
          ...(ledgerOnly === undefined ? {} : { ledgerOnly }),
        };
        next += some.length;
        worker.send(order);
      };
      worker.on('message', (message: WorkerAnswer) => {
        if ('result' in message) {
          add(summary, message.result, options);
          if (options.untilFailure === true && summary.failed.length > 0) resolve();
          return;
        }
        summary.cpuMs += message.done.cpuMs - before.cpuMs;
        summary.peakBytes = Math.max(summary.peakBytes, message.done.peakBytes);
        before = message.done;
        done(given);
        give();
      });
      worker.once('error', reject);
      worker.once('exit', (code, signal) => reject(new Error(`a worker ended by itself (${signal ?? code})`)));
      give();
    });
  try {
    await Promise.all(workers.map(serve));
    return summary;
  } finally {
    for (const worker of workers) {
      worker.removeAllListeners('exit');
      worker.kill();
    }
  }
}

/** Chunks end in any order; told by the place of their first seed. */
function doneChunks(summary: Summary, count: number): (first: number) => void {
  const ahead = new Set<number>();
  return (first) => {
    ahead.add(first);
    while (ahead.delete(summary.doneFromFirst)) summary.doneFromFirst = Math.min(count, summary.doneFromFirst + chunk);
  };
}

function add(summary: Summary, result: HistoryResult, { keepHashes, onResult }: RunOptions): void {
  summary.histories += 1;
  summary.acceptedEvents += result.acceptedEvents;
  summary.virtualMs += result.virtualMs;
  summary.turns += result.turns;
  for (const [what, times] of Object.entries(result.counts)) summary.counts.set(what, (summary.counts.get(what) ?? 0) + times);
  if (result.violations.length > 0 && summary.failed.length < maxFailed) summary.failed.push(result);
  if (keepHashes === true) summary.hashes.set(result.seed, result.traceHash);
  onResult?.(summary);
}

/** `count` seeds from `first` on. */
export const seedsFrom = (first: number, count: number): number[] => Array.from({ length: count }, (_, index) => first + index);

/** What replays a history, line by line. */
export const replayCommand = (seed: number, variant?: VariantName): string =>
  `node tests/simulation/main.ts --seed ${seed} --histories 1 --trace${variant === undefined ? '' : ` --variant ${variant}`}`;
