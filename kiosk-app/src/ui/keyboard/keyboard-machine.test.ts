import { expect, test } from 'vitest';
import { type Keyboard, newKeyboard, type Press, press, type Typed } from './keyboard-machine.ts';

const limits = { maxLength: 40 };

function type(keys: string, layout: Keyboard['layout'] = 'telex', from: Typed = { text: '', caret: 0 }): Typed {
  return presses(
    [...keys].map((char) => ({ press: 'char', char })),
    layout,
    from,
  );
}

function presses(list: Press[], layout: Keyboard['layout'], from: Typed = { text: '', caret: 0 }): Typed {
  let [typed, keyboard] = [from, newKeyboard(layout)];
  for (const one of list) ({ typed, keyboard } = press(typed, keyboard, one, limits));
  return typed;
}

test('"phanr anhs" on the Telex keys gives "phản ánh"', () => expect(type('phanr anhs').text).toBe('phản ánh'));

test('a word in the middle of the text is composed where the caret is', () => {
  expect(type('s', 'telex', { text: 'phan anh', caret: 4 })).toEqual({ text: 'phán anh', caret: 4 });
});

test('after a backspace the tone still finds its place', () => {
  const half = presses([...[...'hoafn'].map((char) => ({ press: 'char', char }) as const), { press: 'backspace' }], 'telex');
  expect(half.text).toBe('hoà'.normalize('NFC'));
  expect(type('n', 'telex', half).text).toBe('hoàn');
});

test('a mark that was undone leaves the rest of that word alone, the next word is Vietnamese again', () =>
  expect(type('reffresh tieengs').text).toBe('refresh tiếng'));

test('the direct keys need no method: letters with marks, then the tone', () => {
  const tone = { press: 'tone', tone: 'grave' } as const;
  expect(presses([...[...'đương'].map((char) => ({ press: 'char', char }) as const), tone], 'direct').text).toBe('đường');
});

test('plain keys compose nothing', () => expect(type('coffee shop', 'plain').text).toBe('coffee shop'));

test('shift counts for one letter, twice for all', () => {
  const up = { press: 'shift' } as const;
  const v = { press: 'char', char: 'v' } as const;
  expect(presses([up, v, v], 'telex').text).toBe('Vv');
  expect(presses([up, up, v, v], 'telex').text).toBe('VV');
  expect(presses([up, up, up, v], 'telex').text).toBe('v');
});

test('a full field takes no more and loses nothing', () => {
  const full = { text: 'a'.repeat(40), caret: 40 };
  expect(type(' b', 'telex', full)).toEqual(full);
});

test('backspace at the start does nothing', () => expect(presses([{ press: 'backspace' }], 'telex')).toEqual({ text: '', caret: 0 }));
