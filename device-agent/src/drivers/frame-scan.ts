/** Finding frames in a stream of bytes; what a frame looks like is the codec's. */

/** `more`: what is there can still become a frame. undefined: no frame begins here. */
export type Found<Frame> = { frame: Frame; bytes: number } | 'more' | undefined;
export type Scanned<Frame> = { frames: Frame[]; rest: Uint8Array; skippedBytes: number };

/** Takes every whole frame out of `input`; `rest` begins where `frameAt` wants more. */
export function scanFrames<Frame>(input: Uint8Array, frameAt: (input: Uint8Array, at: number) => Found<Frame>): Scanned<Frame> {
  const frames: Frame[] = [];
  let at = 0;
  let skippedBytes = 0;
  while (at < input.length) {
    const found = frameAt(input, at);
    if (found === 'more') break;
    if (found === undefined) {
      at += 1;
      skippedBytes += 1;
      continue;
    }
    frames.push(found.frame);
    at += found.bytes;
  }
  return { frames, rest: new Uint8Array(input.subarray(at)), skippedBytes };
}
