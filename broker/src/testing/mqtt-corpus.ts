/** Packets right and wrong, byte by byte, with the clause of MQTT 3.1.1 that the wrong ones break. Never used outside tests. */
import { generate } from 'mqtt-packet';

const text = (value: string | readonly number[]): Buffer => {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
};
/** A packet with a one or two byte length. */
export const packet = (first: number, ...parts: readonly (Uint8Array | readonly number[])[]): Buffer => {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const length = body.length < 128 ? [body.length] : [(body.length & 0x7f) | 0x80, body.length >> 7];
  return Buffer.concat([Buffer.from([first, ...length]), body]);
};
const name = text('MQTT');
/** Client id `a` unless `rest` says otherwise. */
const connect = (flags: number, ...rest: Uint8Array[]): Buffer =>
  packet(0x10, name, [4, flags, 0, 15], ...(rest.length === 0 ? [text('a')] : rest));
const publish = (topic: string | readonly number[], first = 0x30): Buffer => packet(first, text(topic), first & 0x06 ? [0, 1] : [], [0x78]);
const subscribe = (filter: string | readonly number[], qos = 0): Buffer => packet(0x82, [0, 1], text(filter), [qos]);
const unsubscribe = (filter: string | readonly number[]): Buffer => packet(0xa2, [0, 1], text(filter));

export const goodConnect: Buffer = connect(0x02);
/** What a device says in a day, one packet of each kind. */
export const goodConversation: readonly Buffer[] = [
  goodConnect,
  subscribe('lớp/10a1/+/#', 1),
  publish('lớp/10a1/cảm biến/℃', 0x33),
  publish('a', 0x3b),
  publish('a/b', 0x34),
  packet(0x62, [0, 9]),
  packet(0x40, [0, 1]),
  packet(0x50, [0, 2]),
  packet(0x70, [0xff, 0xff]),
  unsubscribe('lớp/10a1/+/#'),
  generate({ cmd: 'pingreq' }),
  publish([0xf0, 0x9f, 0x8f, 0xab, 0xef, 0xbb, 0xbf]),
];

export type ForbiddenPacket = { name: string; clause: string; bytes: Buffer; opens?: boolean; answer?: 1 | 2 };
const opening = (title: string, clause: string, bytes: Buffer, answer?: 1 | 2): ForbiddenPacket => ({
  name: title,
  clause,
  bytes,
  opens: true,
  ...(answer === undefined ? {} : { answer }),
});
const later = (title: string, clause: string, bytes: Buffer): ForbiddenPacket => ({ name: title, clause, bytes });

const badTexts: readonly (readonly [string, string, readonly number[]])[] = [
  ['an encoded surrogate', 'MQTT-1.5.3-1', [0x61, 0xed, 0xa0, 0x80]],
  ['an overlong slash', 'MQTT-1.5.3-1', [0xc0, 0xaf]],
  ['a character above U+10FFFF', 'MQTT-1.5.3-1', [0xf4, 0x90, 0x80, 0x80]],
  ['half a character', 'MQTT-1.5.3-1', [0x61, 0xe1, 0xbb]],
  ['a lone continuation byte', 'MQTT-1.5.3-1', [0x80]],
  ['an overlong zero', 'MQTT-1.5.3-1', [0xc0, 0x80]],
  ['U+0000', 'MQTT-1.5.3-2', [0x61, 0x00]],
  ['a control character', 'MQTT-1.5.3', [0x61, 0x1b]],
  ['U+0085', 'MQTT-1.5.3', [0xc2, 0x85]],
  ['U+FFFF', 'MQTT-1.5.3', [0xef, 0xbf, 0xbf]],
  ['U+1FFFE', 'MQTT-1.5.3', [0xf0, 0x9f, 0xbf, 0xbe]],
];
const will = (topic: string | readonly number[]): Buffer[] => [text('a'), text(topic), text('gone')];

