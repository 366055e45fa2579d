import { expect, test } from 'vitest';
import { errorText } from './error-text.ts';

test('whatever a pad reports, the text ends with what to do', () => {
  for (let code = 1; code <= 0x500; code += 1) expect(errorText(code).says).toMatch(/^the (?:pad|tag|buffer|block) [^;]+; [a-z].*[^.]$/);
});

test('errors of the radio that are not in the list are told as they are, and may pass', () => {
  expect(errorText(0x40c)).toEqual({ says: expect.stringContaining('error 40C'), again: true });
  expect(errorText(0x210)).toEqual({ says: expect.stringContaining('error 210'), again: false });
});
