import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { lineCutter } from './line-cutter.ts';

test('law: any cutting of the bytes gives the same lines', () => {
  const line = fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => !text.includes('\n'));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 10 }), fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), (lines, sizes) => {
      const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
      const cutter = lineCutter(1_000);
      const cut: string[] = [];
      for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
        const size = sizes[turn % sizes.length]!;
        cut.push(...cutter.push(bytes.subarray(at, at + size))!);
        at += size;
      }
      expect(cut).toEqual(Buffer.from(lines.join('\n')).toString('utf8') === '' && lines.length === 0 ? [] : lines);
    }),
  );
});

test('a line without an end is given up at the limit', () => {
  const cutter = lineCutter(10);
  expect(cutter.push(Buffer.from('0123456789'))).toEqual([]);
  expect(cutter.push(Buffer.from('x'))).toBeUndefined();
  expect(lineCutter(10).push(Buffer.from('0123456789x\n'))).toBeUndefined();
});
