import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ack, commands, decode, encode, encodeAwake, isRandom, maxFrameBytes, nack, targetIn } from './codec.ts';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');

/** Sent by libnfc 1.8.0 (Debian libnfc-bin, nfc-list) to a PN532 on a pseudo-terminal. */
const libnfcFrames = [
  '0000ff09f7d400006c69626e6663be00',
  '0000ff02fed4022a00',
  '0000ff03fdd412140600',
  '0000ff0cf4d40663026303630d6338633db000',
  '0000ff08f8d4086302806303805900',
  '0000ff04fcd4320100f900',
  '0000ff04fcd4320101f800',
  '0000ff06fad43205fffffff800',
  '0000ff0ef2d4066302630363056338633c633d1900',
  '0000ff08f8d408630540633c10cd00',
  '0000ff06fad43205000102f200',
  '0000ff04fcd44a0100e100',
  '0000ff03fdd44400e800',
  '0000ff09f7d44a010100ffff0100e100',
  '0000ff09f7d44a010200ffff0100e000',
  '0000ff05fbd44a010300de00',
  '0000ff06fad406630263035b00',
  '0000ff08f8d4086302036303035300',
  '0000ff06fad442010b3f801f00',
  '0000ff04fcd4420600e400',
  '0000ff03fdd44210da00',
  '0000ff05fbd408630203bc00',
  '0000ff05fbd40863030bb300',
  '0000ff05fbd408630d10a400',
  '0000ff05fbd4086316703b00',
  '0000ff05fbd4086313882600',
  '0000ff05fbd4086317f8b200',
  '0000ff05fbd40863183f6a00',
  '0000ff05fbd4086319109800',
  '0000ff05fbd408631c693c00',
  '0000ff05fbd408631df0b400',
  '0000ff03fdd4420ae000',
  '0000ff03fdd4420cde00',
  '0000ff04fcd44a0104dd00',
  '0000ff08f8d40663026303630deb00',
  '0000ff02fed442ea00',
  '0000ff03fdd45200da00',
  '0000ff03fdd416f02600',
];

test.each(libnfcFrames)('%s of libnfc is what we would send for the same command', (frame) => {
  const body = bytes(frame).subarray(6, -2);
  expect(hex(encode([...body]))).toBe(frame);
  // whole, but not from a chip
  expect(decode(bytes(frame)).frames).toEqual([]);
});

test.each([
  ['0000ff05fbd440013004b700', [0x40, 0x01, 0x30, 0x04]],
  ['0000ff0ff1d440016007fffffffffffffb0ee20b9400', [0x40, 0x01, 0x60, 0x07, ...new Array<number>(6).fill(0xff), 0xfb, 0x0e, 0xe2, 0x0b]],
])('%s of the notes on PN532 and S50 (jinmi8.com, doc 12721/11042) is what we would send', (frame, command) => {
  expect(hex(encode(command))).toBe(frame);
});

test('waking up and setting up are as libnfc 1.8.0 and the manual have them', () => {
  expect(hex(encodeAwake(commands.samConfiguration))).toBe('555500000000000000000000000000000000ff03fdd414011700');
  expect(hex(encode(commands.listPassiveTarget))).toBe('0000ff04fcd44a0100e100');
  expect(hex(encode(commands.fewRetries))).toBe('0000ff06fad43205000102f200');
});

test('the firmware version in the manual (UM0701-02) is understood', () => {
  const frame = bytes('0000ff06fad50332010607e800');
  expect(decode(frame).frames).toEqual([{ kind: 'answer', command: 0x02, data: Uint8Array.of(0x32, 0x01, 0x06, 0x07) }]);
});

test('acknowledgement, its opposite and the error frame are told apart', () => {
  const all = Uint8Array.of(...ack, ...nack, ...bytes('0000ff01ff7f8100'));
  expect(decode(all)).toEqual({ frames: [{ kind: 'ack' }, { kind: 'nack' }, { kind: 'error' }], rest: bytes('00'), skippedBytes: 0 });
});

