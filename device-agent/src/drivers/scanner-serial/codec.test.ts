import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maxScanBytes } from '../scan-text.ts';
import { endPause, type Framer, feed, newFramer, pauseMs, type Terminator } from './codec.ts';

/** Texts of identity-card QR codes as public parsers test them, synthetic people. Source: public code search, items 70803429945 and 71374499495. */
const identityCards = [
  '001098012345||NGUYỄN VĂN B|01012000|Nữ|Hà Nội|01012022',
  '001098012345|012345678|NGUYỄN VĂN A|15081998|Nam|Số 1 Đại Cồ Việt, Hai Bà Trưng, Hà Nội|25052021',
  '001095012345||Nguyễn Văn Thử|12071995|Nam|Số 1 Ngõ Test, Hà Nội|01012022',
];
const ends = ['\r', '\r\n', '\n', '\t', '\x03'];
const scansOf = (bytes: string | Uint8Array, terminator: Terminator = 'auto') =>
  feed(newFramer, Buffer.from(bytes as string), terminator).scans;

test.each(identityCards)('an identity card comes whole, with its Vietnamese letters: %s', (text) => {
  for (const end of ends) expect(scansOf(`]Q1${text}${end}`)).toEqual([text]);
});

test('STX, AIM identifier and end mark are not part of the code', () => {
  expect(scansOf('\x02]E08934673123457\x03')).toEqual(['8934673123457']);
  expect(scansOf(']C1\r')).toEqual([]);
  expect(scansOf('a]Q1b\r')).toEqual(['a]Q1b']);
});

test('line breaks inside a code survive when the end mark is set', () => {
  const card = 'BEGIN:VCARD\nFN:Lê Thị Thu\nEND:VCARD';
  expect(scansOf(`${card}\r`, 'cr')).toEqual([card]);
  expect(scansOf(`${card}\r\n${card}\r\n`, 'cr')).toEqual([card, card]);
  expect(scansOf('a\tb\r\n', 'lf')).toEqual(['a\tb']);
});

test('a scanner without end marks ends its scans by a pause, a longer one until that is sure', () => {
  for (const [terminator, ms] of [
    ['auto', 300],
    ['none', 50],
  ] as const) {
    const { framer, scans } = feed(newFramer, Buffer.from('THU-VIEN-0001'), terminator);
    expect(scans).toEqual([]);
    expect(pauseMs(framer, terminator)).toBe(ms);
    expect(endPause(framer, terminator)).toEqual({ framer: newFramer, scans: ['THU-VIEN-0001'], skippedBytes: 0 });
  }
});

test('once a scanner has sent an end mark, half a scan is never taken for a whole one', () => {
  const { framer } = feed(newFramer, Buffer.from('first\rTHU-VIEN'), 'auto');
  expect(pauseMs(framer, 'auto')).toBe(300);
  expect(endPause(framer, 'auto')).toMatchObject({ scans: [], skippedBytes: 8 });
  expect(endPause(feed(newFramer, Buffer.from('THU-VIEN'), 'cr').framer, 'cr')).toMatchObject({ scans: [], skippedBytes: 8 });
});

test.each<[Terminator, string]>([
  ['cr', '\r\n'],
  ['lf', '\n\r'],
  ['tab', '\t\r'],
  ['etx', '\x03\r\n'],
])('what may follow an end mark costs no scan behind it: %s with %j', (terminator, end) => {
  let framer = newFramer;
  const scans: string[] = [];
  for (const code of ['HS001', 'HS002', 'HS003']) {
    const fed = feed(framer, Buffer.from(`${code}${end}`), terminator);
    scans.push(...fed.scans);
    framer = fed.framer;
    if (pauseMs(framer, terminator) !== undefined) ({ framer } = endPause(framer, terminator));
  }
  expect(scans).toEqual(['HS001', 'HS002', 'HS003']);
});

test('the rest of a scan whose beginning was dropped is not taken for a whole one', () => {
  const torn = endPause(feed(newFramer, Buffer.from('first\r001098012345||NGUYỄN VĂN B|010'), 'auto').framer, 'auto').framer;
  const rest = feed(torn, Buffer.from('12000|Nữ|Hà Nội|01012022\rTHU-VIEN-0001\r'), 'auto');
  expect(rest).toMatchObject({ scans: ['THU-VIEN-0001'], skippedBytes: Buffer.byteLength('12000|Nữ|Hà Nội|01012022') });
  // it never came
  expect(pauseMs(torn, 'auto')).toBe(1_000);
  const quiet = endPause(torn, 'auto');
  expect(quiet).toMatchObject({ scans: [], skippedBytes: 0 });
  expect(pauseMs(quiet.framer, 'auto')).toBeUndefined();
  expect(feed(quiet.framer, Buffer.from('THU-VIEN-0001\r'), 'auto').scans).toEqual(['THU-VIEN-0001']);
});

