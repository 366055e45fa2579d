/** Runs histories in a process of its own, as its parent asks: seeds in, one result a history out. */
import type { VariantName } from './broken-variants.ts';
import { catchRejections, type HistoryResult, runHistory } from './history.ts';

/** Of the process since it began. */
export type WorkerUsage = { cpuMs: number; peakBytes: number };
export type WorkerAnswer = { result: HistoryResult } | { done: WorkerUsage };
export type WorkerOrder = { seeds: readonly number[]; variant?: VariantName; ledgerOnly?: boolean };

// an error without a stack costs a tenth; the seed tells the rest
Error.stackTraceLimit = 2;
catchRejections();
process.on('message', (order: WorkerOrder) => {
  void (async () => {
    for (const seed of order.seeds) {
      const { variant, ledgerOnly } = order;
      process.send!({ result: await runHistory({ seed, variant, ledgerOnly }) } satisfies WorkerAnswer);
    }
    process.send!({ done: usage() } satisfies WorkerAnswer);
  })();
});
function usage(): WorkerUsage {
  const { user, system } = process.cpuUsage();
  return { cpuMs: (user + system) / 1_000, peakBytes: process.resourceUsage().maxRSS * 1_024 };
}
// Ctrl-C reaches the whole group: the parent lets what was begun end
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit(0));
