import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joined } from '../read-link.ts';
import { type Answer, commands, conditionNow, conditionOfChange, decode, printerState, qrCode, raster, wellCondition } from './codec.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex');

test('commands are those of the manuals', () => {
  // TM-T88V and CT-S300 command references; the QR code is the example of the CSN-80V manual, page 55, with our level and size
  expect(hex(commands.askNow(4))).toBe('100404');
  expect(hex(commands.clearBuffers)).toBe('10140801031401060208');
  expect(hex(commands.askWhenPrinted)).toBe('1d7201');
  expect(hex(commands.cut('partial'))).toBe('1d564200');
  expect(hex(qrCode('ABC', 3))).toBe('1d286b0400314132001d286b03003143031d286b03003145311d286b06003150304142431d286b0300315130');
});

test('a picture goes out by the old command or the new one', () => {
  const picture = { widthBytes: 2, heightDots: 3, bytes: bytes('8001 4002 2004') };
  expect(hex(raster(picture, 'gs-v-0'))).toBe('1d763000 0200 0300 800140022004'.replaceAll(' ', ''));
  expect(hex(raster(picture, 'gs-l'))).toBe('1d284c1000 307030010131 1000 0300 800140022004 1d284c02003032'.replaceAll(' ', ''));
});

const fine = { faults: [], ready: true, paper: 'ok', coverOpen: false };
const fault = (code: string, part?: string) => [{ code, level: 'error', ...(part !== undefined && { part }) }];

/** Bytes put together from the tables of the manuals (README.md, Protocol source). */
const told: readonly [string, readonly [number, number, number, number], object][] = [
  ['all is well', [0x12, 0x12, 0x12, 0x12], fine],
  ['the drawer is open, which is nobody’s business here', [0x16, 0x12, 0x12, 0x12], fine],
  [
    'the roll is nearly empty',
    [0x12, 0x12, 0x12, 0x1e],
    { ...fine, paper: 'low', faults: [{ code: 'PRINTER_PAPER_LOW', level: 'warning' }] },
  ],
  ['the roll is empty', [0x1a, 0x32, 0x12, 0x7e], { ...fine, ready: false, paper: 'out', faults: fault('PRINTER_PAPER_OUT') }],
  ['the cover is open', [0x1a, 0x16, 0x12, 0x12], { ...fine, ready: false, coverOpen: true, faults: fault('PRINTER_COVER_OPEN') }],
  [
    'the cover is open and the sensor misses the paper',
    [0x1a, 0x36, 0x12, 0x72],
    { ready: false, paper: 'out', coverOpen: true, faults: [...fault('PRINTER_COVER_OPEN'), ...fault('PRINTER_PAPER_OUT')] },
  ],
  ['the knife is stuck', [0x1a, 0x52, 0x1a, 0x12], { ...fine, ready: false, faults: fault('PRINTER_FAULT', 'cutter') }],
  ['the head is too hot', [0x1a, 0x52, 0x52, 0x12], { ...fine, ready: false, faults: fault('PRINTER_FAULT', 'head') }],
  ['something broke', [0x1a, 0x52, 0x32, 0x12], { ...fine, ready: false, faults: fault('PRINTER_FAULT', 'other') }],
  ['somebody holds the FEED key', [0x1a, 0x1a, 0x12, 0x12], fine],
  ['somebody took it off the line', [0x1a, 0x12, 0x12, 0x12], { ...fine, ready: false, faults: fault('PRINTER_OFFLINE') }],
];
test.each(told)('asked: %s', (_what, answers, state) => expect(printerState(conditionNow(answers))).toEqual(state));

const changes: readonly [string, string, object][] = [
  ['all is well', '10 00 00 0f', fine],
  ['the roll is nearly empty', '10 00 03 0f', { ...fine, paper: 'low', faults: [{ code: 'PRINTER_PAPER_LOW', level: 'warning' }] }],
  ['the roll is empty', '18 00 0f 0f', { ...fine, ready: false, paper: 'out', faults: fault('PRINTER_PAPER_OUT') }],
  ['the cover is open', '38 00 00 0f', { ...fine, ready: false, coverOpen: true, faults: fault('PRINTER_COVER_OPEN') }],
  ['the knife is stuck', '18 08 00 0f', { ...fine, ready: false, faults: fault('PRINTER_FAULT', 'cutter') }],
];
test.each(changes)('told by itself: %s', (_what, sent, state) => {
  const { frames, rest, skippedBytes } = decode(bytes(sent));
  expect([frames.map(({ answer }) => answer), rest.length, skippedBytes]).toEqual([['change'], 0, 0]);
  const [frame] = frames;
  expect(printerState(conditionOfChange(frame!.answer === 'change' ? frame!.bytes : [0, 0, 0, 0]))).toEqual(state);
});

