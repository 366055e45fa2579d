/** Frames of RL866 pads and what their answers carry. Shapes and sources: README.md. Pure. */
import type { ItemTag } from '@tramhoc/protocol/library';
import { crc16Mcrf4xx } from '../crc16.ts';
import { type Found, type Scanned, scanFrames } from '../frame-scan.ts';

/** `information` is INF: for commands and their answers CMD and what follows it. */
export type Frame = { address: number; control: number; information: Uint8Array };

export const commands = { readConfig: 0x01, inventory: 0x31, connect: 0x32, disconnect: 0x33, access: 0x34 } as const;
/** Access codes of ISO 15693 tags. */
export const accessCodes = { readBlocks: 0x03, writeBlocks: 0x04, writeAfi: 0x06, systemInfo: 0x0a } as const;
/** Control bytes of the blocks that carry no command. */
export const resyncRequest = 0xc0;
export const resyncAnswer = 0xe0;

export const anyAddress = 0xff;
/** LEN is one byte and does not count the start byte. */
export const maxFrameBytes = 256;

const start = 0xfa;
const minLength = 5;

/** Takes every whole frame out of `input`; `rest` is shorter than one frame. A frame that is none costs one byte, then the search goes on. */
export function decode(input: Uint8Array): Scanned<Frame> {
  return scanFrames(input, frameAt);
}

function frameAt(input: Uint8Array, at: number): Found<Frame> {
  const length = input[at + 1];
  if (input[at] !== start || (length !== undefined && length < minLength)) return undefined;
  if (length === undefined || input.length - at < length + 1) return 'more';
  const end = at + 1 + length;
  if (crc16Mcrf4xx(input, at + 1, end - 2) !== input[end - 2]! + input[end - 1]! * 256) return undefined;
  return { frame: { address: input[at + 2]!, control: input[at + 3]!, information: input.slice(at + 4, end - 2) }, bytes: length + 1 };
}

export function encode({ address, control, information }: Frame): Uint8Array {
  const bytes = Uint8Array.of(start, information.length + minLength, address, control, ...information, 0, 0);
  const crc = crc16Mcrf4xx(bytes, 1, bytes.length - 2);
  bytes.set([crc & 0xff, crc >> 8], bytes.length - 2);
  return bytes;
}

/** Bit 6 alternates with each command: a repeated number is a repeated command. */
export function commandControl(sequence: 0 | 1): number {
  return sequence === 1 ? 0x40 : 0x00;
}

/** `CMD STA[2] PARM…`: status least significant byte first, 0 is well. undefined when it is no answer to `command`. */
export function answerTo(frame: Frame, command: number): { status: number; parameters: Uint8Array } | undefined {
  const { control, information } = frame;
  if ((control & 0x80) !== 0 || information.length < 3 || information[0] !== command) return undefined;
  return { status: information[1]! + information[2]! * 256, parameters: information.subarray(3) };
}

/** `goOn`: the rest of what the last inventory found. */
export function inventoryRequest({ goOn }: { goOn: boolean }): Uint8Array {
  return Uint8Array.of(commands.inventory, goOn ? 0x08 : 0x00);
}

/** Flags of one report. */
const withAntenna = 0x01;
const withProtocol = 0x02;
const withType = 0x04;
const withSerial = 0x08;
const withMemory = 0x10;
const withCommands = 0x80;
const iso15693 = 1;

export type FoundTag = ItemTag & { tagType: number };

/**
 * `STOP TOTAL[2] COUNT {FLAGS [antenna] [protocol] [type] [LEN serial…] …}…`; serial numbers come least significant byte first, 8 bytes of them
 * count. `stopped`: the buffer was full or the time was over, there may be more. undefined when the data is cut; tags of other protocols are passed over.
 */