test('a scan that is not UTF-8 or holds stray control bytes is dropped whole and counted', () => {
  for (const damaged of [[0x41, 0xff, 0x42], [0x41, 0x00], [0xc3], [0x41, 0x1b, 0x42]])
    expect(feed(newFramer, Uint8Array.of(...damaged, 0x0d, 0x4f, 0x4b, 0x0d), 'auto')).toMatchObject({
      scans: ['OK'],
      skippedBytes: damaged.length,
    });
});

test('a scan without end is dropped at its limit, and the next one is read', () => {
  const endless = new Uint8Array(maxScanBytes + 1).fill(0x41);
  const first = feed(newFramer, endless, 'auto');
  expect(first.skippedBytes).toBe(maxScanBytes + 1);
  expect(feed(first.framer, Buffer.from('AAA\rnext\r'), 'auto')).toMatchObject({ scans: ['next'], skippedBytes: 3 });
  expect(endPause(first.framer, 'auto')).toEqual({ framer: newFramer, scans: [], skippedBytes: 0 });
});

const text = fc
  .string({ unit: fc.constantFrom(...'0123456789ABCxyz|-ĐđữầễỄ ,.', '中', '😀'), minLength: 1, maxLength: 80 })
  .filter((sent) => !/^\][A-Za-z]/.test(sent));
const end = fc.constantFrom(...ends);

test('any cutting of the bytes gives the same scans, and what is kept back has a limit', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.oneof(text, fc.string()), end)),
      fc.uint8Array({ maxLength: 30 }),
      fc.array(fc.nat()),
      (parts, tail, cuts) => {
        const bytes = Buffer.concat([Buffer.from(parts.flat().join('')), tail]);
        const whole = feed(newFramer, bytes, 'auto');
        const edges = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
        let framer: Framer = newFramer;
        const scans: string[] = [];
        let skippedBytes = 0;
        for (let piece = 1; piece < edges.length; piece += 1) {
          const framed = feed(framer, bytes.subarray(edges[piece - 1], edges[piece]), 'auto');
          framer = framed.framer;
          scans.push(...framed.scans);
          skippedBytes += framed.skippedBytes;
          expect(framer.held.length).toBeLessThanOrEqual(maxScanBytes);
        }
        expect({ framer, scans, skippedBytes }).toEqual(whole);
      },
    ),
  );
});

test('law: wherever a scan is torn, no part of it is told, and the one behind it is', () => {
  fc.assert(
    fc.property(text, end, fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), (sent, mark, places) => {
      const bytes = Buffer.from(sent);
      const cuts = [...new Set(places.map((place) => 1 + (place % bytes.length)))].sort((a, b) => a - b);
      let { framer } = feed(newFramer, Buffer.from(`first${mark}`), 'auto');
      const scans: string[] = [];
      for (const [at, cut] of cuts.entries()) {
        const torn = feed(framer, bytes.subarray(cuts[at - 1] ?? 0, cut), 'auto');
        // later pieces are within the second
        framer = at === 0 ? endPause(torn.framer, 'auto').framer : torn.framer;
        scans.push(...torn.scans);
      }
      scans.push(...feed(framer, Buffer.concat([bytes.subarray(cuts.at(-1)), Buffer.from(`${mark}next${mark}`)]), 'auto').scans);
      expect(scans).toEqual(['next']);
    }),
  );
});

test('one damaged byte costs at most one scan when there is a pause between scans', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(text, end), { minLength: 2, maxLength: 5 }),
      fc.nat(),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (parts, which, where, flip) => {
        let framer: Framer = newFramer;
        const got: string[] = [];
        for (const [at, [sent, mark]] of parts.entries()) {
          const bytes = Buffer.from(sent + mark);
          if (at === which % parts.length) bytes[where % bytes.length]! ^= flip;
          const framed = feed(framer, bytes, 'auto');
          got.push(...framed.scans);
          framer = framed.framer;
          while (pauseMs(framer, 'auto') !== undefined) {
            const paused = endPause(framer, 'auto');
            got.push(...paused.scans);
            framer = paused.framer;
          }
        }
        const unharmed = parts.filter((_part, at) => at !== which % parts.length).map(([sent]) => sent);
        expect(got).toEqual(expect.arrayContaining(unharmed));
      },
    ),
  );
});
