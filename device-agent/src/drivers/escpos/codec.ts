/** ESC/POS: the commands we send, and what a printer answers. Shape and sources: README.md. */
import type { PrinterFault, PrinterState } from '@tramhoc/protocol/asset';
import { type Found, type Scanned, scanFrames } from '../frame-scan.ts';

const dle = 0x10;
const esc = 0x1b;
const gs = 0x1d;

/** What DLE EOT asks for: the printer, why it is offline, which part failed, the roll. */
export const questions = [1, 2, 3, 4] as const;
export type Question = (typeof questions)[number];

export const commands = {
  /** Takes back every setting of earlier jobs, and automatic status with them. */
  initialize: Uint8Array.of(esc, 0x40),
  /** Four bytes now and whenever the line, an error or the paper changes. */
  tellChanges: Uint8Array.of(gs, 0x61, 0x0e),
  /** Answered at once, whatever the printer does. */
  askNow: (question: Question) => Uint8Array.of(dle, 0x04, question),
  /** Answered when everything before it has been printed. */
  askWhenPrinted: Uint8Array.of(gs, 0x72, 0x01),
  /** Forgets what was received and is not printed yet. */
  clearBuffers: Uint8Array.of(dle, 0x14, 8, 1, 3, 20, 1, 6, 2, 8),
  align: (where: 'left' | 'centre') => Uint8Array.of(esc, 0x61, where === 'left' ? 0 : 1),
  feedLines: (lines: number) => Uint8Array.of(esc, 0x64, lines),
  /** Feeds to the knife and cuts. */
  cut: (kind: 'partial' | 'full') => Uint8Array.of(gs, 0x56, kind === 'partial' ? 0x42 : 0x41, 0),
} as const;

/** Rows of dots, eight to a byte, the first one in the highest bit. */
export type Bitmap = { widthBytes: number; heightDots: number; bytes: Uint8Array };
/** `gs-v-0`: every printer knows it. `gs-l`: the newer command, for those that have dropped the old one. */
export type RasterCommand = 'gs-v-0' | 'gs-l';

/** Prints dots. At most 255 bytes wide and 1,662 dots high, which is what the narrowest printer takes. */
export function raster({ widthBytes, heightDots, bytes }: Bitmap, command: RasterCommand): Uint8Array {
  const dots = withoutRealTimeCommands(bytes);
  if (command === 'gs-v-0') return Uint8Array.from([gs, 0x76, 0x30, 0, ...low2(widthBytes), ...low2(heightDots), ...dots]);
  const store = [0x30, 0x70, 0x30, 1, 1, 0x31, ...low2(widthBytes * 8), ...low2(heightDots), ...dots];
  return Uint8Array.from([gs, 0x28, 0x4c, ...low2(store.length), ...store, gs, 0x28, 0x4c, 2, 0, 0x30, 0x32]);
}

/**
 * A printer obeys DLE EOT, DLE ENQ and DLE DC4 wherever they stand, also amid a picture; one of them opens the cash drawer. One dot more in the byte
 * before nobody sees.
 */
function withoutRealTimeCommands(bytes: Uint8Array): Uint8Array {
  const safe = Uint8Array.from(bytes);
  for (let at = 0; at + 1 < safe.length; at += 1) if (safe[at] === dle && [0x04, 0x05, 0x14].includes(safe[at + 1]!)) safe[at] = dle | 0x08;
  return safe;
}

/** Model 2, error correction M; `moduleDots` 1..16. Text in UTF-8. */
export function qrCode(text: string, moduleDots: number): Uint8Array {
  const data = new TextEncoder().encode(text);
  const part = (...body: number[]): number[] => [gs, 0x28, 0x6b, ...low2(body.length), ...body];
  return Uint8Array.from([
    ...part(0x31, 0x41, 0x32, 0),
    ...part(0x31, 0x43, moduleDots),
    ...part(0x31, 0x45, 0x31),
    ...part(0x31, 0x50, 0x30, ...data),
    ...part(0x31, 0x51, 0x30),
  ]);
}

const low2 = (value: number): [number, number] => [value & 0xff, value >> 8];

/** `now`: to DLE EOT, which does not say to which. `change`: automatic status. `printed`: to GS r. `cleared`: buffers are empty. `flow`: XON, XOFF. */
export type Answer =
  | { answer: 'now'; bits: number }
  | { answer: 'change'; bytes: readonly [number, number, number, number] }
  | { answer: 'printed'; bits: number }
  | { answer: 'cleared' }
  | { answer: 'flow'; goOn: boolean };

/**
 * Takes every whole answer out of `input`; `rest` is shorter than one (4 bytes). The kinds differ in their fixed bits: 0xx1xx10 to DLE EOT, 0xx1xx00
 * the first of four, 0xx0xxxx the other three and the answer to GS r.
 */
export function decode(input: Uint8Array): Scanned<Answer> {
  return scanFrames(input, answerAt);
}

const follows = (byte: number): boolean => (byte & 0x90) === 0;

