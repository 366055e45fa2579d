import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReceiptLine } from '@tramhoc/protocol/receipt';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { receiptFontText, vietnameseLetters } from '../../testing/make-receipt-font.ts';
import { type PrintOptions, paperDots, receiptCommands } from './plan-receipt.ts';
import { charactersOf, faceOf } from './receipt-letters.ts';

const options: PrintOptions = { paper: '58', raster: 'gs-v-0', cut: 'partial', qr: true };
const rasterWidths = (lines: ReceiptLine[], how: PrintOptions = options): number[] =>
  receiptCommands({ lines }, how)
    .filter((command) => command[1] === 0x76)
    .map((command) => (command[4]! + command[5]! * 256) * 8);
const rowsOf = (lines: ReceiptLine[], how?: PrintOptions): number => rasterWidths(lines, how).length;

test('the letters are what the script makes of the font', { timeout: 60_000 }, () => {
  expect(JSON.parse(readFileSync(join(import.meta.dirname, 'receipt-font.json'), 'utf8'))).toEqual(JSON.parse(receiptFontText()));
});

test('every letter of Vietnamese has its own dots in every face, none looks like another', () => {
  expect(vietnameseLetters.length).toBe(146);
  for (const name of ['text', 'bold', 'title'] as const) {
    const face = faceOf(name);
    const seen = new Map<string, string>();
    for (const character of new Set([...vietnameseLetters, ...'abcdeghiklmnopqrstuvxyzABCDEGHIKLMNOPQRSTUVXYZ0123456789'])) {
      const { advance, width, height, dots, top } = face.letter(character);
      expect([character, advance > 0 && width > 0 && height > 0 && dots.length === Math.ceil((width * height) / 8)]).toEqual([
        character,
        true,
      ]);
      const look = `${width} ${height} ${top} ${Buffer.from(dots).toString('hex')}`;
      expect([character, seen.get(look)]).toEqual([character, undefined]);
      seen.set(look, character);
    }
  }
});

test('letters written as a vowel and its marks are one letter, and marks without a place are left out', () => {
  expect(charactersOf('Nguye\u0302\u0303n')).toEqual([...'Nguyễn']);
  expect(charactersOf('a\u200B\u0308\u0331b').length).toBe(2);
  const face = faceOf('text');
  expect(face.letter('ç')).toEqual(face.letter('c'));
  expect(face.letter('語')).toEqual(face.letter('?'));
});

test('long text is broken at spaces, a long word where it must', () => {
  expect(rowsOf([{ line: 'text', text: 'ngắn' }])).toBe(1);
  expect(rowsOf([{ line: 'text', text: '' }])).toBe(1);
  const long = 'Trung tâm học tập cộng đồng phường Bến Nghé, quận 1, Thành phố Hồ Chí Minh';
  expect(rowsOf([{ line: 'text', text: long }])).toBe(3);
  expect(rowsOf([{ line: 'text', text: long }], { ...options, paper: '80' })).toBe(2);
  expect(rowsOf([{ line: 'text', text: 'W'.repeat(40) }])).toBeGreaterThan(2);
});

test('a name and its value stand side by side where there is room, else one below the other', () => {
  expect(rowsOf([{ line: 'columns', left: 'Về việc', right: 'Cơ sở vật chất' }])).toBe(1);
  expect(rowsOf([{ line: 'columns', left: 'Nơi tiếp nhận', right: 'Phòng Văn hoá – Xã hội' }])).toBe(2);
});

test('nothing is wider than the paper, whatever is printed', () => {
  const text = fc.string({ maxLength: 60, unit: fc.constantFrom(...vietnameseLetters, ...'Wi .-0/') });
  const line: fc.Arbitrary<ReceiptLine> = fc.oneof(
    text.map((one) => ({ line: 'title' as const, text: one })),
    fc.tuple(text, fc.boolean(), fc.boolean()).map(([one, bold, centred]) => ({ line: 'text' as const, text: one, bold, centred })),
    fc.tuple(text, text).map(([left, right]) => ({ line: 'columns' as const, left, right })),
    fc.constant({ line: 'rule' as const }),
  );
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 5 }), fc.constantFrom('58' as const, '80' as const), (lines, paper) => {
      for (const widthDots of rasterWidths(lines, { ...options, paper })) expect(widthDots).toBeLessThanOrEqual(paperDots[paper]);
    }),
    { numRuns: 40 },
  );
});

test('a printer without a knife gets paper to tear off, one without QR codes none', () => {
  const last = (how: Partial<PrintOptions>) =>
    Buffer.from(receiptCommands({ lines: [{ line: 'rule' }] }, { ...options, ...how }).at(-1)!).toString('hex');
  expect([last({}), last({ cut: 'full' }), last({ cut: 'none' })]).toEqual(['1d564200', '1d564100', '1b6404']);
  const qr: ReceiptLine[] = [{ line: 'qr', text: 'PA-7K3M-9QXP' }];
  expect(receiptCommands({ lines: qr }, options).length).toBeGreaterThan(receiptCommands({ lines: qr }, { ...options, qr: false }).length);
});

test('a QR code of any length fits on the narrow paper', () => {
  for (let length = 1; length <= 300; length += 1) {
    const command = receiptCommands({ lines: [{ line: 'qr', text: 'x'.repeat(length) }] }, options).find((one) => one[1] === 0x28)!;
    const versions = [14, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287, 331];
    // 1d 28 6b 04 00 31 41 32 00, then 1d 28 6b 03 00 31 43 and the size of a module
    const modules = 21 + 4 * versions.findIndex((room) => length <= room) + 8;
    expect([length, command[16]! * modules <= paperDots['58'] && command[16]! >= 3]).toEqual([length, true]);
  }
});
