/** Reports of USB keyboards (boot protocol) to the lines that a reader types. Shape and sources: README.md. */
import { quietMs, staleMs } from '../scan-text.ts';

/** `down`: keys that the last report held. `dropping`: this line was too long, damaged or torn; what comes of it still is dropped, up to its end. */
export type Typing = { down: readonly number[]; text: string; dropping: boolean };
export type Typed = { typing: Typing; lines: string[]; skippedBytes: number };

export const nothingTyped: Typing = { down: [], text: '', dropping: false };
export const reportBytes = 8;
/** The longest code that anybody prints for such a reader; see scan-text.ts for those that keep their bytes. */
export const maxLineLength = 512;

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
    return {
      typing: { ...nothingTyped, dropping: pauseMs(typing) !== undefined },
      lines: [],
      skippedBytes: report.length + typing.text.length,
    };
  const lines: string[] = [];
  let { text, dropping } = typing;
  let skippedBytes = 0;
  const drop = (): void => {
    skippedBytes += text.length;
    text = '';
    dropping = true;
  };
  for (const key of keys.filter((one) => !typing.down.includes(one))) {
    if (enterKeys.has(key)) {
      if (!dropping && text !== '') lines.push(text);
      text = '';
      dropping = false;
      continue;
    }
    const character = (modifiers & ~shiftKeys) === 0 ? characterOf(key, (modifiers & shiftKeys) !== 0) : undefined;
    if (character === undefined) drop();
    else if (!dropping) text += character;
    else skippedBytes += 1;
    if (text.length > maxLineLength) drop();
  }
  return { typing: { down: keys, text, dropping }, lines, skippedBytes };
}

/** How long to wait for more reports before `endPause`; undefined when no line has begun. */
export function pauseMs({ text, dropping }: Typing): number | undefined {
  if (dropping) return quietMs;
  return text === '' ? undefined : staleMs;
}

/** The pause has passed: the end of the line got lost, or is late. */
export function endPause({ text, dropping }: Typing): Typed {
  return { typing: { ...nothingTyped, dropping: !dropping && text !== '' }, lines: [], skippedBytes: text.length };
}

function characterOf(key: number, shifted: boolean): string | undefined {
  const letter = (shifted ? shiftedKeys : plainKeys)[key - firstKey];
  if (letter !== undefined) return letter;
  return signKeys.get(key)?.[shifted ? 1 : 0] ?? keypad[key - keypadFrom];
}
