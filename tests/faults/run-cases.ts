/** Runs fault cases one after the other on copies of one site; a case that falls over is a broken promise as well. */
import { type CaseOptions, type CaseRow, emptyRow, type FaultCase } from './fault-case.ts';
import { removeLeftovers } from './leftovers.ts';
import { buildTemplate } from './town.ts';

export async function* runCases(
  cases: readonly FaultCase[],
  options: Omit<CaseOptions, 'template'> & { only?: string | undefined },
): AsyncIterable<CaseRow> {
  removeLeftovers();
  const chosen = cases.filter(({ name }) => options.only === undefined || options.only === name);
  const template = await buildTemplate();
  try {
    for (const one of chosen) {
      const skipped = one.missing();
      if (skipped === undefined) yield* guarded(one, { ...options, template });
      else yield { ...emptyRow(one.name), skipped };
    }
  } finally {
    template.remove();
  }
}

async function* guarded(one: FaultCase, options: CaseOptions): AsyncIterable<CaseRow> {
  try {
    yield* one.run(options);
  } catch (error) {
    yield { ...emptyRow(one.name), note: 'fell over', broken: [`${one.name} fell over: ${(error as Error).stack ?? error}`] };
  }
}
