/** The keys of each layout, row by row. */
import type { Layout, Press } from './keyboard-machine.ts';

/** A key that types its own face, or one with a part of its own. `wide` is in twentieths of a row, 2 when left out. */
export type Key =
  | { key: 'char'; char: string }
  | { key: 'tone'; tone: Extract<Press, { press: 'tone' }>['tone']; face: string }
  | { key: 'shift' | 'backspace' | 'enter'; wide: number }
  | { key: 'space'; wide: number }
  | { key: 'numbers' | 'letters'; wide: number };

const chars = (row: string): Key[] => [...row].map((char) => ({ key: 'char', char }));
const foot = (swap: 'numbers' | 'letters'): Key[] => [
  { key: swap, wide: 3 },
  ...chars(','),
  { key: 'space', wide: 9 },
  ...chars('.?'),
  { key: 'enter', wide: 2 },
];
const qwerty: Key[][] = [
  chars('qwertyuiop'),
  chars('asdfghjkl'),
  [{ key: 'shift', wide: 3 }, ...chars('zxcvbnm'), { key: 'backspace', wide: 3 }],
];
const toneKeys: Key[] = [
  { key: 'tone', tone: 'acute', face: 'sắc' },
  { key: 'tone', tone: 'grave', face: 'huyền' },
  { key: 'tone', tone: 'hook', face: 'hỏi' },
  { key: 'tone', tone: 'tilde', face: 'ngã' },
  { key: 'tone', tone: 'dot', face: 'nặng' },
];

export const keyRows: Record<Layout, Key[][]> = {
  telex: [...qwerty, foot('numbers')],
  plain: [...qwerty, foot('numbers')],
  direct: [[...chars('ăâđêôơư'), ...toneKeys.slice(0, 3)], ...directLetters(), foot('numbers')],
  numeric: [chars('1234567890'), chars('@#%&*()-+='), chars('/:;!"\'_$').concat({ key: 'backspace', wide: 4 }), foot('letters')],
};

/** The rarest letters of Vietnamese (f, j, w, z) make room for the last two tones. */
function directLetters(): Key[][] {
  return [
    [...chars('qertyuiop'), toneKeys[3]!],
    [...chars('asdghklxc'), toneKeys[4]!],
    [{ key: 'shift', wide: 2 }, ...chars('vbnmfjwz'), { key: 'backspace', wide: 2 }],
  ];
}

/** Digits alone, for a telephone number. */
export const phoneRows: Key[][] = [
  chars('123'),
  chars('456'),
  chars('789'),
  [{ key: 'char', char: '+' }, ...chars('0'), { key: 'backspace', wide: 2 }],
];
