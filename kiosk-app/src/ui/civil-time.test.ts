import { expect, test } from 'vitest';
import { clockText, clockTextWithSeconds, longDateText, shortDateText } from './civil-time.ts';

/** 7:05:12 in the morning in Vietnam, still Sunday in UTC minus some zones. */
const morning = Date.UTC(2026, 10, 23, 0, 5, 12);

test('times are those of Vietnam', () => {
  expect(clockText(morning)).toBe('07:05');
  expect(clockTextWithSeconds(morning)).toBe('07:05:12');
  expect(clockText(Date.UTC(2026, 10, 22, 17, 0))).toBe('00:00');
});

test('dates are in the form people read', () => {
  expect(longDateText(morning, 'vi')).toBe('Thứ Hai, ngày 23 tháng 11 năm 2026');
  expect(longDateText(morning, 'en')).toBe('Monday, 23 November 2026');
  expect(shortDateText(Date.UTC(2027, 0, 2))).toBe('02/01/2027');
});