test('an extended frame is read, a longer one than the chip has is not', () => {
  const body = Uint8Array.of(0xd5, 0x41, ...new Uint8Array(263));
  const head = (length: number) => [0, 0, 0xff, 0xff, 0xff, length >> 8, length & 0xff, -((length >> 8) + (length & 0xff)) & 0xff];
  const check = -(0xd5 + 0x41) & 0xff;
  expect(decode(Uint8Array.of(...head(265), ...body, check, 0)).frames).toHaveLength(1);
  expect(decode(Uint8Array.of(...head(266), 0, ...body, check, 0)).frames).toEqual([]);
});

test('cards of four and seven bytes have their number in the order of the air', () => {
  expect(targetIn(bytes('01010004080404a1b2c3'))).toEqual({ uid: '04A1B2C3', selRes: 0x08 });
  expect(targetIn(bytes('0101004400070433' + '18ea703280'))).toEqual({ uid: '043318EA703280', selRes: 0 });
});

test('no card, a cut answer and a length that no card has are no card', () => {
  for (const data of ['', '00', '0101000408', '010100040804a1b2', '01010004080504a1b2c3d4']) expect(targetIn(bytes(data))).toBeUndefined();
});

test('a telephone, which makes its number up, is told from a card', () => {
  expect(isRandom({ uid: '08A1B2C3', selRes: 0x20 })).toBe(true);
  expect(isRandom({ uid: '04A1B2C3', selRes: 0x08 })).toBe(false);
  expect(isRandom({ uid: '08A1B2C3D4E5F6', selRes: 0 })).toBe(false);
});

/** What the chip sends, as the manual builds it. */
function answer(command: number, data: Uint8Array): Uint8Array {
  const body = [0xd5, command + 1, ...data];
  const sum = body.reduce((total, byte) => total + byte, 0);
  return Uint8Array.of(0, 0, 0xff, body.length, (256 - body.length) & 0xff, ...body, (256 - (sum & 0xff)) & 0xff, 0);
}
const answers = fc.array(fc.tuple(fc.integer({ min: 0, max: 0x8e }), fc.uint8Array({ maxLength: 40 })), { maxLength: 6 });

test('law: any cutting of the bytes gives the same frames, and what is kept back is shorter than a frame', () => {
  fc.assert(
    fc.property(answers, fc.uint8Array({ maxLength: 40 }), fc.array(fc.nat()), (sent, noise, cuts) => {
      const all = Uint8Array.from(Buffer.concat([...sent.map(([command, data]) => answer(command, data)), noise, ack]));
      const whole = decode(all);
      const edges = [...new Set([0, ...cuts.map((cut) => cut % (all.length + 1)), all.length])].sort((a, b) => a - b);
      const frames = [];
      let rest: Uint8Array = new Uint8Array();
      let skippedBytes = 0;
      for (let piece = 1; piece < edges.length; piece += 1) {
        const decoded = decode(Uint8Array.of(...rest, ...all.subarray(edges[piece - 1], edges[piece])));
        frames.push(...decoded.frames);
        rest = decoded.rest;
        skippedBytes += decoded.skippedBytes;
        expect(rest.length).toBeLessThan(maxFrameBytes);
      }
      expect({ frames, rest, skippedBytes }).toEqual(whole);
    }),
  );
});

test('law: one damaged byte never makes another card', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 7, maxLength: 7 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (uid, where, flip) => {
      const frame = answer(0x4a, Uint8Array.of(1, 1, 0, 0x44, 0, 7, ...uid));
      const damaged = Uint8Array.from(frame);
      damaged[where % frame.length]! ^= flip;
      const cards = decode(damaged).frames.flatMap((found) => (found.kind === 'answer' ? [targetIn(found.data)?.uid] : []));
      for (const card of cards) expect(card).toBe(hex(uid).toUpperCase());
    }),
  );
});
