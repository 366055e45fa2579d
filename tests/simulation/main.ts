/**
 * `node tests/simulation/main.ts [--histories 1000] [--seed S] [--jobs 2] [--trace] [--variant name] [--report file]`
 * Runs histories S, S+1, ...; without --seed from a new place each day. Ends with 1 when a promise was broken or not all were run; a run that is stopped
 * (Ctrl-C) tells how to go on. docs/reliability.md says what is checked.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { runProgram, typedNumber, wrongWords } from '@tramhoc/base/command-line';
import { demandWritableFile } from '@tramhoc/base/config';
import { type VariantName, variantNames } from './broken-variants.ts';
import { catchRejections, runHistory } from './history.ts';
import { replayCommand, runHistories, type Summary, seedsFrom } from './run-histories.ts';
import { countsOf, reportOf } from './summary-text.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const usage = `usage: npm run simulate -- [--histories N] [--seed N] [--jobs N] [--trace] [--variant ${variantNames.join('|')}] [--report <file>]

  --histories N    how many, each from a seed of its own; default 1000
  --seed N         of the first; without it from a new place each day
  --jobs N         processes; default one a processor
  --trace          tells the history of --seed step by step
  --variant name   a product that is broken on purpose: its fault must be found
  --report <file>  the figures, in Markdown

docs/reliability.md says what is checked.`;
const options = {
  histories: { type: 'string', default: '1000' },
  seed: { type: 'string' },
  jobs: { type: 'string', default: String(availableParallelism()) },
  trace: { type: 'boolean', default: false },
  variant: { type: 'string' },
  report: { type: 'string' },
} as const;
/** How often progress is told, and the report written, so that a run that is cut off has its figures. */
const tellEveryMs = 15_000;

type Wanted = { histories: number; seed: number; jobs: number; variant: VariantName | undefined; report: string | undefined };

await runProgram({ usage, options }, async ({ values }) => {
  const variant = values.variant as VariantName | undefined;
  if (variant !== undefined && !variantNames.includes(variant)) throw wrongWords(`there is no variant ${variant}`, usage);
  if (values.report !== undefined) demandWritableFile(values.report);
  const wanted: Wanted = {
    histories: typedNumber('histories', values.histories),
    seed: values.seed === undefined ? Math.floor(Date.now() / 86_400_000) * 1_000_000 : typedNumber('seed', values.seed, { min: 0 }),
    jobs: typedNumber('jobs', values.jobs, { max: 1_024 }),
    ...{ variant, report: values.report },
  };
  return await (values.trace ? traceOne(wanted) : runAll(wanted));
});

async function traceOne({ seed, variant }: Wanted): Promise<number> {
  catchRejections();
  const result = await runHistory({ seed, variant, print });
  for (const violation of result.violations) print(`broken: ${violation}`);
  print(`seed ${seed}: ${result.acceptedEvents} events, ${result.turns} turns, trace ${result.traceHash}`);
  return result.violations.length === 0 ? 0 : 1;
}

async function runAll({ histories, seed, jobs, variant, report }: Wanted): Promise<number> {
  const startedMs = Date.now();
  let toldMs = startedMs;
  let stopped = false;
  const tellReport = (summary: Summary): void => {
    const seconds = (Date.now() - startedMs) / 1_000;
    if (report !== undefined) writeFileSync(report, reportOf(summary, { histories, seed, jobs, seconds }));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      stopped = true;
      print('no more histories are begun; those under way end');
    });
  print(`${histories} histories from seed ${seed} on ${jobs} processes${variant === undefined ? '' : `, broken on purpose: ${variant}`}`);
  const failedSeeds = new Set<number>();
  const summary = await runHistories({
    ...{ seeds: seedsFrom(seed, histories), jobs, variant, stopped: () => stopped },
    onResult(so) {
      for (const { seed: failed, violations } of so.failed) {
        if (failedSeeds.has(failed)) continue;
        failedSeeds.add(failed);
        print(`seed ${failed}: ${violations[0]!.split('\n')[0]}`);
        print(`  ${replayCommand(failed, variant)}`);
      }
      if (Date.now() - toldMs < tellEveryMs) return;
      toldMs = Date.now();
      const perSecond = so.histories / ((toldMs - startedMs) / 1_000);
      print(
        `${so.histories} of ${histories} (${perSecond.toFixed(0)}/s), ${so.failed.length} broken, next seed ${seed + so.doneFromFirst}`,
      );
      tellReport(so);
    },
  });
  print('');
  for (const line of countsOf(summary)) print(line);
  print('');
  print(reportOf(summary, { histories, seed, jobs, seconds: (Date.now() - startedMs) / 1_000 }));
  tellReport(summary);
  if (summary.histories === histories) return summary.failed.length === 0 ? 0 : 1;
  const left = histories - summary.doneFromFirst;
  print(`to go on: npm run simulate -- --seed ${seed + summary.doneFromFirst} --histories ${left} --jobs ${jobs}`);
  return 1;
}
