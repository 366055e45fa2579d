import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joined } from '../read-link.ts';
import { crc16, decode, encodeAnswer, encodeRequest, maxAnswerBytes } from './codec.ts';
import type { ReadAnswer, ReadRequest } from './pdu.ts';

const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Made with computeCRC of Debian's python3-pymodbus 3.0.0. */
test.each([
  ['read input registers 0..3 of unit 1', '010400000004f1c9'],
  ['read holding registers 107..109 of unit 17', '1103006b00037687'],
  ['write registers 1..2 of unit 17', '11100001000204000a0102c6f0'],
  ['answer with four registers', '01040800fd0259032c001114ac'],
  ['exception: illegal address', '018302c0f1'],
])('the frame that pymodbus made, "%s", has our CRC', (_what, hex) => {
  const bytes = bytesOf(hex);
  expect(crc16(bytes)).toBe(0);
  expect(crc16(bytes.subarray(0, -2))).toBe(bytes.at(-2)! + bytes.at(-1)! * 256);
});

test('questions are those that pymodbus and the manuals ask', () => {
  const asked = (table: 'holding' | 'input', unit: number, address: number, count: number) =>
    hexOf(encodeRequest({ unit, table, address, count }));
  expect(asked('input', 1, 0, 4)).toBe('010400000004f1c9');
  expect(asked('holding', 17, 107, 3)).toBe('1103006b00037687');
  // XY-MD02 manual: temperature, humidity. ADTEK WALL-RS485 manual, page 4: temperature and humidity, CO2
  expect(asked('input', 1, 1, 1)).toBe('010400010001600a');
  expect(asked('input', 1, 2, 1)).toBe('010400020001900a');
  expect(asked('holding', 1, 0, 2)).toBe('010300000002c40b');
  expect(asked('holding', 1, 5, 1)).toBe('010300050001940b');
});

test('answers of pymodbus and of the manuals are read', () => {
  const words = (hex: string, request: Omit<ReadRequest, 'unit'>) => decode(bytesOf(hex), { unit: 1, ...request }).answer;
  expect(words('01040800fd0259032c001114ac', { table: 'input', address: 0, count: 4 })).toEqual({
    kind: 'registers',
    words: [0xfd, 0x259, 0x32c, 0x11],
  });
  expect(words('01040201317974', { table: 'input', address: 1, count: 1 })).toEqual({ kind: 'registers', words: [305] });
  expect(words('01040202223849', { table: 'input', address: 2, count: 1 })).toEqual({ kind: 'registers', words: [546] });
  expect(words('018302c0f1', { table: 'holding', address: 0, count: 1 })).toEqual({ kind: 'exception', code: 2 });
});

test('what is not the answer to this question is not taken for it', () => {
  const request: ReadRequest = { unit: 1, table: 'input', address: 0, count: 4 };
  for (const other of [
    { ...request, unit: 2 },
    { ...request, table: 'holding' as const },
    { ...request, count: 3 },
  ])
    expect(decode(bytesOf('01040800fd0259032c001114ac'), other)).toMatchObject({ answer: undefined });
  expect(decode(encodeRequest(request), request).answer).toBe(undefined);
  expect(decode(bytesOf('01040800fd0259032c001114ad'), request)).toEqual({ answer: undefined, rest: new Uint8Array(), skippedBytes: 13 });
});

const request: fc.Arbitrary<ReadRequest> = fc.record({
  unit: fc.integer({ min: 1, max: 247 }),
  table: fc.constantFrom('holding', 'input'),
  address: fc.integer({ min: 0, max: 0xffff }),
  count: fc.integer({ min: 1, max: 125 }),
});
const exchange: fc.Arbitrary<[ReadRequest, ReadAnswer]> = request.chain((asked) =>
  fc.tuple(
    fc.constant(asked),
    fc.oneof(
      fc
        .array(fc.integer({ min: 0, max: 0xffff }), { minLength: asked.count, maxLength: asked.count })
        .map((words): ReadAnswer => ({ kind: 'registers', words })),
      fc.integer({ min: 1, max: 11 }).map((code): ReadAnswer => ({ kind: 'exception', code })),
    ),
  ),
);

test('what is encoded is decoded, also behind noise and the echo of an adapter', () => {
  fc.assert(
    fc.property(exchange, fc.uint8Array({ maxLength: 30 }), ([asked, answer], noise) => {
      const bytes = Buffer.concat([noise, encodeRequest(asked), encodeAnswer(asked, answer)]);
      expect(decode(encodeAnswer(asked, answer), asked)).toEqual({ answer, rest: new Uint8Array(), skippedBytes: 0 });
      // noise that begins like a longer answer may hold it back until more bytes come
      const behind = decode(Buffer.concat([bytes, new Uint8Array(maxAnswerBytes)]), asked);
      expect(behind.answer).toEqual(answer);
    }),
  );
});

test('any cutting of the bytes gives the same answer, and what is kept back is shorter than the longest answer', () => {
  fc.assert(
    fc.property(exchange, fc.uint8Array({ maxLength: 30 }), fc.array(fc.nat()), ([asked, answer], noise, cuts) => {
      const bytes = Buffer.concat([noise, encodeAnswer(asked, answer), new Uint8Array(maxAnswerBytes)]);
      const edges = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
      let rest: Uint8Array = new Uint8Array();
      let found: ReadAnswer | undefined;
      for (let piece = 1; piece < edges.length && found === undefined; piece += 1) {
        const decoded = decode(joined(rest, bytes.subarray(edges[piece - 1], edges[piece])), asked);
        found = decoded.answer;
        rest = decoded.rest;
        if (found === undefined) expect(rest.length).toBeLessThan(maxAnswerBytes);
      }
      expect(found).toEqual(decode(bytes, asked).answer);
    }),
  );
});

test('one damaged byte never makes another answer', () => {
  fc.assert(
    fc.property(exchange, fc.nat(), fc.integer({ min: 1, max: 255 }), ([asked, answer], where, flip) => {
      const bytes = encodeAnswer(asked, answer);
      bytes[where % bytes.length]! ^= flip;
      expect(decode(bytes, asked).answer).toBe(undefined);
    }),
  );
});
