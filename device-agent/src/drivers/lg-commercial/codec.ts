/** Lines of LG's commercial displays. Shape and sources: README.md. */

/** `command`: the second letter of the command that is answered. `data`: hex digits, in lower case whatever was sent. */
export type Frame = { setId: number; command: string; ok: boolean; data: string };
export type Decoded = { frames: Frame[]; rest: Uint8Array; skippedBytes: number };

/** `a 001 OK` and up to 20 hex digits, `x`. */
export const maxFrameBytes = 32;
const end = 'x'.charCodeAt(0);
const pattern = /([a-z]) ([0-9a-f]{2,3}) (ok(?=[0-9a-f])|ng)([0-9a-f]{0,20})x$/;
const text = new TextDecoder('latin1');

/** Takes every whole answer out of `input`; `rest` is shorter than one answer. Some sets put a line end behind the `x`: it is passed over. */
export function decode(input: Uint8Array): Decoded {
  const frames: Frame[] = [];
  let from = 0;
  let skippedBytes = 0;
  for (let at = input.indexOf(end); at >= 0; at = input.indexOf(end, from)) {
    const start = Math.max(from, at - maxFrameBytes + 1);
    const content = text.decode(input.subarray(start, at + 1)).toLowerCase();
    const match = pattern.exec(content);
    if (match === null) skippedBytes += at + 1 - from;
    else {
      const [, command = '', setId = '', result, data = ''] = match;
      frames.push({ command, setId: Number.parseInt(setId, 16), ok: result === 'ok', data });
      skippedBytes += start - from + content.slice(0, match.index).replace(/^[\r\n]+/, '').length;
    }
    from = at + 1;
  }
  const keep = Math.max(from, input.length - maxFrameBytes + 1);
  return { frames, rest: new Uint8Array(input.subarray(keep)), skippedBytes: skippedBytes + keep - from };
}

/** `ka 01 ff` CR: two letters, the set in two hex digits (three above 255), data in two hex digits; `ff` asks. */
export function encode({ command, setId, data }: { command: string; setId: number; data: number }): Uint8Array {
  const hex = (value: number): string => value.toString(16).padStart(2, '0');
  return new TextEncoder().encode(`${command} ${hex(setId)} ${hex(data)}\r`);
}
