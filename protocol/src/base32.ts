/** Crockford's base 32: no I, L, O, U, so that a code survives handwriting and the telephone. Source: crockford.com/base32.html. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The bits of `bytes`, five at a time from the left; bits that do not fill a character at the end are left out. */
export function crockford(bytes: Uint8Array): string {
  let text = '';
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(held >> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return text;
}

/** `ABCDEFGH` with size 4 becomes `ABCD-EFGH`. */
export function inGroups(text: string, size: number): string {
  const groups: string[] = [];
  for (let at = 0; at < text.length; at += size) groups.push(text.slice(at, at + size));
  return groups.join('-');
}
