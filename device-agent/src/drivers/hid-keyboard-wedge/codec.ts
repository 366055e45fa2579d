/** Reports of USB keyboards (boot protocol) to the lines that a reader types. Shape and sources: README.md. */

/** `down`: keys that the last report held. `overlong`: this line is dropped already, up to its end. */
export type Typing = { down: readonly number[]; text: string; overlong: boolean };
export type Typed = { typing: Typing; lines: string[]; skippedBytes: number };

export const nothingTyped: Typing = { down: [], text: '', overlong: false };
export const reportBytes = 8;
/** The longest code that anybody prints for such a reader; see scan-text.ts for those that keep their bytes. */
export const maxLineLength = 512;
/** Readers type a key every few milliseconds: after this pause the rest of a line will not come. */
export const staleMs = 300;

const shiftKeys = 0x22;
const firstKey = 0x04;
const enterKeys: ReadonlySet<number> = new Set([0x28, 0x2b, 0x58]);
/** Usages 04 to 38 and, with 28 to 2C and 39 to 53 left out, 54 to 63 of the US layout: plain, and with shift. */
const plainKeys = 'abcdefghijklmnopqrstuvwxyz1234567890';
const shiftedKeys = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ!@#$%^&*()';
const signKeys: ReadonlyMap<number, string> = new Map([
  [0x2c, '  '],
  [0x2d, '-_'],
  [0x2e, '=+'],
  [0x2f, '[{'],
  [0x30, ']}'],
  [0x31, '\\|'],
  [0x33, ';:'],
  [0x34, '\'"'],
  [0x35, '`~'],
  [0x36, ',<'],
  [0x37, '.>'],
  [0x38, '/?'],
]);
const keypadFrom = 0x54;
const keypad = '/*-+\n1234567890.';

/** Adds one input report. What is no report of a keyboard, and keys that no reader types, drop the line. */
export function feedReport(typing: Typing, report: Uint8Array): Typed {
  const [modifiers = 0, reserved = 0, ...slots] = report;
  const keys = slots.filter((key) => key !== 0);
  if (report.length !== reportBytes || reserved !== 0 || keys.some((key) => key < firstKey))
    return { typing: nothingTyped, lines: [], skippedBytes: report.length + typing.text.length };
  const lines: string[] = [];
  let { text, overlong } = typing;
  let skippedBytes = 0;
  const drop = (): void => {
    skippedBytes += text.length;
    text = '';
    overlong = true;
  };
  for (const key of keys.filter((one) => !typing.down.includes(one))) {
    if (enterKeys.has(key)) {
      if (!overlong && text !== '') lines.push(text);
      text = '';
      overlong = false;
      continue;
    }
    const character = (modifiers & ~shiftKeys) === 0 ? characterOf(key, (modifiers & shiftKeys) !== 0) : undefined;
    if (character === undefined) drop();
    else if (!overlong) text += character;
    else skippedBytes += 1;
    if (text.length > maxLineLength) drop();
  }
  return { typing: { down: keys, text, overlong }, lines, skippedBytes };
}

/** No report for `staleMs`: the end of the line got lost. */
export function endPause({ text }: Typing): Typed {
  return { typing: nothingTyped, lines: [], skippedBytes: text.length };
}

export const isWaiting = ({ text, overlong }: Typing): boolean => text !== '' || overlong;

function characterOf(key: number, shifted: boolean): string | undefined {
  const letter = (shifted ? shiftedKeys : plainKeys)[key - firstKey];
  if (letter !== undefined) return letter;
  return signKeys.get(key)?.[shifted ? 1 : 0] ?? keypad[key - keypadFrom];
}
