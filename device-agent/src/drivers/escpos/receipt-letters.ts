/** The letters of receipts as dots. The data are made by testing/make-receipt-font.ts. */
import data from './receipt-font.json' with { type: 'json' };

export type FaceName = keyof typeof data.faces;
/** `left`, `top`: of the first dot, from the pen and up from the baseline. Row by row, the first dot in the highest bit, rows not padded. */
export type Letter = { advance: number; left: number; top: number; width: number; height: number; dots: Uint8Array };
export type Face = { ascentDots: number; descentDots: number; letter(character: string): Letter };

const unknown = '?';

/** `letter` takes what the font does not have without its accents, or as a question mark. */
export function faceOf(name: FaceName): Face {
  const { ascentDots, descentDots, glyphs } = data.faces[name] as {
    ascentDots: number;
    descentDots: number;
    glyphs: Record<string, string>;
  };
  const taken = new Map<string, Letter>();
  const letter = (character: string): Letter => {
    const known = taken.get(character);
    if (known !== undefined) return known;
    const text = [character, character.normalize('NFKD')[0]!, unknown].map((one) => glyphs[one]).find((one) => one !== undefined)!;
    const read = readLetter(text);
    // as many as the font has, and a few hundred others at most
    if (taken.size < 1_000) taken.set(character, read);
    return read;
  };
  return { ascentDots, descentDots, letter };
}

function readLetter(text: string): Letter {
  const [advance = 0, left = 0, top = 0, width = 0, height = 0] = text.split(' ', 5).map(Number);
  return { advance, left, top, width, height, dots: Buffer.from(text.split(' ')[5] ?? '', 'base64') };
}

/** Letter by letter: marks are joined with their letter, or left out where there is no such letter. */
export function charactersOf(text: string): string[] {
  return [...text.normalize('NFC').replace(/\p{M}|\p{Cf}/gu, '')];
}
