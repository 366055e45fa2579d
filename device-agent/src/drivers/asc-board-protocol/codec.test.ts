import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectCuttingLaw, expectDamageLaw, expectNoiseLaw } from '../../testing/display-room.ts';
import { decode, encode, type Frame, maxFrameBytes } from './codec.ts';

const bytes = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const both = [{ bareAcks: false }, { bareAcks: true }];

/** Manuals of ViewSonic and BenQ; see README.md, Frame. */
test.each([
  [{ type: 's', displayId: 1, code: '!', value: '001' }, '38303173213030310d'],
  [{ type: 'g', displayId: 5, code: 'b', value: '000' }, '38 30 35 67 62 30 30 30 0d'],
  [{ type: 's', displayId: 1, code: '$', value: '076' }, '38 30 31 73 24 30 37 36 0d'],
  [{ type: 'g', displayId: 7, code: 'v', value: '00000' }, '3a 30 37 67 76 30 30 30 30 30 0d'],
] as const)('%o is sent as %s', (command, hex) => {
  expect(encode(command)).toEqual(new Uint8Array(bytes(hex)));
});

const value = (displayId: number, code: string, text: string): Frame => ({ kind: 'value', displayId, code, value: text });
test.each<[string, Frame]>([
  ['34 30 31 2b 0d', { kind: 'ack', displayId: 1, ok: true }],
  ['34 30 35 2d 0d', { kind: 'ack', displayId: 5, ok: false }],
  ['38 30 35 72 62 30 36 37 0d', value(5, 'b', '067')],
  ['38 30 31 72 31 31 30 30 0d', value(1, '1', '100')],
  ['38 30 31 72 31 34 35 36 0d', value(1, '1', '456')],
  ['3a 30 37 72 76 32 31 33 35 36 0d', value(7, 'v', '21356')],
  ['39 30 37 72 71 2b 30 37 35 0d', value(7, 'q', '+075')],
  ['44 30 31 72 20 02 52 50 35 35 32 00 00 00 00 00 00 00 00 00 0d', value(1, ' ', '\x02RP552\0\0\0\0\0\0\0\0\0')],
])('%s is understood', (hex, frame) => {
  for (const options of both) {
    expect(decode(bytes(hex), options)).toEqual({ frames: [frame], rest: new Uint8Array(), skippedBytes: 0 });
  }
});

test('the bare acknowledgement is one where it is expected', () => {
  const sent = new TextEncoder().encode('+\r-\r');
  expect(decode(sent, { bareAcks: true }).frames).toEqual([
    { kind: 'ack', displayId: undefined, ok: true },
    { kind: 'ack', displayId: undefined, ok: false },
  ]);
  expect(decode(sent, { bareAcks: false })).toMatchObject({ frames: [], skippedBytes: 4 });
});

describe.each(both)('%o', (options) => {
  const framed = (body: string): Uint8Array => Buffer.from(`${String.fromCharCode(0x31 + body.length)}${body}\r`, 'latin1');
  const id = fc.integer({ min: 0, max: 99 }).map((number) => String(number).padStart(2, '0'));
  const ack = fc.tuple(id, fc.constantFrom('+', '-')).map(([from, sign]) => framed(from + sign));
  const reply = fc
    .tuple(id, fc.constantFrom(...'lfgjvq014'), fc.string({ unit: fc.constantFrom(...'0123456789ABC'), minLength: 3, maxLength: 15 }))
    .map(([from, code, text]) => framed(`${from}r${code}${text}`));
  const frame = fc.oneof(ack, reply);

  test('any cutting of the bytes gives the same frames', () =>
    expectCuttingLaw((input) => decode(input, options), { frame, maxFrameBytes }));
  test('one damaged byte costs at most two neighbouring frames', () =>
    expectDamageLaw((input) => decode(input, options), { frame, lost: 2 }));
  test('a flood of noise is skipped', () =>
    expectNoiseLaw((input) => decode(input, options), { noise: new TextEncoder().encode('801r!+'), maxFrameBytes }));
});
