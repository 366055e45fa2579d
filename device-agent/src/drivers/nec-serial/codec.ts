/** Frames of NEC's external control. Shape and sources: README.md. */
import { type Found, type Scanned, scanFrames } from '../frame-scan.ts';

/** `type`: letter of the kind of message. `message`: what stands between STX and ETX. */
export type Frame = { monitorId: number; type: string; message: string };

const soh = 0x01;
const stx = 0x02;
const etx = 0x03;
const cr = 0x0d;
const reserved = 0x30;
const controller = 0x30;
/** SOH, reserved, receiver, sender, type, length (2). */
const headBytes = 7;
/** STX and ETX count as message. Texts are the longest that this driver asks for. */
const maxMessageBytes = 0x50;
export const maxFrameBytes = headBytes + maxMessageBytes + 2;
/** Monitor 1 is `A`, 100 is 0xa4. */
const idZero = 0x40;
const maxId = 100;
const text = new TextDecoder('latin1');

/** Takes every whole frame for a controller out of `input`; `rest` is shorter than one frame (89 bytes). */
export function decode(input: Uint8Array): Scanned<Frame> {
  return scanFrames(input, frameAt);
}

/** Only text may stand between STX and ETX, so that a broken length does not swallow what follows. */
function frameAt(input: Uint8Array, at: number): Found<Frame> {
  const head = input.subarray(at, at + headBytes);
  if (!head.every(isHead)) return undefined;
  if (head.length < headBytes) return 'more';
  const messageBytes = Number.parseInt(text.decode(head.subarray(5)), 16);
  if (messageBytes < 2 || messageBytes > maxMessageBytes) return undefined;
  const bytes = headBytes + messageBytes + 2;
  const frame = input.subarray(at, at + bytes);
  const message = frame.subarray(headBytes, bytes - 2);
  if (!message.every((byte, index) => isMessage(byte, { index, last: messageBytes - 1 }))) return undefined;
  if (frame.length < bytes) return 'more';
  if (checkCode(frame.subarray(1, -2)) !== frame[bytes - 2] || frame[bytes - 1] !== cr) return undefined;
  return {
    frame: { monitorId: head[3]! - idZero, type: String.fromCharCode(head[4]!), message: text.decode(message.subarray(1, -1)) },
    bytes,
  };
}

function isHead(byte: number, index: number): boolean {
  switch (index) {
    case 0:
      return byte === soh;
    case 1:
      return byte === reserved;
    case 2:
      // some models repeat the monitor's ID where the manuals have the controller
      return byte >= reserved;
    case 3:
      return byte > idZero && byte <= idZero + maxId;
    case 4:
      return byte >= 0x41 && byte <= 0x46;
    default:
      return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46);
  }
}

function isMessage(byte: number, { index, last }: { index: number; last: number }): boolean {
  if (index === 0) return byte === stx;
  return index === last ? byte === etx : byte >= 0x20 && byte < 0x7f;
}

/** A frame from the controller to one monitor, or with `monitorId` `all` to every one. `message`: hex digits as text. */
export function encode({ type, monitorId, message }: { type: 'A' | 'C' | 'E'; monitorId: number | 'all'; message: string }): Uint8Array {
  const receiver = monitorId === 'all' ? '*'.charCodeAt(0) : idZero + monitorId;
  const length = (message.length + 2).toString(16).toUpperCase().padStart(2, '0');
  const body = [reserved, receiver, controller, ...ascii(type + length), stx, ...ascii(message), etx];
  return Uint8Array.of(soh, ...body, checkCode(body), cr);
}

const ascii = (letters: string): Uint8Array => Uint8Array.from(letters, (letter) => letter.charCodeAt(0));

/** All bytes after SOH up to ETX, one by one XOR. */
function checkCode(bytes: Iterable<number>): number {
  let code = 0;
  for (const byte of bytes) code ^= byte;
  return code;
}
