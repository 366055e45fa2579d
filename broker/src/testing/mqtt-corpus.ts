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
  ['the last surrogate', 'MQTT-1.5.3-1', [0x61, 0xed, 0xbf, 0xbf]],
  ['an overlong slash', 'MQTT-1.5.3-1', [0xc0, 0xaf]],
  ['a character above U+10FFFF', 'MQTT-1.5.3-1', [0xf4, 0x90, 0x80, 0x80]],
  ['half a character', 'MQTT-1.5.3-1', [0x61, 0xe1, 0xbb]],
  ['a lone continuation byte', 'MQTT-1.5.3-1', [0x80]],
  ['an overlong zero', 'MQTT-1.5.3-1', [0xc0, 0x80]],
  ['U+0000', 'MQTT-1.5.3-2', [0x61, 0x00]],
  ...[0x01, 0x1b, 0x1f, 0x7f].map((code) => [`the control character ${code}`, 'MQTT-1.5.3', [0x61, code, 0x62]] as const),
  ['U+0085', 'MQTT-1.5.3', [0xc2, 0x85]],
  ['U+009F', 'MQTT-1.5.3', [0x61, 0xc2, 0x9f, 0x62]],
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
  opening('a protocol whose name is too short', 'MQTT-3.1.2-1', packet(0x10, text('MQT'), [4, 2, 0, 15], text('a'))),
  opening('a protocol whose name is too long', 'MQTT-3.1.2-1', packet(0x10, text('MQTTT'), [4, 2, 0, 15], text('a'))),
  opening('a level of the past', 'MQTT-3.1.2-2', packet(0x10, name, [2, 0, 0, 15], text('a')), 1),
  opening('the name of MQTT 3.1 with the level of 3.1.1', 'MQTT-3.1.2-2', packet(0x10, text('MQIsdp'), [4, 2, 0, 15], text('a')), 1),
  opening('MQTT 3.1 without a client id', 'MQTT-3.1.3-9', packet(0x10, text('MQIsdp'), [3, 2, 0, 15], text('')), 2),
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
  opening('a password that is announced and missing', 'MQTT-3.1.3-1', connect(0xc2, text('a'), text('me'))),
  opening('a will that is announced and missing', 'MQTT-3.1.3-1', connect(0x06, text('a'))),
  opening('a will without a message', 'MQTT-3.1.3-1', connect(0x06, text('a'), text('w'))),
  opening('a will that ends too soon', 'MQTT-3.1.3-1', connect(0x06, text('a'), text('w'), Buffer.from([0, 9, 1]))),
  opening('more after the last field of CONNECT', 'length', connect(0x02, text('a'), Buffer.from([1]))),
  opening('a password that was not announced', 'length', connect(0x82, text('a'), text('me'), text('secret'))),
  opening('a CONNECT that says it is shorter than it is', 'length', Buffer.concat([Buffer.from([0x10, 7]), goodConnect.subarray(2)])),
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
  ...[0x30, 0x62, 0x82, 0xa2, 0xc0, 0xe0].map((first) =>
    later(`a length of five bytes in type ${first >> 4}`, 'MQTT-2.2.3', Buffer.from([first, 0x80, 0x80, 0x80, 0x80, 0x01])),
  ),
  opening('a CONNECT with a length of five bytes', 'MQTT-2.2.3', Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0x7f])),
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
  ...[0x04, 0x08, 0x10, 0x20, 0x41, 0x80].map((qos) =>
    later(`a SUBSCRIBE with the reserved bits 0x${qos.toString(16)}`, 'MQTT-3.8.3-4', subscribe('a', qos)),
  ),
  later('a SUBSCRIBE with a byte too many', 'length', packet(0x82, [0, 1], text('a'), [0, 0])),
  later('a SUBSCRIBE whose second filter is empty', 'MQTT-4.7.3-1', packet(0x82, [0, 1], text('a'), [0], text(''), [0])),
  later('an UNSUBSCRIBE whose second filter is empty', 'MQTT-4.7.3-1', packet(0xa2, [0, 1], text('a'), text(''))),
  later('an UNSUBSCRIBE of one byte', 'length', packet(0xa2, [1])),
  ...[0x82, 0xa2].map((first) => later(`an empty packet of type ${first >> 4}`, 'length', packet(first))),
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

/** `elsewhere`: another client publishes `x` to `a` with this QoS, and has its answer. */
export type Step = { says: Buffer } | { hears: Buffer } | { elsewhere: 1 | 2 };
export type Conversation = { name: string; clause: string; steps: readonly Step[]; ends: boolean };

const says = (...bytes: Buffer[]): Step => ({ says: Buffer.concat(bytes) });
const hears = (...bytes: readonly number[]): Step => ({ hears: Buffer.from(bytes) });
const accepted: readonly Step[] = [says(goodConnect), hears(0x20, 2, 0, 0)];
const stays = (title: string, clause: string, ...steps: Step[]): Conversation => ({
  ...{ name: title, clause, ends: false },
  steps: [...accepted, ...steps],
});
const ends = (title: string, clause: string, ...steps: Step[]): Conversation => ({ ...stays(title, clause, ...steps), ends: true });
const comesIn = (title: string, clause: string, bytes: Buffer): Conversation => ({
  ...{ name: title, clause, ends: false },
  steps: [says(bytes), hears(0x20, 2, 0, 0)],
});
const ack = (first: number): Step => says(packet(first, [0, 1]));
const ackHeard = (first: number): Step => hears(first, 2, 0, 1);
/** A message of this QoS is on its way to the client, with id 1. */
const onTheWay = (qos: 1 | 2): Step[] => [
  says(subscribe('a', qos)),
  hears(0x90, 3, 0, 1, qos),
  { elsewhere: qos },
  hears(0x30 | (qos << 1), 6, 0, 1, 0x61, 0, 1, 0x78),
];

