import { cardHash } from '@tramhoc/base/digest';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readCardCsv } from './card-csv.ts';
import { readCardNumber } from './card-number.ts';

const cardKey = '11'.repeat(32);
const hashOf = (number: string) => cardHash({ cardKey, number });
const read = (text: string) => readCardCsv(Buffer.from(text), cardKey);
const holder = { cardHash: hashOf('14008EC793'), personId: 'HS001', name: 'Nguyễn Thị Minh Anh', group: '10A1' };

test.each([
  ['English, commas', 'card,person,name,group\n14008EC793,HS001,Nguyễn Thị Minh Anh,10A1\n'],
  ['Vietnamese as a program writes it, semicolons', 'so_the;ma;ho_ten;lop\r\n14008EC793;HS001;Nguyễn Thị Minh Anh;10A1\r\n'],
  ['Vietnamese as a person writes it, tabs, other order', 'Lớp\tHọ tên\tMã\tSố thẻ\n10A1\tNguyễn Thị Minh Anh\tHS001\t14:00:8e:c7:93\n'],
  [
    'byte order mark, quotes, an empty line',
    '\ufeff"card","person","name","group"\n\n"0x14008EC793","HS001","Nguyễn Thị Minh Anh","10A1"\n',
  ],
  ['accents as separate characters', 'card,person,name,group\n14008EC793,HS001,Nguyễn Thị Minh Anh,10A1\n'.normalize('NFD')],
  ['the whole number in decimal', 'card,person,name,group\n85908703123,HS001,Nguyễn Thị Minh Anh,10A1\n'],
])('a list is understood: %s', (_how, text) => {
  expect(read(text)).toEqual({ holders: [holder], faults: [], faultCount: 0 });
});

test('a list with a slip in every line names the first ones and counts them all', () => {
  const { faults, faultCount } = read(`card,person,name\n${'xyz,HS001,An\n'.repeat(1_300)}`);
  expect({ named: faults.length, last: faults.at(-1)?.line, faultCount }).toEqual({ named: 200, last: 201, faultCount: 1_300 });
});

test('a list that a spreadsheet saved as UTF-16 is understood', () => {
  const text = '\ufeffcard\tperson\tname\tgroup\n14008EC793\tHS001\tNguyễn Thị Minh Anh\t10A1\n';
  expect(readCardCsv(Buffer.from(text, 'utf16le'), cardKey).holders).toEqual([holder]);
});

test('a list without classes is fine; a printed code is taken as its text', () => {
  expect(read('card,person,name\nqr:HS-0001,HS001,An\n').holders).toEqual([
    { cardHash: hashOf('HS-0001'), personId: 'HS001', name: 'An', group: '' },
  ]);
});

test('the number of a person in the attendance terminals is taken as PIN:, however it is written there', () => {
  expect(read('card,person,name\nPIN:1023,HS001,An\npin: 0ab7,HS002,Bình\n').holders.map(({ cardHash }) => cardHash)).toEqual([
    hashOf('PIN:1023'),
    hashOf('PIN:0AB7'),
  ]);
  expect(read('card,person,name\nPIN:1023,HS001,An\nPIN:001023,HS002,Bình\n').faults).toMatchObject([
    { line: 3, reason: expect.stringContaining('line 2') },
  ]);
  for (const wrong of ['PIN:', 'PIN:0', 'PIN:10 23', 'PIN:1-2'])
    expect(readCardNumber(wrong, { columnIsHex: false })).toMatchObject({ ok: false });
});

test('every faulty line is named with its number in the file, and no reason repeats a card number', () => {
  const { faults } = read(
    [
      'card,person,name,group',
      '14008EC793,HS001,An,10A1',
      ',HS002,Bình,10A1',
      '0009357203,HS003,Chi,10A1',
      '14008EC793,HS004,Dung,10A1',
      'xyz,HS005,Em,',
      '0415A2B3,,Giang,',
      '0415A2B4,HS007,,',
    ].join('\n'),
  );
  expect(faults.map(({ line, reason }) => `${line} ${reason.slice(0, 26)}`)).toEqual([
    '3 the card number is missing',
    '4 these digits may be the nu',
    '5 the same card as in line 2',
    '6 not a card number: give th',
    "7 the person's number is mis",
    '8 the name is missing',
  ]);
  for (const { reason } of faults) expect(reason).not.toMatch(/0009357203|xyz|0415A2B3/);
});

test.each([
  ['no heading of ours', 'a,b,c\n1,2,3\n', /must name the columns/],
  ['no lines', 'card,person,name\n', /no lines/],
  ['an open quotation mark', 'card,person,name\n"14008EC793,HS1,An\n', /quotation mark/],
  ['another encoding', Buffer.from([0x63, 0x61, 0x72, 0x64, 0xe3, 0xff]), /UTF-8/],
])('a file that is no such list is refused as a whole: %s', (_what, content, reason) => {
  expect(() => readCardCsv(Buffer.from(content), cardKey)).toThrow(
    expect.objectContaining({ code: 'CSV_INVALID', message: expect.stringMatching(reason) }),
  );
});

test('digits without a letter are hex only in a column that is hex', () => {
  expect(readCardNumber('0415091707', { columnIsHex: false })).toMatchObject({ ok: false, reason: expect.stringContaining('0x') });
  expect(readCardNumber('0415091707', { columnIsHex: true })).toEqual({ ok: true, number: '0415091707' });
  expect(readCardNumber('0x0415091707', { columnIsHex: false })).toEqual({ ok: true, number: '0415091707' });
  expect(readCardNumber('0009357203', { columnIsHex: true })).toMatchObject({ ok: false });
  expect(read('card,person,name\n0415091707,HS1,An\n14008EC793,HS2,Bình\n').holders[0]!.cardHash).toBe(hashOf('0415091707'));
});

test('the five bytes of a card are the same number in hex and in decimal', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 10n ** 10n, max: 2n ** 40n - 1n }), (value) => {
      const hex = value.toString(16).toUpperCase().padStart(10, '0');
      expect(readCardNumber(String(value), { columnIsHex: false })).toEqual({ ok: true, number: hex });
      expect(readCardNumber(`0x${hex.toLowerCase()}`, { columnIsHex: false })).toEqual({ ok: true, number: hex });
    }),
  );
});

test('whatever stands in a file, reading it ends in a list or in a fault of ours', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.string({ maxLength: 200 }).map((text) => Buffer.from(`card,person,name\n${text}`)),
      ),
      (bytes) => {
        try {
          expect(readCardCsv(bytes, cardKey).holders.length).toBeGreaterThanOrEqual(0);
        } catch (error) {
          expect(error).toMatchObject({ code: 'CSV_INVALID' });
        }
      },
    ),
  );
});
