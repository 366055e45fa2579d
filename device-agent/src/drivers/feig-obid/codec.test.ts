import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joined } from '../read-link.ts';
import {
  bufferItems,
  commands,
  decode,
  encodeAnswer,
  encodeRequest,
  type Frame,
  inventoryItems,
  inventoryRequest,
  maxFrameBytes,
  readBlocks,
  systemInfo,
  tagRequest,
  writeBlocksRequest,
} from './codec.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const empty = new Uint8Array();

/** Frames that others recorded or computed; sources in README.md, Frame. */
test('requests that others sent come out byte by byte', () => {
  const iso = { address: 0xff, command: commands.iso, data: inventoryRequest({ more: false }) };
  expect(hex(encodeRequest(iso, 'advanced'))).toBe('020009ffb001001843');
  expect(hex(encodeRequest(iso, 'standard'))).toBe('07ffb001001c56');
  expect(hex(encodeRequest({ address: 0xff, command: commands.clearBuffer, data: empty }, 'advanced'))).toBe('020007ff325447');
  expect(hex(encodeRequest({ address: 0xff, command: 0x33, data: empty }, 'advanced'))).toBe('020007ff33dd56');
});

test('the recorded frame is read, and with another checksum it is not', () => {
  expect(decode(bytesOf('020009ffb001001843'))).toEqual({
    frames: [{ address: 0xff, command: 0xb0, status: 0x01, data: Uint8Array.of(0) }],
    rest: empty,
    skippedBytes: 0,
  });
  expect(decode(bytesOf('020009ffb001001844')).frames).toEqual([]);
});

/** A logged request of 44 bytes: 02 002C FF 8B …; the recorder left the power byte and the checksum open. */
test('a long logged request has the length that its head says', () => {
  const body = bytesOf('020101011e00030008 14 800000000000000000000000000000000000000000000000000000');
  const sent = encodeRequest({ address: 0xff, command: 0x8b, data: body }, 'advanced');
  expect([sent.length, hex(sent.subarray(0, 5))]).toEqual([body.length + 7, `0200${(body.length + 7).toString(16)}ff8b`]);
});

test('an inventory gives tags with their data format, in the order of the answer', () => {
  const answer = bytesOf('02 03 3e e00401003f3827a7 03 06 e00401003f382624');
  expect(inventoryItems(answer)).toEqual({
    items: [
      { uid: 'E00401003F3827A7', technology: 'iso15693', dsfid: 0x3e },
      { uid: 'E00401003F382624', technology: 'iso15693', dsfid: 0x06 },
    ],
    unreadCount: 0,
  });
});

test('an inventory with a card of another type stops there, one that is cut is none', () => {
  expect(inventoryItems(bytesOf('02 03 3e e00401003f3827a7 04 00 00 04aabbccddeeff'))).toMatchObject({ unreadCount: 1, items: [{}] });
  expect(inventoryItems(bytesOf('02 03 3e e00401003f3827a7 03 06 e0'))).toBeUndefined();
  expect(inventoryItems(bytesOf('02 03 3e e00401003f3827a7'))).toBeUndefined();
  expect(inventoryItems(empty)).toBeUndefined();
});

test('blocks come most significant byte first and are turned round, unless the reader leaves them as they are', () => {
  const answer = bytesOf('02 04 00 31010111 00 31313030');
  expect(hex(readBlocks(answer, { count: 2, asStored: false })!)).toBe('1101013130303131');
  expect(hex(readBlocks(answer, { count: 2, asStored: true })!)).toBe('3101011131313030');
  expect(readBlocks(bytesOf('02 04 00 31010111 00 313130'), { count: 2, asStored: false })).toBeUndefined();
});

test('an answer with fewer or more blocks than were asked for is none', () => {
  const answer = bytesOf('02 04 00 31010111 00 31313030');
  for (const count of [1, 3, 4]) expect(readBlocks(answer, { count, asStored: false })).toBeUndefined();
});

test('what is written goes out as it will come back', () => {
  const uid = 'E00401003F3827A7';
  const request = writeBlocksRequest(uid, { first: 2, data: bytesOf('1122334455667788'), blockBytes: 4, asStored: false });
  expect(hex(request)).toBe('2401e00401003f3827a70202044433221188776655');
  expect(hex(tagRequest(0x27, uid, [0xc2]))).toBe('2701e00401003f3827a7c2');
});

