import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joined } from '../read-link.ts';
import {
  accessCodes,
  accessRequest,
  accessResult,
  answerTo,
  blocksRead,
  commandControl,
  commands,
  connectRequest,
  decode,
  disconnectRequest,
  encode,
  type Frame,
  inventoryItems,
  inventoryRequest,
  maxFrameBytes,
  resyncAnswer,
  resyncRequest,
  systemInfo,
  word,
} from './codec.ts';

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const empty = new Uint8Array();
const one = (text: string): Frame => decode(bytesOf(text)).frames[0]!;

/** Hypernova-Oy/lainuri, programs/lainuri-serve/tests, 00-crc-16, 01-sblock and 02-iblock, at 30c04f4 and 3f735e2. */
const recorded = {
  resyncRequest: 'fa05ffc04239',
  resyncAnswer: 'fa0501e058fe',
  configAnswer: 'fa170100010000010102020003016400000000000000c095',
  configRequest: 'fa08ff00010101ff8e',
  inventoryRequest: 'fa07ff4031008a6c',
  inventoryAnswer: 'fa330100310000000300030e010109a727383f000104e0000e0101092426383f000104e0000e010109a425383f000104e00097ff',
  connectRequest: 'fa13ff403200010109' + '01a727383f000104e0' + 'a3bf',
  connectAnswer: 'fa09014032000001b293',
  systemInfoRequest: 'fa0aff403401020a00997b',
  systemInfoAnswer: 'fa1a0140340000110a00010fa727383f000104e000001b030120e7',
  writeRequest: 'fa12ff4034010a04000c00010036373800a2dd',
  readAnswer: 'fa120100340000090300010100363738005729',
  disconnectRequest: 'fa07ff003301c548',
  disconnectAnswer: 'fa080100330000a64b',
};

test.each(Object.entries(recorded))('the recorded frame %s is read and made again byte by byte', (_what, text) => {
  const { frames, rest, skippedBytes } = decode(bytesOf(text));
  expect([frames.length, rest, skippedBytes]).toEqual([1, empty, 0]);
  expect(hex(encode(frames[0]!))).toBe(text);
  const damaged = bytesOf(text);
  damaged[damaged.length - 1]! ^= 1;
  expect(decode(damaged).frames).toEqual([]);
});

test('requests are those that were recorded', () => {
  const request = (sequence: 0 | 1, information: Uint8Array) =>
    hex(encode({ address: 0xff, control: commandControl(sequence), information }));
  expect(hex(encode({ address: 0xff, control: resyncRequest, information: empty }))).toBe(recorded.resyncRequest);
  expect(one(recorded.resyncAnswer).control).toBe(resyncAnswer);
  expect(request(1, inventoryRequest({ goOn: false }))).toBe(recorded.inventoryRequest);
  expect(request(1, connectRequest({ uid: 'E00401003F3827A7', antenna: 0, tagType: 1 }))).toBe(recorded.connectRequest);
  expect(request(1, accessRequest(1, accessCodes.systemInfo))).toBe(recorded.systemInfoRequest);
  const written = [...word(12), ...word(1), 0x36, 0x37, 0x38, 0x00];
  expect(request(1, accessRequest(1, accessCodes.writeBlocks, written))).toBe(recorded.writeRequest);
  expect(request(0, disconnectRequest(1))).toBe(recorded.disconnectRequest);
});

test('three tags on the pad are read as their recorder saw them', () => {
  const { status, parameters } = answerTo(one(recorded.inventoryAnswer), commands.inventory)!;
  expect([status, inventoryItems(parameters)]).toEqual([
    0,
    {
      tags: ['E00401003F3827A7', 'E00401003F382624', 'E00401003F3825A4'].map((uid) => ({ uid, technology: 'iso15693', tagType: 1 })),
      totalCount: 3,
      stopped: false,
    },
  ]);
});

test('the recorded system information is that of an ICODE SLI, and a block of it is read', () => {
  const info = accessResult(answerTo(one(recorded.systemInfoAnswer), commands.access)!.parameters, accessCodes.systemInfo);
  expect(info?.done === true && systemInfo(info.data)).toEqual({
    uid: 'E00401003F3827A7',
    blockBytes: 4,
    blockCount: 28,
    dsfid: 0,
    afi: 0,
    icReference: 1,
  });
  const read = accessResult(answerTo(one(recorded.readAnswer), commands.access)!.parameters, accessCodes.readBlocks);
  expect(read?.done === true && hex(blocksRead(read.data, { count: 1, blockBytes: 4 })!)).toBe('36373800');
});

test('an answer to something else, a failure, and cut data are told apart', () => {
  expect(answerTo(one(recorded.connectAnswer), commands.inventory)).toBeUndefined();
  expect(accessResult(bytesOf('050300001b04'), accessCodes.readBlocks)).toEqual({ done: false, error: 0x41b });
  expect(accessResult(bytesOf('050400001b04'), accessCodes.readBlocks)).toBeUndefined();
  expect(accessResult(bytesOf('0503'), accessCodes.readBlocks)).toBeUndefined();
  expect(inventoryItems(bytesOf('000300030e010109a7'))).toBeUndefined();
  expect(blocksRead(bytesOf('02000102'), { count: 2, blockBytes: 4 })).toBeUndefined();
});

const frame: fc.Arbitrary<Frame> = fc.record({
  address: fc.integer({ min: 0, max: 255 }),
  control: fc.integer({ min: 0, max: 255 }),
  information: fc.uint8Array({ maxLength: 250 }).map((bytes) => Uint8Array.from(bytes)),
});

test('any cutting of the bytes gives the same frames, every byte is accounted for, and what is kept back is shorter than a frame', () => {
  const noise = fc.uint8Array({ maxLength: 40 });
  fc.assert(
    fc.property(fc.array(fc.tuple(noise, frame), { maxLength: 4 }), noise, fc.array(fc.nat()), (parts, tail, cuts) => {
      const bytes = Uint8Array.from(Buffer.concat([...parts.flatMap(([before, sent]) => [before, encode(sent)]), tail]));
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
      const framed = whole.frames.reduce((sum, { information }) => sum + information.length + 6, 0);
      expect(framed + whole.skippedBytes + whole.rest.length).toBe(bytes.length);
    }),
  );
});

test('one damaged byte costs at most the frames up to the next one that stands alone, and never makes another', () => {
  fc.assert(
    fc.property(fc.array(frame, { minLength: 1, maxLength: 3 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (sent, where, flip) => {
      const bytes = Uint8Array.from(Buffer.concat(sent.map(encode)));
      bytes[where % bytes.length]! ^= flip;
      for (const read of decode(bytes).frames) expect(sent).toContainEqual(read);
    }),
  );
});
