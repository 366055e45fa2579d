import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskedCitizenNumber, parseCitizenCard } from './citizen-card.ts';

/** Synthetic people. Source of each: public code search, by item number. */
test('a card without an older number, whose number and print disagree, is read and doubted (item 70803429945)', () => {
  expect(parseCitizenCard('001098012345||NGUYỄN VĂN B|01012000|Nữ|Hà Nội|01012022')).toEqual({
    ...{ number: '001098012345', oldNumber: undefined, name: 'NGUYỄN VĂN B', birth: '2000-01-01', sex: 'female', address: 'Hà Nội' },
    ...{ issued: '2022-01-01', moreFields: 0, doubts: ['birth-year', 'sex'] },
  });
});

test('a card with an older number is read (item 70803429945)', () => {
  const card = parseCitizenCard('001098012345|012345678|NGUYỄN VĂN A|15081998|Nam|Số 1 Đại Cồ Việt, Hai Bà Trưng, Hà Nội|25052021');
  expect(card).toEqual({
    ...{ number: '001098012345', oldNumber: '012345678', name: 'NGUYỄN VĂN A', birth: '1998-08-15', sex: 'male' },
    ...{ address: 'Số 1 Đại Cồ Việt, Hai Bà Trưng, Hà Nội', issued: '2021-05-25', moreFields: 0, doubts: [] },
  });
});

test.each([
  ['001095012345||Nguyễn Văn Thử|12071995|Nam|Số 1 Ngõ Test, Hà Nội|01012022', '001095012345', '1995-07-12'],
  ['001090123456|012345678|NGUYEN VAN A|01011990|Nam|Phường Bến Nghé, Quận 1, TP. Hồ Chí Minh|15042021', '001090123456', '1990-01-01'],
])('%s is read without doubt (items 71374499495, parseCccdQrData)', (text, number, birth) => {
  for (const end of ['', '\r', '\r\n']) expect(parseCitizenCard(text + end)).toMatchObject({ number, birth, sex: 'male', doubts: [] });
});

test('of a newer card the fields behind the seventh are counted and not kept (item 62521323502)', () => {
  const card = parseCitizenCard(
    '001200000001|123456789|NGUYỄN VĂN AN|01012000|Nữ|Phường A, Quận B, Hà Nội|02022024|cancelled-id|father-name|mother-name|reserved',
  );
  expect(card).toMatchObject({ number: '001200000001', birth: '2000-01-01', moreFields: 4, doubts: ['sex'] });
  expect(JSON.stringify(card)).not.toMatch(/father|mother|cancelled|reserved/);
});

test('a scanner that leaves the older number out is understood (CCCDTester)', () => {
  expect(parseCitizenCard('001234567890|Nguyễn Văn A|01011990|Nam|123 Đường ABC, Quận 1, TP.HCM|01012021')).toMatchObject({
    ...{ number: '001234567890', oldNumber: undefined, name: 'Nguyễn Văn A', birth: '1990-01-01', issued: '2021-01-01', moreFields: 0 },
    doubts: ['birth-year'],
  });
});

test('what is no identity card is none', () => {
  const card = ['001098012345', '', 'A', '15081998', 'Nam', 'Hà Nội', '25052021'];
  const changed = (at: number, to: string) => card.map((field, place) => (place === at ? to : field)).join('|');
  expect(parseCitizenCard(card.join('|'))).toBeDefined();
  for (const text of [
    'https://example.com/pay?id=123',
    '',
    '||||||',
    card.slice(0, 5).join('|'),
    changed(0, '01098012345'),
    changed(0, '00109801234x'),
    changed(1, '12345'),
    changed(2, ' '),
    changed(3, '30021998'),
    changed(3, '1998-08-15'),
    changed(4, 'Na'),
    changed(4, 'constructor'),
    changed(6, ''),
    `${card.join('|')}|${'x'.repeat(500)}`,
  ])
    expect([text, parseCitizenCard(text)]).toEqual([text, undefined]);
});

test('letters that were taken apart on the way are put together', () => {
  const card = parseCitizenCard('001198012345||TRẦN THỊ C|15081998|Nữ|Hà Nội|25052021'.normalize('NFD'));
  expect(card).toMatchObject({ name: 'TRẦN THỊ C', sex: 'female', doubts: [] });
});

test('a number is shown to others without its middle, and nothing that is not a number is shown', () => {
  expect(maskedCitizenNumber('079098012312')).toBe('079•••••••12');
  for (const text of ['', '0790980123', 'NGUYỄN VĂN A', '0790980123123']) expect(maskedCitizenNumber(text)).toBe('••••••••••••');
});

test('law: whoever was born when, a card as the rules number it is read and not doubted', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1900, max: 2399 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 28 }),
      fc.boolean(),
      fc.integer({ min: 0, max: 999_999 }),
      (year, month, day, female, serial) => {
        const two = (value: number) => `${value}`.padStart(2, '0');
        const number = `079${Math.floor((year - 1900) / 100) * 2 + (female ? 1 : 0)}${two(year % 100)}${`${serial}`.padStart(6, '0')}`;
        const born = `${two(day)}${two(month)}${year}`;
        const card = parseCitizenCard(`${number}||A|${born}|${female ? 'Nữ' : 'Nam'}|B|01012022`);
        expect(card).toMatchObject({ number, birth: `${year}-${two(month)}-${two(day)}`, doubts: [] });
      },
    ),
  );
});

test('law: no text makes it throw', () => {
  const piece = fc.constantFrom('|', '001098012345', '15081998', 'Nam', 'Nữ', '\r\n', '•', '\u0301');
  fc.assert(fc.property(fc.array(fc.oneof(piece, fc.string())), (pieces) => void parseCitizenCard(pieces.join(''))));
});
