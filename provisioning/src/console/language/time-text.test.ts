import fc from 'fast-check';
import { expect, test } from 'vitest';
import { agoText, countdownText, dateTimeText, dayOf, dayPlus, daysUntil, longDayText, secondsText } from './time-text.ts';

const sevenInTheMorning = Date.UTC(2026, 10, 23, 0, 5, 9);

test('times are those of Vietnam, hour first, whatever the computer is set to', () => {
  expect(dateTimeText(sevenInTheMorning)).toBe('07:05 23/11/2026');
  expect(secondsText(sevenInTheMorning)).toBe('07:05:09');
  expect(dateTimeText(Date.UTC(2026, 11, 31, 17, 0))).toBe('00:00 01/01/2027');
});

test('the day changes at midnight in Vietnam', () => {
  expect(dayOf(Date.UTC(2026, 10, 22, 16, 59))).toBe('2026-11-22');
  expect(dayOf(Date.UTC(2026, 10, 22, 17, 0))).toBe('2026-11-23');
});

test('a step back and a step on lead to the same day', () => {
  expect(dayPlus('2026-03-01', -1)).toBe('2026-02-28');
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40_000 }), fc.integer({ min: -400, max: 400 }), (days, step) => {
      const day = new Date(days * 86_400_000).toISOString().slice(0, 10);
      expect(dayPlus(dayPlus(day, step), -step)).toBe(day);
    }),
  );
});

test('a long day names its weekday in the language of the screen', () => {
  expect(longDayText('2026-11-23', 'vi')).toBe('Thứ Hai, 23/11/2026');
  expect(longDayText('2026-11-23', 'en')).toBe('Monday, 23/11/2026');
});

test('ages are told in the largest whole unit; two clocks that differ a little do not tell of the future', () => {
  const ago = (ms: number, language: 'vi' | 'en' = 'vi') => agoText({ atMs: sevenInTheMorning - ms, nowMs: sevenInTheMorning }, language);
  expect([ago(-3_000), ago(2_000), ago(12_000), ago(3 * 60_000), ago(26 * 3_600_000)]).toEqual([
    'vừa xong',
    'vừa xong',
    '12 giây trước',
    '3 phút trước',
    '1 ngày trước',
  ]);
  expect(ago(2 * 3_600_000, 'en')).toBe('2 hours ago');
});

test('a countdown shows minutes and seconds and stops at nought', () => {
  expect([countdownText(845_000), countdownText(59_001), countdownText(-5)]).toEqual(['14:05', '1:00', '0:00']);
});

test('a certificate that ended yesterday has less than no days left', () => {
  expect(daysUntil(sevenInTheMorning + 10 * 86_400_000 + 5, sevenInTheMorning)).toBe(10);
  expect(daysUntil(sevenInTheMorning - 1, sevenInTheMorning)).toBe(-1);
});
