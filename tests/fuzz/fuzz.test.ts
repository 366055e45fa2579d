import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { grewTooMuch, growthOf, repeatedParts, workCounter } from './count-work.ts';
import { messages, stream } from './fuzz-target.ts';
import { inputFor } from './make-input.ts';
import { samplesOf } from './samples.ts';
import { targets } from './targets.ts';
import { brokenLines, tryInput } from './try-input.ts';

const root = join(import.meta.dirname, '..', '..');
/** Some seconds for all of them; `npm run fuzz` takes a million each. */
const inputs = 1_500;
/** The same in every run of the suite: what a change broke is found by who made it. */
const seed = 4;

test.each(targets)('whatever comes, $name neither throws nor keeps it, and cuts do not matter to it', (target) => {
  const samples = samplesOf(target.name);
  for (let index = 0; index < inputs; index += 1) {
    const broken = tryInput(target, samples, { seed, index });
    expect(broken === undefined ? [] : brokenLines(broken)).toEqual([]);
  }
});

test('work grows no faster than the input', () => {
  // counting slows down everything else
  const counter = workCounter();
  for (const target of targets.filter(({ maxKeptBytes }) => maxKeptBytes < 8_192))
    for (const part of repeatedParts(samplesOf(target.name), 2)) expect(growthOf(target, part, counter)).not.toSatisfy(grewTooMuch);
  counter.close();
});

test('every codec of a driver, a tag or an adapter is fuzzed, and every target is there', () => {
  const codecs = globSync(['device-agent/src/{drivers,library}/*/codec.ts', 'broker/src/adapters/*/codec.ts'], { cwd: root });
  const fuzzed = new Set(targets.map(({ codec }) => codec));
  const missing = codecs.map((path) => path.replaceAll('\\', '/')).filter((path) => !fuzzed.has(path));
  expect(missing, 'each needs a line in tests/fuzz/targets.ts and one in samples.ts; see docs/add-a-device.md, 5').toEqual([]);
  expect([...fuzzed].filter((path) => !existsSync(join(root, path)))).toEqual([]);
  expect(new Set(targets.map(({ name }) => name)).size).toBe(targets.length);
});

test('most targets find something in what they are given', () => {
  const silent = targets.filter((target) => {
    const samples = samplesOf(target.name);
    return !samples.frames.some((frame) => {
      const size = target.pieceBytes ?? Math.max(1, frame.length);
      const eater = target.start();
      let found = 0;
      for (let at = 0; at < frame.length; at += size) found = eater.eat(frame.subarray(at, at + size)).found;
      return found > 0;
    });
  });
  expect(
    silent.map(({ name }) => name),
    'each needs a line in tests/fuzz/samples.ts with a frame whose checksum is right; see docs/add-a-device.md, 5',
  ).toEqual([]);
});

test('the same seed makes the same inputs, another one others', () => {
  const samples = samplesOf('feig-obid');
  const shape = { whole: false, pieceBytes: undefined, longBytes: 8_192 };
  const made = (from: number) =>
    Array.from({ length: 50 }, (_, index) => inputFor({ name: 'feig-obid', seed: from, index }, samples, shape));
  expect(made(1)).toEqual(made(1));
  expect(made(1)).not.toEqual(made(2));
});

type Wrong = { frames: number[]; rest: Uint8Array; skippedBytes: number };
const nothing = new Uint8Array();
const skipped = (input: Uint8Array): Wrong => ({ frames: [], rest: nothing, skippedBytes: input.length });
/** Two bytes make a frame: the mark and what follows it. */
const framesIn = (input: Uint8Array): number[] => [...input.keys()].filter((at) => input[at] === 0xfa && at + 1 < input.length);

test.each<[string, (input: Uint8Array) => Wrong]>([
  ['throws now and then', (input) => ({ ...skipped(input), frames: input.length > 40 ? new Array<number>(-input[0]!) : [] })],
  ['keeps what is no frame', (input) => ({ frames: [], rest: input, skippedBytes: 0 })],
  ['loses a frame that is cut', (input) => ({ frames: framesIn(input), rest: nothing, skippedBytes: 0 })],
  ['counts bytes that never came', (input) => ({ ...skipped(input), skippedBytes: input.length + 1 })],
  ['changes what it was given', (input) => skipped(input.fill(0))],
])('a codec that %s is found', (_, decode) => {
  const target = { ...stream('planted', 32, decode, { framesOf: ({ frames }) => frames }), name: 'rl866' };
  const found = Array.from({ length: inputs }, (_, index) => tryInput(target, samplesOf('rl866'), { seed, index }));
  expect(found.filter((one) => one !== undefined).length).toBeGreaterThan(0);
});

test('work that grows with the square of the input is found', () => {
  let steps = 0;
  const slow = messages('planted', (input) => {
    steps += input.length ** 2;
  });
  const counted = (work: () => void): number => {
    steps = 0;
    work();
    return steps;
  };
  expect(growthOf(slow, Uint8Array.of(1), { of: counted, close: () => undefined })).toSatisfy(grewTooMuch);
});
