/** What comes out of a simulated printer: dots on paper, page by page. Written from the printers' manuals, not from codec.ts. */

/** Rows of 0 (paper) and 1 (ink). `codes`: what its QR codes say. `letters`: characters of the printer's own font, which we never use. */
export type Page = { rows: Uint8Array[]; codes: string[]; letters: string };

/** A runaway job does not fill the memory: two metres of paper, and the last few pages. */
const maxRows = 16_000;
const maxPages = 20;
const lineDots = 30;

export class Paper {
  readonly pages: Page[] = [];
  readonly #widthDots: number;
  #page: Page = { rows: [], codes: [], letters: '' };
  centred = false;

  constructor(widthDots: number) {
    this.#widthDots = widthDots;
  }

  raster({ widthBytes, heightDots, bytes }: { widthBytes: number; heightDots: number; bytes: Uint8Array }): void {
    const shift = this.centred ? Math.max(0, Math.floor((this.#widthDots - widthBytes * 8) / 2)) : 0;
    for (let y = 0; y < heightDots; y += 1) {
      const row = this.#newRow();
      for (let x = 0; x < widthBytes * 8; x += 1)
        // what is wider than the paper is not printed
        if ((bytes[y * widthBytes + (x >> 3)]! & (0x80 >> (x & 7))) !== 0 && shift + x < row.length) row[shift + x] = 1;
    }
  }

  /** A code of this many modules, as its frame with three corners: what it says is in `codes`. */
  code(text: string, { modules, moduleDots }: { modules: number; moduleDots: number }): void {
    this.#page.codes.push(text);
    const size = modules * moduleDots;
    const shift = this.centred ? Math.max(0, Math.floor((this.#widthDots - size) / 2)) : 0;
    for (let y = 0; y < size; y += 1) {
      const row = this.#newRow();
      const v = Math.floor(y / moduleDots);
      for (let x = 0; x < size; x += 1) if (corner(Math.floor(x / moduleDots), v, modules) && shift + x < row.length) row[shift + x] = 1;
    }
  }

  letters(text: string): void {
    this.#page.letters = (this.#page.letters + text).slice(-1_000);
  }

  feedLines(lines: number): void {
    for (let row = 0; row < lines * lineDots; row += 1) this.#newRow();
  }

  cut(): Page {
    const page = this.#page;
    this.pages.push(page);
    if (this.pages.length > maxPages) this.pages.shift();
    this.#page = { rows: [], codes: [], letters: '' };
    return page;
  }

  #newRow(): Uint8Array {
    const row = new Uint8Array(this.#widthDots);
    if (this.#page.rows.length < maxRows) this.#page.rows.push(row);
    return row;
  }
}

function corner(u: number, v: number, modules: number): boolean {
  const inCorner = (x: number, y: number): boolean => {
    const ring = Math.max(Math.abs(x - 3), Math.abs(y - 3));
    return ring <= 1 || ring === 3;
  };
  return inCorner(u, v) || inCorner(modules - 1 - u, v) || inCorner(u, modules - 1 - v);
}