test('the system information of an ICODE SLI: 28 blocks of 4 bytes', () => {
  expect(systemInfo(bytesOf('3e e00401003f3827a7 07 03 1b 01'))).toEqual({
    uid: 'E00401003F3827A7',
    dsfid: 0x3e,
    afi: 0x07,
    blockBytes: 4,
    blockCount: 28,
    icReference: 1,
  });
  expect(systemInfo(bytesOf('3e e0'))).toBeUndefined();
});

test('the buffer of a gate gives who passed at which antenna; people counters and other cards are passed over', () => {
  const item = '0012 03 00 08 e00401003f3827a7 07051388 04';
  expect(bufferItems(bytesOf(`31 0001 ${item}`))).toEqual({
    items: [{ uid: 'E00401003F3827A7', technology: 'iso15693', antenna: 3 }],
    unreadCount: 0,
  });
  expect(bufferItems(bytesOf('81 02 0001 000d 84 00 06 300833b2ddd9 aabb'))).toEqual({
    items: [{ uid: '300833B2DDD9', technology: 'epc' }],
    unreadCount: 0,
  });
  for (const nobody of ['20 0001 0006 07051388', '01 0001 000c 04 00 07 04aabbccddeeff'])
    expect(bufferItems(bytesOf(nobody))).toEqual({ items: [], unreadCount: 0 });
});

test('a record that cannot be read is passed over by its length; where that is wrong, all that follows is', () => {
  const item = '0012 03 00 08 e00401003f3827a7 07051388 04';
  const read = (text: string): [number, number] | undefined => {
    const found = bufferItems(bytesOf(text));
    return found && [found.items.length, found.unreadCount];
  };
  expect(read(`31 0003 ${item} 0006 03 00 08 e0 ${item}`)).toEqual([2, 1]);
  expect(read(`31 0003 ${item} 0001 ${item}`)).toEqual([1, 2]);
  expect(read('31 0002 0012 03')).toEqual([0, 2]);
  expect(read(`31 0002 ${item}`)).toEqual([1, 1]);
  for (const cut of ['', '31', '31 00', 'b1 00 00']) expect(read(cut)).toBeUndefined();
});

const frame: fc.Arbitrary<Frame> = fc.record({
  address: fc.integer({ min: 0, max: 255 }),
  command: fc.constantFrom(...Object.values(commands)),
  status: fc.constantFrom(0x00, 0x01, 0x94, 0x95),
  data: fc.uint8Array({ maxLength: 300 }).map((bytes) => Uint8Array.from(bytes)),
});
const shape = fc.constantFrom('standard' as const, 'advanced' as const);

test('what is encoded is decoded', () => {
  fc.assert(
    fc.property(frame, shape, (sent, kind) => {
      expect(decode(encodeAnswer(sent, kind))).toEqual({ frames: [sent], rest: empty, skippedBytes: 0 });
    }),
  );
});

test('any cutting of the bytes gives the same frames, every byte is accounted for, and what is kept back is bounded', () => {
  const noise = fc.uint8Array({ maxLength: 40 });
  fc.assert(
    fc.property(fc.array(fc.tuple(noise, frame, shape), { maxLength: 4 }), noise, fc.array(fc.nat()), (parts, tail, cuts) => {
      const bytes = Uint8Array.from(Buffer.concat([...parts.flatMap(([before, sent, kind]) => [before, encodeAnswer(sent, kind)]), tail]));
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
    }),
  );
});

test('one damaged byte never makes another frame, and after the line has been still every later frame is read', () => {
  fc.assert(
    fc.property(
      fc.array(frame, { minLength: 2, maxLength: 4 }),
      shape,
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (sent, kind, where, flip) => {
        const parts = sent.map((one) => encodeAnswer(one, kind));
        const damaged = Uint8Array.from(parts[0]!);
        damaged[where % damaged.length]! ^= flip;
        for (const read of decode(damaged).frames) expect(sent).toContainEqual(read);
        expect(decode(Uint8Array.from(Buffer.concat(parts.slice(1)))).frames).toEqual(sent.slice(1));
      },
    ),
  );
});

test('the worst that noise can claim is worked through in bounded steps', () => {
  // every fifth byte begins a frame of 4 KiB that is none
  const noise = new Uint8Array(64 * 1024).map((_, at) => [0x02, 0x0f, 0xff, 0xff, 0xb0][at % 5]!);
  const decoded = decode(noise);
  expect(decoded.frames).toEqual([]);
  expect(decoded.rest.length).toBeLessThan(maxFrameBytes);
});