test('a printer that is well has no faults', () => expect(printerState(wellCondition)).toEqual(fine));

const answer: fc.Arbitrary<{ sent: Uint8Array; frame: Answer }> = fc.oneof(
  fc
    .constantFrom(0x12, 0x16, 0x1a, 0x32, 0x52, 0x7e)
    .map((bits) => ({ sent: Uint8Array.of(bits), frame: { answer: 'now' as const, bits } })),
  fc.constantFrom(0x00, 0x03, 0x0c, 0x0f).map((bits) => ({ sent: Uint8Array.of(bits), frame: { answer: 'printed' as const, bits } })),
  fc
    .tuple(fc.constantFrom(0x10, 0x18, 0x38), fc.constantFrom(0, 8), fc.constantFrom(0, 3, 0x0f), fc.constant(0x0f))
    .map((four) => ({ sent: Uint8Array.from(four), frame: { answer: 'change' as const, bytes: four } })),
  fc.constant({ sent: Uint8Array.of(0x37, 0x25, 0), frame: { answer: 'cleared' as const } }),
  fc.boolean().map((goOn) => ({ sent: Uint8Array.of(goOn ? 0x11 : 0x13), frame: { answer: 'flow' as const, goOn } })),
);
/** Nothing of this can begin or continue an answer. */
const noise = fc.uint8Array({ min: 0x80, max: 0xff, maxLength: 20 });

function inPieces(whole: Uint8Array, cuts: number[]) {
  const frames: Answer[] = [];
  let rest: Uint8Array = new Uint8Array();
  let skippedBytes = 0;
  const edges = [...new Set([0, ...cuts.map((cut) => cut % (whole.length + 1)), whole.length])].sort((a, b) => a - b);
  for (let piece = 1; piece < edges.length; piece += 1) {
    const decoded = decode(joined(rest, whole.subarray(edges[piece - 1], edges[piece])));
    frames.push(...decoded.frames);
    skippedBytes += decoded.skippedBytes;
    rest = decoded.rest;
    expect(rest.length).toBeLessThan(4);
  }
  return { frames, rest, skippedBytes };
}

test('answers are told apart, with noise between them and however the bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(noise, answer), { maxLength: 8 }), fc.array(fc.nat()), (parts, cuts) => {
      const whole = Buffer.concat(parts.flatMap(([before, { sent }]) => [before, sent]));
      const decoded = decode(whole);
      expect(decoded.frames).toEqual(parts.map(([, { frame }]) => frame));
      expect(decoded.skippedBytes).toBe(parts.reduce((sum, [before]) => sum + before.length, 0));
      expect(inPieces(whole, cuts)).toEqual(decoded);
    }),
  );
});

test('any bytes whatever are read to their end, and every one is accounted for', () => {
  const lengths: Record<Answer['answer'], number> = { now: 1, change: 4, printed: 1, cleared: 3, flow: 1 };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat()), (whole, cuts) => {
      const { frames, rest, skippedBytes } = decode(whole);
      expect(frames.reduce((sum, frame) => sum + lengths[frame.answer], 0) + skippedBytes + rest.length).toBe(whole.length);
      expect(inPieces(whole, cuts)).toEqual({ frames, rest, skippedBytes });
    }),
  );
});

test('one damaged byte costs at most the answer that it is in and the two that it may look like', () => {
  fc.assert(
    fc.property(fc.array(answer, { minLength: 3, maxLength: 8 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (answers, where, flip) => {
      const whole = Buffer.concat(answers.map(({ sent }) => sent));
      whole[where % whole.length]! ^= flip;
      const { frames } = decode(whole);
      // a byte that looks like the first of four takes the next three with it
      expect(frames.length).toBeGreaterThanOrEqual(answers.length - 4);
    }),
  );
});

test('no picture holds a real-time command, whatever is on it', () => {
  const treacherous = fc.array(fc.constantFrom(0x10, 0x04, 0x05, 0x14, 0x01, 0x00, 0xff), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(treacherous, fc.constantFrom('gs-v-0' as const, 'gs-l' as const), (dots, command) => {
      const sent = raster({ widthBytes: 1, heightDots: dots.length, bytes: Uint8Array.from(dots) }, command);
      const from = command === 'gs-v-0' ? 8 : 15;
      const picture = hex(sent.subarray(from, from + dots.length));
      for (const sequence of ['1004', '1005', '1014'])
        for (let at = 0; at < picture.length; at += 2) expect(picture.slice(at, at + 4)).not.toBe(sequence);
      // only ink is added
      for (const [at, dot] of dots.entries()) expect(sent[from + at]! & dot).toBe(dot);
    }),
  );
});
