/** What a worn-out card does to a page of a database file while nobody has it open. */

export type Damage = { kind: 'some bytes' | 'a sector' | 'the whole page'; page: number };

const pageBytes = 4_096;
const sectorBytes = 512;
const maxBytes = 8;

/** Another copy of `file`, with one page changed. Never the first one, whose damage every start notices. */
export function damaged(file: Buffer, fraction: () => number): { file: Buffer; damage: Damage } {
  const copy = Buffer.from(file);
  const pages = Math.floor(file.length / pageBytes);
  const page = 1 + Math.floor(fraction() * (pages - 1));
  const kinds = ['some bytes', 'a sector', 'the whole page'] as const;
  const kind = kinds[Math.floor(fraction() * kinds.length)]!;
  const start = page * pageBytes;
  const noise = (at: number): void => {
    // never the byte that was there
    copy[at] = (copy[at]! + 1 + Math.floor(fraction() * 255)) % 256;
  };
  if (kind === 'some bytes') {
    const count = 1 + Math.floor(fraction() * maxBytes);
    for (let left = count; left > 0; left -= 1) noise(start + Math.floor(fraction() * pageBytes));
  } else if (kind === 'a sector') {
    const from = start + sectorBytes * Math.floor((fraction() * pageBytes) / sectorBytes);
    for (let at = from; at < from + sectorBytes; at += 1) noise(at);
  } else for (let at = start; at < start + pageBytes; at += 1) noise(at);
  return { file: copy, damage: { kind, page } };
}
