/**
 * ISO 28560-3: a basic block of 34 bytes (32 on small tags), then extension blocks. Byte 0 version and usage, 1 and 2 parts, 3..18 primary item id
 * (UTF-8, padded with zeros), 19..20 CRC least significant byte first, 21..33 ISIL without its hyphen. Implementations disagree about the order
 * of the nibbles and of the parts: what is read is told apart by what is possible, what is written follows the site's profile. Sources: README.md. Pure.
 */
import { crc16CcittFalse } from '../../drivers/crc16.ts';
import type { LibraryItem } from './library-item.ts';

/** How this site's other systems write tags. */
export type Format3Profile = {
  /** Byte 0: version in the high nibble (libdanrfid), or usage there (Bibliotheca). */
  firstByte: 'version-high' | 'usage-high';
  /** Bytes 1 and 2: how many parts, then which one (libdanrfid), or the other way round. */
  parts: 'count-first' | 'number-first';
};
export const usualProfile: Format3Profile = { firstByte: 'version-high', parts: 'count-first' };

export type Extension = { id: number; data: Uint8Array; strings: string[] };
export type Format3Tag = {
  item: LibraryItem;
  /** The reader had turned each block round. */
  turned: boolean;
  extensions: Extension[];
};

const basicBytes = 34;
const smallTagBytes = 32;
const version = 1;
const idAt = 3;
const idBytes = 16;
const crcAt = 19;
const isilAt = 21;
/** Blocks of an extension list: three are in use, the space of a tag holds no more than this. */
const maxExtensions = 16;

/**
 * undefined when no order of the blocks gives a right CRC, or the item has no number. `memory` is the user memory from block 0, at least 32 bytes.
 */
export function decodeFormat3(
  memory: Uint8Array,
  { blockBytes = 4, profile = usualProfile }: { blockBytes?: number; profile?: Format3Profile } = {},
): Format3Tag | undefined {
  if (memory.length < smallTagBytes) return undefined;
  for (const turned of [false, true]) {
    const bytes = turned ? turnedBlocks(memory, blockBytes) : memory;
    if (crcOf(bytes) !== bytes[crcAt]! + bytes[crcAt + 1]! * 256) continue;
    const item = itemOf(bytes, profile);
    if (item !== undefined) return { item, turned, extensions: extensionsOf(bytes) };
  }
  return undefined;
}

function itemOf(bytes: Uint8Array, profile: Format3Profile): LibraryItem | undefined {
  const primaryItemId = text(bytes.subarray(idAt, idAt + idBytes));
  if (primaryItemId === undefined || primaryItemId === '') return undefined;
  const isil = isilOf(bytes.subarray(isilAt, Math.min(bytes.length, basicBytes)));
  return {
    primaryItemId,
    usage: usageOf(bytes[0]!, profile),
    ...partsOf(bytes[1]!, bytes[2]!, profile),
    ...(isil === undefined ? {} : { ownerIsil: isil }),
  };
}

/** The version is 1 so far: a nibble that is not 1 is the usage. */
function usageOf(first: number, { firstByte }: Format3Profile): number {
  const [high, low] = [first >> 4, first & 0x0f];
  if (high === version && low !== version) return low;
  if (low === version && high !== version) return high;
  return firstByte === 'version-high' ? low : high;
}

/** A part number is never larger than the count of parts. */
function partsOf(one: number, two: number, { parts }: Format3Profile): { partNumber?: number; partCount?: number } {
  if (one === 0 && two === 0) return {};
  const countFirst = one === two ? parts === 'count-first' : one > two;
  return countFirst ? { partCount: one, partNumber: two } : { partCount: two, partNumber: one };
}

/** Two letters of country, then the library; the hyphen between them is not written. */
function isilOf(bytes: Uint8Array): string | undefined {
  const all = text(bytes);
  return all === undefined || all.length < 3 ? undefined : `${all.slice(0, 2)}-${all.slice(2)}`;
}

