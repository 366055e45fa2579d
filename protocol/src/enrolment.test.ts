import fc from 'fast-check';
import { expect, test } from 'vitest';
import { codeAlphabet, codeLetters, formatCode, parseCode } from './enrolment.ts';

const letter = fc.constantFrom(...codeAlphabet);
const letters = fc.array(letter, { minLength: codeLetters, maxLength: codeLetters }).map((all) => all.join(''));

test('a code is understood however it is typed: lower case, spaces, without dashes', () => {
  fc.assert(
    fc.property(letters, (code) => {
      const shown = formatCode(code);
      expect(shown).toMatch(/^[A-Z]{3}-[A-Z]{3}-[A-Z]{3}$/);
      for (const typed of [shown, shown.toLowerCase(), shown.replaceAll('-', ''), shown.replaceAll('-', ' ')])
        expect(parseCode(typed)).toBe(code);
    }),
  );
});

test('any single wrong letter is noticed', () => {
  fc.assert(
    fc.property(letters, fc.nat({ max: codeLetters }), letter, (code, at, wrong) => {
      const whole = formatCode(code).replaceAll('-', '');
      fc.pre(whole[at] !== wrong);
      expect(parseCode(whole.slice(0, at) + wrong + whole.slice(at + 1))).toBeUndefined();
    }),
  );
});

test('vowels, digits and a missing letter are no code', () => {
  for (const typed of ['', 'BCD-FGH-JK', 'BCA-FGH-JKL', 'BCD-FGH-JK1', 'ĐCD-FGH-JKL']) expect(parseCode(typed)).toBeUndefined();
});
