import { expect, test } from 'vitest';
import { PhoneNumber, phoneText } from './kiosk.ts';

test.each([
  ['0912345678', '0912 345 678'],
  ['+84912345678', '+84 912 345 678'],
  ['02838221234', '028 3822 1234'],
  ['+842838221234', '+84 28 3822 1234'],
  ['02543822123', '0254 382 2123'],
  ['0912.345.678', '0912.345.678'],
  ['091 234 5678', '091 234 5678'],
  ['113', '113'],
])('%s is read out as %s', (typed, read) => expect(phoneText(typed)).toBe(read));

test('a number in groups is still a number', () => expect(PhoneNumber.safeParse(phoneText('+842838221234')).success).toBe(true));
