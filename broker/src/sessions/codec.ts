/** PUBLISH and PUBREL as the broker writes them. Source: MQTT 3.1.1, 3.3 and 3.6. */
import type { Message } from './outbox-machine.ts';

export type PublishBytes = { message: Message; qos: 0 | 1 | 2; messageId: number; dup: boolean };

const lengthBytes = (length: number): number => (length < 128 ? 1 : length < 16_384 ? 2 : length < 2_097_152 ? 3 : 4);

/** `messageId` counts for QoS 1 and 2 only. */
export function encodePublish({ message: { topic, payload, retain }, qos, messageId, dup }: PublishBytes): Buffer {
  const topicBytes = Buffer.byteLength(topic);
  const length = 2 + topicBytes + (qos === 0 ? 0 : 2) + payload.length;
  const bytes = Buffer.allocUnsafe(1 + lengthBytes(length) + length);
  bytes[0] = 0x30 | (dup ? 0x08 : 0) | (qos << 1) | (retain ? 0x01 : 0);
  let at = 1;
  for (let left = length; ; at += 1) {
    const more = left > 127;
    bytes[at] = (left & 0x7f) | (more ? 0x80 : 0);
    left >>= 7;
    if (!more) break;
  }
  at = bytes.writeUInt16BE(topicBytes, at + 1);
  at += bytes.write(topic, at);
  if (qos > 0) at = bytes.writeUInt16BE(messageId, at);
  bytes.set(payload, at);
  return bytes;
}

export function encodePubrel(messageId: number): Buffer {
  return Buffer.from([0x62, 0x02, messageId >> 8, messageId & 0xff]);
}
