import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc16CcittFalse, crc16Genibus } from '../../drivers/crc16.ts';
import { decodeLibraryTag } from './codec.ts';
import { type Compaction, isilText, unpacked, urnCode40 } from './compaction.ts';
import { decodeFormat2, decodeUserBank } from './format-2.ts';
import { crcOf, decodeFormat3, encodeFormat3, type Format3Profile, usualProfile } from './format-3.ts';
import type { LibraryItem } from './library-item.ts';

type Sample = {
  what: string;
  source: string;
  hex?: string;
  text?: string;
  crc?: string;
  input_ascii?: string;
  crc_stored?: string;
  expect?: Record<string, unknown>;
};
const samples = (JSON.parse(readFileSync(join(import.meta.dirname, 'recorded-tags.json'), 'utf8')) as { vectors: Sample[] }).vectors;
const used = new Set<Sample>();
const of = (what: string): Sample => {
  const sample = samples.find((candidate) => candidate.what === what)!;
  used.add(sample);
  return sample;
};
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('the two samples of ISO 28560-3 Annex B are read, with their extension blocks', () => {
  const first = decodeFormat3(bytesOf(of('Annex B.1 truncated basic block').hex!))!;
  expect(first).toEqual({
    item: { primaryItemId: '1000000056', ownerIsil: 'DK-718500', usage: 1, partCount: 1, partNumber: 1 },
    turned: false,
    extensions: [],
  });
  const second = decodeFormat3(bytesOf(of('Annex B.2 basic + library ext + acquisition ext').hex!))!;
  expect(second.item).toMatchObject({ primaryItemId: '1000000136', ownerIsil: 'DK-718500' });
  expect(second.extensions.map(({ id, strings }) => [id, strings])).toEqual([
    [1, ['\u0001']],
    [2, ['Bogvognen', '1234567890', '', 'a789656c']],
  ]);
});

test('a tag of 32 bytes from a German library is read, and written again byte by byte', () => {
  const bytes = bytesOf(of('Danish model, German library (32-byte tag, pad 2 zero bytes for CRC)').hex!).subarray(0, 32);
  const tag = decodeFormat3(bytes)!;
  expect(tag.item).toEqual({ primaryItemId: '11223344', ownerIsil: 'DE-705', usage: 1, partCount: 1, partNumber: 1 });
  expect(hex(encodeFormat3(tag.item, { tagBytes: 32 }))).toBe(hex(bytes));
});

test('the check sums are those of the samples', () => {
  const reference = of('CRC reference string');
  expect(crc16CcittFalse(Buffer.from(reference.input_ascii!))).toBe(Number.parseInt(reference.crc!, 16));
  const zeros = crcOf(new Uint8Array(34));
  expect([zeros & 0xff, zeros >> 8].map((byte) => byte.toString(16).toUpperCase()).join('')).toBe(
    of('CRC of all-zero 34-byte tag').crc_stored,
  );
  const gen2 = samples.filter(({ what }) => what === 'Gen2 StoredCRC');
  for (const sample of gen2) {
    used.add(sample);
    expect(crc16Genibus(bytesOf(sample.hex!))).toBe(Number.parseInt(sample.crc!, 16));
  }
  expect(gen2.length).toBe(4);
});

test('the worked examples of ISO 28560-2 and a Finnish tag are read', () => {
  const full = { primaryItemId: '123456789012', ownerIsil: 'US-InU-Mu', partCount: 12, partNumber: 3 };
  const first = decodeFormat2(bytesOf(of('ISO 28560-2 full example').hex!))!;
  expect(first.item).toEqual(full);
  expect(first.elements.map(({ oid, text }) => [oid, text])).toEqual([
    [1, '123456789012'],
    [2, undefined],
    [4, '1203'],
    [6, 'QA268.L55'],
    [3, 'US-InU-Mu'],
  ]);
  const titled = decodeFormat2(bytesOf(of('same + OID title "test", block lock alignment').hex!))!;
  expect([titled.item, titled.elements.at(-1)]).toMatchObject([full, { oid: 17, text: 'test' }]);
  const finnish = decodeFormat2(bytesOf(of('real Finnish 28560-2 tag').hex!))!;
  expect(finnish.item).toEqual({ primaryItemId: '1620168259', ownerIsil: 'FI-Mamk-M', usage: 1 });
  expect(finnish.elements.length).toBe(5);
});

test('both memories of a UHF tag are read', () => {
  const uii = of('UHF UII per ISO/TS 28560-4:2014 p.49');
  expect(urnCode40(bytesOf(uii.hex!))).toBe(uii.text);
  const bank = decodeUserBank(bytesOf(of('UHF user bank per ISO/TS 28560-4 p.52').hex!))!;
  expect(bank.item).toEqual({ ownerIsil: 'US-InU-Mu', partCount: 12, partNumber: 3 });
  expect(bank.elements.find(({ oid }) => oid === 6)?.text).toBe('QA268.L55');
});

test('packed texts are unpacked', () => {
  const packed = samples.filter(({ what }) => what.startsWith('compaction '));
  for (const sample of packed) {
    used.add(sample);
    const compaction = sample.what.replace('compaction ', '').replace('bit', '-bit') as Compaction;
    expect([sample.what, unpacked(bytesOf(sample.hex!), compaction)]).toEqual([sample.what, sample.text]);
  }
  expect(packed.length).toBe(10);
  const isils = samples.filter(({ what }) => what === 'packed ISIL');
  for (const sample of isils) {
    used.add(sample);
    expect(isilText(bytesOf(sample.hex!))).toBe(sample.text);
  }
  expect(isils.length).toBe(4);
});

