/** Answers of Winsen MH-Z19 sensors. Shape and sources: README.md. */
import { type Found, scanFrames } from '../frame-scan.ts';

export type Decoded = { ppm: number[]; rest: Uint8Array; skippedBytes: number };

export const frameBytes = 9;
const start = 0xff;
const readCommand = 0x86;

/** "Read CO2 concentration" to sensor 1. Manual, command 0x86. */
export const readRequest: Uint8Array = closed([start, 0x01, readCommand, 0, 0, 0, 0, 0]);

/** Takes the concentration (ppm, as sent) out of every whole answer in `input`; `rest` is shorter than one answer (9 bytes). */
export function decode(input: Uint8Array): Decoded {
  const { frames, rest, skippedBytes } = scanFrames(input, concentrationAt);
  return { ppm: frames, rest, skippedBytes };
}

function concentrationAt(input: Uint8Array, at: number): Found<number> {
  const left = input.length - at;
  if (input[at] !== start || (left > 1 && input[at + 1] !== readCommand)) return undefined;
  if (left < frameBytes) return 'more';
  if (checksumOf(input.subarray(at, at + frameBytes - 1)) !== input[at + frameBytes - 1]) return undefined;
  return { frame: input[at + 2]! * 256 + input[at + 3]!, bytes: frameBytes };
}

/** The answer of a sensor that measures `ppm`. */
export function encode(ppm: number): Uint8Array {
  return closed([start, readCommand, ppm >> 8, ppm & 0xff, 0, 0, 0, 0]);
}

function closed(bytes: readonly number[]): Uint8Array {
  return Uint8Array.of(...bytes, checksumOf(bytes));
}

/** Over all bytes but the first: so that the sum of bytes 1 to 8 has its low eight bits zero. */
function checksumOf(bytes: Iterable<number>): number {
  let sum = -start;
  for (const byte of bytes) sum += byte;
  return -sum & 0xff;
}