function answerAt(input: Uint8Array, at: number): Found<Answer> {
  const first = input[at]!;
  if ((first & 0x93) === 0x12) return { frame: { answer: 'now', bits: first }, bytes: 1 };
  if (first === 0x11 || first === 0x13) return { frame: { answer: 'flow', goOn: first === 0x11 }, bytes: 1 };
  if (first === 0x37) return whole(input, at, [0x25, 0x00]);
  if ((first & 0x93) === 0x10) {
    const others = input.subarray(at + 1, at + 4);
    if (!others.every(follows)) return undefined;
    if (others.length < 3) return 'more';
    return { frame: { answer: 'change', bytes: [first, others[0]!, others[1]!, others[2]!] }, bytes: 4 };
  }
  return follows(first) ? { frame: { answer: 'printed', bits: first }, bytes: 1 } : undefined;
}

/** Header 37, identifier 25, NUL. */
function whole(input: Uint8Array, at: number, tail: readonly number[]): Found<Answer> {
  const there = input.subarray(at + 1, at + 1 + tail.length);
  if (there.some((byte, index) => byte !== tail[index])) return undefined;
  return there.length < tail.length ? 'more' : { frame: { answer: 'cleared' }, bytes: 1 + tail.length };
}

/** What is known of a printer. `feeding`: somebody holds its FEED key, which takes it offline for as long. */
export type Condition = {
  offline: boolean;
  coverOpen: boolean;
  feeding: boolean;
  paperLow: boolean;
  paperOut: boolean;
  /** It says that there is an error, whatever it is. */
  error: boolean;
  mechanism: boolean;
  cutter: boolean;
  /** Only switching it off and on helps. */
  unrecoverable: boolean;
  /** Too hot, most of the time: it goes on by itself. */
  recovering: boolean;
};
export const wellCondition: Condition = {
  offline: false,
  coverOpen: false,
  feeding: false,
  paperLow: false,
  paperOut: false,
  error: false,
  mechanism: false,
  cutter: false,
  unrecoverable: false,
  recovering: false,
};

const bit = (bits: number, number: number): boolean => (bits & (1 << number)) !== 0;

/** Answers to DLE EOT 1 to 4, in this order. A sensor that a printer does not have reads as "there is paper". */
export function conditionNow([printer, cause, error, roll]: readonly [number, number, number, number]): Condition {
  return {
    offline: bit(printer, 3),
    coverOpen: bit(cause, 2),
    feeding: bit(cause, 3),
    error: bit(cause, 6),
    mechanism: bit(error, 2),
    cutter: bit(error, 3),
    unrecoverable: bit(error, 5),
    recovering: bit(error, 6),
    paperLow: bit(roll, 2) && bit(roll, 3),
    paperOut: bit(cause, 5) || (bit(roll, 5) && bit(roll, 6)),
  };
}

export function conditionOfChange([printer, error, roll]: readonly [number, number, number, number]): Condition {
  const parts = { mechanism: bit(error, 2), cutter: bit(error, 3), unrecoverable: bit(error, 5), recovering: bit(error, 6) };
  return {
    offline: bit(printer, 3),
    coverOpen: bit(printer, 5),
    feeding: bit(printer, 6),
    ...parts,
    error: Object.values(parts).includes(true),
    paperLow: bit(roll, 0) && bit(roll, 1),
    paperOut: bit(roll, 2) && bit(roll, 3),
  };
}

/** Worst first: with an open cover most printers miss the paper as well, and closing it comes first. */
export function printerState(condition: Condition): PrinterState {
  const faults: PrinterFault[] = [
    ...(condition.coverOpen ? [error('PRINTER_COVER_OPEN')] : []),
    ...(condition.paperOut ? [error('PRINTER_PAPER_OUT')] : []),
    ...partFaults(condition),
  ];
  if (condition.offline && !condition.feeding && faults.length === 0) faults.push(error('PRINTER_OFFLINE'));
  const ready = faults.length === 0;
  if (condition.paperLow && !condition.paperOut) faults.push({ code: 'PRINTER_PAPER_LOW', level: 'warning' });
  const paper = condition.paperOut ? 'out' : condition.paperLow ? 'low' : 'ok';
  return { ready, paper, coverOpen: condition.coverOpen, faults };
}

const error = (code: PrinterFault['code']): PrinterFault => ({ code, level: 'error' });

function partFaults({ error: any, mechanism, cutter, unrecoverable, recovering, coverOpen, paperOut }: Condition): PrinterFault[] {
  const parts: NonNullable<PrinterFault['part']>[] = [
    ...(cutter ? (['cutter'] as const) : []),
    ...(mechanism ? (['mechanism'] as const) : []),
    ...(recovering ? (['head'] as const) : []),
  ];
  // the error bit also stands for the cover and the paper
  if (parts.length === 0 && (unrecoverable || (any && !coverOpen && !paperOut))) parts.push('other');
  return parts.map((part) => ({ ...error('PRINTER_FAULT'), part }));
}
