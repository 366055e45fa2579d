/** Frames of RDM6300 readers. Shape and sources: README.md. */
import { CardUid } from '@tramhoc/protocol/ids';
import { type Found, type Scanned, scanFrames } from '../frame-scan.ts';

/** How a reader computes its check byte: makers differ, see README.md, Protocol source. */
export type ChecksumKind = 'xor' | 'sum';

export const frameBytes = 14;
const stx = 0x02;
const etx = 0x03;
const uidBytes = 5;

/** Takes every whole frame out of `input`; `rest` is shorter than one frame (14 bytes). */
export function decode(input: Uint8Array, checksum: ChecksumKind): Scanned<CardUid> {
  return scanFrames(input, (bytes, at): Found<CardUid> => {
    if (bytes[at] !== stx) return undefined;
    if (bytes.length - at < frameBytes) return 'more';
    const uid = frameUid(bytes.subarray(at, at + frameBytes), checksum);
    return uid === undefined ? undefined : { frame: uid, bytes: frameBytes };
  });
}

/** STX, ten hex digits (version byte, four tag bytes, big endian), two hex digits of checksum, ETX; undefined when anything of that is wrong. */
function frameUid(frame: Uint8Array, checksum: ChecksumKind): CardUid | undefined {
  if (frame[frameBytes - 1] !== etx) return undefined;
  const bytes: number[] = [];
  for (let at = 1; at < frameBytes - 1; at += 2) {
    const high = hexDigit(frame[at]!);
    const low = hexDigit(frame[at + 1]!);
    if (high === undefined || low === undefined) return undefined;
    bytes.push(high * 16 + low);
  }
  const uid = bytes.slice(0, uidBytes);
  if (checksumOf(uid, checksum) !== bytes[uidBytes]) return undefined;
  return CardUid.parse(uid.map(hexByte).join(''));
}

/** The frame that a reader sends for `uid` (5 bytes). */
export function encode(uid: CardUid, checksum: ChecksumKind): Uint8Array {
  const bytes = (uid.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  const digits = `${uid}${hexByte(checksumOf(bytes, checksum))}`;
  return Uint8Array.of(stx, ...[...digits].map((digit) => digit.charCodeAt(0)), etx);
}

function checksumOf(bytes: readonly number[], checksum: ChecksumKind): number {
  return bytes.reduce((sum, byte) => (checksum === 'xor' ? sum ^ byte : (sum + byte) & 0xff), 0);
}

function hexDigit(code: number): number | undefined {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  if (code >= 0x41 && code <= 0x46) return code - 0x41 + 10;
  if (code >= 0x61 && code <= 0x66) return code - 0x61 + 10;
  return undefined;
}

const hexByte = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, '0');
