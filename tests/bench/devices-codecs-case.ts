/** How much faster each codec reads than its wire can speak: real frames, and the worst that can be made of their beginnings. */

import { repeatedParts } from '../fuzz/count-work.ts';
import type { FuzzTarget } from '../fuzz/fuzz-target.ts';
import { repeated, type Samples } from '../fuzz/make-input.ts';
import { samplesOf } from '../fuzz/samples.ts';
import { targets } from '../fuzz/targets.ts';
import { median } from './median.ts';
import { type Case, type Row, thousands, times } from './table.ts';

/** Codecs on serial wires, with the fastest rate that their drivers can be set to. */
const baudRates: Readonly<Record<string, number>> = {
  rdm6300: 9_600,
  pn532: 115_200,
  pms5003: 9_600,
  mhz19: 9_600,
  sds011: 9_600,
  sps30: 115_200,
  'modbus-rtu': 115_200,
  'feig-obid': 230_400,
  rl866: 38_400,
  'threem-210': 19_200,
  uhfreader18: 115_200,
  'scanner-serial': 115_200,
  'samsung-mdc': 9_600,
  'lg-commercial': 9_600,
  'asc-board-protocol': 115_200,
  'nec-serial': 9_600,
  'smart-serial': 19_200,
  escpos: 115_200,
};
/** What a serial port gives at once. */
const pieceBytes = 64;
const inputBytes = 64 * 1024;
/** Enough to see which part is the hardest. */
const quickBytes = 8 * 1024;
const quickMicroseconds = 5_000;
const leastTimes = 100;

export const devicesCodecsCase: Case = {
  name: 'devices-codecs',
  about: `Serial codecs, fed ${pieceBytes} bytes at a time on one core, in processor time, the slowest first. The ratio is to the line rate with 10 bits a byte, of the worst input; at least ${leastTimes} is wanted. Twice the input must cost about twice the time.`,
  async run(print) {
    const measured = Object.entries(baudRates).map(([name, baud]) => {
      const one = measure(targets.find((target) => target.name === name)!, baud);
      print(`${name}: ${times(one.ratio)}`);
      return { name, baud, ...one };
    });
    const slow = measured.filter(({ ratio }) => ratio < leastTimes);
    if (slow.length > 0) print(`too slow: ${slow.map(({ name }) => name).join(', ')}`);
    return measured
      .toSorted((a, b) => a.ratio - b.ratio)
      .map(
        ({ name, baud, frames, worst, ratio, growth, part }): Row => ({
          what: `${name}: frames ${megabytes(frames)}; worst (\`${part}\` repeated)`,
          figure: megabytes(worst),
          against: `${thousands(baud / 10)} B/s; twice the input ${times(growth)} the time`,
          ratio: times(ratio),
        }),
      );
  },
};

const megabytes = (bytesPerSecond: number): string => `${(bytesPerSecond / 1e6).toFixed(1)} MB/s`;

function measure(target: FuzzTarget, baud: number): { frames: number; worst: number; ratio: number; growth: number; part: string } {
  const samples = samplesOf(target.name);
  const real = repeated(Uint8Array.from(samples.frames.flatMap((frame) => [...frame])), inputBytes);
  const speed = (input: Uint8Array, microseconds?: number): number => input.length / secondsFor(target, input, microseconds);
  speed(real);
  const candidates = hardParts(samples).map((part) => ({ part, quick: speed(repeated(part, quickBytes), quickMicroseconds) }));
  const { part } = candidates.toSorted((a, b) => a.quick - b.quick)[0]!;
  const [once, twice] = [repeated(part, inputBytes), repeated(part, inputBytes * 2)];
  const frames = median([1, 2, 3].map(() => speed(real)));
  const runs = [1, 2, 3].map(() => ({ once: secondsFor(target, once), twice: secondsFor(target, twice) }));
  const worst = Math.min(frames, inputBytes / median(runs.map((run) => run.once)));
  return {
    ...{ frames, worst, ratio: worst / (baud / 10), growth: median(runs.map((run) => run.twice / run.once)) },
    part: Buffer.from(part.subarray(0, 12)).toString('hex') + (part.length > 12 ? '...' : ''),
  };
}

/** Beginnings of frames, and single bytes that mean something: each may be a length, each may begin a frame. */
function hardParts(samples: Samples): Uint8Array[] {
  const meaning = new Set(samples.frames.flatMap((frame) => [...frame]));
  return [...repeatedParts(samples, 30), ...[...meaning].map((byte) => Uint8Array.of(byte))];
}

/** Processor time for one pass, from at least so much time of passes. */
function secondsFor(target: FuzzTarget, input: Uint8Array, leastMicroseconds = 100_000): number {
  const from = process.cpuUsage();
  let passes = 0;
  for (let microseconds = 0; microseconds < leastMicroseconds; passes += 1) {
    const eater = target.start();
    for (let at = 0; at < input.length; at += pieceBytes) eater.eat(input.subarray(at, at + pieceBytes));
    microseconds = process.cpuUsage(from).user;
  }
  return process.cpuUsage(from).user / 1e6 / passes;
}
