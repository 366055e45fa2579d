import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joined } from '../read-link.ts';
import { activeMode, airOf, decode, encode, maxFrameBytes, misfitOf, wakeUp } from './codec.ts';

/** Real captures with what they mean. Source: github avaldebe/PyPMS tests/captured_data at 45c3bf0 (MIT). */
const captured = [
  {
    model: 'pms5003',
    hex: '424d001c00000008000800000008000800d20046002d001e00000000970002c5',
    air: { pm1: 0, pm25: 8, pm10: 8 },
  },
  {
    model: 'pms5003',
    hex: '424d001c00000007000700000007000700d20046002d001e00000000970002c1',
    air: { pm1: 0, pm25: 7, pm10: 7 },
  },
  {
    model: 'pms5003',
    hex: '424d001c00000007000700000007000700b4003c00270018000000009700028d',
    air: { pm1: 0, pm25: 7, pm10: 7 },
  },
  {
    model: 'pms5003',
    hex: '424d001c00000006000600000006000600b4003c001d0015000000009700027c',
    air: { pm1: 0, pm25: 6, pm10: 6 },
  },
  {
    model: 'pms5003t',
    hex: '424d001c0015002400240014002100240dc8041f00e4000e00d400e09a000599',
    air: { pm1: 20, pm25: 33, pm10: 36, temperatureC: 21.2, humidityPct: 22.4 },
  },
  {
    model: 'pms5003t',
    hex: '424d001c0015002500260014002200260f00046600fa001600d400e09a00053e',
    air: { pm1: 20, pm25: 34, pm10: 38, temperatureC: 21.2, humidityPct: 22.4 },
  },
  { model: 'pms3003', hex: '424d001400000000000000000000000000000000005100f4', air: { pm1: 0, pm25: 0, pm10: 0 } },
] as const;

test.each(captured)('a captured $model frame gives the values its recorder noted', ({ model, hex, air }) => {
  const bytes = Buffer.from(hex, 'hex');
  const { frames, rest, skippedBytes } = decode(bytes);
  expect({ frameCount: frames.length, left: rest.length, skippedBytes }).toEqual({ frameCount: 1, left: 0, skippedBytes: 0 });
  expect(airOf(frames[0]!, model)).toEqual(air);
  expect(encode(frames[0]!.words)).toEqual(new Uint8Array(bytes));
});

test.each(captured)(
  'a captured $model frame fits its own model; temperature is not read out of the counts of another',
  ({ model, hex }) => {
    const [frame] = decode(Buffer.from(hex, 'hex')).frames;
    expect(misfitOf(frame!, model)).toBe(undefined);
    expect(misfitOf(frame!, 'pms5003')).toBe(undefined);
    expect(misfitOf(frame!, 'pms5003t')).toBe(model === 'pms5003t' ? undefined : 'no temperature');
  },
);

test.each([
  ['counts that fall with the size, of a version that nobody captured', [900, 300, 120, 40, 6, 1, 0x8000], 'no temperature'],
  ['the version of a plain sensor', [3_528, 1_055, 228, 45, 265, 610, 0x9700], 'no temperature'],
  ['warm air, of a version that nobody captured', [3_528, 1_055, 228, 45, 265, 610, 0x8000], undefined],
  ['frost', [900, 300, 120, 40, 0xffe7, 900, 0x8000], undefined],
  ['a start without anything', [0, 0, 0, 0, 0, 0, 0x8000], undefined],
  ['hot dry air in thick smoke', [60_000, 30_000, 9_000, 4_000, 400, 150, 0x9a00], undefined],
] as const)('the T model is told from a plain one: %s', (_what, tail, misfit) => {
  expect(misfitOf({ words: [9, 12, 15, 9, 12, 15, ...tail] }, 'pms5003t')).toBe(misfit);
});

test('a frost is not an oven', () => {
  const words = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x1_0000 - 25, 900, 0];
  expect(airOf({ words }, 'pms5003t')).toMatchObject({ temperatureC: -2.5, humidityPct: 90 });
});

test('the commands are those of the manual', () => {
  expect(Buffer.from(wakeUp).toString('hex')).toBe('424de400010174');
  expect(Buffer.from(activeMode).toString('hex')).toBe('424de100010171');
});

test('the answer to a command is taken off the wire and says nothing about the air', () => {
  const { frames, skippedBytes } = decode(Buffer.from('424d0004e1010175', 'hex'));
  expect(skippedBytes).toBe(0);
  expect(frames.map((frame) => airOf(frame, 'pms5003'))).toEqual([undefined]);
});

const word = fc.integer({ min: 0, max: 0xffff });
const words = fc.constantFrom(9, 13, 17).chain((count) => fc.array(word, { minLength: count, maxLength: count }));
const noise = fc.uint8Array({ maxLength: 50 });

test('what is encoded is decoded', () => {
  fc.assert(
    fc.property(words, (sent) => {
      expect(decode(encode(sent)).frames).toEqual([{ words: sent }]);
    }),
  );
});

test('any cutting of the bytes gives the same frames, and what is kept back is shorter than a frame', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(noise, words), { maxLength: 4 }), noise, fc.array(fc.nat()), (parts, tail, cuts) => {
      const bytes = Buffer.concat([...parts.flatMap(([before, sent]) => [before, encode(sent)]), tail]);
      const whole = decode(bytes);
      const edges = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
      const pieces = { frames: [] as unknown[], rest: new Uint8Array() as Uint8Array, skippedBytes: 0 };
      for (let piece = 1; piece < edges.length; piece += 1) {
        const decoded = decode(joined(pieces.rest, bytes.subarray(edges[piece - 1], edges[piece])));
        pieces.frames.push(...decoded.frames);
        pieces.skippedBytes += decoded.skippedBytes;
        pieces.rest = decoded.rest;
        expect(pieces.rest.length).toBeLessThan(maxFrameBytes);
      }
      expect(pieces).toEqual(whole);
    }),
  );
});

test('one damaged byte costs at most one frame', () => {
  fc.assert(
    fc.property(fc.array(words, { minLength: 2, maxLength: 4 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (sent, where, flip) => {
      const bytes = Buffer.concat(sent.map(encode));
      bytes[where % bytes.length]! ^= flip;
      const { frames } = decode(Buffer.concat([bytes, new Uint8Array(maxFrameBytes)]));
      const whole = frames.filter((frame) => sent.some((one) => one.join() === frame.words.join()));
      expect(whole.length).toBeGreaterThanOrEqual(sent.length - 1);
    }),
  );
});
