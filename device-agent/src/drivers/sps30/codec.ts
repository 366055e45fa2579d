/** SHDLC frames of the Sensirion SPS30. Shapes and sources: README.md. */

/** What the sensor answers. `state`: as sent; what it means is `errorOf`. */
export type ShdlcAnswer = { command: number; state: number; data: Uint8Array };
export type Decoded = { answers: ShdlcAnswer[]; rest: Uint8Array; skippedBytes: number };
/** µg/m³. */
export type Air = { pm1: number; pm25: number; pm10: number };

/** The longest answer to our questions has 40 bytes of data. */
const maxDataBytes = 40;
/** Header, data and checksum, all of it stuffed, between two flags. */
export const maxFrameBytes = 2 + 2 * (4 + maxDataBytes + 1);
const flag = 0x7e;
const escapeByte = 0x7d;
/** Sent as escape and the byte with bit 5 turned over. */
const stuffed: ReadonlySet<number> = new Set([flag, escapeByte, 0x11, 0x13]);
const address = 0;
const headerBytes = 4;

export const commands = { start: 0x00, values: 0x03, wakeUp: 0x11, status: 0xd2 } as const;
/** Why a command was not carried out, 0: it was. Bit 7 says with every answer that a flag of the status register is set, and refuses nothing. */
export function errorOf({ state }: ShdlcAnswer): number {
  return state & 0x7f;
}
/** Asked to start while measuring, or for values before that. */
export const notInThisState = 0x43;

/**
 * Questions: wake up, behind a byte that turns the ears of a sleeping sensor on for 100 ms; measure and tell values as floating-point numbers; tell the values; tell
 * the status register and leave it as it is.
 */
export const wakeUpRequest: Uint8Array = Uint8Array.of(0xff, ...frameOf([address, commands.wakeUp, 0]));
export const startRequest: Uint8Array = frameOf([address, commands.start, 2, 0x01, 0x03]);
export const valuesRequest: Uint8Array = frameOf([address, commands.values, 0]);
export const statusRequest: Uint8Array = frameOf([address, commands.status, 1, 0x00]);

/** Takes every whole answer out of `input`; `rest` is shorter than the longest one (92 bytes). */
export function decode(input: Uint8Array): Decoded {
  const answers: ShdlcAnswer[] = [];
  let at = 0;
  let skippedBytes = 0;
  while (at < input.length) {
    const end = input[at] === flag ? input.indexOf(flag, at + 1) : at;
    if (end < 0 && input.length - at < maxFrameBytes) break;
    const answer = end > at && end - at < maxFrameBytes ? answerOf(input.subarray(at + 1, end)) : undefined;
    if (answer === undefined) {
      at += 1;
      skippedBytes += 1;
      continue;
    }
    answers.push(answer);
    at = end + 1;
  }
  return { answers, rest: new Uint8Array(input.subarray(at)), skippedBytes };
}

/** What is between two flags: address, command, state, length, data, checksum. */
function answerOf(content: Uint8Array): ShdlcAnswer | undefined {
  const bytes = unstuffed(content);
  if (bytes === undefined || bytes.length <= headerBytes || bytes[0] !== address) return undefined;
  const data = Uint8Array.from(bytes.slice(headerBytes, -1));
  if (bytes[3] !== data.length || data.length > maxDataBytes) return undefined;
  if (bytes.at(-1) !== checksumOf(bytes.slice(0, -1))) return undefined;
  return { command: bytes[1]!, state: bytes[2]!, data };
}

function unstuffed(content: Uint8Array): number[] | undefined {
  const bytes: number[] = [];
  for (let at = 0; at < content.length; at += 1) {
    if (content[at] !== escapeByte) {
      bytes.push(content[at]!);
      continue;
    }
    at += 1;
    const byte = (content[at] ?? 0) ^ 0x20;
    if (!stuffed.has(byte)) return undefined;
    bytes.push(byte);
  }
  return bytes;
}

/** The answer of a sensor, as bytes. */
export function encode({ command, state, data }: ShdlcAnswer): Uint8Array {
  return frameOf([address, command, state, data.length, ...data]);
}

function frameOf(content: readonly number[]): Uint8Array {
  const inside = [...content, checksumOf(content)].flatMap((byte) => (stuffed.has(byte) ? [escapeByte, byte ^ 0x20] : [byte]));
  return Uint8Array.of(flag, ...inside, flag);
}

function checksumOf(bytes: readonly number[]): number {
  return ~bytes.reduce((sum, byte) => sum + byte, 0) & 0xff;
}

/** Data of an answer to `values`; undefined when there is nothing new, or nothing yet: all zero before the first measurement. */
export function airOf(data: Uint8Array): Air | undefined {
  if (data.length !== maxDataBytes || data.every((byte) => byte === 0)) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const air = { pm1: view.getFloat32(0), pm25: view.getFloat32(4), pm10: view.getFloat32(12) };
  return Object.values(air).every((value) => Number.isFinite(value) && value >= 0) ? air : undefined;
}

export type Health = { fanBroken: boolean; laserBroken: boolean; speedOutOfRange: boolean };

/** Data of an answer to `status`: the register, big endian, and a byte without meaning. */
export function healthOf(data: Uint8Array): Health | undefined {
  if (data.length < 4) return undefined;
  const register = new DataView(data.buffer, data.byteOffset, data.length).getUint32(0);
  const bit = (number: number): boolean => ((register >>> number) & 1) === 1;
  return { fanBroken: bit(4), laserBroken: bit(5), speedOutOfRange: bit(21) };
}
