import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CardNumberFormat, cardUidOf } from './card-number-profile.ts';

/** Tag 0x008EC793 = 9357203: Tasmota, xsns_51_rdm6300.ino, header comment. 0x8E = 142, 0xC793 = 51091. */
test.each<[string, CardNumberFormat, 'straight' | 'reversed', string]>([
  ['008EC793', 'hex', 'straight', '008EC793'],
  ['008ec793', 'hex', 'straight', '008EC793'],
  ['93C78E00', 'hex', 'reversed', '008EC793'],
  ['14008EC793', 'hex', 'straight', '14008EC793'],
  ['0009357203', 'decimal-10', 'straight', '008EC793'],
  ['2479328768', 'decimal-10', 'reversed', '008EC793'],
  ['09357203', 'decimal-8', 'straight', '008EC793'],
  ['14251091', 'facility-8', 'straight', '008EC793'],
  ['142,51091', 'facility-8', 'straight', '008EC793'],
  ['04A1B2C3D4E5F6', 'hex', 'straight', '04A1B2C3D4E5F6'],
])('%s of a reader that writes %s (%s) is card %s', (text, format, byteOrder, uid) => {
  expect(cardUidOf(text, { format, byteOrder })).toBe(uid);
});

/** Product page "09A-EMID-6H10D" (zgznk.com, card 01026F6C3A), and NITGEN eNCard-i guide, page 56 (cards 0801161DD6 and 529D06E3). */
test.each<[string, CardNumberFormat, 'straight' | 'reversed', string]>([
  ['01026F6C3A', 'hex', 'straight', '01026F6C3A'],
  ['0040856634', 'decimal-10', 'straight', '026F6C3A'],
  ['07302202', 'decimal-8', 'straight', '006F6C3A'],
  ['111,27706', 'facility-8', 'straight', '006F6C3A'],
  ['0018226646', 'decimal-10', 'straight', '01161DD6'],
  ['02207638', 'facility-8', 'straight', '00161DD6'],
  ['1386022627', 'decimal-10', 'straight', '529D06E3'],
  ['E3069D52', 'hex', 'reversed', '529D06E3'],
  ['3808861522', 'decimal-10', 'reversed', '529D06E3'],
])('%s, which a maker prints for his %s output (%s), is card %s', (text, format, byteOrder, uid) => {
  expect(cardUidOf(text, { format, byteOrder })).toBe(uid);
});

test.each<[string, CardNumberFormat]>([
  ['', 'hex'],
  ['008EC7', 'hex'],
  ['008EC7930', 'hex'],
  ['HS-10A1-007', 'hex'],
  ['4294967296', 'decimal-10'],
  ['00009357203', 'decimal-10'],
  ['9357203', 'decimal-10'],
  ['9357203', 'decimal-8'],
  ['-9357203', 'decimal-10'],
  ['16777216', 'decimal-8'],
  ['25600001', 'facility-8'],
  ['14265536', 'facility-8'],
  ['1425109', 'facility-8'],
])('%j is no card of a reader that writes %s', (text, format) => {
  expect(cardUidOf(text, { format, byteOrder: 'straight' })).toBeUndefined();
});

test('law: however a reader writes a card, with the right profile it is the same card', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 3, maxLength: 3 }), (low) => {
      const bytes = Buffer.from([0, ...low]);
      const turned = Buffer.from(bytes.toReversed());
      const uid = bytes.toString('hex').toUpperCase();
      const digits = (value: number, length: number) => `${value}`.padStart(length, '0');
      expect(cardUidOf(bytes.toString('hex'), { format: 'hex', byteOrder: 'straight' })).toBe(uid);
      expect(cardUidOf(turned.toString('hex'), { format: 'hex', byteOrder: 'reversed' })).toBe(uid);
      expect(cardUidOf(digits(bytes.readUInt32BE(), 10), { format: 'decimal-10', byteOrder: 'straight' })).toBe(uid);
      expect(cardUidOf(digits(turned.readUInt32BE(), 10), { format: 'decimal-10', byteOrder: 'reversed' })).toBe(uid);
      expect(cardUidOf(digits(bytes.readUInt32BE(), 8), { format: 'decimal-8', byteOrder: 'straight' })).toBe(uid);
      const facility = digits(bytes[1]!, 3) + digits(bytes.readUInt16BE(2), 5);
      expect(cardUidOf(facility, { format: 'facility-8', byteOrder: 'straight' })).toBe(uid);
    }),
  );
});
