/**
 * Card numbers as schools have them in their lists, to the number that readers give (upper-case hex, big-endian).
 *   14008EC793, 14:00:8E:C7:93, 0x14008ec793   the UID in hex: 4, 5, 7, 8 or 10 bytes
 *   85908703123                                the whole 5-byte number of an EM4100 card in decimal: 11 to 13 digits
 *   qr:HS-0001                                 the text of a printed code
 *   PIN:1023                                   the person's number in the attendance terminals (fingerprint, face, card): letters and digits
 * The ten digits printed on EM4100 cards (0009357203) are only the last four of the five bytes: the version byte is missing, and a keyed hash
 * cannot be searched for the 256 possible ones. Eight or ten digits without a letter are therefore refused, unless the same list has numbers with
 * letters, which shows that the column is hex; ten digits that begin with 000 are refused even then. `0x` before a number says that it is hex.
 */
import { CardUid } from '@tramhoc/protocol/ids';
import { pinNumber } from '@tramhoc/protocol/terminal-punch';

const uidBytes = new Set([4, 5, 7, 8, 10]);
const fiveBytes = 2n ** 40n;
export type CardNumber = { ok: true; number: string } | { ok: false; reason: string };

/** True when the text can be nothing but hex. */
export function isPlainlyHex(text: string): boolean {
  return /[a-f]/i.test(text) && hexOf(text) !== undefined;
}

export function readCardNumber(text: string, { columnIsHex }: { columnIsHex: boolean }): CardNumber {
  const trimmed = text.trim();
  if (/^qr:/i.test(trimmed)) {
    const code = trimmed.slice(3).trim();
    return code.length > 0 && code.length <= 200
      ? { ok: true, number: code }
      : { ok: false, reason: 'the printed code after qr: is empty or too long' };
  }
  if (/^pin:/i.test(trimmed)) {
    const number = pinNumber(trimmed.slice(4));
    return number === undefined
      ? { ok: false, reason: 'not a terminal number: give PIN: and the number as it stands in the attendance terminal, e.g. PIN:1023' }
      : { ok: true, number };
  }
  if (/^\d{11,13}$/.test(trimmed)) {
    const value = BigInt(trimmed);
    if (value >= fiveBytes) return { ok: false, reason: 'this number is larger than five bytes; give the UID in hex, e.g. 14008EC793' };
    return { ok: true, number: value.toString(16).toUpperCase().padStart(10, '0') };
  }
  const hex = hexOf(trimmed);
  if (hex === undefined)
    return {
      ok: false,
      reason:
        'not a card number: give the UID in hex (e.g. 14008EC793), the whole 5-byte number in decimal, or PIN:1023 for an attendance terminal',
    };
  const ambiguous = /^\d{8}$|^\d{10}$/.test(trimmed);
  if (ambiguous && (!columnIsHex || /^000\d{7}$/.test(trimmed)))
    return {
      ok: false,
      reason:
        'these digits may be the number printed on the card, which lacks its first byte: give the UID in hex with 0x before it (e.g. 0x14008EC793), ' +
        'or the whole 5-byte number in decimal (11 to 13 digits)',
    };
  return { ok: true, number: CardUid.parse(hex) };
}

function hexOf(text: string): string | undefined {
  const digits = text.replace(/^0x/i, '').replace(/[:\s-]/g, '');
  return /^[0-9a-f]+$/i.test(digits) && digits.length % 2 === 0 && uidBytes.has(digits.length / 2) ? digits.toUpperCase() : undefined;
}
