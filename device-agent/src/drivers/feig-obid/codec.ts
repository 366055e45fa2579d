/** Frames of FEIG OBID readers, standard and advanced, and what their answers carry. Shapes and sources: README.md. Pure. */
import type { ItemTag } from '@tramhoc/protocol/library';
import { crc16Mcrf4xx } from '../crc16.ts';
import { type Found, type Scanned, scanFrames } from '../frame-scan.ts';

export type Frame = { address: number; command: number; status: number; data: Uint8Array };
export type FrameShape = 'standard' | 'advanced';

export const commands = { readBuffer: 0x22, clearBuffer: 0x32, softwareVersion: 0x65, iso: 0xb0 } as const;
export const isoCommands = {
  inventory: 0x01,
  readBlocks: 0x23,
  writeBlocks: 0x24,
  writeAfi: 0x27,
  writeDsfid: 0x29,
  systemInfo: 0x2b,
} as const;
export const statusOk = 0x00;
export const statusNoTag = 0x01;
export const statusNoData = 0x92;
export const statusMore = 0x94;
export const statusTagError = 0x95;

/** Answered to any reader. */
export const anyAddress = 0xff;
/** 255 tags of 10 bytes, the most that one inventory answer can count, take 2,559 bytes; buffers of gates are read in parts. */
export const maxFrameBytes = 4_096;

const stx = 0x02;
const standardMinBytes = 6;
const advancedMinBytes = 8;
const known: ReadonlySet<number> = new Set(Object.values(commands));

/** Takes every whole answer out of `input`; `rest` is shorter than one frame. A frame that is none costs one byte, then the search goes on. */
export function decode(input: Uint8Array): Scanned<Frame> {
  return scanFrames(input, frameAt);
}

function frameAt(input: Uint8Array, at: number): Found<Frame> {
  const left = input.length - at;
  const advanced = input[at] === stx;
  const commandAt = advanced ? 4 : 2;
  if (advanced && left < 3) return 'more';
  const bytes = advanced ? input[at + 1]! * 256 + input[at + 2]! : input[at]!;
  if (bytes < (advanced ? advancedMinBytes : standardMinBytes) || bytes > maxFrameBytes) return undefined;
  if (left <= commandAt) return 'more';
  if (!known.has(input[at + commandAt]!)) return undefined;
  if (left < bytes) return 'more';
  const end = at + bytes;
  if (crc16Mcrf4xx(input, at, end - 2) !== input[end - 2]! + input[end - 1]! * 256) return undefined;
  const head = at + commandAt - 1;
  return {
    frame: { address: input[head]!, command: input[head + 1]!, status: input[head + 2]!, data: input.slice(head + 3, end - 2) },
    bytes,
  };
}

/** A request. Standard ones have at most 255 bytes; longer ones go out as advanced whatever was asked for. */
export function encodeRequest(
  { address, command, data }: { address: number; command: number; data: Uint8Array },
  shape: FrameShape,
): Uint8Array {
  return framed(Uint8Array.of(address, command, ...data), shape);
}

/** An answer as a reader sends it: for tests. */
export function encodeAnswer({ address, command, status, data }: Frame, shape: FrameShape): Uint8Array {
  return framed(Uint8Array.of(address, command, status, ...data), shape);
}

function framed(body: Uint8Array, shape: FrameShape): Uint8Array {
  const advanced = shape === 'advanced' || body.length + 3 > 0xff;
  const size = body.length + (advanced ? 5 : 3);
  const bytes = new Uint8Array(size);
  bytes.set(advanced ? [stx, size >> 8, size & 0xff] : [size]);
  bytes.set(body, advanced ? 3 : 1);
  const crc = crc16Mcrf4xx(bytes, 0, size - 2);
  bytes[size - 2] = crc & 0xff;
  bytes[size - 1] = crc >> 8;
  return bytes;
}

/** Data of an inventory request. `more`: go on where status 94 stopped. */
export function inventoryRequest({ more }: { more: boolean }): Uint8Array {
  return Uint8Array.of(isoCommands.inventory, more ? 0x80 : 0x00);
}

const trTypeIso15693 = 0x03;

/**
 * `DATA-SETS {TR-TYPE DSFID UID[8]}…`. Entries of other transponder types have other lengths: reading stops at the first of them and
 * `unreadCount` says how many entries were not read. undefined when the data is cut.
 */
export function inventoryItems(data: Uint8Array): { items: ItemTag[]; unreadCount: number } | undefined {
  const count = data[0];
  if (count === undefined) return undefined;
  const items: ItemTag[] = [];
  for (let at = 1; items.length < count && at < data.length; at += 10) {
    if (data[at] !== trTypeIso15693) return { items, unreadCount: count - items.length };
    if (at + 10 > data.length) return undefined;
    items.push({ uid: hex(data.subarray(at + 2, at + 10)), technology: 'iso15693', dsfid: data[at + 1]! });
  }
  return items.length === count ? { items, unreadCount: 0 } : undefined;
}

/** Bits of TR-DATA1. */
const withIdentity = 0x01;
const withBlocks = 0x02;
const withAntenna = 0x10;
const withTime = 0x20;
const withDate = 0x40;
const withExtension = 0x80;

