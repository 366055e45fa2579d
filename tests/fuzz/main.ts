/**
 * `npm run fuzz -- [--inputs 1000000] [--seed S] [--only <target>] [--jobs 2] [--from I]`
 * Random and mutated inputs for everything that reads bytes of strangers; from a new seed each day without --seed. Ends with 1 when a law was broken.
 * docs/reliability.md says which laws these are.
 */
import { availableParallelism } from 'node:os';
import { runProgram, typedNumber, wrongWords } from '@tramhoc/base/command-line';
import { grewTooMuch, growthOf, lengthFactor, repeatedParts, workCounter } from './count-work.ts';
import type { FuzzTarget } from './fuzz-target.ts';
import { runTargets } from './run-targets.ts';
import { samplesOf } from './samples.ts';
import { targets } from './targets.ts';
import { brokenLines } from './try-input.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const usage = `usage: npm run fuzz -- [--inputs N] [--seed N] [--only <target>]... [--jobs N] [--from N]

  --inputs N  of each target; default 1000000
  --seed N    without it from a new one each day
  --jobs N    threads; default 2
  --from N    the first input: with --inputs 1 one that broke a law is looked at again

targets: ${targets.map(({ name }) => name).join(', ')}
docs/reliability.md says which laws hold.`;
/** Beginnings of frames that the count of work is taken for, of each target. */
const partsEach = 40;

const options = {
  inputs: { type: 'string', default: '1000000' },
  seed: { type: 'string', default: String(Math.floor(Date.now() / 86_400_000)) },
  only: { type: 'string', multiple: true },
  jobs: { type: 'string', default: String(Math.min(2, availableParallelism())) },
  from: { type: 'string', default: '0' },
} as const;

await runProgram({ usage, options }, async ({ values }) => {
  const { only = [] } = values;
  const unknown = only.find((name) => !targets.some((target) => target.name === name));
  if (unknown !== undefined) throw wrongWords(`there is no target ${unknown}; --help lists them`, usage);
  const inputs = typedNumber('inputs', values.inputs);
  const seed = typedNumber('seed', values.seed, { min: 0 });
  const more = { jobs: typedNumber('jobs', values.jobs, { max: 1_024 }), from: typedNumber('from', values.from, { min: 0 }) };
  return await fuzz(only.length === 0 ? targets : targets.filter(({ name }) => only.includes(name)), { inputs, seed, ...more });
});

type Wanted = { inputs: number; seed: number; jobs: number; from: number };

async function fuzz(chosen: readonly FuzzTarget[], wanted: Wanted): Promise<number> {
  const { inputs, seed } = wanted;
  print(`${chosen.length} targets, ${inputs.toLocaleString('en-US')} inputs each, seed ${seed}`);
  const mib = (bytes = 0): string => (bytes / 1024 ** 2).toFixed(1);
  const broken = await runTargets(chosen, {
    ...wanted,
    onReport({ name, inputs: done, broken: faults, heapBytes }, ms) {
      const memory = heapBytes.length < 2 ? '' : `, memory ${mib(heapBytes[0])} -> ${mib(heapBytes.at(-1))} MiB`;
      print(
        `${faults.length === 0 ? 'ok    ' : 'BROKEN'} ${name}: ${done.toLocaleString('en-US')} inputs in ${(ms / 1_000).toFixed(0)} s${memory}`,
      );
      for (const line of faults.flatMap(brokenLines)) print(line);
    },
  });
  // one input that is looked at again is not a run
  const tooMuch = inputs < 2 ? 0 : workThatGrows();
  print(broken.length + tooMuch === 0 ? 'all laws hold' : `${broken.length + tooMuch} laws broken`);
  return broken.length + tooMuch === 0 ? 0 : 1;

  function workThatGrows(): number {
    const counter = workCounter();
    let count = 0;
    for (const target of chosen) {
      const growths = repeatedParts(samplesOf(target.name), partsEach).map((part) => growthOf(target, part, counter));
      for (const growth of growths.filter(grewTooMuch)) {
        count += 1;
        print(`BROKEN ${growth.name}: work grows faster than the input: ${JSON.stringify(growth)}`);
      }
      const most = Math.max(0, ...growths.map(({ work, moreWork }) => (work < 1_000 ? 0 : moreWork / work)));
      print(`       ${target.name}: ${lengthFactor} times the input costs at most ${most.toFixed(2)} times the work`);
    }
    counter.close();
    return count;
  }
}
