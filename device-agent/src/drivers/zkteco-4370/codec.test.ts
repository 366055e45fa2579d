import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joined } from '../read-link.ts';
import { attendanceRecord, checksums, published, sent, userRecord } from './captured-packets.ts';
import { checksum, decodePacket, decodeStream, encodeFrame, encodePacket, maxPacketBytes, type Packet } from './codec.ts';
import { commKeyProof } from './comm-key.ts';
import { decodeTime, punchOf, readEvent, readOption, readRecord, readUsers, recordBytesOf } from './records.ts';

const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

test.each([...published, ...sent])('the captured packet $hex is read, and written alike', ({ hex, command }) => {
  const { frames, rest, skippedBytes } = decodeStream(bytesOf(hex));
  expect([frames.length, rest.length, skippedBytes]).toEqual([1, 0, 0]);
  expect(frames[0]!.command).toBe(command);
  expect(Buffer.from(encodeFrame(frames[0]!)).toString('hex')).toBe(hex);
  // over UDP it goes without the first eight bytes
  expect(decodePacket(bytesOf(hex).subarray(8))).toEqual(frames[0]);
  expect(Buffer.from(encodePacket(frames[0]!)).toString('hex')).toBe(hex.slice(16));
});

test.each(checksums)('the published checksum of $packet', ({ packet, value }) => expect(checksum(bytesOf(packet))).toBe(value));

test('the published punches, in the log and in realtime', () => {
  const record = readRecord(bytesOf(attendanceRecord), 40);
  expect(record).toEqual({ place: 13, pin: '999111333', time: '2018-06-25T17:50:35', verify: '1', state: '0' });
  expect(decodeTime(0x2368b36b)).toBe('2018-06-25T17:50:35');
  const realtime = published
    .map(({ hex }) => decodeStream(bytesOf(hex)).frames[0]!)
    .filter(({ command, session }) => command === 500 && session === 1);
  expect(realtime.map(({ data }) => readEvent('SN1', data))).toEqual([
    { kind: 'punch', terminal: 'SN1', pin: '999111333', localTime: '2018-06-25T17:41:05', verify: 'finger', direction: 'in' },
  ]);
  expect(punchOf('SN1', record)).toMatchObject({ pin: '999111333', localTime: '2018-06-25T17:50:35' });
});

test('the published users: place and PIN are read, name and password are not', () => {
  const set = decodeStream(bytesOf(published.find(({ command }) => command === 8)!.hex)).frames[0]!.data;
  expect(readUsers(bytesOf(userRecord), 1)).toEqual([{ place: 13, pin: '555' }]);
  expect(readUsers(set, 1)).toEqual([{ place: 14, pin: '11224488' }]);
  expect(readUsers(Buffer.concat([bytesOf(userRecord), set]), 3)).toEqual([]);
});

test('the published option answers', () => {
  const options = published.map(({ hex }) => decodeStream(bytesOf(hex)).frames[0]!).filter(({ command }) => command === 2000);
  expect(options.map(({ data }) => readOption(data, '~Platform')).filter((value) => value !== undefined)).toEqual(['ZEM760_TFT']);
  expect(options.map(({ data }) => readOption(data, 'WorkCode')).filter((value) => value !== undefined)).toEqual(['0']);
});

test.each([
  { key: 0, session: 0x8df3, proof: '617d32f4' },
  { key: 123_456, session: 0x8df3, proof: '297f3274' },
  { key: 999_999, session: 1, proof: '23813289' },
  { key: 1, session: 0xffff, proof: '61fd3286' },
])('the proof of key $key in session $session, computed by the published function', ({ key, session, proof }) =>
  expect(Buffer.from(commKeyProof({ key, session })).toString('hex')).toBe(proof),
);

test('how long records are follows from the length of the log, also when somebody punches in between', () => {
  expect(recordBytesOf({ logBytes: 400, recordCount: 10 })).toBe(40);
  expect(recordBytesOf({ logBytes: 400, recordCount: 25 })).toBe(16);
  expect(recordBytesOf({ logBytes: 400, recordCount: 50 })).toBe(8);
  expect(recordBytesOf({ logBytes: 440, recordCount: 10 })).toBe(40);
  expect(recordBytesOf({ logBytes: 401, recordCount: 10 })).toBeUndefined();
});

