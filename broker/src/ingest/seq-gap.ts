/** What has arrived of one outbox: the highest seq and the ranges below it that have not. Pure. */
import { z } from 'zod';

/** `open`: seen; `reported`: the centre has been told; `declared`: the device itself said that it gave these up. All may still arrive. */
const Gap = z.object({ from: z.int(), to: z.int(), state: z.enum(['open', 'reported', 'declared']) });
export type Gap = z.infer<typeof Gap>;
export const Gaps = z.array(Gap);

/** `gaps` are in ascending order and do not touch `highest`. */
export type Stream = { highest: number; gaps: readonly Gap[] };
export const emptyStream: Stream = { highest: 0, gaps: [] };

/** A device that sends every other seq would fill the store with gaps; from here on the two oldest become one. */
const maxGaps = 200;

/** The same stream when this seq has been seen: when it is neither above `highest` nor in a gap. `gaps` is the same array when none came or went. */
export function noteSeq(stream: Stream, seq: number): Stream {
  if (seq === stream.highest + 1) return { highest: seq, gaps: stream.gaps };
  if (seq > stream.highest) {
    const gap: Gap = { from: stream.highest + 1, to: seq - 1, state: 'open' };
    return { highest: seq, gaps: limited([...stream.gaps, gap]) };
  }
  const at = stream.gaps.findIndex(({ from, to }) => from <= seq && seq <= to);
  if (at === -1) return stream;
  const { from, to, state } = stream.gaps[at]!;
  const left = [
    { from, to: seq - 1, state },
    { from: seq + 1, to, state },
  ].filter((part) => part.from <= part.to);
  return { ...stream, gaps: limited(stream.gaps.toSpliced(at, 1, ...left)) };
}

/** The device says that it gave up what is missing within `from`..`to`: nobody needs to be told, and it is taken all the same if it comes. */
export function declareDropped(stream: Stream, { from, to }: { from: number; to: number }): Stream {
  // the record may overtake what it speaks of when it stands in a newer outbox
  const { highest, gaps } = to > stream.highest ? noteSeq(stream, to + 1) : stream;
  return {
    highest: Math.max(stream.highest, Math.min(highest, to)),
    gaps: limited(
      gaps.flatMap((gap) => {
        if (gap.to < from || gap.from > to) return [gap];
        const parts: Gap[] = [
          { from: gap.from, to: Math.min(gap.to, from - 1), state: gap.state },
          { from: Math.max(gap.from, from), to: Math.min(gap.to, to), state: 'declared' },
          { from: Math.max(gap.from, to + 1), to: gap.to, state: gap.state },
        ];
        return parts.filter((part) => part.from <= part.to);
      }),
    ),
  };
}

/** Every seq up to this one has arrived or was declared given up. */
export function contiguousSeq({ highest, gaps }: Stream): number {
  const first = gaps.find(({ state }) => state !== 'declared');
  return first === undefined ? highest : first.from - 1;
}

/** Joining covers seqs between the two that have arrived: they would be taken once more, which the centre sees; losing one it would not. */
function limited(gaps: readonly Gap[]): readonly Gap[] {
  if (gaps.length <= maxGaps) return gaps;
  const [first, second, ...rest] = gaps;
  return limited([{ from: first!.from, to: second!.to, state: first!.state === second!.state ? first!.state : 'open' }, ...rest]);
}
