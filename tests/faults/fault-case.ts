/** What every fault case is given and what it gives back: one or more rows of the table. */
import type { Comparison, Ledger } from './acknowledged.ts';
import type { Template } from './town.ts';

export type CaseOptions = {
  /** The version for every test run: a few rounds of each. */
  short: boolean;
  /** Rounds of the main loop of a case; without it the case's own number. */
  rounds: number | undefined;
  seed: number;
  /** A site that is set up already; each row takes a copy. */
  template: Template;
};

export type CaseRow = {
  name: string;
  /** The case that it belongs to, when it has another name. */
  of?: string;
  rounds: number;
  acknowledged: number;
  lost: number;
  doubled: number;
  seconds: number;
  /** Why it did not run. */
  skipped?: string;
  /** What else is worth knowing. */
  note?: string;
  /** Each line is a broken promise; what was lost and doubled is told here by name. */
  broken: string[];
};

export type FaultCase = {
  name: string;
  /** What this computer lacks; undefined when it can run. */
  missing(): string | undefined;
  run(options: CaseOptions): AsyncIterable<CaseRow>;
};

export const emptyRow = (name: string): CaseRow => ({ name, rounds: 0, acknowledged: 0, lost: 0, doubled: 0, seconds: 0, broken: [] });

/** `broken`: what the case itself has seen besides. */
export function rowOf(parts: {
  name: string;
  rounds: number;
  ledger: Ledger;
  comparison: Comparison;
  startedMs: number;
  note?: string;
  broken?: readonly string[];
}): CaseRow {
  const { name, rounds, ledger, comparison, startedMs, note, broken = [] } = parts;
  return {
    ...{ name, rounds, acknowledged: ledger.acknowledged.size },
    ...{ lost: comparison.lost.length, doubled: comparison.doubled.length, seconds: (performance.now() - startedMs) / 1_000 },
    ...(note === undefined ? {} : { note }),
    broken: [...comparison.broken, ...broken].map((line) => `${name}: ${line}`),
  };
}

/** A row that falls over is a broken promise, and the next ones still run. */
export async function orFellOver(name: string, work: () => Promise<CaseRow>): Promise<CaseRow> {
  try {
    return await work();
  } catch (error) {
    return { ...emptyRow(name), note: 'fell over', broken: [`${name} fell over: ${(error as Error).stack ?? error}`] };
  }
}

/** The header and one line for each row, columns under each other. */
export function tableOf(rows: readonly CaseRow[]): string[] {
  const cells = rows.map((row) => [
    row.name,
    ...(row.skipped === undefined
      ? [row.rounds, row.acknowledged, row.lost, row.doubled, row.seconds.toFixed(1)].map(String)
      : ['', '', '', '', '']),
    row.skipped === undefined ? (row.note ?? '') : `skipped: ${row.skipped}`,
  ]);
  const all = [['case', 'rounds', 'acknowledged', 'lost', 'doubled', 'seconds', ''], ...cells];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((line) => line[column]!.length)));
  return all.map((line) =>
    line
      .map((cell, column) => (column === 0 || column === 6 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
}
