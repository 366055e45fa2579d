import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeThreemTag, encodeThreemTag, tagBytes } from './codec.ts';

/** dpavlin/Biblio-RFID, t/05-RFID501.t. */
const recorded = [
  {
    memory: '\x04\x11\x00\x00200901010123\x00\x00\x00\x00\xff\xff\xff\xff\x7f\xff\xff\xff\x00\x00\x00\x00',
    tag: { barcode: '200901010123', itemType: 0, partNumber: 1, partCount: 1, branch: 0xfff, library: 0xfffff, custom: 0x7fffffff },
  },
  {
    memory: `\x04\x11\x00\x011302003767${'\x00'.repeat(18)}`,
    tag: { barcode: '1302003767', itemType: 1, partNumber: 1, partCount: 1, branch: 0, library: 0, custom: 0 },
  },
];

test.each(recorded)('the recorded tag of $tag.barcode is read, and written again byte by byte', ({ memory, tag }) => {
  const bytes = Uint8Array.from(Buffer.from(memory, 'latin1'));
  expect(bytes.length).toBe(tagBytes);
  expect(decodeThreemTag(bytes)).toEqual(tag);
  expect(encodeThreemTag(tag)).toEqual(bytes);
});

test('a blank tag, a short one and one of ISO 28560 are none of 3M', () => {
  expect(decodeThreemTag(new Uint8Array(32))).toBeUndefined();
  expect(decodeThreemTag(Uint8Array.of(4, 0x11, 0, 0, 0x31))).toBeUndefined();
  expect(decodeThreemTag(Uint8Array.from(Buffer.from('110101'.padEnd(64, '31'), 'hex')))).toBeUndefined();
});

test('what is written is read; what does not fit is refused', () => {
  const tag = fc.record({
    barcode: fc.string({
      unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength: 1,
      maxLength: 16,
    }),
    itemType: fc.integer({ min: 0, max: 255 }),
    partNumber: fc.integer({ min: 0, max: 15 }),
    partCount: fc.integer({ min: 0, max: 15 }),
    branch: fc.integer({ min: 0, max: 0xfff }),
    library: fc.integer({ min: 0, max: 0xfffff }),
    custom: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  });
  fc.assert(
    fc.property(tag, (written) => {
      expect(decodeThreemTag(encodeThreemTag(written))).toEqual(written);
    }),
  );
  const fine = recorded[1]!.tag;
  for (const wrong of [{ barcode: '' }, { barcode: 'sách' }, { partCount: 16 }, { library: 0x100000 }, { branch: -1 }])
    expect(() => encodeThreemTag({ ...fine, ...wrong })).toThrow(RangeError);
});
