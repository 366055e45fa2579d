/** What is printed for a receipt: dots, QR codes and cuts, for paper of a certain width. Pure. */
import type { Receipt, ReceiptLine } from '@tramhoc/protocol/receipt';
import { type Bitmap, commands, qrCode, type RasterCommand, raster } from './codec.ts';
import { charactersOf, type Face, type FaceName, faceOf } from './receipt-letters.ts';

/** 203 dpi heads: 48 and 72 mm of the paper are printed on. */
export const paperDots = { '58': 384, '80': 576 } as const;
export type PaperWidth = keyof typeof paperDots;
export type PrintOptions = { paper: PaperWidth; raster: RasterCommand; cut: 'partial' | 'full' | 'none'; qr: boolean };

/** Between lines of text. */
const leadingDots = 4;
const columnGapDots = 16;
/** One picture command: a line of large letters fits twice. Printers with little memory print each as it comes. */
const bandDots = 64;
/** From the head to the knife, or to the edge where people tear. */
const tearLines = 4;
/** A code as wide as two thirds of the narrow paper is read from any telephone. */
const qrWidthDots = 256;

const faces = new Map<FaceName, Face>((['text', 'bold', 'title'] as const).map((name) => [name, faceOf(name)]));

/** Commands in their order, each whole: nothing else may be sent within one. */
export function receiptCommands({ lines }: Receipt, options: PrintOptions): Uint8Array[] {
  return [
    commands.initialize,
    commands.tellChanges,
    ...lines.flatMap((line) => lineCommands(line, options)),
    ...(options.cut === 'none' ? [commands.feedLines(tearLines)] : [commands.cut(options.cut)]),
  ];
}

function lineCommands(line: ReceiptLine, options: PrintOptions): Uint8Array[] {
  const widthDots = paperDots[options.paper];
  const print = (canvas: Canvas): Uint8Array[] => bands(canvas).map((band) => raster(band, options.raster));
  const text = (words: string, face: FaceName, place: Place): Uint8Array[] =>
    broken(words, face, widthDots).flatMap((row) => print(drawn([{ text: row, place }], face, widthDots)));
  switch (line.line) {
    case 'title':
      return text(line.text, 'title', 'centre');
    case 'text':
      return text(line.text, line.bold === true ? 'bold' : 'text', line.centred === true ? 'centre' : 'left');
    case 'columns':
      return columnRows(line, widthDots).flatMap((row) => print(drawn(row, line.bold === true ? 'bold' : 'text', widthDots)));
    case 'rule':
      return print(ruled(widthDots));
    case 'space':
      return print(blank({ widthDots: 8, heightDots: 20 }));
    case 'qr':
      return options.qr ? qrCommands(line.text, options) : [];
    case 'cut':
      return options.cut === 'none' ? [commands.feedLines(tearLines)] : [commands.cut(options.cut)];
    default:
      return line satisfies never;
  }
}

/** Bytes that fit into versions 1, 2, ... of a model 2 code at level M. Source: ISO/IEC 18004, table 7. */
const qrBytes = [14, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287, 331];

function qrCommands(text: string, options: PrintOptions): Uint8Array[] {
  const bytes = new TextEncoder().encode(text).length;
  const version =
    1 +
    Math.max(
      0,
      qrBytes.findIndex((room) => bytes <= room),
    );
  const moduleDots = Math.max(3, Math.min(8, Math.floor(qrWidthDots / (17 + 4 * version))));
  // four modules of white on every side, or telephones do not find it; left and right the paper gives them
  const quiet = bands(blank({ widthDots: 8, heightDots: 4 * moduleDots })).map((band) => raster(band, options.raster));
  return [...quiet, commands.align('centre'), qrCode(text, moduleDots), commands.align('left'), ...quiet];
}

type Place = 'left' | 'centre' | 'right';
type Words = { text: string; place: Place };

/** Side by side where there is room, else one below the other. */
function columnRows({ left, right, bold }: { left: string; right: string; bold?: boolean | undefined }, widthDots: number): Words[][] {
  const face = bold === true ? 'bold' : 'text';
  const both: Words[] = [
    { text: left, place: 'left' },
    { text: right, place: 'right' },
  ];
  if (textWidth(left, face) + columnGapDots + textWidth(right, face) <= widthDots) return [both];
  return both.flatMap(({ text, place }) => broken(text, face, widthDots).map((row): Words[] => [{ text: row, place }]));
}

