/** Lines of PJLink class 1. Shapes and sources: README.md. */

export const queries = ['POWR', 'INPT', 'AVMT', 'ERST', 'LAMP', 'NAME', 'INF1', 'INF2'] as const;
export type Query = (typeof queries)[number];
/** A question (`?`) or the switching of the power: all that this driver ever sends. */
export type Command = { query: Query; parameter: '?' } | { query: 'POWR'; parameter: '0' | '1' };

export type Line =
  /** Sent by the projector on connecting; with `random` (8 hex digits) it wants a password. */
  | { kind: 'greeting'; random: string | undefined }
  | { kind: 'password-refused' }
  /** `value`: the answer, `OK`, or `ERR1` (unknown command) `ERR2` (out of parameter) `ERR3` (unavailable time) `ERR4` (failure). */
  | { kind: 'reply'; query: Query; value: string };
export type Decoded = { lines: Line[]; rest: Uint8Array; skippedBytes: number };

/** `%1NAME=`, a parameter of at most 128 bytes, CR. Specifications 2. */
export const maxLineBytes = 136;
const cr = 0x0d;
const utf8 = new TextDecoder();
const pattern = new RegExp(`%1(${queries.join('|')})=(.*)$|PJLINK (?:(0)|1 ([0-9a-f]{8})|(ERRA))$`, 'is');

/** Takes every whole line out of `input`; `rest` is shorter than one line. Lines that say nothing known, and noise before a line, are skipped. */
export function decode(input: Uint8Array): Decoded {
  const lines: Line[] = [];
  let from = 0;
  let skippedBytes = 0;
  for (let end = input.indexOf(cr); end >= 0; end = input.indexOf(cr, from)) {
    const start = Math.max(from, end - maxLineBytes + 1);
    const content = utf8.decode(input.subarray(start, end));
    const line = lineOf(content);
    skippedBytes += start - from;
    if (line === undefined) skippedBytes += end + 1 - start;
    else {
      lines.push(line.line);
      skippedBytes += new TextEncoder().encode(content.slice(0, line.at)).length;
    }
    from = end + 1;
  }
  const keep = Math.max(from, input.length - maxLineBytes + 1);
  return { lines, rest: new Uint8Array(input.subarray(keep)), skippedBytes: skippedBytes + keep - from };
}

function lineOf(text: string): { at: number; line: Line } | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, query, value, open, random, refused] = match;
  if (query !== undefined && value !== undefined)
    return { at: match.index, line: { kind: 'reply', query: query.toUpperCase() as Query, value: value.replace(/^ERR/i, 'ERR') } };
  if (refused !== undefined) return { at: match.index, line: { kind: 'password-refused' } };
  if (open !== undefined || random !== undefined) return { at: match.index, line: { kind: 'greeting', random } };
  return undefined;
}

/** `digest` in front of the first command of a connection that wants a password: MD5 of random number and password, 32 hex digits. */
export function encode({ query, parameter }: Command, digest = ''): string {
  return `${digest}%1${query} ${parameter}\r`;
}
