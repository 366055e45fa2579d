import fc from 'fast-check';
import { type Packet, parser } from 'mqtt-packet';
import { expect, test } from 'vitest';
import { encodePublish, encodePubrel } from './packets.ts';

const parsed = (bytes: Buffer): Packet => {
  let packet: Packet | undefined;
  const reader = parser({ protocolVersion: 4 });
  reader.on('packet', (found: Packet) => {
    packet = found;
  });
  expect(reader.parse(bytes)).toBe(0);
  return packet!;
};

test('what is written is what a client reads, at every length of the length', () => {
  const size = fc.oneof(fc.nat(130), fc.constantFrom(16_370, 16_384, 65_536));
  const id = fc.integer({ min: 1, max: 65_535 });
  const qos = fc.constantFrom(0 as const, 1 as const, 2 as const);
  const topic = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).filter((text) => !/[+#\p{C}]/u.test(text));
  fc.assert(
    fc.property(topic, size, qos, id, fc.boolean(), fc.boolean(), (name, bytes, level, messageId, retain, again) => {
      const payload = Buffer.alloc(bytes, 'x');
      const dup = again && level > 0;
      const packet = parsed(encodePublish({ message: { topic: name, payload, qos: level, retain }, qos: level, messageId, dup }));
      expect(packet).toMatchObject({ cmd: 'publish', topic: name, payload, qos: level, retain, dup });
      if (level > 0) expect(packet.messageId).toBe(messageId);
      expect(parsed(encodePubrel(messageId))).toMatchObject({ cmd: 'pubrel', messageId });
    }),
  );
});
