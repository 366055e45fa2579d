/**
 * `npm run fuzz -- [--inputs 1000000] [--seed S] [--only <target>] [--jobs 2] [--from I]`
 * Random and mutated inputs for everything that reads bytes of strangers; from a new seed each day without --seed. Ends with 1 when a law was broken.
 * docs/reliability.md says which laws these are.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { grewTooMuch, growthOf, lengthFactor, repeatedParts, workCounter } from './count-work.ts';
import { runTargets } from './run-targets.ts';
import { samplesOf } from './samples.ts';
import { targets } from './targets.ts';
import { brokenLines } from './try-input.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const usage = 'usage: npm run fuzz -- [--inputs N] [--seed N] [--only <target>] [--jobs N] [--from N]';
/** Beginnings of frames that the count of work is taken for, of each target. */
const partsEach = 40;

function readOptions() {
  const { values } = parseArgs({
    options: {
      inputs: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: String(Math.floor(Date.now() / 86_400_000)) },
      only: { type: 'string', multiple: true, default: [] },
      jobs: { type: 'string', default: String(Math.min(2, availableParallelism())) },
      from: { type: 'string', default: '0' },
    },
  });
  const whole = (text: string): number => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${text} is not a whole number`);
    return value;
  };
  const unknown = values.only.filter((name) => !targets.some((target) => target.name === name));
  if (unknown.length > 0) throw new Error(`no target ${unknown.join(', ')}. Targets: ${targets.map(({ name }) => name).join(', ')}`);
  return {
    chosen: values.only.length === 0 ? targets : targets.filter(({ name }) => values.only.includes(name)),
    ...{ inputs: whole(values.inputs), seed: whole(values.seed), jobs: Math.max(1, whole(values.jobs)), from: whole(values.from) },
  };
}

async function main(): Promise<number> {
  const options = readOptions();
  const { chosen, inputs, seed } = options;
  print(`${chosen.length} targets, ${inputs.toLocaleString('en-US')} inputs each, seed ${seed}`);
  const mib = (bytes = 0): string => (bytes / 1024 ** 2).toFixed(1);
  const broken = await runTargets(chosen, {
    ...options,
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

try {
  process.exitCode = await main();
} catch (error) {
  print(error instanceof Error ? error.message : String(error));
  print(usage);
  process.exitCode = 2;
}
