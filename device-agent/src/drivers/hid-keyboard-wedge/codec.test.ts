import { duplexPair } from 'node:stream';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { seededRandom } from '@tramhoc/base/random';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { endPause, feedReport, maxLineLength, nothingTyped, pauseMs, type Typing } from './codec.ts';
import { hidKeyboardWedgeSimulator } from './simulator.ts';

const report = (modifiers: number, ...keys: number[]): Uint8Array =>
  Uint8Array.from({ length: 8 }, (_, at) => [modifiers, 0, ...keys][at] ?? 0);
const up = report(0);
const enter = report(0, 0x28);

function typed(reports: readonly Uint8Array[], before: Typing = nothingTyped): { lines: string[]; skippedBytes: number; typing: Typing } {
  let typing = before;
  const lines: string[] = [];
  let skippedBytes = 0;
  for (const one of reports) {
    const fed = feedReport(typing, one);
    typing = fed.typing;
    lines.push(...fed.lines);
    skippedBytes += fed.skippedBytes;
  }
  return { lines, skippedBytes, typing };
}

test('letters are usages 04 to 1D, digits 1E to 27, 28 ends the line (HID Usage Tables, keyboard page)', () => {
  const keys = [0x04, 0x1d, 0x1e, 0x27];
  expect(typed([...keys.flatMap((key) => [report(0, key), up]), enter, up]).lines).toEqual(['az10']);
  expect(typed([...keys.flatMap((key) => [report(0x20, key), up]), enter, up]).lines).toEqual(['AZ!)']);
});

test('a key that is held down is one character, two that overlap are two', () => {
  expect(typed([report(0, 0x04), report(0, 0x04), report(0, 0x04, 0x05), report(0, 0x05), up, enter]).lines).toEqual(['ab']);
  expect(typed([report(0, 0x1e), up, report(0, 0x1e), up, enter]).lines).toEqual(['11']);
});

test('the keypad types digits and ends lines, tab ends lines as well', () => {
  expect(typed([report(0, 0x59), report(0, 0x62), report(0, 0x58), up]).lines).toEqual(['10']);
  expect(typed([report(0, 0x04), report(0, 0x2b)]).lines).toEqual(['a']);
  expect(typed([enter, up, enter]).lines).toEqual([]);
});

test('too many keys at once, a report of something else, and shortcuts are no part of a code', () => {
  for (const wrong of [report(0, 1, 1, 1, 1, 1, 1), Uint8Array.of(0, 9, 4, 0, 0, 0, 0, 0), new Uint8Array(7), new Uint8Array()]) {
    expect(typed([wrong, report(0, 0x05), enter])).toMatchObject({ lines: ['b'], skippedBytes: wrong.length });
    const inside = [report(0, 0x04), wrong, report(0, 0x05), enter, up, report(0, 0x06), enter];
    expect(typed(inside)).toMatchObject({ lines: ['c'], skippedBytes: wrong.length + 2 });
  }
  for (const key of [report(0x01, 0x06), report(0, 0x3a)])
    expect(typed([report(0, 0x04), key, report(0, 0x05), enter, up, report(0, 0x06), enter]).lines).toEqual(['c']);
});

test('half a line is dropped after a pause, and an endless one at its limit', () => {
  expect(endPause(typed([report(0, 0x04), up]).typing)).toMatchObject({ lines: [], skippedBytes: 1 });
  const endless = Array.from({ length: maxLineLength + 50 }, () => [report(0, 0x04), up]).flat();
  expect(typed([...endless, enter])).toMatchObject({ lines: [], skippedBytes: maxLineLength + 50 });
  expect(typed([...endless, enter, up, report(0, 0x05), enter]).lines).toEqual(['b']);
});

test('the rest of a line whose beginning was dropped is not taken for a whole one', () => {
  const torn = endPause(typed([report(0, 0x04), up]).typing).typing;
  expect(typed([report(0, 0x05), up, enter, up, report(0, 0x06), enter], torn).lines).toEqual(['c']);
  // it never came
  expect(pauseMs(torn)).toBe(1_000);
  const quiet = endPause(torn).typing;
  expect([quiet, pauseMs(quiet)]).toEqual([nothingTyped, undefined]);
});

const printable = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  minLength: 1,
  maxLength: 60,
});

test('law: everything that stands on a US keyboard comes as it was typed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(printable, { minLength: 1, maxLength: 3 }), async (texts) => {
      const [hostEnd, deviceEnd] = duplexPair({ objectMode: true });
      const reports: Uint8Array[] = [];
      hostEnd.on('data', (bytes: Uint8Array) => reports.push(bytes));
      const reader = hidKeyboardWedgeSimulator.attach(deviceEnd, { clock: fakeClock(), random: seededRandom(1) });
      for (const text of texts) reader.type(text);
      await new Promise((resolve) => setImmediate(resolve));
      reader.close();
      expect(typed(reports)).toMatchObject({ lines: texts, skippedBytes: 0 });
    }),
  );
});

test('law: no bytes make it throw or keep back more than a line', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 9 })), (reports) => {
      expect(typed(reports).typing.text.length).toBeLessThanOrEqual(maxLineLength);
    }),
  );
});
