import { duplexPair } from 'node:stream';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { seededRandom } from '@tramhoc/base/random';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maxScanBytes } from '../scan-text.ts';
import { type Assembly, endPause, feedReport, nothingHeld, pauseMs } from './codec.ts';
import { hidPosScannerSimulator } from './simulator.ts';

/** All of them, and the pause after the last. */
function scansOf(reports: readonly Uint8Array[], before: Assembly = nothingHeld): { scans: string[]; skippedBytes: number } {
  let assembly = before;
  const scans: string[] = [];
  let skippedBytes = 0;
  for (const report of reports) {
    const fed = feedReport(assembly, report);
    assembly = fed.assembly;
    scans.push(...fed.scans);
    skippedBytes += fed.skippedBytes;
  }
  const paused = endPause(assembly);
  return { scans: [...scans, ...paused.scans], skippedBytes: skippedBytes + paused.skippedBytes };
}

function report(head: readonly number[], data: string, tail: readonly number[] = []): Uint8Array {
  const bytes = Buffer.alloc(64);
  bytes.set(head);
  bytes.write(data, head.length, 'latin1');
  bytes.set(tail, 64 - tail.length);
  return bytes;
}

/** LSR118 manual, B.1.1: a boarding pass of 60 bytes in two reports. The manual shows the data of the first; the last four are ours. */
const boardingPass = 'M1GATHERGOOD/MICHAEL YABCDEF LHRDURAK 3542 052Y003D23  ';

test('the two reports of the Access-IS manual are one code', () => {
  const data = boardingPass.padEnd(56, ' ');
  const first = report([0x02, 0x38, 0x5d, 0x51, 0x30], data, [0x73, 0, 1]);
  const second = report([0x02, 0x04, 0x5d, 0x51, 0x30], '0100', [0x73, 0, 0]);
  expect(scansOf([first, second])).toEqual({ scans: [`${data}0100`], skippedBytes: 0 });
  expect(scansOf([second])).toEqual({ scans: ['0100'], skippedBytes: 0 });
});

test('the report of the Microscan help is what its length says', () => {
  expect(scansOf([report([1, 11], 'A]002374938')])).toEqual({ scans: ['A]002374938'], skippedBytes: 0 });
});

test('half a code of Access-IS is not taken for a whole one', () => {
  const first = report([0x02, 56, 0x5d, 0x51, 0x30], 'x'.repeat(56), [0x73, 0, 1]);
  expect(scansOf([first])).toEqual({ scans: [], skippedBytes: 56 });
  expect(scansOf([first, report([1, 2], 'OK')])).toEqual({ scans: ['OK'], skippedBytes: 56 });
});

test('the rest of a code whose beginning was dropped is not taken for a whole one', () => {
  const first = report([0x02, 56, 0x5d, 0x51, 0x30], 'x'.repeat(56), [0x73, 0, 1]);
  const rest = report([0x02, 4, 0x5d, 0x51, 0x30], 'tail', [0x73, 0, 0]);
  const next = report([0x02, 2, 0x5d, 0x51, 0x30], 'OK', [0x73, 0, 0]);
  const torn = endPause(feedReport(nothingHeld, first).assembly).assembly;
  expect(scansOf([rest, next], torn)).toEqual({ scans: ['OK'], skippedBytes: 4 });
  // it never came
  expect(pauseMs(torn)).toBe(1_000);
  expect(endPause(torn)).toEqual({ assembly: nothingHeld, scans: [], skippedBytes: 0 });
  // a damaged report in the middle
  expect(scansOf([first, report([3, 4], 'abcd'), rest, next])).toEqual({ scans: ['OK'], skippedBytes: 56 + 64 + 4 });
});

test('a Microscan code that fills its report exactly is ended by the pause', () => {
  expect(scansOf([report([1, 62], 'y'.repeat(62))])).toEqual({ scans: ['y'.repeat(62)], skippedBytes: 0 });
});

test('lengths beyond the report, other reports and short ones are counted, not read', () => {
  for (const wrong of [
    report([2, 57, 0x5d, 0x51, 0x30], 'x'),
    report([1, 63], 'x'),
    report([2, 4, 0, 0x51, 0x30], 'abcd'),
    report([3, 4], 'abcd'),
    report([1, 2], 'ab').subarray(0, 63),
    new Uint8Array(),
  ])
    expect(scansOf([wrong, report([1, 2], 'OK')])).toEqual({ scans: ['OK'], skippedBytes: wrong.length });
});

test('a code without end is dropped at its limit, and the next one is read', () => {
  const reports = Array.from({ length: 200 }, () => report([1, 62], 'z'.repeat(62)));
  let assembly: Assembly = nothingHeld;
  for (const one of reports) {
    assembly = feedReport(assembly, one).assembly;
    expect(assembly.held.length).toBeLessThanOrEqual(maxScanBytes);
  }
  expect(scansOf([...reports, report([1, 1], 'z')])).toEqual({ scans: [], skippedBytes: 200 * 62 + 1 });
  expect(scansOf([...reports, report([1, 1], 'z'), report([1, 2], 'OK')]).scans).toEqual(['OK']);
});

async function simulated(maker: string, suffix: string, texts: readonly string[]): Promise<Uint8Array[][]> {
  const [hostEnd, deviceEnd] = duplexPair({ objectMode: true });
  const perScan: Uint8Array[][] = [];
  hostEnd.on('data', (bytes: Uint8Array) => perScan.at(-1)!.push(bytes));
  const scanner = hidPosScannerSimulator.attach(deviceEnd, { clock: fakeClock(), random: seededRandom(1) }, { maker, suffix });
  for (const text of texts) {
    perScan.push([]);
    scanner.scan(text);
    await new Promise((resolve) => setImmediate(resolve));
  }
  scanner.close();
  return perScan;
}

const text = fc
  .string({ unit: fc.constantFrom(...'0123456789ABCxyz|ĐđữầễỄ,.', '中', '😀'), minLength: 1, maxLength: 150 })
  .filter((sent) => sent.trim() === sent);
const maker = fc.constantFrom('access-is', 'microscan');

test('law: whatever a scanner of either make scans comes whole, with its Vietnamese letters', async () => {
  await fc.assert(
    fc.asyncProperty(maker, fc.constantFrom('none', 'crlf'), fc.array(text, { minLength: 1, maxLength: 4 }), async (who, suffix, texts) => {
      for (const [at, reports] of (await simulated(who, suffix, texts)).entries())
        expect(scansOf(reports)).toEqual({ scans: [texts[at]], skippedBytes: 0 });
    }),
  );
});

test('law: one damaged byte costs at most one code when there is a pause between codes', async () => {
  await fc.assert(
    fc.asyncProperty(maker, text, text, fc.nat(), fc.integer({ min: 1, max: 255 }), async (who, first, second, where, flip) => {
      const [broken = [], whole = []] = await simulated(who, 'none', [first, second]);
      const damaged = broken.map((bytes) => Uint8Array.from(bytes));
      damaged[where % damaged.length]![where % 64]! ^= flip;
      let assembly: Assembly = nothingHeld;
      for (const one of damaged) assembly = feedReport(assembly, one).assembly;
      while (pauseMs(assembly) !== undefined) assembly = endPause(assembly).assembly;
      expect(scansOf(whole).scans).toEqual([second]);
    }),
  );
});

test('law: no bytes make it throw or keep back more than one code', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 70 })), (reports) => {
      let assembly: Assembly = nothingHeld;
      for (const one of reports) assembly = feedReport(assembly, one).assembly;
      expect(assembly.held.length).toBeLessThanOrEqual(maxScanBytes);
    }),
  );
});
