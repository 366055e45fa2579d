import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contiguousSeq, declareDropped, emptyStream, noteSeq, type Stream } from './seq-gap.ts';

const noteAll = (seqs: readonly number[], from: Stream = emptyStream): Stream => seqs.reduce((stream, seq) => noteSeq(stream, seq), from);

test('what did not arrive is a gap, what came late is none', () => {
  const stream = noteAll([1, 2, 5, 7, 6]);
  expect(stream).toEqual({ highest: 7, gaps: [{ from: 3, to: 4, state: 'open' }] });
  expect(contiguousSeq(stream)).toBe(2);
  expect(noteAll([4, 3], stream)).toEqual({ highest: 7, gaps: [] });
});

test('a seq is new exactly once, in whatever order they come', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 200 }), (seqs) => {
      const seen = new Set<number>();
      let stream = emptyStream;
      for (const seq of seqs) {
        const noted = noteSeq(stream, seq);
        expect(noted !== stream).toBe(!seen.has(seq));
        seen.add(seq);
        stream = noted;
      }
      const missing = stream.gaps.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, at) => from + at));
      expect(missing).toEqual(Array.from({ length: stream.highest }, (_, at) => at + 1).filter((seq) => !seen.has(seq)));
      let contiguous = 0;
      while (seen.has(contiguous + 1)) contiguous += 1;
      expect(contiguousSeq(stream)).toBe(contiguous);
    }),
  );
});

test('what the device gave up is no gap to report, and is taken if it comes after all', () => {
  const stream = declareDropped(noteAll([1, 10]), { from: 3, to: 6 });
  expect(stream.gaps).toEqual([
    { from: 2, to: 2, state: 'open' },
    { from: 3, to: 6, state: 'declared' },
    { from: 7, to: 9, state: 'open' },
  ]);
  expect(contiguousSeq(noteAll([2], stream))).toBe(6);
  expect(noteSeq(stream, 5)).not.toBe(stream);
});

test('a record may speak of more than has been seen', () => {
  const stream = declareDropped(noteAll([1, 2]), { from: 5, to: 9 });
  expect(stream).toEqual({
    highest: 9,
    gaps: [
      { from: 3, to: 4, state: 'open' },
      { from: 5, to: 9, state: 'declared' },
    ],
  });
  expect([9, 10, 3].map((seq) => noteSeq(stream, seq) !== stream)).toEqual([true, true, true]);
});

test('a device that sends every other seq costs a bounded record and loses nothing', () => {
  const odd = Array.from({ length: 2_000 }, (_, at) => at * 2 + 1);
  const stream = noteAll(odd);
  expect(stream.gaps.length).toBeLessThanOrEqual(200);
  for (const seq of [2, 1_000, 3_998]) expect(noteSeq(stream, seq)).not.toBe(stream);
});
