/** The laws for one input: it does not throw, it keeps back no more than a frame, and where the bytes are cut does not matter. */
import type { FuzzTarget } from './fuzz-target.ts';
import { inputFor, longBytesFor, type Samples } from './make-input.ts';

export type Broken = { name: string; seed: number; index: number; law: string; input: Uint8Array };

/** undefined when all laws hold. */
export function tryInput(target: FuzzTarget, samples: Samples, { seed, index }: { seed: number; index: number }): Broken | undefined {
  const { name, whole = false, pieceBytes, maxKeptBytes } = target;
  const { input, pieces } = inputFor({ name, seed, index }, samples, { whole, pieceBytes, longBytes: longBytesFor(maxKeptBytes) });
  const before = input.slice();
  const law = brokenLaw(target, input, pieces) ?? (sameBytes(before, input) ? undefined : 'it changed the bytes that it was given');
  return law === undefined ? undefined : { name, seed, index, law, input: before };
}

export function brokenLaw(target: FuzzTarget, input: Uint8Array, pieces: readonly Uint8Array[]): string | undefined {
  try {
    const cut = eatAll(target, pieces);
    if (cut.law !== undefined || target.whole === true || target.pieceBytes !== undefined || target.pausesInside === true) return cut.law;
    const uncut = eatAll(target, [input]);
    if (uncut.law !== undefined) return uncut.law;
    return cut.found === uncut.found ? undefined : `${uncut.found} found in the whole, ${cut.found} in ${pieces.length} pieces of it`;
  } catch (error) {
    return `it threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
}

function eatAll(target: FuzzTarget, pieces: readonly Uint8Array[]): { found: number; law?: string } {
  const eater = target.start();
  let found = 0;
  for (const piece of pieces) {
    const eaten = eater.eat(piece);
    found = eaten.found;
    if (eaten.keptBytes > target.maxKeptBytes)
      return { found, law: `it keeps back ${eaten.keptBytes} bytes; at most ${target.maxKeptBytes}` };
  }
  return { found };
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

/** What a person needs to look at it again. */
export function brokenLines({ name, seed, index, law, input }: Broken): string[] {
  const hex = Buffer.from(input.subarray(0, 4_096)).toString('hex');
  return [
    `${name}: ${law}`,
    `  seed ${seed}, input ${index}, ${input.length} bytes: ${hex}${input.length > 4_096 ? '...' : ''}`,
    `  replay: ${replayCommand({ name, seed, index })}`,
  ];
}

export const replayCommand = ({ name, seed, index }: Pick<Broken, 'name' | 'seed' | 'index'>): string =>
  `npm run fuzz -- --only '${name}' --seed ${seed} --from ${index} --inputs 1`;
