/**
 * Work as a number that is the same on every run: how often each block of our code was entered, which V8 counts for coverage. What V8 does inside
 * itself (looking for a byte, copying, regular expressions) is not in it; the benchmark's doubled input (npm run bench devices) sees that.
 */
import { Session } from 'node:inspector';
import { setFlagsFromString } from 'node:v8';
import type { FuzzTarget } from './fuzz-target.ts';
import { longBytesFor, repeated, type Samples } from './make-input.ts';

type Coverage = { result: { url: string; functions: { ranges: { count: number }[] }[] }[] };
export type Growth = { name: string; part: string; bytes: number; work: number; moreBytes: number; moreWork: number };

/** The longer input, and what it may cost: what is linear costs about 4 times the work. */
export const lengthFactor = 4;
export const mostGrowth = 6;
const ownCode = /\/(?:device-agent|broker|protocol)\/src\//;

export function workCounter(): { of(work: () => void): number; close(): void } {
  const session = new Session();
  session.connect();
  // the answers of a session on its own thread come before post() returns
  const ask = <Answer>(method: string, parameters: object = {}): Answer => {
    let answer: Answer | undefined;
    session.post(method, parameters, (_error, result) => {
      answer = result as Answer;
    });
    return answer as Answer;
  };
  const take = (): number => {
    let sum = 0;
    for (const { url, functions } of ask<Coverage>('Profiler.takePreciseCoverage').result)
      if (ownCode.test(url)) for (const { ranges } of functions) for (const { count } of ranges) sum += count;
    return sum;
  };
  // code that is optimised in the middle of it loses some of its counts
  for (const flag of ['--no-opt', '--no-maglev', '--no-sparkplug']) setFlagsFromString(flag);
  ask('Profiler.enable');
  ask('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  return {
    of(work) {
      take();
      work();
      return take();
    },
    close() {
      ask('Profiler.stopPreciseCoverage');
      session.disconnect();
      for (const flag of ['--opt', '--maglev', '--sparkplug']) setFlagsFromString(flag);
    },
  };
}

/**
 * The beginnings of a frame, again and again, are what makes a search that begins anew at each byte slow. `most`: of them, spread over all; the
 * first is the whole frame.
 */
export function repeatedParts({ frames }: Samples, most: number): Uint8Array[] {
  const parts = frames.flatMap((frame) => [
    frame,
    frame.subarray(0, -1),
    ...[1, 2, 3, 4, 5, 6, 8, 12].map((size) => frame.subarray(0, size)),
  ]);
  const some = parts.filter(({ length }) => length > 0);
  const step = Math.max(1, Math.floor(some.length / most));
  return some.filter((_, at) => at % step === 0).slice(0, most);
}

/** The work for a part repeated to the length of a frame, and to `lengthFactor` times that. */
export function growthOf(target: FuzzTarget, part: Uint8Array, counter: ReturnType<typeof workCounter>): Growth {
  const bytes = longBytesFor(target.maxKeptBytes) / 2;
  const moreBytes = bytes * lengthFactor;
  const eat = (length: number): number => {
    const input = repeated(part, length);
    return counter.of(() => {
      const eater = target.start();
      const size = target.whole === true ? Math.max(1, length) : (target.pieceBytes ?? 4_096);
      for (let at = 0; at < length; at += size) eater.eat(input.subarray(at, at + size));
    });
  };
  // what is done once only is done before it counts
  eat(bytes);
  return { name: target.name, part: Buffer.from(part).toString('hex'), bytes, work: eat(bytes), moreBytes, moreWork: eat(moreBytes) };
}

export const grewTooMuch = ({ work, moreWork }: Growth): boolean => moreWork > mostGrowth * work + 1_000;
