import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { previewCsv, textOfFile, writeCsv } from './csv-text.ts';

test('a file opens in Excel as Vietnamese: byte order mark, CRLF, quotation marks doubled', () => {
  expect(
    writeCsv([
      ['Họ tên', 'Lớp'],
      ['Nguyễn "Bi" An', '10A1'],
    ]),
  ).toBe('\uFEFFHọ tên,Lớp\r\n"Nguyễn ""Bi"" An",10A1\r\n');
});

test('a name that a spreadsheet would run as a formula is disarmed', () => {
  expect(writeCsv([['=HYPERLINK("x")', '@cmd', '-1']])).toBe('\uFEFF"\'=HYPERLINK(""x"")",\'@cmd,\'-1\r\n');
});

const words = fc.array(fc.array(fc.string({ unit: fc.constantFrom(...'aĐ,;"\n ') }), { minLength: 2, maxLength: 2 }), {
  minLength: 1,
  maxLength: 6,
});
test('what is written is read back by another reader and by the preview', () => {
  fc.assert(
    fc.property(words, (rows) => {
      const text = writeCsv([['ho_ten', 'lop'], ...rows]);
      const expected = [['ho_ten', 'lop'], ...rows];
      expect(parse(text, { bom: true, relax_column_count: true })).toEqual(expected);
      expect(previewCsv(text, 100)).toEqual(expected);
    }),
  );
});

test('the preview finds the separator and stops after its lines', () => {
  expect(previewCsv('so_the;ma;ho_ten\n1;2;A, B\n3;4;C', 2)).toEqual([
    ['so_the', 'ma', 'ho_ten'],
    ['1', '2', 'A, B'],
  ]);
  expect(previewCsv('', 5)).toEqual([]);
});

test('a file of an old code page is recognised instead of being imported broken', () => {
  expect(textOfFile(Uint8Array.from([0x4e, 0x67, 0x75, 0x79, 0xea, 0xf0, 0x6e]))).toBeUndefined();
  expect(textOfFile(new TextEncoder().encode('Nguyễn'))).toBe('Nguyễn');
  expect(textOfFile(Uint8Array.from([0xff, 0xfe, 0x10, 0x01]))).toBe('Đ');
});
