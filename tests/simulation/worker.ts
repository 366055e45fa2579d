/** Runs histories in a process of its own, as its parent asks: seeds in, one result a history out. */
import type { VariantName } from './broken-variants.ts';
import { catchRejections, runHistory } from './history.ts';

export type WorkerOrder = { seeds: readonly number[]; variant?: VariantName; ledgerOnly?: boolean };

// an error without a stack costs a tenth; the seed tells the rest
Error.stackTraceLimit = 2;
catchRejections();
process.on('message', (order: WorkerOrder) => {
  void (async () => {
    for (const seed of order.seeds) {
      const { variant, ledgerOnly } = order;
      process.send!({ result: await runHistory({ seed, variant, ledgerOnly }) });
    }
    process.send!({ done: true });
  })();
});
process.on('disconnect', () => process.exit(0));
