import { expect, test } from 'vitest';
import { crc16CcittFalse, crc16Genibus, crc16Mcrf4xx } from './crc16.ts';

test('the check values of the catalogue come out', () => {
  const check = Buffer.from('123456789');
  expect(crc16Mcrf4xx(check).toString(16)).toBe('6f91');
  expect(crc16CcittFalse(check).toString(16)).toBe('29b1');
  expect(crc16Genibus(check).toString(16)).toBe('d64e');
});

test('a part of a buffer is as good as a buffer of its own', () => {
  const check = Buffer.from('..123456789.');
  expect([crc16Mcrf4xx(check, 2, 11), crc16CcittFalse(check, 2, 11)]).toEqual([0x6f91, 0x29b1]);
});

/** GS1 EPC Gen2, table F.2, as quoted by DigitalPlatform/dp2, UnitTestRFID/TestCrc16.cs. */
test.each([
  ['0000', 0xe2f0],
  ['08001111', 0xccae],
  ['100011112222', 0x968f],
  ['3000170328087903000084560000', 0xdad5],
])('the CRC that a Gen2 tag stores over %s', (hex, crc) => {
  expect(crc16Genibus(Buffer.from(hex, 'hex'))).toBe(crc);
});

test('eight bytes at once give what a byte at a time gives, wherever they begin and end', () => {
  const slowly = (bytes: Uint8Array): number => {
    let crc = 0xffff;
    for (const byte of bytes) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x8408 : crc >>> 1;
    }
    return crc;
  };
  const bytes = Uint8Array.from({ length: 64 }, (_, at) => (at * 167 + 31) & 0xff);
  for (let from = 0; from < 8; from += 1)
    for (let to = from; to <= bytes.length; to += 1) expect(crc16Mcrf4xx(bytes, from, to)).toBe(slowly(bytes.subarray(from, to)));
});
