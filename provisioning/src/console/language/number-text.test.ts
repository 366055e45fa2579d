import { expect, test } from 'vitest';
import { numberText, shareText } from './number-text.ts';

test('numbers are written as the language writes them', () => {
  expect(numberText(1234.56, 'vi', 1)).toBe('1.234,6');
  expect(numberText(1234.56, 'en', 1)).toBe('1,234.6');
  expect(numberText(27, 'vi')).toBe('27');
});

test('a share of nobody is a dash, not nought', () => {
  expect(shareText(3, 4, 'vi')).toBe('75 %');
  expect(shareText(0, 0, 'vi')).toBe('–');
});
