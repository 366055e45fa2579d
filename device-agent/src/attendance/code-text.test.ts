import { expect, test } from 'vitest';
import { holderOfCode } from './code-text.ts';

test('of a citizen identity card only the number stands for its holder', () => {
  expect(holderOfCode('001099012345|012345678|Nguyễn Văn A|01011999|Nam|Số 1 Tràng Tiền, Hà Nội|01012022\r\n')).toBe('001099012345');
});

test('an identity card that was issued anew is the same holder', () => {
  const old = holderOfCode('001099012345|012345678|Nguyễn Văn A|01011999|Nam|Hà Nội|01012022');
  expect(holderOfCode('001099012345||Nguyễn Văn A|01011999|Nam|Cần Thơ|02022026|||')).toBe(old);
});

test('a scanner that leaves a field out, and a card with a misprint, are the same holder', () => {
  expect(holderOfCode('001099012345|Nguyễn Văn A|01011999|Nam|Hà Nội|01012022')).toBe('001099012345');
  expect(holderOfCode('001099012345||Nguy?n V?n A|00001999|Nam|Hà N?i|01012022')).toBe('001099012345');
});

test('a printed pupil card stands for itself', () => {
  expect(holderOfCode(' HS-10A1-007 ')).toBe('HS-10A1-007');
  expect(holderOfCode('a|b|c')).toBe('a|b|c');
});

test('nothing and far too much are nobody', () => {
  expect(holderOfCode('  \r\n')).toBeUndefined();
  expect(holderOfCode('||||||')).toBeUndefined();
  expect(holderOfCode('x'.repeat(600))).toBeUndefined();
});
