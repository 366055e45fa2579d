/** Frames of UHFReader18 and UHFReader288 readers and what their answers carry. Shapes and sources: README.md. Pure. */
import type { ItemTag } from '@tramhoc/protocol/library';
import { crc16Mcrf4xx } from '../crc16.ts';
import { type Found, type Scanned, scanFrames } from '../frame-scan.ts';

export type Frame = { address: number; command: number; status: number; data: Uint8Array };
/** What an inventory answer looks like: the older readers tell EPCs only, the newer ones antenna and signal as well. */
export type Family = '18' | '288';

export const commands = { inventory: 0x01, readerInfo: 0x21 } as const;
export const anyAddress = 0xff;
/** LEN is one byte and does not count itself. */
export const maxFrameBytes = 256;
const minLength = 5;
const known: ReadonlySet<number> = new Set(Object.values(commands));

const statusMoreFrames = 0x03;
/** Done, time is up, more frames follow, memory is full. */
export const statusesOfTags: readonly number[] = [0x01, 0x02, statusMoreFrames, 0x04];
export const statusAntennaFault = 0xf8;
/** Tags answer, too weakly to be understood. */
export const statusWeakTags = 0xfa;
export const statusNoTags = 0xfb;
/** Wrong length, unknown command, wrong parameter: the reader is not of this family, or has no such antenna. */
export const statusesOfConfig: readonly number[] = [0xfd, 0xfe, 0xff];

/** Takes every whole answer out of `input`; `rest` is shorter than one frame. A frame that is none costs one byte, then the search goes on. */
export function decode(input: Uint8Array): Scanned<Frame> {
  return scanFrames(input, frameAt);
}

function frameAt(input: Uint8Array, at: number): Found<Frame> {
  const left = input.length - at;
  const length = input[at]!;
  if (length < minLength || (left > 2 && !known.has(input[at + 2]!))) return undefined;
  if (left < length + 1) return 'more';
  const end = at + length + 1;
  if (crc16Mcrf4xx(input, at, end - 2) !== input[end - 2]! + input[end - 1]! * 256) return undefined;
  const frame = { address: input[at + 1]!, command: input[at + 2]!, status: input[at + 3]!, data: input.slice(at + 4, end - 2) };
  return { frame, bytes: length + 1 };
}

export function encodeRequest({ address, command, data }: { address: number; command: number; data: Uint8Array }): Uint8Array {
  return framed([address, command, ...data]);
}

/** An answer as a reader sends it: for tests. */
export function encodeAnswer({ address, command, status, data }: Frame): Uint8Array {
  return framed([address, command, status, ...data]);
}

function framed(body: readonly number[]): Uint8Array {
  const bytes = Uint8Array.of(body.length + 2, ...body, 0, 0);
  const crc = crc16Mcrf4xx(bytes, 0, bytes.length - 2);
  bytes.set([crc & 0xff, crc >> 8], bytes.length - 2);
  return bytes;
}

/**
 * Data of an inventory for the 288 family: `Q SESSION MASK-MEM MASK-ADR[2] MASK-LEN TARGET ANT SCAN-TIME`. 2^q is about the count of tags; `antenna`
 * from 1; `scanTime` in tenths of a second.
 */
export function inventoryRequest(options: {
  q: number;
  session: number;
  maskBank?: number;
  target?: 0 | 1;
  antenna: number;
  scanTime: number;
}): Uint8Array {
  const { q, session, maskBank = 1, target = 0, antenna, scanTime } = options;
  return Uint8Array.of(q, session, maskBank, 0, 0, 0, target, 0x80 + antenna - 1, scanTime);
}

export type InventoryPart = { items: ItemTag[]; last: boolean };

/**
 * `COUNT {LEN EPC}…`, or in the 288 family `ANT COUNT {LEN EPC RSSI}…` with one bit per antenna. `last`: no frame of this inventory follows.
 * `fault`: the status with which the inventory ends instead; one that ends well is a fault where the data is cut. undefined when it is no inventory answer.
 */
export function inventoryPart(frame: Frame, family: Family): InventoryPart | { fault: number } | undefined {
  const { command, status, data } = frame;
  if (command !== commands.inventory) return undefined;
  if (status === statusNoTags || status === statusWeakTags) return { items: [], last: true };
  if (!statusesOfTags.includes(status)) return { fault: status };
  const newer = family === '288';
  const bits = newer ? (data[0] ?? 0) : 0;
  const count = data[newer ? 1 : 0];
  if (count === undefined) return { fault: status };
  const items: ItemTag[] = [];
  let at = newer ? 2 : 1;
  for (let entry = 0; entry < count; entry += 1) {
    const size = data[at];
    const end = at + 1 + (size ?? 0) + (newer ? 1 : 0);
    if (size === undefined || end > data.length) return { fault: status };
    if (size >= 4 && size <= 62) {
      const item: ItemTag = { uid: hex(data.subarray(at + 1, at + 1 + size)), technology: 'epc' };
      items.push(bits === 0 ? item : { ...item, antenna: 1 + Math.log2(bits & -bits) });
    }
    at = end;
  }
  return { items, last: status !== statusMoreFrames };
}

/** Type codes of readers that answer like the 18; the others that are known (0C, 0F, 10) answer like the 288. */
const olderTypes: ReadonlySet<number> = new Set([0x09]);

/** `VERSION[2] TYPE PROTOCOLS MAX-FREQUENCY MIN-FREQUENCY POWER SCAN-TIME …`. */
export function readerInfo({
  command,
  status,
  data,
}: Frame): { version: string; type: number; family: Family; powerDbm: number } | undefined {
  if (command !== commands.readerInfo || status !== 0 || data.length < 8) return undefined;
  const type = data[2]!;
  return { version: `${data[0]}.${data[1]}`, type, family: olderTypes.has(type) ? '18' : '288', powerDbm: data[6]! };
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join('');
}
