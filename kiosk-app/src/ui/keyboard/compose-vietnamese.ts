/**
 * Telex and VNI: one more key on a word. Pure. Source of the rules: bamboo-core's tests, KeyboardKit issue 894, and what Unikey does.
 *   tones   s f r x j (z takes away) · VNI 1 2 3 4 5 (0)
 *   marks   aa ee oo, w for ă ơ ư and dd · VNI 6, 7, 8 and 9; anywhere after the letter they change
 *   undo    the same key again gives the plain letters back and leaves the rest of the word alone: reffresh -> refresh
 */
import {
  emptyWord,
  isCoda,
  type Letter,
  type Mark,
  nucleusOf,
  settleHorns,
  type Tone,
  toneFits,
  type Word,
  writeWord,
} from './vietnamese-syllable.ts';

export type InputMethod = 'telex' | 'vni';

const telexTones: Record<string, Tone> = { s: 'acute', f: 'grave', r: 'hook', x: 'tilde', j: 'dot', z: 'none' };
const vniTones: Record<string, Tone> = { 1: 'acute', 2: 'grave', 3: 'hook', 4: 'tilde', 5: 'dot', 0: 'none' };
/** Which mark a VNI digit sets, and on which letters. */
const vniMarks: Record<string, { mark: Mark; on: string }> = {
  6: { mark: '^', on: 'aeo' },
  7: { mark: '+', on: 'uo' },
  8: { mark: '(', on: 'a' },
};

/** The word after `key` (one character) was typed at its end. */
export function typeKey(word: Word, key: string, method: InputMethod): Word {
  if (word.literal) return append(word, key);
  const lower = key.toLowerCase();
  const changed = method === 'telex' ? telexKey(word, lower, key) : vniKey(word, lower, key);
  return changed ?? append(word, key);
}

/** Sets the tone of a word, or takes it away when it is there already: the tone keys of the direct layout. */
export function toggleTone(word: Word, tone: Tone): Word {
  const nucleus = nucleusOf(word.letters);
  if (nucleus === undefined || !toneFits(nucleus, tone)) return word;
  return { ...word, tone: word.tone === tone ? 'none' : tone };
}

/** Raw keys of one word -> the word, NFC. */
export function composeVietnamese(rawKeys: string, { method, modern = false }: { method: InputMethod; modern?: boolean }): string {
  let word = emptyWord;
  for (const key of rawKeys) word = typeKey(word, key, method);
  return writeWord(word, { modern });
}

/** A letter as it stands, with its own marks when it has some (ă, đ). */
export function append(word: Word, key: string): Word {
  const lower = key.toLowerCase();
  const [base, accent] = splitMark(lower);
  const letters = [...word.letters, { base, upper: key !== lower, mark: accent }];
  return { ...word, letters: word.literal ? letters : settleHorns(letters) };
}

function splitMark(lower: string): [string, Mark] {
  const table: Record<string, [string, Mark]> = {
    ă: ['a', '('],
    â: ['a', '^'],
    ê: ['e', '^'],
    ô: ['o', '^'],
    ơ: ['o', '+'],
    ư: ['u', '+'],
    đ: ['d', '-'],
  };
  return table[lower] ?? [lower, ''];
}

function telexKey(word: Word, lower: string, key: string): Word | undefined {
  if (lower in telexTones) return toneKey(word, telexTones[lower]!, key);
  if (lower === 'd') return strokeKey(word, key);
  if (lower === 'w') return hornKey(word, key);
  if ('aeo'.includes(lower)) return markKey(word, { mark: '^', on: lower }, key);
  return undefined;
}

function vniKey(word: Word, lower: string, key: string): Word | undefined {
  if (lower in vniTones) return toneKey(word, vniTones[lower]!, key);
  if (lower === '9') return strokeKey(word, key);
  if (lower === '7' && nucleusLetters(word)?.includes('uo') === true) return hornKey(word, key);
  const rule = vniMarks[lower];
  return rule === undefined ? undefined : markKey(word, rule, key);
}

