/** Runs fault cases on copies of one site; a case that falls over is a broken promise as well. */
import { type CaseOptions, type CaseRow, emptyRow, type FaultCase } from './fault-case.ts';
import { removeLeftovers } from './leftovers.ts';
import { buildTemplate } from './town.ts';

/** A short run waits more than it works. A full one shall not be disturbed by another case. */
const atOnce = { short: 3, full: 1 };

/** `onRow` hears each row when it is there. */
export async function runCases(
  cases: readonly FaultCase[],
  { onRow, ...options }: Omit<CaseOptions, 'template'> & { onRow(row: CaseRow): void },
): Promise<CaseRow[]> {
  removeLeftovers();
  const template = await buildTemplate();
  const rows: CaseRow[] = [];
  const keep = (row: CaseRow): void => {
    rows.push(row);
    onRow(row);
  };
  const waiting = [...cases];
  const work = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      const skipped = one.missing();
      if (skipped === undefined) await runCase(one, { ...options, template }, keep);
      else keep({ ...emptyRow(one.name), skipped });
    }
  };
  try {
    await Promise.all(Array.from({ length: options.short ? atOnce.short : atOnce.full }, work));
    return rows;
  } finally {
    template.remove();
  }
}

async function runCase(one: FaultCase, options: CaseOptions, keep: (row: CaseRow) => void): Promise<void> {
  try {
    for await (const row of one.run(options)) keep({ ...row, of: one.name });
  } catch (error) {
    keep({ ...emptyRow(one.name), note: 'fell over', broken: [`${one.name} fell over: ${(error as Error).stack ?? error}`] });
  }
}