test('every sample is used by a test', () => expect(samples.filter((sample) => !used.has(sample)).map(({ what }) => what)).toEqual([]));

test('nibbles and parts are understood in both orders where they can be told apart', () => {
  const item: LibraryItem = { primaryItemId: '42', usage: 2, partCount: 3, partNumber: 1 };
  const profiles: Format3Profile[] = [usualProfile, { firstByte: 'usage-high', parts: 'number-first' }];
  for (const written of profiles)
    for (const profile of profiles) {
      const bytes = encodeFormat3(item, { tagBytes: 112, profile: written });
      expect(decodeFormat3(bytes, { profile })?.item).toEqual(item);
    }
});

test('a reader that turns each block round is noticed', () => {
  const bytes = encodeFormat3({ primaryItemId: '1000000056', ownerIsil: 'VN-THU01' }, { tagBytes: 32 });
  const turned = Uint8Array.from(bytes, (_, at) => bytes[at - (at % 4) + 3 - (at % 4)]!);
  expect(decodeFormat3(turned)).toMatchObject({ item: { primaryItemId: '1000000056', ownerIsil: 'VN-THU01' }, turned: true });
});

test('a blank, damaged or foreign tag is none, and a checksum counts more than a wrong DSFID', () => {
  expect(decodeLibraryTag({ memory: new Uint8Array(112), dsfid: 0x3e })).toBeUndefined();
  expect(decodeLibraryTag({ memory: new Uint8Array(8) })).toBeUndefined();
  const memory = new Uint8Array(112);
  memory.set(encodeFormat3({ primaryItemId: 'TV-0001' }, { tagBytes: 112 }));
  expect(decodeLibraryTag({ memory, dsfid: 0x00 })).toMatchObject({ format: 'iso28560-3', item: { primaryItemId: 'TV-0001' } });
  memory[5]! ^= 1;
  expect(decodeLibraryTag({ memory, dsfid: 0x3e })).toBeUndefined();
  const two = bytesOf(of('real Finnish 28560-2 tag').hex!);
  expect(decodeLibraryTag({ memory: two, dsfid: 0x06 })?.format).toBe('iso28560-2');
  expect(decodeLibraryTag({ memory: two, dsfid: 0x3e })).toBeUndefined();
});

const letters = (alphabet: string) => fc.constantFrom(...alphabet);
const item: fc.Arbitrary<LibraryItem> = fc
  .record({
    primaryItemId: fc.string({ unit: letters('0123456789ABCXYZabcxyz-/. Đắ'), minLength: 1, maxLength: 5 }),
    ownerIsil: fc.tuple(letters('VDFU'), letters('NEIS'), fc.string({ unit: letters('0123456789ABab:/-'), minLength: 1, maxLength: 9 })),
    usage: fc.integer({ min: 0, max: 15 }),
    parts: fc.tuple(fc.integer({ min: 1, max: 255 }), fc.integer({ min: 1, max: 255 })),
  })
  .map(({ primaryItemId, ownerIsil: [one, two, library], usage, parts }) => ({
    primaryItemId,
    ownerIsil: `${one}${two}-${library}`,
    usage,
    partCount: Math.max(...parts),
    partNumber: Math.min(...parts),
  }));
const profile: fc.Arbitrary<Format3Profile> = fc.record({
  firstByte: fc.constantFrom('version-high' as const, 'usage-high' as const),
  parts: fc.constantFrom('count-first' as const, 'number-first' as const),
});

test('law: what is written is read, on tags of any size and by any profile', () => {
  fc.assert(
    fc.property(item, profile, fc.constantFrom(32, 64, 112, 256), (written, style, tagBytes) => {
      const memory = new Uint8Array(tagBytes);
      memory.set(encodeFormat3(written, { tagBytes, profile: style }));
      expect(decodeFormat3(memory, { profile: style })).toEqual({ item: written, turned: false, extensions: [] });
    }),
  );
});

test('law: one damaged byte never makes another item', () => {
  fc.assert(
    fc.property(item, fc.nat({ max: 33 }), fc.integer({ min: 1, max: 255 }), (written, at, flip) => {
      const memory = encodeFormat3(written, { tagBytes: 34 });
      memory[at]! ^= flip;
      expect(decodeFormat3(memory)).toBeUndefined();
    }),
  );
});

test('law: no memory makes reading fail', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 256 }), fc.option(fc.nat({ max: 255 }), { nil: undefined }), (memory, dsfid) => {
      decodeLibraryTag({ memory: Uint8Array.from(memory), dsfid });
      decodeUserBank(Uint8Array.from([6, ...memory]));
      isilText(Uint8Array.from(memory));
      urnCode40(Uint8Array.from(memory));
    }),
  );
});

test('what does not fit is refused with what would', () => {
  const fine: LibraryItem = { primaryItemId: '1' };
  expect(() => encodeFormat3(fine, { tagBytes: 31 })).toThrow('too small');
  for (const wrong of [
    { primaryItemId: '' },
    { primaryItemId: '12345678901234567' },
    { primaryItemId: 'Đắk Lắk Đắk' },
    { ownerIsil: 'VN' },
    { ownerIsil: 'VN-1234567890' },
    { usage: 16 },
    { partNumber: 2 },
  ])
    expect(() => encodeFormat3({ ...fine, ...wrong }, { tagBytes: 32 })).toThrow(RangeError);
});
