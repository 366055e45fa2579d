/** Whole lines out of text that arrives in pieces. Pure. */

/** `rest` is what has no end yet. `tooLong`: the unfinished line is longer than `maxBytes` and will never be taken; the sender is not one of ours. */
export function cutLines(text: string, maxBytes: number): { lines: string[]; rest: string; tooLong: boolean } {
  const parts = text.split('\n');
  const rest = parts.pop()!;
  return { lines: parts.filter((line) => line !== ''), rest, tooLong: rest.length > maxBytes };
}