test('law: a time that is written is read back', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }), (date) => {
      const days = ((date.getUTCFullYear() - 2000) * 12 + date.getUTCMonth()) * 31 + date.getUTCDate() - 1;
      const seconds = (date.getUTCHours() * 60 + date.getUTCMinutes()) * 60 + date.getUTCSeconds();
      expect(decodeTime(days * 86_400 + seconds)).toBe(date.toISOString().slice(0, 19));
    }),
  );
});

const uint16 = fc.integer({ min: 0, max: 0xffff });
const packet: fc.Arbitrary<Packet> = fc.record({ command: uint16, session: uint16, reply: uint16, data: fc.uint8Array({ maxLength: 60 }) });
const noise = fc.oneof(
  fc.uint8Array({ maxLength: 30 }),
  fc.constantFrom(Uint8Array.of(0x50, 0x50, 0x82), Uint8Array.of(0x50, 0x50, 0x82, 0x7d, 12, 0, 0, 0), Uint8Array.of(0x50, 0x50, 0x50)),
);
const inPieces = (bytes: Uint8Array, cuts: readonly number[]) => {
  const edges = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  const all = { frames: [] as Packet[], rest: new Uint8Array() as Uint8Array, skippedBytes: 0 };
  for (let piece = 1; piece < edges.length; piece += 1) {
    const decoded = decodeStream(joined(all.rest, bytes.subarray(edges[piece - 1], edges[piece])));
    all.frames.push(...decoded.frames);
    all.rest = decoded.rest;
    all.skippedBytes += decoded.skippedBytes;
    expect(all.rest.length).toBeLessThan(maxPacketBytes + 8);
  }
  return all;
};

test('law: any cutting of the bytes gives the same packets, and every byte is accounted for', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(noise, packet), { maxLength: 5 }), noise, fc.array(fc.nat()), (parts, tail, cuts) => {
      const bytes = Buffer.concat([...parts.flatMap(([before, one]) => [before, encodeFrame(one)]), tail]);
      const whole = decodeStream(bytes);
      expect(inPieces(bytes, cuts)).toEqual(whole);
      const framed = whole.frames.reduce((sum, one) => sum + 16 + one.data.length, 0);
      expect(framed + whole.skippedBytes + whole.rest.length).toBe(bytes.length);
    }),
  );
});

test('law: one damaged byte makes no packet of other content', () => {
  fc.assert(
    fc.property(fc.array(packet, { minLength: 1, maxLength: 4 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (packets, where, flip) => {
      const bytes = Buffer.concat(packets.map(encodeFrame));
      bytes[where % bytes.length]! ^= flip;
      for (const found of decodeStream(bytes).frames) expect(packets).toContainEqual(found);
      const datagram = Buffer.from(encodePacket(packets[0]!));
      datagram[where % datagram.length]! ^= flip;
      expect(decodePacket(datagram)).toBeUndefined();
    }),
  );
});

test('law: sums made once give the same packets as sums made each time', () => {
  // a wrong packet in front makes the decoder change its way of adding up
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 8, maxLength: 200 }), fc.array(packet, { minLength: 1, maxLength: 4 }), (junk, packets) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(junk.length, 0);
      const wrong = Buffer.concat([Buffer.from([0x50, 0x50, 0x82, 0x7d]), length, junk]);
      const bytes = Buffer.concat([wrong, wrong, wrong, ...packets.map(encodeFrame)]);
      const found = decodeStream(bytes).frames;
      expect(found.slice(-packets.length)).toEqual(packets);
    }),
  );
});

test('noise full of packet beginnings that claim the longest length does not take long', () => {
  const bytes = new Uint8Array(4 * maxPacketBytes);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    bytes.set([0x50, 0x50, 0x82, 0x7d], at);
    view.setUint32(at + 4, maxPacketBytes, true);
  }
  const { frames, rest } = decodeStream(bytes);
  expect(frames).toEqual([]);
  expect(rest.length).toBeLessThan(maxPacketBytes + 8);
});