export const forbiddenPackets: readonly ForbiddenPacket[] = [
  opening('a web browser', 'MQTT-3.1.0-1', Buffer.from('GET / HTTP/1.1\r\n\r\n')),
  opening('a PUBLISH before CONNECT', 'MQTT-3.1.0-1', publish('a')),
  opening('a PINGREQ before CONNECT', 'MQTT-3.1.0-1', packet(0xc0)),
  opening('a CONNECT with flags in its first byte', 'MQTT-2.2.2-2', packet(0x11, name, [4, 2, 0, 15], text('a'))),
  opening('another protocol', 'MQTT-3.1.2-1', packet(0x10, text('MQTt'), [4, 2, 0, 15], text('a'))),
  opening('a protocol without a name', 'MQTT-3.1.2-1', packet(0x10, text(''), [4, 2, 0, 15], text('a'))),
  opening('MQTT 5', 'MQTT-3.1.2-2', packet(0x10, name, [5, 2, 0, 15, 0], text('a')), 1),
  opening('MQTT 3.1 under the name of 3.1.1', 'MQTT-3.1.2-2', packet(0x10, name, [3, 2, 0, 15], text('a')), 1),
  opening('a level of the future', 'MQTT-3.1.2-2', packet(0x10, name, [0x84, 2, 0, 15], text('a')), 1),
  opening('the reserved flag of CONNECT', 'MQTT-3.1.2-3', connect(0x03)),
  opening('a will QoS without a will', 'MQTT-3.1.2-13', connect(0x0a)),
  opening('will QoS 3', 'MQTT-3.1.2-14', connect(0x1e, ...will('w'))),
  opening('will retain without a will', 'MQTT-3.1.2-15', connect(0x22)),
  opening('a password without a user name', 'MQTT-3.1.2-22', connect(0x42, text('a'), text('secret'))),
  opening('a CONNECT without a client id', 'MQTT-3.1.3-1', packet(0x10, name, [4, 2, 0, 15])),
  opening('a user name that is announced and missing', 'MQTT-3.1.3-1', connect(0x82, text('a'))),
  opening('a will that ends too soon', 'MQTT-3.1.3-1', connect(0x06, text('a'), text('w'), Buffer.from([0, 9, 1]))),
  opening('more after the last field of CONNECT', 'length', connect(0x02, text('a'), Buffer.from([1]))),
  opening('an empty CONNECT', 'length', packet(0x10)),
  opening('no client id for a session that is to be kept', 'MQTT-3.1.3-8', connect(0x00, text('')), 2),
  opening('a will topic with a wildcard', 'MQTT-4.7.1-1', connect(0x06, ...will('a/+'))),
  opening('an empty will topic', 'MQTT-4.7.3-1', connect(0x06, ...will(''))),
  ...badTexts.flatMap(([what, clause, bytes]) => [
    opening(`${what} in the client id`, clause, connect(0x02, text(bytes))),
    opening(`${what} in the will topic`, clause, connect(0x06, ...will(bytes))),
    opening(`${what} in the user name`, clause, connect(0x82, text('a'), text(bytes))),
    later(`${what} in a published topic`, clause, publish(bytes)),
    later(`${what} in a subscribed filter`, clause, subscribe(bytes)),
    later(`${what} in an unsubscribed filter`, clause, unsubscribe(bytes)),
  ]),
  later('a second CONNECT', 'MQTT-3.1.0-2', goodConnect),
  ...[0x00, 0x20, 0x90, 0xb0, 0xd0, 0xf0].map((first) =>
    later(`a packet of type ${first >> 4}, which no client sends`, 'MQTT-2.2.1', packet(first, [0, 1])),
  ),
  later('a length of five bytes', 'MQTT-2.2.3', Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x01])),
  ...[0x41, 0x52, 0x60, 0x61, 0x78, 0x80, 0x83, 0xa0, 0xaf, 0xc1, 0xe8].map((first) =>
    later(`the first byte 0x${first.toString(16)}`, 'MQTT-2.2.2-2', packet(first, [0, 1])),
  ),
  later('QoS 3', 'MQTT-3.3.1-4', publish('a', 0x36)),
  later('DUP with QoS 0', 'MQTT-3.3.1-2', publish('a', 0x38)),
  later('a PUBLISH to a topic with #', 'MQTT-4.7.1-1', publish('a/#')),
  later('a PUBLISH to a topic with +', 'MQTT-4.7.1-1', publish('+/a')),
  later('a PUBLISH to an empty topic', 'MQTT-4.7.3-1', publish('')),
  later('a PUBLISH whose topic is longer than the packet', 'length', packet(0x30, [0, 9, 0x61])),
  later('a PUBLISH of QoS 1 that ends before its message id', 'length', packet(0x32, text('a'), [0])),
  later('an empty PUBLISH', 'length', packet(0x30)),
  later('message id 0 of QoS 1', 'MQTT-2.3.1-1', packet(0x32, text('a'), [0, 0], [1])),
  later('message id 0 of QoS 2', 'MQTT-2.3.1-1', packet(0x34, text('a'), [0, 0], [1])),
  later('a SUBSCRIBE with message id 0', 'MQTT-2.3.1-1', packet(0x82, [0, 0], text('a'), [0])),
  later('an UNSUBSCRIBE with message id 0', 'MQTT-2.3.1-1', packet(0xa2, [0, 0], text('a'))),
  ...[0x40, 0x50, 0x62, 0x70].map((first) => later(`type ${first >> 4} with message id 0`, 'MQTT-2.3.1-1', packet(first, [0, 0]))),
  ...[0x40, 0x50, 0x62, 0x70].flatMap((first) => [
    later(`a short packet of type ${first >> 4}`, 'length', packet(first, [1])),
    later(`a long packet of type ${first >> 4}`, 'length', packet(first, [0, 1, 0])),
    later(`an empty packet of type ${first >> 4}`, 'length', packet(first)),
  ]),
  later('a SUBSCRIBE to nothing', 'MQTT-3.8.3-3', packet(0x82, [0, 1])),
  later('a SUBSCRIBE without a QoS', 'length', packet(0x82, [0, 1], text('a'))),
  later('a SUBSCRIBE whose filter is longer than the packet', 'length', packet(0x82, [0, 1], [0, 5, 0x61, 0])),
  later('a SUBSCRIBE of one byte', 'length', packet(0x82, [1])),
  later('a SUBSCRIBE with QoS 3', 'MQTT-3.8.3-4', subscribe('a', 3)),
  later('a SUBSCRIBE with reserved bits', 'MQTT-3.8.3-4', subscribe('a', 0x41)),
  later('an UNSUBSCRIBE from nothing', 'MQTT-3.10.3-2', packet(0xa2, [0, 1])),
  later('an UNSUBSCRIBE with a byte too many', 'length', packet(0xa2, [0, 1], text('a'), [0])),
  later('a filter with # in the middle', 'MQTT-4.7.1-2', subscribe('a/#/b')),
  later('a filter with # after a letter', 'MQTT-4.7.1-2', subscribe('a#')),
  later('a filter with + beside a letter', 'MQTT-4.7.1-3', subscribe('a/b+')),
  later('a filter with + before a letter', 'MQTT-4.7.1-3', subscribe('+a')),
  later('an empty filter', 'MQTT-4.7.3-1', subscribe('')),
  later('an empty filter to unsubscribe from', 'MQTT-4.7.3-1', unsubscribe('')),
  later('a PINGREQ with a body', 'length', packet(0xc0, [1])),
  later('a DISCONNECT with a body', 'length', packet(0xe0, [1])),
];
