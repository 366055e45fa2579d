import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joined } from '../read-link.ts';
import { decode, encode, frameBytes, readRequest } from './codec.ts';

/** The manual's example, and a real capture: sources in README.md, Frame. */
const known = [
  { hex: 'ff8602200000000058', ppm: 544 },
  { hex: 'ff86027c42000000ba', ppm: 636 },
];

test.each(known)('the known answer $hex is $ppm ppm', ({ hex, ppm }) => {
  expect(decode(Buffer.from(hex, 'hex'))).toEqual({ ppm: [ppm], rest: new Uint8Array(), skippedBytes: 0 });
});

test('the question is that of the manual, and is no answer', () => {
  expect(Buffer.from(readRequest).toString('hex')).toBe('ff0186000000000079');
  expect(decode(readRequest).ppm).toEqual([]);
});

test('a capture with another checksum is refused', () => {
  expect(decode(Buffer.from('ff86027c42000000bb', 'hex'))).toMatchObject({ ppm: [], skippedBytes: 9 });
});

const ppm = fc.integer({ min: 0, max: 0xffff });
const noise = fc.uint8Array({ maxLength: 30 });

test('what is encoded is decoded', () => {
  fc.assert(
    fc.property(ppm, (value) => {
      expect(decode(encode(value)).ppm).toEqual([value]);
    }),
  );
});

test('any cutting of the bytes gives the same answers, every byte is accounted for, and what is kept back is shorter than an answer', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(noise, ppm), { maxLength: 5 }), noise, fc.array(fc.nat()), (parts, tail, cuts) => {
      const bytes = Buffer.concat([...parts.flatMap(([before, value]) => [before, encode(value)]), tail]);
      const whole = decode(bytes);
      const edges = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
      const pieces = { ppm: [] as number[], rest: new Uint8Array() as Uint8Array, skippedBytes: 0 };
      for (let piece = 1; piece < edges.length; piece += 1) {
        const decoded = decode(joined(pieces.rest, bytes.subarray(edges[piece - 1], edges[piece])));
        pieces.ppm.push(...decoded.ppm);
        pieces.rest = decoded.rest;
        pieces.skippedBytes += decoded.skippedBytes;
        expect(pieces.rest.length).toBeLessThan(frameBytes);
      }
      expect(pieces).toEqual(whole);
      expect(whole.ppm.length * frameBytes + whole.skippedBytes + whole.rest.length).toBe(bytes.length);
    }),
  );
});

test('one damaged byte costs at most one answer', () => {
  fc.assert(
    fc.property(fc.array(ppm, { minLength: 2, maxLength: 5 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (sent, where, flip) => {
      const bytes = Buffer.concat(sent.map(encode));
      bytes[where % bytes.length]! ^= flip;
      const { ppm: read } = decode(Buffer.concat([bytes, new Uint8Array(frameBytes)]));
      expect(read.filter((value) => sent.includes(value)).length).toBeGreaterThanOrEqual(sent.length - 1);
    }),
  );
});
