/** Frames of NXP's PN532 on its serial line (HSU). Shapes and sources: README.md. */

export type Frame = { kind: 'ack' } | { kind: 'nack' } | { kind: 'error' } | { kind: 'answer'; command: number; data: Uint8Array };
export type Decoded = { frames: Frame[]; rest: Uint8Array; skippedBytes: number };
/** `selRes` tells the family of the card (SAK). */
export type Target = { uid: string; selRes: number };

/** First byte of the data of a frame: from us, from the chip. */
const fromHost = 0xd4;
const fromChip = 0xd5;
/** The chip could not make sense of a command; the frame has this byte and nothing else. */
const syntaxError = 0x7f;
/** 264 bytes of data and the direction. */
const maxExtendedLength = 265;
export const maxFrameBytes = 8 + maxExtendedLength;

export const ack: Uint8Array = Uint8Array.of(0x00, 0x00, 0xff, 0x00, 0xff, 0x00);
/** Asks the chip to send its last answer again. */
export const nack: Uint8Array = Uint8Array.of(0x00, 0x00, 0xff, 0xff, 0x00, 0x00);
/** Two bytes to be noticed, and the time that the chip's oscillator needs: 14 bytes at 115200 baud are 1.2 ms. */
const wakeUp = [0x55, 0x55, ...new Array<number>(14).fill(0)];

export const commands = {
  /** Normal mode: no secure module. It comes with the wake-up. */
  samConfiguration: [0x14, 0x01],
  firmwareVersion: [0x02],
  /** A look for a card ends after two repeats; as it comes from power-up the chip would look for ever. */
  fewRetries: [0x32, 0x05, 0x00, 0x01, 0x02],
  fieldOff: [0x32, 0x01, 0x00],
  fieldOn: [0x32, 0x01, 0x01],
  /** One card of ISO 14443 type A at 106 kbit/s. */
  listPassiveTarget: [0x4a, 0x01, 0x00],
} as const satisfies Record<string, readonly number[]>;

/** `command` is the code of the command and its parameters, 254 bytes at most. */
export function encode(command: readonly number[]): Uint8Array {
  const body = [fromHost, ...command];
  const sum = body.reduce((total, byte) => total + byte, 0);
  return Uint8Array.of(0x00, 0x00, 0xff, body.length, -body.length & 0xff, ...body, -sum & 0xff, 0x00);
}

export function encodeAwake(command: readonly number[]): Uint8Array {
  return Uint8Array.of(...wakeUp, ...encode(command));
}

/** Takes every whole frame out of `input`. Zeros between frames belong to them and do not count as skipped. `rest` is shorter than a frame. */
export function decode(input: Uint8Array): Decoded {
  const frames: Frame[] = [];
  let skippedBytes = 0;
  let at = 0;
  while (at < input.length) {
    if (input[at] !== 0x00) {
      skippedBytes += 1;
      at += 1;
      continue;
    }
    const found = frameAt(input, at);
    if (found === 'unfinished') break;
    if (found === undefined) at += 1;
    else {
      if (found.frame !== undefined) frames.push(found.frame);
      else skippedBytes += found.length;
      at += found.length;
    }
  }
  return { frames, rest: input.slice(at), skippedBytes };
}

type Found = { frame: Frame | undefined; length: number };

/** `frame` is undefined for a whole frame that is not from the chip. */
function frameAt(input: Uint8Array, at: number): Found | 'unfinished' | undefined {
  if (at + 1 >= input.length) return 'unfinished';
  if (input[at + 1] !== 0xff) return undefined;
  if (at + 3 >= input.length) return 'unfinished';
  const [length, check] = [input[at + 2]!, input[at + 3]!];
  if (length === 0x00 && check === 0xff) return { frame: { kind: 'ack' }, length: 4 };
  if (length === 0xff && check === 0x00) return { frame: { kind: 'nack' }, length: 4 };
  if (length !== 0xff || check !== 0xff) return ((length + check) & 0xff) === 0 ? bodyAt(input, { at, bodyAt: at + 4, length }) : undefined;
  if (at + 6 >= input.length) return 'unfinished';
  const [high, low, extendedCheck] = [input[at + 4]!, input[at + 5]!, input[at + 6]!];
  const extended = high * 256 + low;
  if (((high + low + extendedCheck) & 0xff) !== 0 || extended > maxExtendedLength) return undefined;
  return bodyAt(input, { at, bodyAt: at + 7, length: extended });
}

function bodyAt(input: Uint8Array, place: { at: number; bodyAt: number; length: number }): Found | 'unfinished' | undefined {
  const end = place.bodyAt + place.length;
  if (place.length === 0) return undefined;
  if (end >= input.length) return 'unfinished';
  const body = input.subarray(place.bodyAt, end);
  const sum = body.reduce((total, byte) => total + byte, input[end]!);
  if ((sum & 0xff) !== 0) return undefined;
  const length = end + 1 - place.at;
  const [direction, code] = body;
  if (direction === syntaxError && body.length === 1) return { frame: { kind: 'error' }, length };
  if (direction !== fromChip || code === undefined) return { frame: undefined, length };
  // the answer to a command has the next number
  return { frame: { kind: 'answer', command: code - 1, data: body.slice(2) }, length };
}

/** Lengths of card numbers in ISO 14443-3: single, double, triple. */
const uidLengths: ReadonlySet<number> = new Set([4, 7, 10]);
/** First byte of a single-size number that the card makes up anew each time (telephones): NXP AN10927, random ID. */
const randomUid = 0x08;

/** The card in an answer to `listPassiveTarget`: count, number of the target, SENS_RES (2), SEL_RES, length, number of the card, more. */
export function targetIn(data: Uint8Array): Target | undefined {
  const [count = 0, , , , selRes = 0, length = 0] = data;
  const uid = data.subarray(6, 6 + length);
  if (count === 0 || !uidLengths.has(length) || uid.length < length) return undefined;
  return { uid: [...uid].map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(''), selRes };
}

/** Whether the number is another one the next time: nobody can be known by it. */
export function isRandom({ uid }: Target): boolean {
  return uid.length === 8 && Number.parseInt(uid.slice(0, 2), 16) === randomUid;
}
