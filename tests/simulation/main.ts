/**
 * `node tests/simulation/main.ts [--histories 1000] [--seed S] [--jobs 2] [--trace] [--variant name]`
 * Runs histories S, S+1, ...; without --seed from a new place each day. Ends with 1 when a promise was broken. docs/reliability.md says what is checked.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { type VariantName, variantNames } from './broken-variants.ts';
import { catchRejections, runHistory } from './history.ts';
import { replayCommand, runHistories, type Summary, seedsFrom } from './run-histories.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const usage = `usage: node tests/simulation/main.ts [--histories N] [--seed N] [--jobs N] [--trace] [--variant ${variantNames.join('|')}]`;

function readOptions() {
  const { values } = parseArgs({
    options: {
      histories: { type: 'string', default: '1000' },
      seed: { type: 'string' },
      jobs: { type: 'string', default: String(availableParallelism()) },
      trace: { type: 'boolean', default: false },
      variant: { type: 'string' },
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
  return { histories, seed, jobs: Math.max(1, whole(values.jobs)), trace: values.trace, variant };
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

async function runAll({ histories, seed, jobs, variant }: typeof options): Promise<number> {
  const startedMs = Date.now();
  let toldMs = startedMs;
  const elapsedS = (): number => (Date.now() - startedMs) / 1_000;
  print(`${histories} histories from seed ${seed} on ${jobs} processes${variant === undefined ? '' : `, broken on purpose: ${variant}`}`);
  const failedSeeds = new Set<number>();
  const summary = await runHistories({
    ...{ seeds: seedsFrom(seed, histories), jobs, variant },
    onResult(so) {
      for (const { seed: failed, violations } of so.failed) {
        if (failedSeeds.has(failed)) continue;
        failedSeeds.add(failed);
        print(`seed ${failed}: ${violations[0]!.split('\n')[0]}`);
        print(`  ${replayCommand(failed, variant)}`);
      }
      if (Date.now() - toldMs < 15_000) return;
      toldMs = Date.now();
      print(`${so.histories} of ${histories} (${(so.histories / elapsedS()).toFixed(0)}/s), ${so.failed.length} broken`);
    },
  });
  printSummary(summary, elapsedS());
  return summary.failed.length === 0 && summary.histories === histories ? 0 : 1;
}

function printSummary(summary: Summary, seconds: number): void {
  const wide = [...summary.counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
  print('');
  for (const [what, times] of wide) print(`${String(times).padStart(12)}  ${what}`);
  print('');
  const days = summary.virtualMs / 86_400_000;
  print(
    `${summary.histories} histories, ${summary.acceptedEvents} events accepted, ${days.toFixed(0)} days of virtual time, ${summary.turns} turns`,
  );
  print(`${seconds.toFixed(0)} s, ${((seconds * 1_000) / summary.histories).toFixed(1)} ms a history`);
  print(summary.failed.length === 0 ? 'every promise kept' : `${summary.failed.length} histories with a broken promise`);
}
