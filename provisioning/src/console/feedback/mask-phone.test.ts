import { expect, test } from 'vitest';
import { maskPhone } from './mask-phone.ts';

test('a phone number keeps its shape and its first digits, not its middle', () => {
  expect(maskPhone('0912 345 678')).toBe('0912 ••• ••8');
  expect(maskPhone('+84 28 3822 1234')).toBe('+84 28 •••• •••4');
});
