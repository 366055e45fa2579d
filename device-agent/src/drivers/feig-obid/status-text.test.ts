import { expect, test } from 'vitest';
import { statusText } from './status-text.ts';

const whatToDo = /^the (?:reader|tag|command|radio|buffer) [^;]+; [a-z].*[^.]$/;
const bytes = Array.from({ length: 256 }, (_, value) => value);

test('whatever a reader answers, and whatever a tag refuses, the text ends with what to do', () => {
  for (const status of bytes) expect(statusText(status, new Uint8Array()).says).toMatch(whatToDo);
  for (const error of bytes) expect(statusText(0x95, Uint8Array.of(error)).says).toMatch(whatToDo);
});

test('numbers that are not in the list are told as they are', () => {
  expect(statusText(0x77, new Uint8Array())).toEqual({ says: expect.stringContaining('status 77'), again: false });
  expect(statusText(0x95, Uint8Array.of(0xa0))).toEqual({ says: expect.stringContaining('error A0'), again: false });
});
