import { CardUid } from '@tramhoc/protocol/ids';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joined } from '../read-link.ts';
import { type ChecksumKind, decode, encode, frameBytes } from './codec.ts';

/** Captures by others; sources in README.md, Frame and Protocol source. */
const captured = [
  { bytes: Buffer.from('0231343030384543373933434503', 'hex'), uid: '14008EC793', checksum: 'xor' },
  { bytes: Buffer.from([2, 48, 49, 48, 48, 54, 51, 69, 57, 65, 69, 50, 53, 3]), uid: '010063E9AE', checksum: 'xor' },
  { bytes: Buffer.from('\x022E00AF0EC9B4\x03', 'latin1'), uid: '2E00AF0EC9', checksum: 'sum' },
] as const;

test.each(captured)('the captured frame of card $uid is read', ({ bytes, uid, checksum }) => {
  expect(decode(bytes, checksum)).toEqual({ frames: [uid], rest: new Uint8Array(), skippedBytes: 0 });
  expect(encode(CardUid.parse(uid), checksum)).toEqual(new Uint8Array(bytes));
});

test('a reader of the other checksum dialect is refused, not misread', () => {
  for (const { bytes, checksum } of captured) expect(decode(bytes, checksum === 'xor' ? 'sum' : 'xor').frames).toEqual([]);
});

const uid = fc.uint8Array({ minLength: 5, maxLength: 5 }).map((bytes) => CardUid.parse(Buffer.from(bytes).toString('hex').toUpperCase()));
const checksum = fc.constantFrom<ChecksumKind>('xor', 'sum');
const noise = fc.uint8Array({ maxLength: 40 });

function decodeInPieces(bytes: Uint8Array, cuts: number[], kind: ChecksumKind) {
  const frames: string[] = [];
  let rest: Uint8Array = new Uint8Array();
  let skippedBytes = 0;
  const edges = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  for (let piece = 1; piece < edges.length; piece += 1) {
    const decoded = decode(joined(rest, bytes.subarray(edges[piece - 1], edges[piece])), kind);
    frames.push(...decoded.frames);
    skippedBytes += decoded.skippedBytes;
    rest = decoded.rest;
    expect(rest.length).toBeLessThan(frameBytes);
  }
  return { frames, rest, skippedBytes };
}

test('what is encoded is decoded', () => {
  fc.assert(
    fc.property(uid, checksum, (card, kind) => {
      expect(decode(encode(card, kind), kind).frames).toEqual([card]);
    }),
  );
});

test('any cutting of the bytes gives the same cards, and every byte is accounted for', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(noise, uid), { maxLength: 5 }), noise, fc.array(fc.nat()), checksum, (parts, tail, cuts, kind) => {
      const bytes = Buffer.concat([...parts.flatMap(([before, card]) => [before, encode(card, kind)]), tail]);
      const whole = decode(bytes, kind);
      expect(decodeInPieces(bytes, cuts, kind)).toEqual(whole);
      expect(whole.frames.length * frameBytes + whole.skippedBytes + whole.rest.length).toBe(bytes.length);
    }),
  );
});

test('noise between cards costs no card', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(noise, uid), { maxLength: 5 }), checksum, (parts, kind) => {
      const bytes = Buffer.concat(parts.flatMap(([before, card]) => [before, encode(card, kind)]));
      expect(decode(bytes, kind).frames).toEqual(parts.map(([, card]) => card));
    }),
  );
});

test('one damaged byte costs at most one card and never makes another card', () => {
  fc.assert(
    fc.property(
      fc.array(uid, { minLength: 2, maxLength: 5 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      checksum,
      (cards, where, flip, kind) => {
        const bytes = Buffer.concat(cards.map((card) => encode(card, kind)));
        bytes[where % bytes.length]! ^= flip;
        const { frames } = decode(bytes, kind);
        expect(frames.length).toBeGreaterThanOrEqual(cards.length - 1);
        for (const card of frames) expect(cards).toContain(card);
      },
    ),
  );
});
