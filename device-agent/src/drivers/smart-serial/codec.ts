/** Lines of SMART boards. Shape and sources: README.md. */

export type Frame =
  /** `unasked`: the board tells of itself that something changed. `key` in lower case. */
  | { kind: 'value'; key: string; value: string; unasked: boolean }
  /** `invalid cmd`: not known, or not possible now. */
  | { kind: 'invalid' }
  /** It waits for a command. */
  | { kind: 'prompt' };
export type Decoded = { frames: Frame[]; rest: Uint8Array; skippedBytes: number };

/** Longer lines say nothing that this driver asks for. */
export const maxFrameBytes = 80;
const cr = 0x0d;
const lf = 0x0a;
const prompt = 0x3e;
/** From the start of the line, or behind noise: an echo (`set volume=20`) is no answer. */
const pattern = /(?:^|[^ -~])(?:(#?)([a-z]{3,16})=([ -<?-~]{1,48})|(invalid ?cmd)[ -~]*)$/i;
const text = new TextDecoder('latin1');

/** Takes every whole line and prompt out of `input`; `rest` is shorter than one line. Line ends are no noise, wherever they stand. */
export function decode(input: Uint8Array): Decoded {
  const frames: Frame[] = [];
  let from = 0;
  let skippedBytes = 0;
  for (let at = 0; at < input.length; at += 1) {
    const byte = input[at];
    if (byte !== cr && byte !== lf && byte !== prompt) continue;
    const start = Math.max(from, at - maxFrameBytes + 1);
    // what stands before a prompt without a line end is cut short
    const match = byte === prompt ? null : pattern.exec(text.decode(input.subarray(start, at)));
    if (match !== null) frames.push(frameOf(match));
    // the byte of noise before the match is part of it
    const noiseBytes = match === null ? at - start : match.index + (/^[ -~]/.test(match[0]) ? 0 : 1);
    skippedBytes += start - from + noiseBytes;
    if (byte === prompt) frames.push({ kind: 'prompt' });
    from = at + 1;
  }
  const keep = Math.max(from, input.length - maxFrameBytes + 1);
  return { frames, rest: new Uint8Array(input.subarray(keep)), skippedBytes: skippedBytes + keep - from };
}

function frameOf([, mark, key = '', value = '', invalid]: RegExpExecArray): Frame {
  if (invalid !== undefined) return { kind: 'invalid' };
  return { kind: 'value', key: key.toLowerCase(), value: value.trim(), unasked: mark === '#' };
}

/** `get powerstate` CR, `set powerstate=on` CR. Without a line feed: the boards take that for the beginning of the next command. */
export function encode({ key, value }: { key: string; value?: string }): Uint8Array {
  return new TextEncoder().encode(value === undefined ? `get ${key}\r` : `set ${key}=${value}\r`);
}