/** `LEN ID[2] XOR DATA`: LEN counts the whole block, all bytes exclusive-or'ed give 0; a LEN of 0 ends the list, a wrong one as well. */
function extensionsOf(bytes: Uint8Array): Extension[] {
  const found: Extension[] = [];
  for (let at = basicBytes; at < bytes.length && found.length < maxExtensions; ) {
    const size = bytes[at]!;
    const block = bytes.subarray(at, at + size);
    if (size < 4 || block.length < size || block.reduce((sum, byte) => sum ^ byte, 0) !== 0) break;
    const data = block.slice(4);
    found.push({ id: block[1]! + block[2]! * 256, data, strings: stringsOf(data) });
    at += size;
    // a list of strings may end with a zero that its length does not count
    if (bytes[at] === 0 && data.length > 0 && data.at(-1) !== 0 && (bytes[at + 1] ?? 0) !== 0) at += 1;
  }
  return found;
}

function stringsOf(data: Uint8Array): string[] {
  const strings: string[] = [];
  for (let from = 0; from < data.length; ) {
    const end = data.indexOf(0, from);
    strings.push(text(data.subarray(from, end === -1 ? data.length : end)) ?? '');
    from = end === -1 ? data.length : end + 1;
  }
  return strings;
}

/** The basic block for a tag of `tagBytes`: 34 bytes, or 32 where there are no more. Throws RangeError when something does not fit. */
export function encodeFormat3(
  { primaryItemId, ownerIsil = '', usage = 1, partNumber = 1, partCount = 1 }: LibraryItem,
  { tagBytes, profile = usualProfile }: { tagBytes: number; profile?: Format3Profile },
): Uint8Array {
  if (tagBytes < smallTagBytes) throw new RangeError(`a tag of ${tagBytes} bytes is too small; 32 are needed`);
  const id = new TextEncoder().encode(primaryItemId);
  if (id.length === 0 || id.length > idBytes || id.includes(0)) throw new RangeError('a primary item id has 1 to 16 bytes');
  const size = Math.min(tagBytes, basicBytes);
  const [, country, library] = /^([A-Z]{2})-([A-Za-z0-9:/-]{1,11})$/.exec(ownerIsil) ?? [];
  if (ownerIsil !== '' && (library === undefined || library.length > size - isilAt - 2))
    throw new RangeError(`an ISIL on this tag has two letters, a hyphen and at most ${size - isilAt - 2} characters`);
  if (!between(usage, 0, 15) || !between(partCount, 1, 255) || !between(partNumber, 1, partCount))
    throw new RangeError('usage is 0 to 15, and a part is one of its count');
  const bytes = new Uint8Array(size);
  const parts = profile.parts === 'count-first' ? [partCount, partNumber] : [partNumber, partCount];
  bytes.set([profile.firstByte === 'version-high' ? (version << 4) | usage : (usage << 4) | version, ...parts]);
  bytes.set(id, idAt);
  bytes.set(new TextEncoder().encode(`${country ?? ''}${library ?? ''}`), isilAt);
  const crc = crcOf(bytes);
  bytes.set([crc & 0xff, crc >> 8], crcAt);
  return bytes;
}

/** Over 34 bytes without the CRC's own two; on a small tag the missing ones count as zeros. */
export function crcOf(bytes: Uint8Array): number {
  const covered = new Uint8Array(basicBytes - 2);
  covered.set(bytes.subarray(0, crcAt));
  covered.set(bytes.subarray(isilAt, Math.min(bytes.length, basicBytes)), crcAt);
  return crc16CcittFalse(covered);
}

function turnedBlocks(memory: Uint8Array, blockBytes: number): Uint8Array {
  const bytes = new Uint8Array(memory.length);
  for (let at = 0; at < memory.length; at += blockBytes) bytes.set(Uint8Array.from(memory.subarray(at, at + blockBytes)).reverse(), at);
  return bytes;
}

/** Up to the first zero; undefined when it is no UTF-8. */
function text(bytes: Uint8Array): string | undefined {
  const end = bytes.indexOf(0);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(end === -1 ? bytes : bytes.subarray(0, end));
  } catch {
    return undefined;
  }
}

function between(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
