import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ReadAnswer, ReadRequest } from '../modbus-rtu/pdu.ts';
import { joined } from '../read-link.ts';
import { decode, encodeAnswer, encodeRequest, maxAnswerBytes, type Numbered } from './codec.ts';

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Made with ModbusSocketFramer of Debian's python3-pymodbus 3.0.0. */
const made = {
  holding: { transaction: 0x1501, request: { unit: 255, table: 'holding', address: 4, count: 1 } satisfies ReadRequest },
  input: { transaction: 7, request: { unit: 17, table: 'input', address: 342, count: 2 } satisfies ReadRequest },
};

test('questions are those that pymodbus asks', () => {
  expect(hexOf(encodeRequest(made.holding))).toBe('150100000006ff0300040001');
  expect(hexOf(encodeRequest(made.input))).toBe('000700000006110401560002');
});

test.each<[string, Numbered, ReadAnswer]>([
  ['150100000005ff03020005', made.holding, { kind: 'registers', words: [5] }],
  ['00070000000711040443663334', made.input, { kind: 'registers', words: [0x4366, 0x3334] }],
  ['000700000003118402', made.input, { kind: 'exception', code: 2 }],
])('the answer %s of pymodbus is read, and only as the answer to its own question', (hex, question, answer) => {
  const bytes = new Uint8Array(Buffer.from(hex, 'hex'));
  expect(decode(bytes, question)).toEqual({ answer, rest: new Uint8Array(), skippedBytes: 0 });
  for (const other of [
    { ...question, transaction: question.transaction + 1 },
    { ...question, request: { ...question.request, unit: 1 } },
    {
      ...question,
      request: { ...question.request, table: question.request.table === 'input' ? ('holding' as const) : ('input' as const) },
    },
  ])
    expect(decode(bytes, other).answer).toBe(undefined);
});

const numbered: fc.Arbitrary<Numbered> = fc.record({
  transaction: fc.integer({ min: 0, max: 0xffff }),
  request: fc.record({
    unit: fc.integer({ min: 0, max: 255 }),
    table: fc.constantFrom('holding', 'input'),
    address: fc.integer({ min: 0, max: 0xffff }),
    count: fc.integer({ min: 1, max: 125 }),
  }),
});
const exchange: fc.Arbitrary<[Numbered, ReadAnswer]> = numbered.chain((asked) =>
  fc.tuple(
    fc.constant(asked),
    fc.oneof(
      fc
        .array(fc.integer({ min: 0, max: 0xffff }), { minLength: asked.request.count, maxLength: asked.request.count })
        .map((words): ReadAnswer => ({ kind: 'registers', words })),
      fc.integer({ min: 1, max: 11 }).map((code): ReadAnswer => ({ kind: 'exception', code })),
    ),
  ),
);

test('what is encoded is decoded, also behind an answer that came too late', () => {
  fc.assert(
    fc.property(exchange, ([asked, answer]) => {
      const late = encodeAnswer({ ...asked, transaction: (asked.transaction + 1) & 0xffff }, { kind: 'exception', code: 6 });
      const bytes = encodeAnswer(asked, answer);
      expect(decode(Buffer.concat([late, bytes]), asked)).toEqual({ answer, rest: new Uint8Array(), skippedBytes: late.length });
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
