/** What a person has typed of an enrolment code so far, and what can be said about it already. Pure. */
import { codeAlphabet, codeLetters, parseCode } from '@tramhoc/protocol/enrolment';

const wholeLetters = codeLetters + 1;

export type TypedCode =
  | { state: 'partial'; missing: number }
  | { state: 'wrong-letter'; letter: string }
  | { state: 'wrong-check' }
  | { state: 'ready' };

/** `bcd fgh-j` becomes `BCD-FGH-J`: capitals, in groups of three, at most nine letters. */
export function tidyCode(typed: string): string {
  const letters = typed
    .toUpperCase()
    .normalize('NFC')
    .replace(/[^\p{L}\d]/gu, '')
    .slice(0, wholeLetters);
  return letters.match(/.{1,3}/gu)?.join('-') ?? '';
}

export function readTypedCode(typed: string): TypedCode {
  const letters = [...tidyCode(typed).replaceAll('-', '')];
  const strange = letters.find((letter) => !codeAlphabet.includes(letter));
  if (strange !== undefined) return { state: 'wrong-letter', letter: strange };
  if (letters.length < wholeLetters) return { state: 'partial', missing: wholeLetters - letters.length };
  return { state: parseCode(letters.join('')) === undefined ? 'wrong-check' : 'ready' };
}
