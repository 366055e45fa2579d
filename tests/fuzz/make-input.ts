/** Inputs from a seed: the same (seed, target, index) makes the same bytes and the same pieces on every computer. */
import { type Dice, dice } from '../simulation/dice.ts';

export type Samples = {
  /** Real frames and messages, from which mutated inputs are made. */
  frames: readonly Uint8Array[];
  /** Pieces of text that mean something to a parser of text. */
  words: readonly Uint8Array[];
};
export type Place = { name: string; seed: number; index: number };
export type Shape = { whole: boolean; pieceBytes: number | undefined; longBytes: number };

/** A thousandth of the inputs is this many times as long as what may be kept back, or has at least so many bytes. */
const longFactor = 2;
const longLeastBytes = 8_192;
/** Most frames are shorter: long inputs find little more and take the time of many short ones. */
const usualBytes = 64;
const moreBytes = 512;

export const longBytesFor = (maxKeptBytes: number): number => Math.max(longLeastBytes, maxKeptBytes * longFactor);

export function diceFor({ name, seed, index }: Place): Dice {
  let mixed = seed | 0;
  for (const letter of name) mixed = Math.imul(mixed ^ letter.charCodeAt(0), 0x01000193);
  // neighbouring indexes differ in every bit after dice() has mixed them
  return dice((mixed + Math.imul(index, 0x9e3779b1)) | 0);
}

export function inputFor(
  place: Place,
  samples: Samples,
  { whole, pieceBytes, longBytes }: Shape,
): { input: Uint8Array; pieces: Uint8Array[] } {
  const chance = diceFor(place);
  const kind = chance.fraction();
  let input: Uint8Array;
  if (samples.frames.length === 0 || kind < 0.1) input = chance.bytes(lengthOf(chance));
  else if (kind < 0.2) input = ofKnownBytes(chance, samples);
  else if (kind < 0.35) input = inARow(chance, samples);
  else if (kind < 0.999) input = mutated(chance, samples);
  else input = repeated(mutated(chance, samples), longBytes);
  if (pieceBytes !== undefined) return { input, pieces: inPieces(input, pieceBytes) };
  return { input, pieces: whole ? [input] : cut(chance, input) };
}

const lengthOf = (chance: Dice): number => chance.whole(0, chance.chance(0.9) ? usualBytes : moreBytes);

/** Bytes that occur in real frames: noise of them comes further into a codec. */
function ofKnownBytes(chance: Dice, { frames }: Samples): Uint8Array {
  const alphabet = chance.pick(frames);
  if (alphabet.length === 0) return alphabet;
  return Uint8Array.from({ length: lengthOf(chance) }, () => alphabet[chance.whole(0, alphabet.length - 1)]!);
}

/** Several frames, some of them damaged, with noise between them. */
function inARow(chance: Dice, samples: Samples): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let count = chance.whole(1, 5); count > 0; count -= 1) {
    parts.push(chance.chance(0.7) ? chance.pick(samples.frames) : mutated(chance, samples));
    if (chance.chance(0.3)) parts.push(chance.bytes(chance.whole(1, 6)));
  }
  return together(parts);
}

function mutated(chance: Dice, samples: Samples): Uint8Array {
  let bytes: Uint8Array = Uint8Array.from(chance.pick(samples.frames));
  for (let count = chance.whole(1, 4); count > 0; count -= 1) bytes = mutation(chance, bytes, samples);
  return bytes;
}

const oddBytes = [0x00, 0x01, 0x02, 0x7f, 0x80, 0xfe, 0xff] as const;

function mutation(chance: Dice, bytes: Uint8Array, samples: Samples): Uint8Array {
  const at = chance.whole(0, Math.max(0, bytes.length - 1));
  const end = chance.whole(at, Math.min(bytes.length, at + usualBytes));
  const put = (part: Uint8Array, from = at, to = at): Uint8Array => together([bytes.subarray(0, from), part, bytes.subarray(to)]);
  switch (chance.whole(0, samples.words.length > 0 ? 11 : 9)) {
    case 0:
      return changed(bytes, at, (byte) => byte ^ (1 << chance.whole(0, 7)));
    case 1:
      return changed(bytes, at, () => chance.whole(0, 255));
    case 2:
      return changed(bytes, at, () => chance.pick(oddBytes));
    case 3:
      // a length, or a count, or a number of something
      return changed(bytes, chance.whole(0, Math.min(7, Math.max(0, bytes.length - 1))), (byte) => byte + chance.whole(-4, 64));
    case 4:
      return bytes.subarray(0, at);
    case 5:
      return put(new Uint8Array(), at, end);
    case 6:
      return put(repeated(bytes.subarray(at, end), (end - at) * chance.whole(2, 8)), at, end);
    case 7:
      return put(chance.bytes(chance.whole(1, 8)));
    case 8: {
      const other = chance.pick(samples.frames);
      return together([bytes.subarray(0, at), other.subarray(chance.whole(0, other.length))]);
    }
    case 9:
      return put(Uint8Array.from(bytes.subarray(at, end)).reverse(), at, end);
    case 10:
      return put(chance.pick(samples.words));
    default:
      return put(chance.pick(samples.words), at, end);
  }
}

function changed(bytes: Uint8Array, at: number, change: (byte: number) => number): Uint8Array {
  if (at < bytes.length) bytes[at] = change(bytes[at]!);
  return bytes;
}

export function repeated(part: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(part.length === 0 ? 0 : length);
  for (let at = 0; at < bytes.length; at += part.length) bytes.set(part.subarray(0, bytes.length - at), at);
  return bytes;
}

/** Whole, at any places, byte by byte, or in the small pieces that a serial port gives. */
function cut(chance: Dice, input: Uint8Array): Uint8Array[] {
  const way = chance.fraction();
  if (way < 0.3 || input.length === 0) return [input];
  // byte by byte only what is short: joining costs what is held each time
  if (way < 0.4 && input.length <= moreBytes) return inPieces(input, 1);
  if (way < 0.5) return inPieces(input, 16);
  const most = way < 0.75 ? 8 : Math.max(8, input.length);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < input.length; ) {
    const size = chance.whole(1, input.length > moreBytes ? Math.max(64, most) : most);
    pieces.push(input.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

function inPieces(input: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < input.length; at += size) pieces.push(input.subarray(at, at + size));
  return pieces;
}

function together(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
