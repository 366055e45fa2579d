/** The outlines of letters in a font file, as straight edges. */
import { create } from 'fontkit';

export type Edge = { x1: number; y1: number; x2: number; y2: number };
export type OutlineFont = {
  has(letter: string): boolean;
  /** In dots, `emDots` to the em; y grows upwards from the baseline. */
  outline(letter: string, emDots: number): { advance: number; edges: Edge[] };
};

/** Of each curve: a letter of 40 dots has none longer than 60. */
const stepsPerCurve = 16;

export function openFont(file: Buffer): OutlineFont {
  const font = create(file);
  return {
    has: (letter) => font.hasGlyphForCodePoint(letter.codePointAt(0)!),
    outline(letter, emDots) {
      const glyph = font.glyphForCodePoint(letter.codePointAt(0)!);
      const scale = emDots / font.unitsPerEm;
      return { advance: glyph.advanceWidth * scale, edges: edgesOf(glyph.path.commands, scale) };
    },
  };
}

function edgesOf(commands: readonly { command: string; args: number[] }[], scale: number): Edge[] {
  const edges: Edge[] = [];
  let [x, y, startX, startY] = [0, 0, 0, 0];
  const lineTo = (nextX: number, nextY: number): void => {
    edges.push({ x1: x, y1: y, x2: nextX, y2: nextY });
    [x, y] = [nextX, nextY];
  };
  for (const { command, args } of commands) {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = args.map((value) => value * scale);
    const [fromX, fromY] = [x, y];
    if (command === 'moveTo') [x, y, startX, startY] = [a, b, a, b];
    else if (command === 'lineTo') lineTo(a, b);
    else if (command === 'closePath') lineTo(startX, startY);
    else
      for (let step = 1; step <= stepsPerCurve; step += 1) {
        const t = step / stepsPerCurve;
        const s = 1 - t;
        if (command === 'quadraticCurveTo') lineTo(s * s * fromX + 2 * s * t * a + t * t * c, s * s * fromY + 2 * s * t * b + t * t * d);
        else
          lineTo(
            s ** 3 * fromX + 3 * s * s * t * a + 3 * s * t * t * c + t ** 3 * e,
            s ** 3 * fromY + 3 * s * s * t * b + 3 * s * t * t * d + t ** 3 * f,
          );
      }
  }
  return edges;
}
