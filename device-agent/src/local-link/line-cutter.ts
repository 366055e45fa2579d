/** Cuts a stream of bytes into lines, with a limit on what one line may keep back. */

export type LineCutter = {
  /** The whole lines in what has come so far, without their ends; undefined when a line grew beyond the limit. */
  push(chunk: Uint8Array): string[] | undefined;
  /** Bytes of the line that has not ended. */
  readonly keptBytes: number;
};

/** `maxBytes`: of one line, its end not counted. */
export function lineCutter(maxBytes: number): LineCutter {
  let kept: Buffer = Buffer.alloc(0);
  return {
    push(chunk) {
      const bytes = kept.length === 0 ? Buffer.from(chunk) : Buffer.concat([kept, chunk]);
      const lines: string[] = [];
      let from = 0;
      for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, from)) {
        if (end - from > maxBytes) return undefined;
        lines.push(bytes.toString('utf8', from, end));
        from = end + 1;
      }
      kept = Buffer.from(bytes.subarray(from));
      return kept.length > maxBytes ? undefined : lines;
    },
    get keptBytes() {
      return kept.length;
    },
  };
}
