/**
 * Makes drivers/escpos/receipt-font.json: the letters of receipts as dots, out of the outlines of Be Vietnam Pro.
 *   node device-agent/src/testing/make-receipt-font.ts
 * A test holds that the file is what comes out here.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Edge, type OutlineFont, openFont } from './outline-font.ts';

/** Sizes in dots of 1/8 mm (203 dpi). `strength`: from which share of ink on a dot is black; thin strokes need less. */
const faces = [
  { name: 'text', weight: 400, emDots: 26, strength: 0.42 },
  { name: 'bold', weight: 700, emDots: 26, strength: 0.5 },
  { name: 'title', weight: 700, emDots: 38, strength: 0.5 },
] as const;
const subsets = ['vietnamese', 'latin', 'latin-ext'];
/** Of each dot in both directions. */
const samples = 8;

const licence =
  'Dots made from Be Vietnam Pro, Copyright 2021 The Be Vietnam Pro Project Authors (https://github.com/bettergui/BeVietnamPro), under the SIL Open Font License 1.1 (https://openfontlicense.org).';

const plain = Array.from({ length: 0x7f - 0x20 }, (_, at) => String.fromCharCode(0x20 + at)).join('');
const marks = '“”‘’–—…•·°×₫©«»';
const vowels = 'a ă â e ê i o ô ơ u ư y'.split(' ');
const tones = ['', '\u0300', '\u0301', '\u0303', '\u0309', '\u0323'];

/** Every letter of Vietnamese: 12 vowels with 5 tones and without, and đ; small and capital. */
export const vietnameseLetters: readonly string[] = [
  ...vowels.flatMap((vowel) => tones.map((tone) => (vowel + tone).normalize('NFC'))),
  'đ',
].flatMap((letter) => [letter, letter.toUpperCase()]);

/** As text of JSON: for each face its heights, and for each letter `advance left top width height dots`, dots row by row in base 64. */
export function receiptFontText(): string {
  const letters = [...new Set([...plain, ...marks, ...vietnameseLetters])].sort();
  const made = faces.map(({ name, weight, emDots, strength }) => {
    const fonts = subsets.map((subset) => openFont(readFileSync(fontFile(subset, weight))));
    const glyphs = letters.map((letter) => [letter, glyphText(fontWith(fonts, letter), { letter, emDots, strength })] as const);
    const tops = glyphs.map(([, glyph]) => glyph.top);
    const bottoms = glyphs.map(([, glyph]) => glyph.top - glyph.height);
    const face = {
      ascentDots: Math.max(...tops),
      descentDots: -Math.min(...bottoms),
      glyphs: Object.fromEntries(glyphs.map(([letter, { text }]) => [letter, text])),
    };
    return [name, face] as const;
  });
  return `${JSON.stringify({ licence, faces: Object.fromEntries(made) }, undefined, 2)}\n`;
}

function fontFile(subset: string, weight: number): string {
  const folder = dirname(createRequire(import.meta.url).resolve('@fontsource/be-vietnam-pro/package.json'));
  return join(folder, 'files', `be-vietnam-pro-${subset}-${weight}-normal.woff`);
}

function fontWith(fonts: readonly OutlineFont[], letter: string): OutlineFont {
  const font = fonts.find((one) => one.has(letter));
  if (font === undefined) throw new Error(`no font has ${letter}`);
  return font;
}

function glyphText(
  font: OutlineFont,
  { letter, emDots, strength }: { letter: string; emDots: number; strength: number },
): { text: string; top: number; height: number } {
  const { advance, edges } = font.outline(letter, emDots);
  const xs = edges.flatMap(({ x1, x2 }) => [x1, x2]);
  const ys = edges.flatMap(({ y1, y2 }) => [y1, y2]);
  if (edges.length === 0) return { text: `${Math.round(advance)} 0 0 0 0 `, top: 0, height: 0 };
  const [left, top] = [Math.floor(Math.min(...xs)), Math.ceil(Math.max(...ys))];
  const box = { left, top, width: Math.ceil(Math.max(...xs)) - left, height: top - Math.floor(Math.min(...ys)) };
  const dots = Array.from({ length: box.height }, (_, row) =>
    inkOfRow(edges, { left: box.left, bottom: box.top - row - 1, width: box.width }).map((ink) => ink >= strength),
  );
  const rows = dots.flatMap((row, at) => (row.includes(true) ? [at] : []));
  const columns = dots[0]!.flatMap((_dot, at) => (dots.some((row) => row[at]!) ? [at] : []));
  const [firstRow, lastRow, firstColumn, lastColumn] = [rows[0]!, rows.at(-1)!, columns[0]!, columns.at(-1)!];
  const width = lastColumn - firstColumn + 1;
  const height = lastRow - firstRow + 1;
  const bits = dots.slice(firstRow, lastRow + 1).flatMap((row) => row.slice(firstColumn, lastColumn + 1));
  const bytes = Buffer.alloc(Math.ceil(bits.length / 8));
  for (const [at, bit] of bits.entries()) if (bit) bytes[at >> 3]! |= 0x80 >> (at & 7);
  const inkTop = box.top - firstRow;
  const text = [Math.round(advance), box.left + firstColumn, inkTop, width, height, bytes.toString('base64')].join(' ');
  return { text, top: inkTop, height };
}

/** For each dot of a row the share of it that lies inside the outline: nonzero winding, sampled. */
function inkOfRow(edges: readonly Edge[], { left, bottom, width }: { left: number; bottom: number; width: number }): number[] {
  const inside = new Array<number>(width).fill(0);
  const near = edges.filter(({ y1, y2 }) => Math.max(y1, y2) > bottom && Math.min(y1, y2) <= bottom + 1);
  if (near.length === 0) return inside;
  for (let row = 0; row < samples; row += 1) {
    const y = bottom + (row + 0.5) / samples;
    const crossings = near
      .filter(({ y1, y2 }) => (y1 <= y && y2 > y) || (y2 <= y && y1 > y))
      .map(({ x1, y1, x2, y2 }) => ({ at: x1 + ((y - y1) / (y2 - y1)) * (x2 - x1), turn: y2 > y1 ? 1 : -1 }))
      .sort((one, other) => one.at - other.at);
    let winding = 0;
    let next = 0;
    for (let sample = 0; sample < width * samples; sample += 1) {
      const x = left + (sample + 0.5) / samples;
      for (; next < crossings.length && crossings[next]!.at <= x; next += 1) winding += crossings[next]!.turn;
      if (winding !== 0) inside[Math.floor(sample / samples)]! += 1;
    }
  }
  return inside.map((count) => count / samples ** 2);
}

if (import.meta.filename === process.argv[1])
  writeFileSync(join(import.meta.dirname, '..', 'drivers', 'escpos', 'receipt-font.json'), receiptFontText());
