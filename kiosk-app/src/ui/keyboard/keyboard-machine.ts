/** The on-screen keyboard: what a press does to the text at the caret. Pure. */
import { append, toggleTone, typeKey } from './compose-vietnamese.ts';
import { readWord, type Tone, writeWord } from './vietnamese-syllable.ts';

export type Layout = 'telex' | 'direct' | 'plain' | 'numeric';
/** `once`: the next letter only. */
export type Shift = 'off' | 'once' | 'locked';
/** `literal`: the word at the caret had a mark undone, so it is taken as typed until it ends. */
export type Keyboard = { layout: Layout; shift: Shift; literal: boolean };
/** `caret` counts UTF-16 units from the start. */
export type Typed = { text: string; caret: number };
export type Press =
  | { press: 'char'; char: string }
  | { press: 'tone'; tone: Tone }
  | { press: 'backspace' }
  | { press: 'shift' }
  | { press: 'layout'; layout: Layout };

export function newKeyboard(layout: Layout): Keyboard {
  return { layout, shift: 'off', literal: false };
}

/** The text, the caret and the keyboard after one press. A text that would grow beyond `maxLength` stays as it is. */
export function press(
  typed: Typed,
  keyboard: Keyboard,
  pressed: Press,
  { maxLength }: { maxLength: number },
): { typed: Typed; keyboard: Keyboard } {
  switch (pressed.press) {
    case 'shift':
      return { typed, keyboard: { ...keyboard, shift: ({ off: 'once', once: 'locked', locked: 'off' } as const)[keyboard.shift] } };
    case 'layout':
      return { typed, keyboard: newKeyboard(pressed.layout) };
    case 'backspace':
      return { typed: withoutLast(typed), keyboard: { ...keyboard, literal: false } };
    case 'tone': {
      const { start, word } = wordBefore(typed);
      return { typed: replaced(typed, start, writeWord(toggleTone(readWord(word), pressed.tone)), maxLength), keyboard };
    }
    case 'char':
      return char(typed, keyboard, pressed.char, maxLength);
    default:
      return pressed satisfies never;
  }
}

function char(typed: Typed, keyboard: Keyboard, plain: string, maxLength: number): { typed: Typed; keyboard: Keyboard } {
  const key = keyboard.shift === 'off' ? plain : plain.toUpperCase();
  const shift = keyboard.shift === 'once' ? 'off' : keyboard.shift;
  if (!/^\p{L}$/u.test(key))
    return { typed: replaced(typed, typed.caret, key, maxLength), keyboard: { ...keyboard, shift, literal: false } };
  if (keyboard.layout === 'plain' || keyboard.layout === 'numeric')
    return { typed: replaced(typed, typed.caret, key, maxLength), keyboard: { ...keyboard, shift } };
  const { start, word } = wordBefore(typed);
  const before = { ...readWord(word), literal: keyboard.literal && word !== '' };
  const after = keyboard.layout === 'telex' ? typeKey(before, key, 'telex') : append(before, key);
  return { typed: replaced(typed, start, writeWord(after), maxLength), keyboard: { ...keyboard, shift, literal: after.literal } };
}

/** The letters right before the caret. */
function wordBefore({ text, caret }: Typed): { start: number; word: string } {
  const word = /[\p{L}\p{M}]*$/u.exec(text.slice(0, caret))![0];
  return { start: caret - word.length, word };
}

function replaced({ text, caret }: Typed, from: number, by: string, maxLength: number): Typed {
  const next = text.slice(0, from) + by + text.slice(caret);
  return next.length > maxLength ? { text, caret } : { text: next, caret: from + by.length };
}

function withoutLast({ text, caret }: Typed): Typed {
  const last = [...text.slice(0, caret)].at(-1);
  if (last === undefined) return { text, caret };
  return { text: text.slice(0, caret - last.length) + text.slice(caret), caret: caret - last.length };
}
