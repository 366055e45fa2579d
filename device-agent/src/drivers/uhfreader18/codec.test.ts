import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joined } from '../read-link.ts';
import {
  commands,
  decode,
  encodeAnswer,
  encodeRequest,
  type Family,
  type Frame,
  inventoryPart,
  inventoryRequest,
  maxFrameBytes,
  readerInfo,
} from './codec.ts';

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const empty = new Uint8Array();

/** wabson/chafon-rfid (MIT), tests/test_uhfreader18.py, test_uhfreader288.py, test_base.py. */
const inventories: { family: Family; text: string; epcs: string[]; antenna?: number; last?: boolean }[] = [
  { family: '18', text: '13000103010c0000000000000000000003133f39', epcs: ['000000000000000000000313'] },
  { family: '18', text: '13000103010c49440000000000000a000334a5fb', epcs: ['49440000000000000a000334'] },
  {
    family: '18',
    text: '20000103020c0000000000000000000003130c0000000000000000000003149ac9',
    epcs: ['000000000000000000000313', '000000000000000000000314'],
  },
  { family: '288', text: '1500010301010c0000000000000000000003136bb1a5', epcs: ['000000000000000000000313'], antenna: 1 },
  { family: '288', text: '1500010301010c3039606303c74380001a055940f93e', epcs: ['3039606303C74380001A0559'], antenna: 1 },
  { family: '288', text: '1500010304010c49440000000000000a0003346425c0', epcs: ['49440000000000000A000334'], antenna: 3 },
  { family: '288', text: '0d000103010104003230386da3d2', epcs: ['00323038'], antenna: 1 },
  { family: '288', text: '0700010101001e4b', epcs: [], last: true },
  {
    family: '288',
    text: '2300010301020c0000000000000000000003136b0c0000000000000000000003146c70f2',
    epcs: ['000000000000000000000313', '000000000000000000000314'],
    antenna: 1,
  },
];
const infoAnswer = '1100210000160c034e001e0a01000000e651';

test.each(inventories)('the recorded inventory $text of a $family is read', ({ family, text, epcs, antenna, last = false }) => {
  const { frames, rest, skippedBytes } = decode(bytesOf(text));
  expect([frames.length, rest, skippedBytes]).toEqual([1, empty, 0]);
  expect(hex(encodeAnswer(frames[0]!))).toBe(text);
  const item = (uid: string) => ({ uid: uid.toUpperCase(), technology: 'epc', ...(antenna === undefined ? {} : { antenna }) });
  expect(inventoryPart(frames[0]!, family)).toEqual({ items: epcs.map(item), last });
  const damaged = bytesOf(text);
  damaged[damaged.length - 1]! ^= 1;
  expect(decode(damaged).frames).toEqual([]);
});

test('the recorded reader information is that of a 288', () => {
  expect(readerInfo(decode(bytesOf(infoAnswer)).frames[0]!)).toEqual({ version: '0.22', type: 0x0c, family: '288', powerDbm: 30 });
  expect(readerInfo({ address: 0, command: commands.readerInfo, status: 0, data: Uint8Array.of(1, 2) })).toBeUndefined();
});

test('inventory requests are those that others send', () => {
  expect(hex(inventoryRequest({ q: 15, session: 0, antenna: 1, scanTime: 0x14 }))).toBe('0f0001000000008014');
  expect(hex(inventoryRequest({ q: 2, session: 1, maskBank: 2, target: 1, antenna: 1, scanTime: 3 }))).toBe('020102000000018003');
  const request = encodeRequest({ address: 0xff, command: commands.inventory, data: empty });
  expect([request.length, request[0]]).toEqual([5, 4]);
});

test('no tags, a fault and cut data are told apart', () => {
  const of = (status: number, text: string, family: Family = '18') =>
    inventoryPart({ address: 0, command: commands.inventory, status, data: bytesOf(text) }, family);
  expect(of(0xfb, '')).toEqual({ items: [], last: true });
  expect(of(0xfa, '')).toEqual({ items: [], last: true });
  for (const fault of [0xee, 0xf8, 0xf9, 0xfd, 0xfe, 0xff]) expect(of(fault, '')).toEqual({ fault });
  expect(of(0x01, '010c0000')).toEqual({ fault: 0x01 });
  expect(of(0x01, '', '288')).toEqual({ fault: 0x01 });
  expect(inventoryPart({ address: 0, command: commands.readerInfo, status: 0x01, data: empty }, '18')).toBeUndefined();
});

const frame: fc.Arbitrary<Frame> = fc.record({
  address: fc.integer({ min: 0, max: 255 }),
  command: fc.constantFrom(...Object.values(commands)),
  status: fc.integer({ min: 0, max: 255 }),
  data: fc.uint8Array({ maxLength: 250 }).map((bytes) => Uint8Array.from(bytes)),
});

test('any cutting of the bytes gives the same frames, every byte is accounted for, and what is kept back is shorter than a frame', () => {
  const noise = fc.uint8Array({ maxLength: 40 });
  fc.assert(
    fc.property(fc.array(fc.tuple(noise, frame), { maxLength: 4 }), noise, fc.array(fc.nat()), (parts, tail, cuts) => {
      const bytes = Uint8Array.from(Buffer.concat([...parts.flatMap(([before, sent]) => [before, encodeAnswer(sent)]), tail]));
      const whole = decode(bytes);
      const edges = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
      const pieces = { frames: [] as Frame[], rest: empty as Uint8Array, skippedBytes: 0 };
      for (let piece = 1; piece < edges.length; piece += 1) {
        const decoded = decode(joined(pieces.rest, bytes.subarray(edges[piece - 1], edges[piece])));
        pieces.frames.push(...decoded.frames);
        pieces.rest = decoded.rest;
        pieces.skippedBytes += decoded.skippedBytes;
        expect(pieces.rest.length).toBeLessThan(maxFrameBytes);
      }
      expect(pieces).toEqual(whole);
      const framed = whole.frames.reduce((sum, { data }) => sum + data.length + 6, 0);
      expect(framed + whole.skippedBytes + whole.rest.length).toBe(bytes.length);
    }),
  );
});

test('one damaged byte never makes another frame', () => {
  fc.assert(
    fc.property(fc.array(frame, { minLength: 1, maxLength: 3 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (sent, where, flip) => {
      const bytes = Uint8Array.from(Buffer.concat(sent.map(encodeAnswer)));
      bytes[where % bytes.length]! ^= flip;
      for (const read of decode(bytes).frames) expect(sent).toContainEqual(read);
    }),
  );
});
