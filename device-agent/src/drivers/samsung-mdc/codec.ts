/** Frames of Samsung's Multiple Display Control. Shape and sources: README.md. */
import { type Found, type Scanned, scanFrames } from '../frame-scan.ts';

export type Frame =
  | { kind: 'reply'; displayId: number; ok: boolean; command: number; data: Uint8Array }
  /** The display wants TLS and a PIN ("secured protocol") before it talks. */
  | { kind: 'tls-wanted' };

const header = 0xaa;
const reply = 0xff;
const ack = 0x41;
const nak = 0x4e;
/** Before the ack byte: header, FF, id, length. */
const headBytes = 4;
/** Names and serial numbers are the longest that this driver asks for; a longer length is damage. */
const maxDataBytes = 64;
export const maxFrameBytes = headBytes + 2 + maxDataBytes + 1;
const tlsGreeting = new TextEncoder().encode('MDCSTART<<TLS>>');

/** Takes every whole reply out of `input`; `rest` is shorter than one frame (71 bytes). */
export function decode(input: Uint8Array): Scanned<Frame> {
  return scanFrames(input, frameAt);
}

function frameAt(input: Uint8Array, at: number): Found<Frame> {
  if (input[at] === tlsGreeting[0]) return greetingAt(input, at);
  if (input[at] !== header) return undefined;
  const left = input.length - at;
  if (left > 1 && input[at + 1] !== reply) return undefined;
  if (left < headBytes + 1) return left > 3 && !possibleLength(input[at + 3]!) ? undefined : 'more';
  const length = input[at + 3]!;
  const acknowledged = input[at + headBytes]!;
  if (!possibleLength(length) || (acknowledged !== ack && acknowledged !== nak)) return undefined;
  const bytes = headBytes + length + 1;
  if (left < bytes) return 'more';
  const frame = input.subarray(at, at + bytes);
  if (checksum(frame.subarray(1, -1)) !== frame[bytes - 1]) return undefined;
  const command = frame[headBytes + 1]!;
  const data = new Uint8Array(frame.subarray(headBytes + 2, -1));
  return { frame: { kind: 'reply', displayId: frame[2]!, ok: acknowledged === ack, command, data }, bytes };
}

function greetingAt(input: Uint8Array, at: number): Found<Frame> {
  for (const [index, byte] of tlsGreeting.entries()) {
    if (at + index >= input.length) return 'more';
    if (input[at + index] !== byte) return undefined;
  }
  return { frame: { kind: 'tls-wanted' }, bytes: tlsGreeting.length };
}

/** Ack byte, command, data. */
const possibleLength = (length: number): boolean => length >= 2 && length <= maxDataBytes + 2;

/** `AA command id length data checksum`. */
export function encode({ command, displayId, data = [] }: { command: number; displayId: number; data?: readonly number[] }): Uint8Array {
  const body = [command, displayId, data.length, ...data];
  return Uint8Array.of(header, ...body, checksum(body));
}

/** Low byte of the sum of everything after the header. */
function checksum(bytes: Iterable<number>): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return sum & 0xff;
}
