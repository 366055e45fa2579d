/**
 * `node tests/simulation/main.ts [--histories 1000] [--seed S] [--jobs 2] [--trace] [--variant name] [--report file]`
 * Runs histories S, S+1, ...; without --seed from a new place each day. Ends with 1 when a promise was broken or not all were run; a run that is stopped
 * (Ctrl-C) tells how to go on. docs/reliability.md says what is checked.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { type VariantName, variantNames } from './broken-variants.ts';
import { catchRejections, runHistory } from './history.ts';
import { replayCommand, runHistories, type Summary, seedsFrom } from './run-histories.ts';
import { countsOf, reportOf } from './summary-text.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const usage = `usage: npm run simulate -- [--histories N] [--seed N] [--jobs N] [--trace] [--variant ${variantNames.join('|')}] [--report file]`;
/** How often progress is told, and the report written, so that a run that is cut off has its figures. */
const tellEveryMs = 15_000;

function readOptions() {
  const { values } = parseArgs({
    options: {
      histories: { type: 'string', default: '1000' },
      seed: { type: 'string' },
      jobs: { type: 'string', default: String(availableParallelism()) },
      trace: { type: 'boolean', default: false },
      variant: { type: 'string' },
      report: { type: 'string' },
    },
  });
  const whole = (text: string): number => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${text} is not a whole number`);
    return value;
  };
  const variant = values.variant as VariantName | undefined;
  if (variant !== undefined && !variantNames.includes(variant)) throw new Error(`no variant ${variant}`);
  const histories = whole(values.histories);
  const seed = values.seed === undefined ? Math.floor(Date.now() / 86_400_000) * 1_000_000 : whole(values.seed);
  return { histories, seed, jobs: Math.max(1, whole(values.jobs)), trace: values.trace, variant, report: values.report };
}

let options: ReturnType<typeof readOptions>;
try {
  options = readOptions();
} catch (error) {
  print(`${(error as Error).message}. ${usage}`);
  process.exit(2);
}
process.exitCode = options.trace ? await traceOne(options) : await runAll(options);

async function traceOne({ seed, variant }: typeof options): Promise<number> {
  catchRejections();
  const result = await runHistory({ seed, variant, print });
  for (const violation of result.violations) print(`broken: ${violation}`);
  print(`seed ${seed}: ${result.acceptedEvents} events, ${result.turns} turns, trace ${result.traceHash}`);
  return result.violations.length === 0 ? 0 : 1;
}

async function runAll({ histories, seed, jobs, variant, report }: typeof options): Promise<number> {
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
  tellReport(summary);
  print('');
  for (const line of countsOf(summary)) print(line);
  print('');
  print(reportOf(summary, { histories, seed, jobs, seconds: (Date.now() - startedMs) / 1_000 }));
  if (summary.histories === histories) return summary.failed.length === 0 ? 0 : 1;
  const left = histories - summary.doneFromFirst;
  print(`to go on: npm run simulate -- --seed ${seed + summary.doneFromFirst} --histories ${left} --jobs ${jobs}`);
  return 1;
}
