/** Frames of Nova Fitness dust sensors. Shapes and sources: README.md. */
import { type Found, type Scanned, scanFrames } from '../frame-scan.ts';

export type SdsFrame =
  /** µg/m³, tenths on the wire. */
  | { kind: 'values'; pm25: number; pm10: number }
  /** SDS198: µg/m³, whole on the wire. */
  | { kind: 'coarse'; pm100: number }
  /** `command`: which one is answered. */
  | { kind: 'answer'; command: number };

export const frameBytes = 10;
const head = 0xaa;
const tail = 0xab;
const types = { values: 0xc0, coarse: 0xcf, answer: 0xc5 } as const;
const knownTypes: ReadonlySet<number> = new Set(Object.values(types));

/** Takes every whole frame out of `input`; `rest` is shorter than one frame (10 bytes). */
export function decode(input: Uint8Array): Scanned<SdsFrame> {
  return scanFrames(input, frameAt);
}

function frameAt(input: Uint8Array, at: number): Found<SdsFrame> {
  const left = input.length - at;
  if (input[at] !== head || (left > 1 && !knownTypes.has(input[at + 1]!))) return undefined;
  if (left < frameBytes) return 'more';
  const frame = frameOf(input.subarray(at, at + frameBytes));
  return frame === undefined ? undefined : { frame, bytes: frameBytes };
}

function frameOf(bytes: Uint8Array): SdsFrame | undefined {
  if (bytes[frameBytes - 1] !== tail || bytes[8] !== sumOf(bytes.subarray(2, 8))) return undefined;
  const first = bytes[2]! + bytes[3]! * 256;
  const second = bytes[4]! + bytes[5]! * 256;
  switch (bytes[1]) {
    case types.values:
      return { kind: 'values', pm25: first / 10, pm10: second / 10 };
    case types.coarse:
      return { kind: 'coarse', pm100: second };
    default:
      return { kind: 'answer', command: bytes[2]! };
  }
}

/** The frame of sensor number 58D9 with these values. */
export function encode(frame: Exclude<SdsFrame, { kind: 'answer' }>): Uint8Array {
  const [first, second] = frame.kind === 'values' ? [Math.round(frame.pm25 * 10), Math.round(frame.pm10 * 10)] : [14, frame.pm100];
  const data = [first & 0xff, first >> 8, second & 0xff, second >> 8, 0x58, 0xd9];
  return Uint8Array.of(head, types[frame.kind], ...data, sumOf(data), tail);
}

/** To every sensor: leave the sleep; send without being asked; measure without pauses. Control protocol 1.3, commands 6, 2 and 8. */
export const work: Uint8Array = command(6, 1);
export const reportByItself: Uint8Array = command(2, 0);
export const measureAlways: Uint8Array = command(8, 0);

function command(code: number, value: number): Uint8Array {
  const data = [code, 1, value, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
  return Uint8Array.of(head, 0xb4, ...data, sumOf(data), tail);
}

function sumOf(bytes: Iterable<number>): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return sum & 0xff;
}