function toneKey(word: Word, tone: Tone, key: string): Word | undefined {
  const nucleus = nucleusOf(word.letters);
  if (nucleus === undefined || !toneFits(nucleus, tone)) return undefined;
  if (tone === 'none') return word.tone === 'none' ? undefined : { ...word, tone };
  if (word.tone === tone) return undone({ ...word, tone: 'none' }, key);
  return { ...word, tone };
}

/** dd, also after the vowels: dad -> đa. */
function strokeKey(word: Word, key: string): Word | undefined {
  const first = word.letters[0];
  if (first?.base !== 'd') return undefined;
  if (first.mark === '-') return undone({ ...word, letters: withMark(word.letters, [0], '') }, key);
  const nucleus = nucleusOf(word.letters);
  const whole = word.letters.length === 1 || (nucleus !== undefined && nucleus.from === 1 && isCoda(nucleus.coda));
  return whole ? { ...word, letters: withMark(word.letters, [0], '-') } : undefined;
}

/** Sets `mark` on the last letter of the nucleus that can carry it. */
function markKey(word: Word, { mark, on }: { mark: Mark; on: string }, key: string): Word | undefined {
  const nucleus = nucleusOf(word.letters);
  if (nucleus === undefined || !isCoda(nucleus.coda)) return undefined;
  for (let at = nucleus.to - 1; at >= nucleus.from; at -= 1) {
    const letter = word.letters[at]!;
    if (!on.includes(letter.base)) continue;
    if (letter.mark === mark) return undone({ ...word, letters: withMark(word.letters, [at], '') }, key);
    return { ...word, letters: settleHorns(withMark(word.letters, [at], mark)) };
  }
  return undefined;
}

/** w: ă, ơ, ư, both letters of ươ, or a ư of its own when there is no vowel yet. */
function hornKey(word: Word, key: string): Word | undefined {
  const nucleus = nucleusOf(word.letters);
  const telex = key.toLowerCase() === 'w';
  if (nucleus === undefined)
    return telex ? { ...word, letters: [...word.letters, { base: 'u', upper: key === 'W', mark: '+' }] } : undefined;
  if (!isCoda(nucleus.coda)) return undefined;
  const { letters } = word;
  const text = nucleusLetters(word)!;
  const { from, to } = nucleus;
  if (text.startsWith('uo')) {
    const [u, o] = [letters[from]!, letters[from + 1]!];
    if (o.mark === '+') return undone({ ...word, letters: withMark(letters, [from, from + 1], '') }, key);
    const alone = letters.length === from + 2 && u.mark === '';
    return { ...word, letters: withMark(letters, alone ? [from + 1] : [from, from + 1], '+') };
  }
  const at = text.startsWith('ua')
    ? from
    : ['a', 'o', 'u'].map((base) => letters.findIndex((l, i) => i >= from && i < to && l.base === base)).find((i) => i >= 0);
  if (at === undefined) return undefined;
  const mark = letters[at]!.base === 'a' ? '(' : '+';
  if (letters[at]!.mark !== mark) return { ...word, letters: withMark(letters, [at], mark) };
  const loneW = telex && letters.length === at + 1 && letters[at]!.base === 'u';
  if (loneW && (at === 0 || !'aeiouy'.includes(letters[at - 1]!.base))) return undone({ ...word, letters: letters.slice(0, at) }, key);
  return undone({ ...word, letters: withMark(letters, [at], '') }, key);
}

function nucleusLetters(word: Word): string | undefined {
  const nucleus = nucleusOf(word.letters);
  return nucleus === undefined
    ? undefined
    : word.letters
        .slice(nucleus.from, nucleus.to)
        .map((letter) => letter.base)
        .join('');
}

function withMark(letters: readonly Letter[], at: readonly number[], mark: Mark): readonly Letter[] {
  return letters.map((letter, index) => (at.includes(index) ? { ...letter, mark } : letter));
}

function undone(word: Word, key: string): Word {
  return append({ ...word, literal: true }, key);
}