/** What a client says and hears, byte for byte, from CONNECT on. What `ends` is a violation of 4.8.0-1 that no packet shows by itself. */
export const conversations: readonly Conversation[] = [
  comesIn('a CONNECT with an empty client id and a clean session', 'MQTT-3.1.3-6', connect(0x02, text(''))),
  comesIn('an empty user name', 'MQTT-3.1.2-19', connect(0x82, text('a'), text(''))),
  comesIn('a user name and a password', 'MQTT-3.1.2-21', connect(0xc2, text('a'), text('me'), text('secret'))),
  comesIn('a password of any bytes', 'MQTT-3.1.3-11', connect(0xc2, text('a'), text('me'), text([0x00, 0x80, 0x61, 0x00]))),
  comesIn('a will', 'MQTT-3.1.2-9', connect(0x06, ...will('w'))),
  comesIn('a client of MQTT 3.1', 'MQTT-3.1.2-2', packet(0x10, text('MQIsdp'), [3, 2, 0, 15], text('a'))),
  stays('a topic beyond the basic plane', 'MQTT-1.5.3', says(publish([0x41, 0xf0, 0xaa, 0x9b, 0x94]))),
  stays('QoS 0, retained, then nothing', 'MQTT-3.3.1-10', says(publish('a', 0x31), packet(0x31, text('a')))),
  stays('QoS 1', 'MQTT-4.3.2-2', says(publish('a', 0x32)), ackHeard(0x40)),
  stays('QoS 1 that comes again', 'MQTT-3.3.1-1', says(publish('a', 0x3a)), ackHeard(0x40)),
  stays('QoS 2', 'MQTT-4.3.3-2', says(publish('a', 0x34)), ackHeard(0x50), ack(0x62), ackHeard(0x70)),
  stays('QoS 2 that comes again', 'MQTT-4.3.3-2', says(publish('a', 0x3c)), ackHeard(0x50), ack(0x62), ackHeard(0x70)),
  stays(
    'a QoS 2 id that comes four times, with this and that',
    'MQTT-4.3.3-2',
    ...[publish('a', 0x34), packet(0x34, text('a'), [0, 1]), publish('b', 0x3c), publish('a', 0x34)].flatMap((bytes) => [
      says(bytes),
      ackHeard(0x50),
    ]),
  ),
  ...([0, 1, 2] as const).map((qos) =>
    stays(`a SUBSCRIBE with QoS ${qos}`, 'MQTT-3.8.4-1', says(subscribe('a', qos)), hears(0x90, 3, 0, 1, qos)),
  ),
  stays(
    'a SUBSCRIBE to two',
    'MQTT-3.8.4-5',
    says(packet(0x82, [0x12, 0x34], text('a'), [2], text('a/#'), [0])),
    hears(0x90, 4, 0x12, 0x34, 2, 0),
  ),
  stays('an UNSUBSCRIBE from what was never heard', 'MQTT-3.10.4-5', says(unsubscribe('a')), ackHeard(0xb0)),
  stays('an UNSUBSCRIBE from two', 'MQTT-3.10.4-6', says(packet(0xa2, [0, 1], text('a'), text('b'))), ackHeard(0xb0)),
  stays('a PINGREQ', 'MQTT-3.12.4-1', says(packet(0xc0)), hears(0xd0, 0)),
  stays('a PUBACK for nothing', 'MQTT-4.3.2', ack(0x40)),
  stays('a PUBCOMP for nothing', 'MQTT-4.3.3', ack(0x70)),
  stays('a PUBREC for nothing', 'MQTT-4.3.3-1', ack(0x50), ackHeard(0x62)),
  stays('a PUBREL for nothing', 'MQTT-4.3.3-2', ack(0x62), ackHeard(0x70)),
  stays(
    'QoS 0 to itself',
    'MQTT-3.8.4-6',
    says(subscribe('a', 1)),
    hears(0x90, 3, 0, 1, 1),
    says(publish('a')),
    hears(0x30, 4, 0, 1, 0x61, 0x78),
  ),
  stays('QoS 1 from another', 'MQTT-4.3.2-1', ...onTheWay(1), ack(0x40)),
  stays('QoS 2 from another', 'MQTT-4.3.3-1', ...onTheWay(2), ack(0x50), ackHeard(0x62), ack(0x70)),
  stays(
    'QoS 2 from another, PUBREC twice',
    'MQTT-4.3.3-1',
    ...onTheWay(2),
    ack(0x50),
    ackHeard(0x62),
    ack(0x50),
    ackHeard(0x62),
    ack(0x70),
  ),
  ends('PUBREC for QoS 1', 'MQTT-4.8.0-1', ...onTheWay(1), ack(0x50)),
  ends('PUBCOMP for QoS 1', 'MQTT-4.8.0-1', ...onTheWay(1), ack(0x70)),
  ends('PUBACK for QoS 2', 'MQTT-4.8.0-1', ...onTheWay(2), ack(0x40)),
  ends('PUBCOMP for QoS 2 before PUBREC', 'MQTT-4.8.0-1', ...onTheWay(2), ack(0x70)),
  ends('PUBACK for QoS 2 after PUBREC', 'MQTT-4.8.0-1', ...onTheWay(2), ack(0x50), ackHeard(0x62), ack(0x40)),
];