function textWidth(text: string, face: FaceName): number {
  return charactersOf(text).reduce((sum, character) => sum + faces.get(face)!.letter(character).advance, 0);
}

/** Rows of words that fit; a word that does not fit is broken where it must. A text without letters is one empty row. */
function broken(text: string, face: FaceName, widthDots: number): string[] {
  const rows: string[] = [];
  let row = '';
  for (const word of text.split(/\s+/).filter((one) => one !== '')) {
    const longer = row === '' ? word : `${row} ${word}`;
    if (textWidth(longer, face) <= widthDots) {
      row = longer;
      continue;
    }
    if (row !== '') rows.push(row);
    const pieces = piecesOf(word, face, widthDots);
    rows.push(...pieces.slice(0, -1));
    row = pieces.at(-1)!;
  }
  return [...rows, row];
}

function piecesOf(word: string, face: FaceName, widthDots: number): string[] {
  const pieces: string[] = [''];
  let usedDots = 0;
  for (const character of charactersOf(word)) {
    const { advance } = faces.get(face)!.letter(character);
    if (usedDots + advance > widthDots) {
      pieces.push('');
      usedDots = 0;
    }
    pieces[pieces.length - 1] += character;
    usedDots += advance;
  }
  return pieces;
}

type Canvas = { widthDots: number; heightDots: number; widthBytes: number; bytes: Uint8Array };

function blank({ widthDots, heightDots }: { widthDots: number; heightDots: number }): Canvas {
  const widthBytes = Math.ceil(widthDots / 8);
  return { widthDots, heightDots, widthBytes, bytes: new Uint8Array(widthBytes * heightDots) };
}

function ink({ widthDots, heightDots, widthBytes, bytes }: Canvas, x: number, y: number): void {
  if (x >= 0 && x < widthDots && y >= 0 && y < heightDots) bytes[y * widthBytes + (x >> 3)]! |= 0x80 >> (x & 7);
}

function ruled(widthDots: number): Canvas {
  const canvas = blank({ widthDots, heightDots: 18 });
  for (let x = 0; x < widthDots; x += 1) for (const y of [8, 9]) ink(canvas, x, y);
  return canvas;
}

function drawn(words: readonly Words[], faceName: FaceName, widthDots: number): Canvas {
  const face = faces.get(faceName)!;
  const canvas = blank({ widthDots, heightDots: face.ascentDots + face.descentDots + leadingDots });
  for (const { text, place } of words) {
    const free = Math.max(0, widthDots - textWidth(text, faceName));
    let pen = place === 'left' ? 0 : place === 'right' ? free : Math.floor(free / 2);
    for (const character of charactersOf(text)) {
      const { advance, left, top, width, height, dots } = face.letter(character);
      for (let at = 0; at < width * height; at += 1)
        if ((dots[at >> 3]! & (0x80 >> (at & 7))) !== 0)
          ink(canvas, pen + left + (at % width), face.ascentDots - top + Math.floor(at / width));
      pen += advance;
    }
  }
  return canvas;
}

/** At most `bandDots` high and no wider than what is on it: half of what would go over a slow line is white. */
function bands({ heightDots, widthBytes, bytes }: Canvas): Bitmap[] {
  const cut: Bitmap[] = [];
  for (let top = 0; top < heightDots; top += bandDots) {
    const rows = Math.min(bandDots, heightDots - top);
    const part = bytes.subarray(top * widthBytes, (top + rows) * widthBytes);
    const used = 1 + part.reduce((last, byte, at) => (byte === 0 ? last : Math.max(last, at % widthBytes)), 0);
    const narrow = new Uint8Array(used * rows);
    for (let row = 0; row < rows; row += 1) narrow.set(part.subarray(row * widthBytes, row * widthBytes + used), row * used);
    cut.push({ widthBytes: used, heightDots: rows, bytes: narrow });
  }
  return cut;
}
