/** Lines of PJLink, class 1 and 2. Shapes and sources: README.md. */

/** Answered by every device. */
export const class1Queries = ['POWR', 'INPT', 'AVMT', 'ERST', 'LAMP', 'NAME', 'INF1', 'INF2', 'CLSS'] as const;
/** Added by class 2; SVOL and MVOL only step the volume up or down. */
export const class2Queries = ['SNUM', 'SVER', 'INNM', 'IRES', 'FILT', 'FREZ', 'SVOL', 'MVOL'] as const;
export const queries = [...class1Queries, ...class2Queries] as const;
export type Query = (typeof queries)[number];
/** `class` is how the command is written (`%1`, `%2`): INPT exists in both. */
export type Command =
  | { class: 1 | 2; query: Query; parameter: '?' }
  /** Name of one input, e.g. `?31`. */
  | { class: 2; query: 'INNM'; parameter: `?${string}` }
  | { class: 1; query: 'POWR'; parameter: '0' | '1' }
  | { class: 1 | 2; query: 'INPT'; parameter: string }
  /** Picture and sound. */
  | { class: 1; query: 'AVMT'; parameter: '30' | '31' }
  | { class: 2; query: 'FREZ' | 'SVOL' | 'MVOL'; parameter: '0' | '1' };

export type Line =
  /** Sent by the projector on connecting; with `random` (8 hex digits) it wants a password. */
  | { kind: 'greeting'; random: string | undefined }
  /** Answer to secureGreeting: the random number (32 hex digits) of the SHA-256 procedure. */
  | { kind: 'secure-greeting'; random: string }
  | { kind: 'password-refused' }
  /** `value`: the answer, `OK`, or `ERR1` (unknown command) `ERR2` (out of parameter) `ERR3` (unavailable time) `ERR4` (failure). */
  | { kind: 'reply'; query: Query; value: string };
export type Decoded = { lines: Line[]; rest: Uint8Array; skippedBytes: number };

/** Asks for the SHA-256 procedure. Class 2 version 2.10, 5.1 (1-2). */
export const secureGreeting = 'PJLINK 2\r';

/** `%1NAME=`, a parameter of at most 128 bytes, CR. Specifications 2. */
export const maxLineBytes = 136;
const cr = 0x0d;
const utf8 = new TextDecoder();
/** One character a byte, so that places in the text are places in the line. */
const latin1 = new TextDecoder('latin1');
const pattern = new RegExp(`%[12](${queries.join('|')})=(.*)$|PJLINK (?:(0)|1 ([0-9a-f]{8})|2 ([0-9a-f]{32})|(ERRA))$`, 'is');

/** Takes every whole line out of `input`; `rest` is shorter than one line. Lines that say nothing known, and noise before a line, are skipped. */
export function decode(input: Uint8Array): Decoded {
  const lines: Line[] = [];
  let from = 0;
  let skippedBytes = 0;
  for (let end = input.indexOf(cr); end >= 0; end = input.indexOf(cr, from)) {
    const start = Math.max(from, end - maxLineBytes + 1);
    const line = lineIn(input.subarray(start, end));
    skippedBytes += start - from;
    if (line === undefined) skippedBytes += end + 1 - start;
    else {
      lines.push(line.line);
      skippedBytes += line.at;
    }
    from = end + 1;
  }
  const keep = Math.max(from, input.length - maxLineBytes + 1);
  return { lines, rest: new Uint8Array(input.subarray(keep)), skippedBytes: skippedBytes + keep - from };
}

function lineIn(bytes: Uint8Array): { at: number; line: Line } | undefined {
  const match = pattern.exec(latin1.decode(bytes));
  if (match === null) return undefined;
  const at = match.index;
  const [whole, query, raw, open, random, secureRandom, refused] = match;
  if (query !== undefined && raw !== undefined) {
    const value = utf8.decode(bytes.subarray(at + whole.length - raw.length));
    return { at, line: { kind: 'reply', query: query.toUpperCase() as Query, value: value.replace(/^ERR/i, 'ERR') } };
  }
  if (refused !== undefined) return { at, line: { kind: 'password-refused' } };
  if (secureRandom !== undefined) return { at, line: { kind: 'secure-greeting', random: secureRandom } };
  if (open !== undefined || random !== undefined) return { at, line: { kind: 'greeting', random } };
  return undefined;
}

/** `prefix` in front of the first command of a connection that wants a password; what it is: password-proof.ts. */
export function encode({ class: written, query, parameter }: Command, prefix = ''): string {
  return `${prefix}%${written}${query} ${parameter}\r`;
}
