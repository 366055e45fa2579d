import fc from 'fast-check';
import { generate, type Packet } from 'mqtt-packet';
import { expect, test } from 'vitest';
import { createPacketScanner } from './packet-scanner.ts';

const connect: Packet = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, clientId: 'a', keepalive: 15 };
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

/** The fault of the first chunk that has one. */
function scanned(bytes: Uint8Array, cuts: readonly number[] = []): string | undefined {
  const scanner = createPacketScanner();
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (const [at, from] of edges.slice(0, -1).entries()) {
    const fault = scanner.scan(bytes.subarray(from, edges[at + 1]));
    if (fault !== undefined) return fault;
  }
  return undefined;
}

test('a conversation of a device passes, however the bytes are cut', () => {
  const subscribe: Packet = { cmd: 'subscribe', messageId: 2, subscriptions: [{ topic: 'a/#', qos: 1 }] };
  const bytes = conversation(connect, subscribe, publish(200), { cmd: 'pingreq' }, publish(65_536), { cmd: 'disconnect' });
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 20 }), (cuts) => {
      expect(scanned(bytes, cuts)).toBeUndefined();
    }),
  );
});

test('a packet that only claims to be large is refused before it is collected', () => {
  const claim = Buffer.concat([conversation(connect), Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f])]);
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 8 }), (cuts) => {
      expect(scanned(claim, cuts)).toBe('packet-too-large');
    }),
  );
  expect(scanned(conversation(connect, publish(70_000)))).toBe('packet-too-large');
});

test('a CONNECT that wants more than a client id and a will is refused', () => {
  const will = { topic: 'a', payload: Buffer.alloc(5_000), qos: 1 as const, retain: false };
  expect(scanned(conversation({ ...connect, will } as Packet))).toBe('packet-too-large');
});

test.each([
  ['a web browser', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ['a publish before CONNECT', conversation(publish(1))],
  ['a second CONNECT', conversation(connect, connect)],
  ['what only a broker says', conversation(connect, { cmd: 'connack', returnCode: 0, sessionPresent: false })],
  ['a length of five bytes', Buffer.concat([conversation(connect), Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x01])])],
])('%s is not MQTT', (_who, bytes) => expect(scanned(bytes)).toBe('not-mqtt'));

test('noise never makes the scanner throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.array(fc.nat(), { maxLength: 5 }), (bytes, cuts) => void scanned(bytes, cuts)),
  );
});
