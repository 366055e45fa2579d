import fc from 'fast-check';
import { expect, test } from 'vitest';
import { finds, fold } from './fold-text.ts';

test('a search without accents finds Vietnamese names', () => {
  expect(finds('nguyen dao', 'Nguyễn Thị Đào')).toBe(true);
  expect(finds('ĐÀO', 'Nguyễn Thị Đào')).toBe(true);
  expect(finds('10a1 an', 'Trần Văn An', '10A1')).toBe(true);
  expect(finds('bao', 'Trần Văn An')).toBe(false);
});

test('an empty search finds all', () => expect(finds('  ', 'Cổng chính')).toBe(true));

test('composed and decomposed letters are one', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(fold(text.normalize('NFD'))).toBe(fold(text.normalize('NFC')));
    }),
  );
});
