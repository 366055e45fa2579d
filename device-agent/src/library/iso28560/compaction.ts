/** How ISO/IEC 15962 and ISO 28560-2 pack texts, read back. undefined where bytes are nothing that was packed so. Sources: README.md. Pure. */

/** Codes of the precursor, bits 6 to 4. */
export type Compaction = 'application' | 'integer' | 'numeric' | '5-bit' | '6-bit' | '7-bit' | 'octets' | 'utf-8';
export const compactions: readonly Compaction[] = ['application', 'integer', 'numeric', '5-bit', '6-bit', '7-bit', 'octets', 'utf-8'];

/** `application` is not known here: see isilText. */
export function unpacked(bytes: Uint8Array, compaction: Compaction): string | undefined {
  switch (compaction) {
    case 'application':
      return undefined;
    case 'integer':
      // 19 digits fit into 8 bytes
      return bytes.length === 0 || bytes.length > 8 ? undefined : bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n).toString();
    case 'numeric':
      return numeric(bytes);
    case '5-bit':
      return codes(bytes, 5, { pad: 0 }).map(fiveBit).join('');
    case '6-bit':
      return codes(bytes, 6, { pad: 0x20 }).map(sixBit).join('');
    case '7-bit':
      return codes(bytes, 7, { pad: 0x7f }).map(character).join('');
    case 'octets':
      return [...bytes].map(character).join('');
    case 'utf-8':
      return utf8(bytes);
    default:
      return compaction satisfies never;
  }
}

/** Two digits in a byte, the last may be F. */
function numeric(bytes: Uint8Array): string | undefined {
  const digits = [...bytes].flatMap((byte) => [byte >> 4, byte & 0x0f]);
  if (digits.at(-1) === 0x0f) digits.pop();
  return digits.length === 0 || digits.some((digit) => digit > 9) ? undefined : digits.join('');
}

/** Codes of `width` bits from the left. Bits that fill the last byte may look like one code more: then it is `pad`. */
function codes(bytes: Uint8Array, width: number, { pad }: { pad: number }): number[] {
  const found: number[] = [];
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= width) {
      bits -= width;
      found.push((held >> bits) & ((1 << width) - 1));
      held &= (1 << bits) - 1;
    }
  }
  // 8 bits at most fill up, so that one whole code more may be there
  if (found.at(-1) === pad && (found.length - 1) * width > (bytes.length - 1) * 8) found.pop();
  return found;
}

const character = (code: number): string => String.fromCharCode(code);
/** 41 to 5F. */
const fiveBit = (code: number): string => character(0x40 | code);
/** 20 to 5F: codes with the high bit are digits and signs. */
const sixBit = (code: number): string => character(code >= 0x20 ? code : 0x40 | code);

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

type IsilSet = 'upper' | 'lower' | 'digit';
/** In every set the four highest codes lead to the others: for good, or for one character. */
const moves: Readonly<Record<IsilSet, readonly [IsilSet, IsilSet]>> = {
  upper: ['lower', 'digit'],
  lower: ['upper', 'digit'],
  digit: ['upper', 'lower'],
};

/**
 * An ISIL as ISO 28560-2 packs it: capitals and small letters of 5 bits, digits of 4. 1 to 26 are letters, 0 is the hyphen (10 among the digits), 27 is
 * `:` among capitals and `/` among small letters. What is left at the end is filled with ones.
 */
export function isilText(bytes: Uint8Array): string | undefined {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  let set: IsilSet = 'upper';
  let once: IsilSet | undefined;
  let found = '';
  for (let at = 0; at < bits.length; ) {
    const now: IsilSet = once ?? set;
    const width = now === 'digit' ? 4 : 5;
    if (at + width > bits.length) break;
    const code = Number.parseInt(bits.slice(at, at + width), 2);
    at += width;
    const move: number = code - (now === 'digit' ? 12 : 28);
    once = undefined;
    if (move >= 0) {
      const target: IsilSet = moves[now][move >> 1]!;
      if (move % 2 === 0) set = target;
      else once = target;
      continue;
    }
    const letter = now === 'digit' ? '0123456789-'[code] : isilLetter(code, now);
    if (letter === undefined) return undefined;
    found += letter;
  }
  // ISO 15511 allows 11 characters behind the hyphen, libraries in use have more
  return /^[A-Za-z]{1,4}-[A-Za-z0-9:/-]{1,20}$/.test(found) ? found : undefined;
}

function isilLetter(code: number, set: 'upper' | 'lower'): string {
  if (code === 0) return '-';
  if (code === 27) return set === 'upper' ? ':' : '/';
  return character((set === 'upper' ? 0x40 : 0x60) + code);
}

/** Three characters in two bytes: 1600 a + 40 b + c + 1. URN Code 40, ISO/TS 28560-4 and GB/T 35660: ids in the EPC memory of UHF tags. */
export function urnCode40(bytes: Uint8Array): string | undefined {
  const alphabet = '\0ABCDEFGHIJKLMNOPQRSTUVWXYZ-.:0123456789';
  if (bytes.length === 0 || bytes.length % 2 !== 0) return undefined;
  let found = '';
  for (let at = 0; at < bytes.length; at += 2) {
    const value = bytes[at]! * 256 + bytes[at + 1]!;
    // above begin long forms: digits in a row, other alphabets
    if (value === 0 || value > 64_000) return undefined;
    const three = value - 1;
    found += alphabet[Math.floor(three / 1_600)]! + alphabet[Math.floor(three / 40) % 40]! + alphabet[three % 40]!;
  }
  return found.replace(/\0+$/, '');
}
