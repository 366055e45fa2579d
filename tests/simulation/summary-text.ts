/** What a run found, in words: for the terminal, and as the paragraph that docs/reliability.md has of the largest run. */
import { cpus } from 'node:os';
import { replayCommand, type Summary } from './run-histories.ts';

/** One line for each fault, and each thing people did, with how often it happened. */
export function countsOf({ counts }: Summary): string[] {
  return [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([what, times]) => `${String(times).padStart(12)}  ${what}`);
}

/** Markdown. `histories`: as many as were asked for; the summary may have fewer. */
export function reportOf(
  summary: Summary,
  { histories, seed, jobs, seconds }: { histories: number; seed: number; jobs: number; seconds: number },
): string {
  const of = (what: string): string => number(summary.counts.get(what) ?? 0);
  const days = number(Math.round(summary.virtualMs / 86_400_000));
  const asked = summary.histories === histories ? '' : ` of ${number(histories)}`;
  const kept = summary.failed.length === 0 ? 'every promise kept' : `**${summary.failed.length} histories with a broken promise**`;
  return [
    `\`npm run simulate -- --histories ${histories} --seed ${seed} --jobs ${jobs}\``,
    '',
    `${number(summary.histories)}${asked} histories, seeds ${seed} to ${seed + Math.max(0, summary.doneFromFirst - 1)}: ${kept}.`,
    `${number(summary.acceptedEvents)} events accepted in ${days} days of virtual time and ${number(summary.turns)} turns;`,
    `${of('power cuts')} power cuts, ${of('brokers killed')} brokers and ${of('agents killed')} agents killed,`,
    `${of('older images put back')} older images put back, ${of('cards wiped')} cards wiped, ${of('centres put back from a copy')} centres put back from a copy, ${of('pages damaged')} pages damaged,`,
    `${of('events given up and declared')} events given up and declared, ${of('events lost with a disk, as they may be')} lost with an exchanged disk.`,
    `${(summary.cpuMs / Math.max(1, summary.histories)).toFixed(1)} ms of the processor a history, ${Math.round(seconds / 60)} minutes in all,`,
    `at most ${Math.round(summary.peakBytes / 2 ** 20)} MiB a process, Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}.`,
    '',
    ...summary.failed
      .slice(0, maxNamed)
      .map(({ seed: failed, violations }) => `- \`${replayCommand(failed)}\`: ${violations[0]!.split('\n')[0]}`),
  ].join('\n');
}

/** Broken histories that are named; all others look alike by then. */
const maxNamed = 20;

const number = (value: number): string => value.toLocaleString('en');
