/** Frames of the protocol that ViewSonic and BenQ boards share. Shape and sources: README.md. */
import { type Found, type Scanned, scanFrames } from '../frame-scan.ts';

export type Frame =
  /** A command was taken (`+`) or not (`-`). `displayId` undefined: the bare form without length and ID. */
  | { kind: 'ack'; displayId: number | undefined; ok: boolean }
  /** Answer to a question: `code` is its one character, `value` the bytes after it as latin1 text. */
  | { kind: 'value'; displayId: number; code: string; value: string };

const cr = 0x0d;
/** The length byte counts from here: 0x38 is 8. */
const lengthZero = 0x30;
const ackLength = 4;
/** Model names and serial numbers, `D`. */
const maxLength = 20;
export const maxFrameBytes = maxLength + 1;
const plus = 0x2b;
const minus = 0x2d;
const replyType = 0x72;
const text = new TextDecoder('latin1');

/** Takes every whole frame out of `input`; `rest` is shorter than one frame (21 bytes). `bareAcks`: `+` CR and `-` CR are frames too. */
export function decode(input: Uint8Array, { bareAcks }: { bareAcks: boolean }): Scanned<Frame> {
  return scanFrames(input, (bytes, at) => (bareAcks && isSign(bytes[at]!) ? bareAckAt(bytes, at) : frameAt(bytes, at)));
}

function bareAckAt(input: Uint8Array, at: number): Found<Frame> {
  if (at + 1 >= input.length) return 'more';
  return input[at + 1] === cr ? { frame: { kind: 'ack', displayId: undefined, ok: input[at] === plus }, bytes: 2 } : undefined;
}

/** A line end before its time is damage, so that nothing waits for bytes that never come. */
function frameAt(input: Uint8Array, at: number): Found<Frame> {
  const length = input[at]! - lengthZero;
  if (length < ackLength || length > maxLength) return undefined;
  const frame = input.subarray(at, at + length + 1);
  const early = frame.subarray(0, length).includes(cr);
  if (early || !isDigit(frame[1]) || !isDigit(frame[2]) || !isType(frame[3], length)) return undefined;
  if (frame.length <= length) return 'more';
  if (frame[length] !== cr) return undefined;
  const displayId = Number(text.decode(frame.subarray(1, 3)));
  const bytes = length + 1;
  if (length === ackLength) return { frame: { kind: 'ack', displayId, ok: frame[3] === plus }, bytes };
  const value = text.decode(frame.subarray(5, length));
  return { frame: { kind: 'value', displayId, code: String.fromCharCode(frame[4]!), value }, bytes };
}

const isSign = (byte: number): boolean => byte === plus || byte === minus;
/** undefined: not there yet. */
const isDigit = (byte: number | undefined): boolean => byte === undefined || (byte >= 0x30 && byte <= 0x39);
const isType = (byte: number | undefined, length: number): boolean =>
  byte === undefined || (length === ackLength ? isSign(byte) : byte === replyType && length > ackLength + 1);

/** `8 01 s ! 001` CR: length without the CR, two digits of ID, `s` sets and `g` asks, one character of command, value (latin1). */
export function encode({ type, displayId, code, value }: { type: 's' | 'g'; displayId: number; code: string; value: string }): Uint8Array {
  const body = `${String(displayId).padStart(2, '0')}${type}${code}${value}`;
  return Uint8Array.from(`${String.fromCharCode(lengthZero + body.length + 1)}${body}\r`, (letter) => letter.charCodeAt(0));
}
