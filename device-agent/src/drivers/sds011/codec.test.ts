import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joined } from '../read-link.ts';
import { decode, encode, frameBytes, measureAlways, reportByItself, type SdsFrame, work } from './codec.ts';

/** Real captures with what they mean. Source: github avaldebe/PyPMS tests/captured_data at 45c3bf0 (MIT). */
const captured: { hex: string; frame: SdsFrame }[] = [
  { hex: 'aac00600060058d93dab', frame: { kind: 'values', pm25: 0.6, pm10: 0.6 } },
  { hex: 'aac00900090058d943ab', frame: { kind: 'values', pm25: 0.9, pm10: 0.9 } },
  { hex: 'aacf0e001000e9050cab', frame: { kind: 'coarse', pm100: 16 } },
  { hex: 'aacf0e001300e9050fab', frame: { kind: 'coarse', pm100: 19 } },
];

test.each(captured)('the captured frame $hex gives the values its recorder noted', ({ hex, frame }) => {
  expect(decode(Buffer.from(hex, 'hex'))).toEqual({ frames: [frame], rest: new Uint8Array(), skippedBytes: 0 });
});

test('a capture with another checksum or without its end is refused', () => {
  expect(decode(Buffer.from('aac00600060058d93eab', 'hex')).frames).toEqual([]);
  expect(decode(Buffer.from('aac00600060058d93dac', 'hex')).frames).toEqual([]);
});

test('the commands are those of the control protocol', () => {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  expect(hex(work)).toBe('aab406010100000000000000000000ffff06ab');
  expect(hex(reportByItself)).toBe('aab402010000000000000000000000ffff01ab');
  expect(hex(measureAlways)).toBe('aab408010000000000000000000000ffff07ab');
});

const tenths = fc.integer({ min: 0, max: 9_999 }).map((value) => value / 10);
const frame = fc.oneof(
  fc.record({ kind: fc.constant('values' as const), pm25: tenths, pm10: tenths }),
  fc.record({ kind: fc.constant('coarse' as const), pm100: fc.integer({ min: 0, max: 20_000 }) }),
);
const noise = fc.uint8Array({ maxLength: 30 });

test('what is encoded is decoded', () => {
  fc.assert(
    fc.property(frame, (sent) => {
      expect(decode(encode(sent)).frames).toEqual([sent]);
    }),
  );
});

test('any cutting of the bytes gives the same frames, every byte is accounted for, and what is kept back is shorter than a frame', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(noise, frame), { maxLength: 5 }), noise, fc.array(fc.nat()), (parts, tail, cuts) => {
      const bytes = Buffer.concat([...parts.flatMap(([before, sent]) => [before, encode(sent)]), tail]);
      const whole = decode(bytes);
      const edges = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
      const pieces = { frames: [] as SdsFrame[], rest: new Uint8Array() as Uint8Array, skippedBytes: 0 };
      for (let piece = 1; piece < edges.length; piece += 1) {
        const decoded = decode(joined(pieces.rest, bytes.subarray(edges[piece - 1], edges[piece])));
        pieces.frames.push(...decoded.frames);
        pieces.rest = decoded.rest;
        pieces.skippedBytes += decoded.skippedBytes;
        expect(pieces.rest.length).toBeLessThan(frameBytes);
      }
      expect(pieces).toEqual(whole);
      expect(whole.frames.length * frameBytes + whole.skippedBytes + whole.rest.length).toBe(bytes.length);
    }),
  );
});

test('one damaged byte costs at most one frame', () => {
  fc.assert(
    fc.property(fc.array(frame, { minLength: 2, maxLength: 5 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (sent, where, flip) => {
      const bytes = Buffer.concat(sent.map(encode));
      bytes[where % bytes.length]! ^= flip;
      const { frames } = decode(Buffer.concat([bytes, new Uint8Array(frameBytes)]));
      const wanted = sent.map((one) => JSON.stringify(one));
      expect(frames.filter((one) => wanted.includes(JSON.stringify(one))).length).toBeGreaterThanOrEqual(sent.length - 1);
    }),
  );
});
