import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joined } from '../read-link.ts';
import {
  airOf,
  decode,
  encode,
  healthOf,
  maxFrameBytes,
  type ShdlcAnswer,
  startRequest,
  statusRequest,
  valuesRequest,
  wakeUpRequest,
} from './codec.ts';

/** A real capture with what its recorder noted. Source: github avaldebe/PyPMS tests/captured_data/SPS30.{hexdump,csv} at 45c3bf0 (MIT). */
const captured = '7e0003002840b9c67f41036c8b411e4ae24123aa92420c5b7c422efdba4238cab3423ab2c9423afde93f4a1025d67e';

test('the captured answer gives the values its recorder noted', () => {
  const { answers, rest, skippedBytes } = decode(Buffer.from(captured, 'hex'));
  expect([answers.length, rest.length, skippedBytes]).toEqual([1, 0, 0]);
  const [{ command, state, data }] = answers as [ShdlcAnswer];
  expect([command, state]).toEqual([3, 0]);
  const numbers = Array.from({ length: 10 }, (_, at) => Buffer.from(data).readFloatBE(at * 4));
  expect(numbers.map((value, at) => value.toFixed(at < 4 || at === 9 ? 1 : 2))).toEqual(
    ['5.8', '8.2', '9.9', '10.2', '35.09', '43.75', '46.20', '46.67', '46.75', '0.8'], //
  );
  const air = airOf(data)!;
  expect([air.pm1, air.pm25, air.pm10].map((value) => value.toFixed(1))).toEqual(['5.8', '8.2', '10.2']);
});

test('the capture with one bit changed is refused', () => {
  expect(decode(Buffer.from(captured.replace('d67e', 'd77e'), 'hex')).answers).toEqual([]);
});

test('the questions are those that others send', () => {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  expect([wakeUpRequest, startRequest, valuesRequest, statusRequest].map(hex)).toEqual([
    'ff7e007d3100ee7e',
    '7e00000201 03f97e'.replace(' ', ''),
    '7e000300fc7e',
    '7e00d201002c7e',
  ]);
});

test('short answers as real sensors give them', () => {
  expect(decode(Buffer.from('7e00004300bc7e', 'hex')).answers).toEqual([{ command: 0, state: 0x43, data: new Uint8Array() }]);
  const { answers } = decode(Buffer.from('7e00030000fc7e', 'hex'));
  expect(answers).toEqual([{ command: 3, state: 0, data: new Uint8Array() }]);
  expect(airOf(answers[0]!.data)).toBe(undefined);
});

test('no number is no air', () => {
  const nan = Buffer.alloc(40, 0x7f);
  nan.writeFloatBE(Number.NaN, 4);
  expect(airOf(new Uint8Array(nan))).toBe(undefined);
  expect(airOf(new Uint8Array(40))).toBe(undefined);
});

test('the status register tells fan, laser and speed apart', () => {
  const told = (bit: number) => {
    const data = Buffer.alloc(5);
    data.writeUInt32BE((1 << bit) >>> 0);
    return Object.entries(healthOf(new Uint8Array(data))!)
      .filter(([, set]) => set)
      .map(([name]) => name);
  };
  expect([4, 5, 21, 0].map(told)).toEqual([['fanBroken'], ['laserBroken'], ['speedOutOfRange'], []]);
});

const special = fc.constantFrom(0x7e, 0x7d, 0x11, 0x13, 0x5e, 0x5d, 0x31, 0x33);
const byte = fc.oneof(fc.integer({ min: 0, max: 255 }), special);
const answer: fc.Arbitrary<ShdlcAnswer> = fc.record({
  command: byte,
  state: byte,
  data: fc.array(byte, { maxLength: 40 }).map((bytes) => Uint8Array.from(bytes)),
});
const noise = fc.array(byte, { maxLength: 40 }).map((bytes) => Uint8Array.from(bytes));

test('what is encoded is decoded, whatever has to be stuffed', () => {
  fc.assert(
    fc.property(answer, (sent) => {
      const bytes = encode(sent);
      expect(bytes.length).toBeLessThanOrEqual(maxFrameBytes);
      expect(decode(bytes)).toEqual({ answers: [sent], rest: new Uint8Array(), skippedBytes: 0 });
    }),
  );
});

test('any cutting of the bytes gives the same answers, and what is kept back is shorter than an answer', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(noise, answer), { maxLength: 4 }), noise, fc.array(fc.nat()), (parts, tail, cuts) => {
      const bytes = Buffer.concat([...parts.flatMap(([before, sent]) => [before, encode(sent)]), tail]);
      const whole = decode(bytes);
      const edges = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
      const pieces = { answers: [] as ShdlcAnswer[], rest: new Uint8Array() as Uint8Array, skippedBytes: 0 };
      for (let piece = 1; piece < edges.length; piece += 1) {
        const decoded = decode(joined(pieces.rest, bytes.subarray(edges[piece - 1], edges[piece])));
        pieces.answers.push(...decoded.answers);
        pieces.rest = decoded.rest;
        pieces.skippedBytes += decoded.skippedBytes;
        expect(pieces.rest.length).toBeLessThan(maxFrameBytes);
      }
      expect(pieces).toEqual(whole);
    }),
  );
});

test('one damaged byte costs at most one answer', () => {
  fc.assert(
    fc.property(fc.array(answer, { minLength: 2, maxLength: 4 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (sent, where, flip) => {
      const bytes = Buffer.concat(sent.map(encode));
      bytes[where % bytes.length]! ^= flip;
      const { answers } = decode(bytes);
      const wanted = sent.map((one) => JSON.stringify(one));
      expect(answers.filter((one) => wanted.includes(JSON.stringify(one))).length).toBeGreaterThanOrEqual(sent.length - 1);
    }),
  );
});
