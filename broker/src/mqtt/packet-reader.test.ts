import { maxMqttPayloadBytes } from '@tramhoc/protocol/limits';
import fc from 'fast-check';
import { generate, type Packet } from 'mqtt-packet';
import { expect, test } from 'vitest';
import { forbiddenPackets, goodConnect, goodConversation } from '../testing/mqtt-corpus.ts';
import type { PacketFault } from './packet-check.ts';
import { createPacketReader } from './packet-reader.ts';

const publish = (bytes: number): Packet => ({
  cmd: 'publish',
  topic: 'tram/1/a/b/events',
  payload: Buffer.alloc(bytes),
  qos: 1,
  messageId: 1,
  dup: false,
  retain: false,
});
const conversation = (...packets: Packet[]): Buffer => Buffer.concat(packets.map((packet) => generate(packet)));

/** The fault, and the packets that were given before it, put together again. */
function read(bytes: Uint8Array, { cuts = [] }: { cuts?: readonly number[] } = {}): { fault: PacketFault | undefined; passed: Buffer } {
  const reader = createPacketReader();
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  const passed: Uint8Array[] = [];
  for (const [index, from] of edges.slice(0, -1).entries()) {
    reader.push(Buffer.from(bytes.subarray(from, edges[index + 1])));
    for (let next = reader.next(); next !== undefined; next = reader.next()) {
      const body = next.bytes.subarray(next.from, next.to);
      passed.push(Buffer.from([(next.type << 4) | next.flags, ...lengthOf(body.length)]), body);
    }
  }
  return { fault: reader.fault, passed: Buffer.concat(passed) };
}
/** MQTT 3.1.1, 2.2.3 */
const lengthOf = (length: number): number[] => (length < 128 ? [length] : [(length % 128) | 128, ...lengthOf(Math.floor(length / 128))]);
const anyCuts = fc.array(fc.nat(), { maxLength: 20 });

test('a conversation of a device passes unchanged, however the bytes are cut', () => {
  const bytes = Buffer.concat([...goodConversation, generate(publish(65_536)), generate({ cmd: 'disconnect' })]);
  fc.assert(
    fc.property(anyCuts, (cuts) => {
      const { fault, passed } = read(bytes, { cuts });
      expect(fault).toBeUndefined();
      expect(passed.equals(bytes)).toBe(true);
    }),
  );
});

test('whatever a client may publish and subscribe to passes, byte by byte too', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((topic) => !/[+#\p{C}]/u.test(topic));
  fc.assert(
    fc.property(text, fc.uint8Array({ maxLength: 300 }), fc.constantFrom(0, 1, 2), (topic, payload, qos) => {
      const packets: Packet[] = [
        { cmd: 'publish', topic, payload: Buffer.from(payload), qos: qos as 0, messageId: 7, dup: false, retain: true },
        { cmd: 'subscribe', messageId: 65_535, subscriptions: [{ topic: `${topic}/+/#`, qos: 2 }] },
        { cmd: 'unsubscribe', messageId: 1, unsubscriptions: [topic, '#', '+', '/+/'] },
      ];
      const bytes = Buffer.concat([goodConnect, conversation(...packets)]);
      expect(read(bytes).fault).toBeUndefined();
      expect(read(bytes, { cuts: Array.from({ length: bytes.length }, (_, at) => at) }).passed.equals(bytes)).toBe(true);
    }),
  );
});

test.each(forbiddenPackets)('[$clause] $name ends the connection', ({ clause, bytes, opens = false, answer }) => {
  const whole = opens ? bytes : Buffer.concat([goodConnect, bytes]);
  fc.assert(
    fc.property(anyCuts, (cuts) => {
      expect(read(whole, { cuts }).fault).toMatchObject({ clause, ...(answer === undefined ? {} : { answer }) });
    }),
    { numRuns: 20 },
  );
});

test('[MQTT-2.2.2-1] [MQTT-2.2.2-2] of the 256 first bytes a client may say one at first and 18 later', () => {
  const allowed = (opening: Buffer): number[] =>
    Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => read(Buffer.concat([opening, Buffer.of(byte)])).fault === undefined);
  expect(allowed(Buffer.alloc(0))).toEqual([0x10]);
  const publishes = [0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x3a, 0x3b, 0x3c, 0x3d];
  expect(allowed(goodConnect)).toEqual([...publishes, 0x40, 0x50, 0x62, 0x70, 0x82, 0xa2, 0xc0, 0xe0]);
});

test('[MQTT-3.1.2-3] of the 256 flags of a CONNECT those are taken whose fields are there', () => {
  // client id, will topic, will message, user name, password: each as long as one character
  const fields = (flags: number): number => 1 + ((flags & 0x04) === 0 ? 0 : 2) + (flags >> 7) + ((flags >> 6) & 1);
  const opens = (flags: number, fieldCount: number): boolean => {
    const body = Buffer.from([0, 4, 0x4d, 0x51, 0x54, 0x54, 4, flags, 0, 15, ...Array(fieldCount).fill([0, 1, 0x61]).flat()]);
    return read(Buffer.concat([Buffer.of(0x10, body.length), body])).fault === undefined;
  };
  for (let flags = 0; flags < 256; flags += 1) {
    const willQos = (flags >> 3) & 3;
    const hasWill = (flags & 0x04) !== 0;
    const right = (flags & 1) === 0 && (hasWill ? willQos < 3 : (flags & 0x38) === 0) && (flags & 0xc0) !== 0x40;
    for (const count of [1, 2, 3, 4, 5, 6])
      expect([flags, count, opens(flags, count)]).toEqual([flags, count, right && count === fields(flags)]);
  }
});

test('a packet that only claims to be large is refused before it is collected', () => {
  const claim = Buffer.concat([goodConnect, Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f])]);
  fc.assert(fc.property(anyCuts, (cuts) => void expect(read(claim, { cuts }).fault?.reason).toBe('packet-too-large')));
  expect(read(Buffer.concat([goodConnect, generate(publish(maxMqttPayloadBytes + 2_000))])).fault?.reason).toBe('packet-too-large');
});

test('a CONNECT that wants more than a client id and a will is refused', () => {
  const will = { topic: 'a', payload: Buffer.alloc(5_000), qos: 1 as const, retain: false };
  const connect = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, clientId: 'a', keepalive: 15, will } as Packet;
  expect(read(conversation(connect)).fault?.reason).toBe('packet-too-large');
});

test('after DISCONNECT nothing is passed on any more', () => {
  const bytes = Buffer.concat([goodConnect, conversation({ cmd: 'disconnect' })]);
  const { fault, passed } = read(Buffer.concat([bytes, Buffer.from('what is this')]));
  expect(fault).toBeUndefined();
  expect(passed.equals(bytes)).toBe(true);
});

test('noise never makes the reader throw or stand still', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), anyCuts, (bytes, cuts) => void read(bytes, { cuts })));
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), anyCuts, (at, flip, cuts) => {
      const bytes = Buffer.concat(goodConversation);
      bytes[at % bytes.length]! ^= flip;
      read(bytes, { cuts });
    }),
  );
});
