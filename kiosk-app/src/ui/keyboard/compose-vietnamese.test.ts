import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { append, composeVietnamese, toggleTone } from './compose-vietnamese.ts';
import { emptyWord, readWord, tones, writeWord } from './vietnamese-syllable.ts';

const vectors = JSON.parse(readFileSync(new URL('./vietnamese-input.vectors.json', import.meta.url), 'utf8')) as {
  telex: Record<string, string>;
  vni: Record<string, string>;
};

test.each(Object.entries(vectors.telex))('Telex: %s gives %s', (keys, word) =>
  expect(composeVietnamese(keys, { method: 'telex' })).toBe(word),
);
test.each(Object.entries(vectors.vni))('VNI: %s gives %s', (keys, word) => expect(composeVietnamese(keys, { method: 'vni' })).toBe(word));

test.each([
  ['phanr', 'phản'],
  ['anhs', 'ánh'],
  ['ngoaif', 'ngoài'],
  ['thuowr', 'thuở'],
  ['luwuj', 'lựu'],
  ['quaan', 'quân'],
  ['Ddawsk', 'Đắk'],
  ['www', 'ww'],
  ['khuyeens', 'khuyến'],
  ['nuwowcs', 'nước'],
  ['giuwowngf', 'giường'],
])('Telex: %s gives %s, as people expect of Unikey', (keys, word) => expect(composeVietnamese(keys, { method: 'telex' })).toBe(word));

test('the modern spelling puts the tone on the second vowel', () => {
  expect(composeVietnamese('hoaf', { method: 'telex', modern: true })).toBe('hoà');
  expect(composeVietnamese('thuys', { method: 'telex', modern: true })).toBe('thuý');
});

test('whatever is typed, the result is NFC and no letter gets lost', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'abcdeghiklmnopqrstuvxywfjzABDEOUW'), maxLength: 12 }), (keys) => {
      const word = composeVietnamese(keys, { method: 'telex' });
      expect(word).toBe(word.normalize('NFC'));
      expect(word.length).toBeLessThanOrEqual(keys.length);
      expect(word === '').toBe(keys === '');
    }),
  );
});

test('a composed word read back and written again is the same word', () => {
  for (const word of [...Object.values(vectors.telex), ...Object.values(vectors.vni)]) expect(writeWord(readWord(word))).toBe(word);
});

test('the direct layout: letters with their marks, and a tone key that sets, moves and takes away', () => {
  let word = emptyWord;
  for (const letter of 'đương') word = append(word, letter);
  expect(writeWord(toggleTone(word, 'grave'))).toBe('đường');
  expect(writeWord(toggleTone(toggleTone(word, 'grave'), 'grave'))).toBe('đương');
  expect(writeWord(append(toggleTone(append(append(emptyWord, 'h'), 'o'), 'grave'), 'a'))).toBe('hòa');
});

test('a tone key on a word that cannot carry it changes nothing', () => {
  for (const tone of tones) expect(toggleTone(readWord('xyz'), tone === 'none' ? 'acute' : tone).letters).toEqual(readWord('xyz').letters);
  expect(writeWord(toggleTone(readWord('cat'), 'hook'))).toBe('cat');
});
