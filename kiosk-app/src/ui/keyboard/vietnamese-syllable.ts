/**
 * A Vietnamese word as letters with marks, and one tone. Pure. Reading and writing it back gives the same text (NFC).
 * Tone marks go where the common ("old") spelling puts them: hòa, thúy; `modern` puts them on the second vowel: hoà, thuý.
 */

/** `^` â ê ô · `(` ă · `+` ơ ư · `-` đ */
export type Mark = '' | '^' | '(' | '+' | '-';
export type Letter = { base: string; upper: boolean; mark: Mark };
export const tones = ['none', 'acute', 'grave', 'hook', 'tilde', 'dot'] as const;
export type Tone = (typeof tones)[number];
/** `literal`: the person undid a mark, so the rest of the word is taken as typed ("refresh"). */
export type Word = { letters: readonly Letter[]; tone: Tone; literal: boolean };

export const emptyWord: Word = { letters: [], tone: 'none', literal: false };

const combining: Record<Mark, string> = { '': '', '^': '\u0302', '(': '\u0306', '+': '\u031b', '-': '' };
const toneCombining: Record<Tone, string> = { none: '', acute: '\u0301', grave: '\u0300', hook: '\u0309', tilde: '\u0303', dot: '\u0323' };
const vowels = 'aeiouy';
/** What may follow the vowels of a syllable; k for names such as Đắk Lắk. */
const codas = ['', 'c', 'ch', 'k', 'm', 'n', 'ng', 'nh', 'p', 't'];
const stopCodas = ['c', 'ch', 'k', 'p', 't'];

/** Where the last vowels of a word lie: letters[from, to) are its nucleus, what follows is the coda. */
export type Nucleus = { from: number; to: number; coda: string };

/** undefined when the word has no vowel. The u of `qu` and the i of `gi` before another vowel belong to the onset. */
export function nucleusOf(letters: readonly Letter[]): Nucleus | undefined {
  let to = letters.length;
  while (to > 0 && !vowels.includes(letters[to - 1]!.base)) to -= 1;
  if (to === 0) return undefined;
  let from = to;
  while (from > 0 && vowels.includes(letters[from - 1]!.base)) from -= 1;
  const before = letters[from - 1]?.base;
  const first = letters[from]!;
  if (
    to - from > 1 &&
    first.mark === '' &&
    ((before === 'q' && first.base === 'u') || (before === 'g' && first.base === 'i' && from === 1))
  )
    from += 1;
  const coda = letters
    .slice(to)
    .map((letter) => letter.base)
    .join('');
  return { from, to, coda };
}

/** Stops carry only sắc and nặng; what is no Vietnamese coda carries nothing. */
export function toneFits(nucleus: Nucleus, tone: Tone): boolean {
  if (!codas.includes(nucleus.coda)) return false;
  return tone === 'none' || tone === 'acute' || tone === 'dot' || !stopCodas.includes(nucleus.coda);
}

export function isCoda(text: string): boolean {
  return codas.includes(text);
}

function tonePosition(letters: readonly Letter[], { from, to, coda }: Nucleus, modern: boolean): number {
  for (let at = to - 1; at >= from; at -= 1) if (letters[at]!.mark !== '') return at;
  if (to - from === 1) return from;
  if (to - from >= 3) return from + 1;
  if (coda !== '') return from + 1;
  const pair = letters[from]!.base + letters[from + 1]!.base;
  return modern && ['oa', 'oe', 'uy'].includes(pair) ? from + 1 : from;
}

/** `uơ` and `ưo` become `ươ` as soon as something follows: hươ + ng, dưo + i. Alone they stay: thuở. */
export function settleHorns(letters: readonly Letter[]): readonly Letter[] {
  const nucleus = nucleusOf(letters);
  if (nucleus === undefined) return letters;
  const { from } = nucleus;
  const [u, o] = [letters[from], letters[from + 1]];
  if (u?.base !== 'u' || o?.base !== 'o' || letters.length <= from + 2) return letters;
  if ((u.mark === '+' && o.mark === '') || (u.mark === '' && o.mark === '+'))
    return letters.map((letter, at) => (at === from || at === from + 1 ? { ...letter, mark: '+' as const } : letter));
  return letters;
}

/** NFC. A tone without a vowel to stand on is left out. */
export function writeWord(word: Word, { modern = false }: { modern?: boolean } = {}): string {
  const nucleus = word.tone === 'none' ? undefined : nucleusOf(word.letters);
  const toned = nucleus === undefined ? -1 : tonePosition(word.letters, nucleus, modern);
  return word.letters
    .map((letter, at) => {
      const plain = letter.mark === '-' ? 'đ' : letter.base + combining[letter.mark] + (at === toned ? toneCombining[word.tone] : '');
      return letter.upper ? plain.toUpperCase() : plain;
    })
    .join('')
    .normalize('NFC');
}

/** Reads letters and tone back from a composed word, NFC or NFD. Marks that Vietnamese does not have stay with their letter. */
export function readWord(text: string): Word {
  const letters: Letter[] = [];
  let tone: Tone = 'none';
  for (const char of text.normalize('NFC')) {
    const [first, ...marks] = char.normalize('NFD');
    const upper = char !== char.toLowerCase();
    if (char === 'đ' || char === 'Đ') {
      letters.push({ base: 'd', upper, mark: '-' });
      continue;
    }
    let mark: Mark = '';
    let foreign = false;
    for (const accent of marks) {
      const toneOf = tones.find((name) => toneCombining[name] === accent);
      const markOf = (Object.keys(combining) as Mark[]).find((name) => combining[name] === accent);
      if (toneOf !== undefined) tone = toneOf;
      else if (markOf !== undefined) mark = markOf;
      else foreign = true;
    }
    if (foreign) letters.push({ base: char.toLowerCase(), upper, mark: '' });
    else letters.push({ base: first!.toLowerCase(), upper, mark });
  }
  return { letters, tone, literal: false };
}
