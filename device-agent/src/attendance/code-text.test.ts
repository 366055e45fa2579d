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

test.each([
  ['with the older number', '001099012345||Nguyễn Văn A|1999|N?|Hà Nội|01012022'],
  ['without it', '001099012345|Nguyễn Văn A|01011999|N?|Hà Nội|01012022'],
  ['of somebody whose day of birth nobody knows', '001099012345|Nguyễn Văn A|1950|Nữ|Hà Nội|01012022'],
  ['with the parents', '001099012345||Nguyễn Văn A|01011999|Nam|Hà Nội|01012022|||Nguyễn Văn B|Trần Thị C'],
])('whatever became of its other fields, an identity card %s is known by its number', (_what, text) => {
  expect(holderOfCode(text)).toBe('001099012345');
});

test('two pupils whose school prints a card of many fields are two holders', () => {
  const [a, b] = ['THPT Nguyen Trai|10A1|Nguyễn Văn A|2009|Nam|HN|7781', 'THPT Nguyen Trai|10A1|Trần Thị B|2009|Nữ|HN|9943'];
  expect([holderOfCode(a!), holderOfCode(b!)]).toEqual([a, b]);
});

test('a printed pupil card stands for itself', () => {
  expect(holderOfCode(' HS-10A1-007 ')).toBe('HS-10A1-007');
  for (const card of ['a|b|c', '001099012345', '001099012345|10A1', '00109901234|b|c|d|e|f|g']) expect(holderOfCode(card)).toBe(card);
});

test('nothing and far too much are nobody', () => {
  expect(holderOfCode('  \r\n')).toBeUndefined();
  for (const empty of ['|', '||||||', ' | | \t| | | | ']) expect(holderOfCode(empty)).toBeUndefined();
  expect(holderOfCode('x'.repeat(600))).toBeUndefined();
});
