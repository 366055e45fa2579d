/** Packets as the broker writes and reads them; what is read has been through packet-check.ts. Source: MQTT 3.1.1, 3. Pure. */
import type { Message } from '../sessions/outbox-machine.ts';
import type { Qos } from '../sessions/session.ts';
import { types } from './packet-check.ts';
import type { Packet } from './packet-reader.ts';

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

/** PUBACK, PUBREC, PUBCOMP, UNSUBACK: four bytes. */
export function encodeAnswer(type: 'puback' | 'pubrec' | 'pubcomp' | 'unsuback', messageId: number): Buffer {
  return Buffer.from([answerOpeners[type], 0x02, messageId >> 8, messageId & 0xff]);
}
const answerOpeners = { puback: 0x40, pubrec: 0x50, pubcomp: 0x70, unsuback: 0xb0 } as const;

/** Return codes: 0 accepted, 1 protocol version, 2 identifier, 3 unavailable, 5 not authorised (MQTT 3.1.1, 3.2.2.3). */
export function encodeConnack(returnCode: number, { sessionPresent }: { sessionPresent: boolean }): Buffer {
  return Buffer.from([0x20, 0x02, sessionPresent && returnCode === 0 ? 1 : 0, returnCode]);
}

/** One return code for each filter: the QoS granted, or 128. */
export function encodeSuback(messageId: number, returnCodes: readonly number[]): Buffer {
  const length = 2 + returnCodes.length;
  const head = length < 128 ? [0x90, length] : [0x90, (length & 0x7f) | 0x80, length >> 7];
  return Buffer.from([...head, messageId >> 8, messageId & 0xff, ...returnCodes]);
}

export const pingresp: Buffer = Buffer.from([0xd0, 0x00]);

/** A text, where it ends. */
function textAt(bytes: Buffer, at: number): { text: string; end: number } {
  const end = at + 2 + bytes.readUInt16BE(at);
  return { text: bytes.toString('utf8', at + 2, end), end };
}

export type ConnectFields = {
  clientId: string;
  clean: boolean;
  keepAliveS: number;
  will: Message | undefined;
  userName: string | undefined;
  password: Uint8Array | undefined;
};

export function decodeConnect({ bytes, from }: Packet): ConnectFields {
  const { end: nameEnd } = textAt(bytes, from);
  const flags = bytes[nameEnd + 1]!;
  const keepAliveS = bytes.readUInt16BE(nameEnd + 2);
  const { text: clientId, end } = textAt(bytes, nameEnd + 4);
  const { will, end: willEnd } = (flags & 0x04) === 0 ? { will: undefined, end } : willAt(bytes, end, flags);
  const { text: userName, end: userEnd } = (flags & 0x80) === 0 ? { text: undefined, end: willEnd } : textAt(bytes, willEnd);
  const password = (flags & 0x40) === 0 ? undefined : fieldAt(bytes, userEnd).field;
  return { clientId, clean: (flags & 0x02) !== 0, keepAliveS, will, userName, password };
}

function willAt(bytes: Buffer, at: number, flags: number): { will: Message; end: number } {
  const { text: topic, end: topicEnd } = textAt(bytes, at);
  const { field: payload, end } = fieldAt(bytes, topicEnd);
  return { will: { topic, payload, qos: ((flags >> 3) & 0x03) as Qos, retain: (flags & 0x20) !== 0 }, end };
}

/** Bytes with their length in front; a copy, since it outlives the packet. */
function fieldAt(bytes: Buffer, at: number): { field: Buffer; end: number } {
  const end = at + 2 + bytes.readUInt16BE(at);
  return { field: Buffer.from(bytes.subarray(at + 2, end)), end };
}

/** `messageId` is 0 for QoS 0. The payload is a window on what arrived. */
export type PublishFields = Message & { messageId: number };

export function decodePublish({ flags, bytes, from, to }: Packet): PublishFields {
  const { text: topic, end } = textAt(bytes, from);
  const qos = ((flags >> 1) & 0x03) as Qos;
  const payloadAt = qos === 0 ? end : end + 2;
  const messageId = qos === 0 ? 0 : bytes.readUInt16BE(end);
  return { topic, payload: bytes.subarray(payloadAt, to), qos, retain: (flags & 0x01) !== 0, messageId };
}

export type FilterFields = { messageId: number; filters: { filter: string; qos: Qos }[] };

/** Of SUBSCRIBE and UNSUBSCRIBE; the QoS counts for the first. */
export function decodeFilters({ type, bytes, from, to }: Packet): FilterFields {
  const filters: FilterFields['filters'] = [];
  for (let at = from + 2; at < to; ) {
    const { text: filter, end } = textAt(bytes, at);
    const hasQos = type === types.subscribe;
    filters.push({ filter, qos: (hasQos ? bytes[end]! : 0) as Qos });
    at = hasQos ? end + 1 : end;
  }
  return { messageId: bytes.readUInt16BE(from), filters };
}

/** Of PUBACK, PUBREC, PUBREL and PUBCOMP. */
export const messageIdOf = ({ bytes, from }: Packet): number => bytes.readUInt16BE(from);