/**
 * `TR-DATA1 [TR-DATA2] DATA-SETS[2] {RecLen[2] …}…` of a gate's buffer, asked for or notified. Records without identity (people counters) and
 * transponders other than ISO 15693 and UHF are passed over. A record that is cut or contradicts itself counts as unread, and so does all that follows
 * one whose length is wrong. undefined when there is not even a count.
 */
export function bufferItems(data: Uint8Array): { items: ItemTag[]; unreadCount: number } | undefined {
  const kinds = data[0];
  if (kinds === undefined) return undefined;
  const start = kinds & withExtension ? 2 : 1;
  if (data.length < start + 2) return undefined;
  const count = data[start]! * 256 + data[start + 1]!;
  const items: ItemTag[] = [];
  let unreadCount = 0;
  let at = start + 2;
  for (let record = 0; record < count; record += 1) {
    const size = at + 2 > data.length ? 0 : data[at]! * 256 + data[at + 1]!;
    if (size < 2 || at + size > data.length) return { items, unreadCount: unreadCount + count - record };
    const item = recordItem(data.subarray(at + 2, at + size), kinds);
    if (item === 'cut') unreadCount += 1;
    else if (item !== undefined) items.push(item);
    at += size;
  }
  return { items, unreadCount };
}

/** `TR-TYP IDDIB IDD-LEN IDD`, then what TR-DATA1 announces, in the order blocks, time, date, antenna. */
function recordItem(record: Uint8Array, kinds: number): ItemTag | 'cut' | undefined {
  if ((kinds & withIdentity) === 0) return undefined;
  const type = record[0];
  const uidBytes = record[2];
  if (type === undefined || uidBytes === undefined || record.length < 3 + uidBytes) return 'cut';
  const uhf = (type & 0xc0) === 0x80;
  if ((type !== trTypeIso15693 && !uhf) || uidBytes < 4 || uidBytes > 62) return undefined;
  const item: ItemTag = { uid: hex(record.subarray(3, 3 + uidBytes)), technology: uhf ? 'epc' : 'iso15693' };
  let at = 3 + uidBytes;
  if (kinds & withBlocks) {
    if (record.length < at + 3) return 'cut';
    at += 3 + (record[at]! * 256 + record[at + 1]!) * record[at + 2]!;
  }
  if (kinds & withTime) at += 4;
  if (kinds & withDate) at += 5;
  if ((kinds & withAntenna) === 0) return item;
  const antennas = record[at];
  if (antennas === undefined) return 'cut';
  // one bit per antenna; of several that heard it the first is told
  return antennas === 0 ? item : { ...item, antenna: 1 + Math.log2(antennas & -antennas) };
}

/** `DSFID UID[8] AFI MEM-SIZE[2] IC-REF`. The sizes are those of ISO 15693-3, one less than they mean, sent most significant byte first. */
export function systemInfo(
  data: Uint8Array,
): { uid: string; dsfid: number; afi: number; blockBytes: number; blockCount: number; icReference: number } | undefined {
  if (data.length < 13) return undefined;
  return {
    uid: hex(data.subarray(1, 9)),
    dsfid: data[0]!,
    afi: data[9]!,
    blockBytes: (data[10]! & 0x1f) + 1,
    blockCount: data[11]! + 1,
    icReference: data[12]!,
  };
}

/**
 * `DB-N DB-SIZE {SEC-STATUS DB[DB-SIZE]}…`; blocks come most significant byte first and are turned round here unless `asStored`. undefined when these
 * are not the `count` blocks that were asked for.
 */
export function readBlocks(data: Uint8Array, { count, asStored }: { count: number; asStored: boolean }): Uint8Array | undefined {
  const blockBytes = data[1];
  if (data[0] !== count || blockBytes === undefined || data.length < 2 + count * (blockBytes + 1)) return undefined;
  const memory = new Uint8Array(count * blockBytes);
  for (let block = 0; block < count; block += 1) {
    const from = 2 + block * (blockBytes + 1) + 1;
    memory.set(turned(data.subarray(from, from + blockBytes), asStored), block * blockBytes);
  }
  return memory;
}

/** Data of addressed requests: `<sub-command> MODE UID …`. */
export function tagRequest(command: number, uid: string, tail: readonly number[] = []): Uint8Array {
  return Uint8Array.of(command, 0x01, ...unhex(uid), ...tail);
}

/** `DB_ADR DB-N DB-SIZE DB…`. */
export function writeBlocksRequest(
  uid: string,
  { first, data, blockBytes, asStored }: { first: number; data: Uint8Array; blockBytes: number; asStored: boolean },
): Uint8Array {
  const blocks: number[] = [];
  for (let at = 0; at < data.length; at += blockBytes) blocks.push(...turned(data.subarray(at, at + blockBytes), asStored));
  return tagRequest(isoCommands.writeBlocks, uid, [first, data.length / blockBytes, blockBytes, ...blocks]);
}

function turned(block: Uint8Array, asStored: boolean): Uint8Array {
  return asStored ? block : Uint8Array.from(block).reverse();
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join('');
}

function unhex(text: string): number[] {
  return (text.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
}