export function inventoryItems(parameters: Uint8Array): { tags: FoundTag[]; totalCount: number; stopped: boolean } | undefined {
  const count = parameters[3];
  if (count === undefined) return undefined;
  const tags: FoundTag[] = [];
  let at = 4;
  for (let report = 0; report < count; report += 1) {
    const flags = parameters[at];
    if (flags === undefined || flags & (withMemory | withCommands)) return undefined;
    at += 1;
    const antenna = flags & withAntenna ? parameters[at++] : undefined;
    const airProtocol = flags & withProtocol ? parameters[at++] : iso15693;
    const tagType = flags & withType ? parameters[at++] : 0;
    if ((flags & withSerial) === 0) continue;
    const serialBytes = parameters[at++];
    if (serialBytes === undefined || tagType === undefined || at + serialBytes > parameters.length) return undefined;
    const serial = parameters.slice(at, at + 8);
    at += serialBytes;
    if (airProtocol !== iso15693 || serialBytes < 8) continue;
    const tag: FoundTag = { uid: hex(serial.reverse()), technology: 'iso15693', tagType };
    tags.push(antenna === undefined || antenna === 0 ? tag : { ...tag, antenna });
  }
  return { tags, totalCount: parameters[1]! + parameters[2]! * 256, stopped: parameters[0] === 1 };
}

/** Antenna as found (0 = default), ISO 15693, the tag's type, addressed by its UID. */
export function connectRequest({ uid, antenna, tagType }: { uid: string; antenna: number; tagType: number }): Uint8Array {
  return Uint8Array.of(commands.connect, antenna, iso15693, tagType, 9, 0x01, ...unhex(uid).reverse());
}

export function disconnectRequest(handle: number): Uint8Array {
  return Uint8Array.of(commands.disconnect, handle);
}

/** One operation on a connected tag: `34 HANDLE LEN CODE[2] …`. Numbers least significant byte first. */
export function accessRequest(handle: number, code: number, tail: readonly number[] = []): Uint8Array {
  return Uint8Array.of(commands.access, handle, tail.length + 2, code & 0xff, code >> 8, ...tail);
}

export function word(value: number): [number, number] {
  return [value & 0xff, value >> 8];
}

/** `LEN CODE[2] DONE DATA…`: done = 1; else data is an error code. undefined when it belongs to another operation or is cut. */
export function accessResult(
  parameters: Uint8Array,
  code: number,
): { done: true; data: Uint8Array } | { done: false; error: number } | undefined {
  const length = parameters[0];
  if (length === undefined || length < 3 || parameters.length < length + 1) return undefined;
  if (parameters[1]! + parameters[2]! * 256 !== code) return undefined;
  const data = parameters.subarray(4, length + 1);
  if (parameters[3] === 1) return { done: true, data };
  return { done: false, error: (data[0] ?? 1) + (data[1] ?? 0) * 256 };
}

/** `FLAGS UID[8] DSFID AFI BLOCKS SIZE IC`: UID least significant byte first; sizes as in ISO 15693-3, one less than they mean. */
export function systemInfo(
  data: Uint8Array,
): { uid: string; blockBytes: number; blockCount: number; dsfid?: number; afi?: number; icReference?: number } | undefined {
  if (data.length < 14) return undefined;
  const flags = data[0]!;
  return {
    uid: hex(data.slice(1, 9).reverse()),
    blockBytes: flags & 0x04 ? (data[12]! & 0x1f) + 1 : 4,
    blockCount: flags & 0x04 ? data[11]! + 1 : 28,
    ...(flags & 0x01 ? { dsfid: data[9]! } : {}),
    ...(flags & 0x02 ? { afi: data[10]! } : {}),
    ...(flags & 0x08 ? { icReference: data[13]! } : {}),
  };
}

/** `COUNT[2] DATA…`, without block status. */
export function blocksRead(data: Uint8Array, { count, blockBytes }: { count: number; blockBytes: number }): Uint8Array | undefined {
  if (data.length < 2 + count * blockBytes || data[0]! + data[1]! * 256 !== count) return undefined;
  return data.slice(2, 2 + count * blockBytes);
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join('');
}

function unhex(text: string): number[] {
  return (text.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
}
