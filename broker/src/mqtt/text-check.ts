/**
 * Strings of MQTT where they stand in the packet, looked at without decoding them: UTF-8, topic names, topic filters.
 * Source: MQTT 3.1.1, 1.5.3 and 4.7. Pure.
 */

/** Clauses of MQTT 3.1.1 that a text can break; they are the label of a counter. */
export type TextClause = 'MQTT-1.5.3-1' | 'MQTT-1.5.3-2' | 'MQTT-1.5.3' | 'MQTT-4.7.1-1' | 'MQTT-4.7.1-2' | 'MQTT-4.7.1-3' | 'MQTT-4.7.3-1';
export type TextKind = 'text' | 'topic' | 'filter';

const plus = 0x2b;
const slash = 0x2f;
const hash = 0x23;

/** The clause that the text in `bytes[from, to)` breaks, or undefined. A topic name or filter has at least one character. */
export function textFault(bytes: Uint8Array, { from, to, kind }: { from: number; to: number; kind: TextKind }): TextClause | undefined {
  if (kind !== 'text' && from === to) return 'MQTT-4.7.3-1';
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at]!;
    if (byte >= 0x80) {
      const width = characterBytes(bytes, at, to);
      if (width === 0) return 'MQTT-1.5.3-1';
      // 1.5.3 leaves it to the receiver to refuse control characters and what Unicode says is no character: they only hide things in logs
      if (isOddCharacter(bytes, at, width)) return 'MQTT-1.5.3';
      at += width - 1;
    } else if (byte < 0x20 || byte === 0x7f) return byte === 0 ? 'MQTT-1.5.3-2' : 'MQTT-1.5.3';
    else if ((byte === plus || byte === hash) && kind !== 'text') {
      if (kind === 'topic') return 'MQTT-4.7.1-1';
      const opens = at === from || bytes[at - 1] === slash;
      if (byte === hash && (!opens || at !== to - 1)) return 'MQTT-4.7.1-2';
      if (byte === plus && (!opens || (at !== to - 1 && bytes[at + 1] !== slash))) return 'MQTT-4.7.1-3';
    }
  }
  return undefined;
}

/** Bytes of the character that begins at `at`, 0 when it is no UTF-8: cut off, overlong, a surrogate or above U+10FFFF (RFC 3629, section 4). */
function characterBytes(bytes: Uint8Array, at: number, to: number): number {
  const first = bytes[at]!;
  const width = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + width > to) return 0;
  const second = bytes[at + 1]!;
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return 0;
  for (let next = at + 2; next < at + width; next += 1) if ((bytes[next]! & 0xc0) !== 0x80) return 0;
  return width;
}

/** U+0080 to U+009F, U+FDD0 to U+FDEF, and the last two of every plane (U+FFFE, U+FFFF, U+1FFFE...). */
function isOddCharacter(bytes: Uint8Array, at: number, width: number): boolean {
  if (width === 2) return bytes[at] === 0xc2 && bytes[at + 1]! < 0xa0;
  const last = bytes[at + width - 1]!;
  const before = bytes[at + width - 2]!;
  if (width === 3) {
    if (bytes[at] !== 0xef) return false;
    return (before === 0xbf && last >= 0xbe) || (before === 0xb7 && last >= 0x90 && last <= 0xaf);
  }
  return before === 0xbf && last >= 0xbe && (bytes[at + 1]! & 0x0f) === 0x0f;
}
