/** Frames of 3M / Bibliotheca 210 and 810 readers and what their answers carry. Shapes and sources: README.md. Pure. */
import type { ItemTag } from '@tramhoc/protocol/library';
import { crc16Genibus } from '../crc16.ts';
import { type Found, type Scanned, scanFrames } from '../frame-scan.ts';

/** `content` begins with the command code; answers repeat it. `start` is D5 for what the older firmware answers at start, D6 for all else. */
export type Frame = { start: number; content: Uint8Array };

export const commands = { inventory: 0xfe, readBlocks: 0x02, writeBlocks: 0x04, writeAfi: 0x09, readAfi: 0x0a, setup: 0x13 } as const;
/** The reader speaks of one block size only. */
export const blockBytes = 4;
/** 255 tags of 9 bytes, the most that an inventory can count, take 2,308 bytes. */
export const maxFrameBytes = 2_400;

const starts: ReadonlySet<number> = new Set([0xd5, 0xd6]);
/** Length, command, CRC. */
const headBytes = 3;
const minLength = 3;

/** Takes every whole frame out of `input`; `rest` is shorter than one frame. A frame that is none costs one byte, then the search goes on. */
export function decode(input: Uint8Array): Scanned<Frame> {
  return scanFrames(input, frameAt);
}

function frameAt(input: Uint8Array, at: number): Found<Frame> {
  const left = input.length - at;
  if (!starts.has(input[at]!)) return undefined;
  if (left < headBytes) return 'more';
  const length = input[at + 1]! * 256 + input[at + 2]!;
  const bytes = headBytes + length;
  if (length < minLength || bytes > maxFrameBytes) return undefined;
  if (left < bytes) return 'more';
  const end = at + bytes;
  if (crc16Genibus(input, at + 1, end - 2) !== input[end - 2]! * 256 + input[end - 1]!) return undefined;
  return { frame: { start: input[at]!, content: input.slice(at + headBytes, end - 2) }, bytes };
}

export function encode({ start, content }: Frame): Uint8Array {
  const length = content.length + 2;
  const bytes = Uint8Array.of(start, length >> 8, length & 0xff, ...content, 0, 0);
  const crc = crc16Genibus(bytes, 1, bytes.length - 2);
  bytes.set([crc >> 8, crc & 0xff], bytes.length - 2);
  return bytes;
}

export function request(content: readonly number[]): Uint8Array {
  return encode({ start: 0xd6, content: Uint8Array.from(content) });
}

/** Asked first, with the older start byte: the answer `04 00 11` carries four bytes of version, e.g. 10.5.0.2. */
export const versionRequest: Uint8Array = encode({ start: 0xd5, content: Uint8Array.of(0x04, 0x00, 0x11) });

export function versionOf({ content }: Frame): string | undefined {
  if (content.length < 7 || content[0] !== 0x04 || content[1] !== 0x00 || content[2] !== 0x11) return undefined;
  return [...content.subarray(3, 7)].join('.');
}

/** Both are logged from the maker's own programs; what the values mean is not known. */
export const setupRequests = {
  '810': request([commands.setup, 0x04, 0x01, 0x00, 0x02, 0x00, 0x03, 0x00, 0x04, 0x00]),
  '210': request([commands.setup, 0x06, 0x01, 0x00, 0x02, 0x00, 0x03, 0x00, 0x04, 0x00, 0x0b, 0x00, 0x0a, 0x00]),
} as const;

/** Option 5: UIDs; option 7: UIDs with DSFID. */
export const inventoryRequest: Uint8Array = request([commands.inventory, 0x00, 0x05]);

/**
 * `FE ERROR 00 OPTION COUNT {[DSFID] UID[8]}…`, UIDs most significant byte first. `error` other than 0: the look failed. undefined when it is no
 * inventory answer or cut.
 */
export function inventoryItems({ content }: Frame): { error: number; items: ItemTag[] } | undefined {
  if (content[0] !== commands.inventory || content.length < 2) return undefined;
  const error = content[1]!;
  if (error !== 0) return { error, items: [] };
  const count = content[4];
  if (count === undefined) return undefined;
  const entryBytes = count === 0 ? 8 : (content.length - 5) / count;
  if (entryBytes !== 8 && entryBytes !== 9) return undefined;
  const items: ItemTag[] = [];
  for (let entry = 0; entry < count; entry += 1) {
    const at = 5 + entry * entryBytes;
    const uid = hex(content.subarray(at + entryBytes - 8, at + entryBytes));
    items.push(entryBytes === 9 ? { uid, technology: 'iso15693', dsfid: content[at]! } : { uid, technology: 'iso15693' });
  }
  return { error, items };
}

/** Of a command that names one tag: `CMD UID[8] …`. */
export function tagRequest(command: number, uid: string, tail: readonly number[] = []): Uint8Array {
  return request([command, ...unhex(uid), ...tail]);
}

/** `CMD ERROR [UID[8] …]`: what follows the UID, or the error. undefined when it answers something else. */
export function tagAnswer(
  { content }: Frame,
  { command, uid }: { command: number; uid: string },
): { tail: Uint8Array } | { error: number } | undefined {
  if (content[0] !== command || content.length < 2) return undefined;
  if (content[1] !== 0) return { error: content[1]! };
  if (content.length < 10 || hex(content.subarray(2, 10)) !== uid) return undefined;
  return { tail: content.subarray(10) };
}

/**
 * Firmware of the 810: `COUNT {NUMBER[2] DATA[4]}…`, numbers least significant byte first. Of the 210: `FIRST COUNT DATA…`. undefined when neither
 * fits to what was asked for.
 */
export function blocksRead(tail: Uint8Array, { first, count }: { first: number; count: number }): Uint8Array | undefined {
  if (tail.length === 2 + count * blockBytes && tail[0] === first && tail[1] === count) return tail.slice(2);
  if (tail.length !== 1 + count * (2 + blockBytes) || tail[0] !== count) return undefined;
  const data = new Uint8Array(count * blockBytes);
  for (let block = 0; block < count; block += 1) {
    const at = 1 + block * (2 + blockBytes);
    if (tail[at]! + tail[at + 1]! * 256 !== first + block) return undefined;
    data.set(tail.subarray(at + 2, at + 2 + blockBytes), block * blockBytes);
  }
  return data;
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join('');
}

function unhex(text: string): number[] {
  return (text.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
}
