import { codeAlphabet, formatCode, parseCode } from '@tramhoc/protocol/enrolment';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readTypedCode, tidyCode } from './typed-code.ts';

const letters = fc.string({ unit: fc.constantFrom(...codeAlphabet), minLength: 8, maxLength: 8 });

test('a code is ready however it is typed, and is the one the device shows', () => {
  fc.assert(
    fc.property(letters, fc.constantFrom('', ' ', '-', ' - ', '.'), (eight, between) => {
      const shown = formatCode(eight);
      const typed = shown.toLowerCase().replaceAll('-', between);
      expect(readTypedCode(typed)).toEqual({ state: 'ready' });
      expect(tidyCode(typed)).toBe(shown);
      expect(parseCode(tidyCode(typed))).toBe(eight);
    }),
  );
});

test('one wrong letter is said at once', () => {
  fc.assert(
    fc.property(letters, fc.integer({ min: 0, max: 8 }), fc.constantFrom(...codeAlphabet), (eight, at, other) => {
      const whole = formatCode(eight).replaceAll('-', '');
      fc.pre(whole[at] !== other);
      expect(readTypedCode(whole.slice(0, at) + other + whole.slice(at + 1))).toEqual({ state: 'wrong-check' });
    }),
  );
});

test('a vowel or a digit is named, a short code counts what is missing', () => {
  expect(readTypedCode('bca')).toEqual({ state: 'wrong-letter', letter: 'A' });
  expect(readTypedCode('bc0')).toEqual({ state: 'wrong-letter', letter: '0' });
  expect(readTypedCode('bcd-f')).toEqual({ state: 'partial', missing: 5 });
});
