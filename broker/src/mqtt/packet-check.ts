/**
 * What a packet of a client says before its payload, checked against MQTT 3.1.1 clause by clause, so that whoever reads it may
 * believe what it says. Pure.
 */
import { type TextClause, textFault } from './text-check.ts';

/** Numbers of clauses as the standard writes them; without a number at the end it is a table or section. They are the label of a counter. */
export type Clause =
  | TextClause
  | 'MQTT-2.2.1'
  | 'MQTT-2.2.2-2'
  | 'MQTT-2.2.3'
  | 'MQTT-2.3.1-1'
  | 'MQTT-3.1.0-1'
  | 'MQTT-3.1.0-2'
  | 'MQTT-3.1.2-1'
  | 'MQTT-3.1.2-2'
  | 'MQTT-3.1.2-3'
  | 'MQTT-3.1.2-13'
  | 'MQTT-3.1.2-14'
  | 'MQTT-3.1.2-15'
  | 'MQTT-3.1.2-22'
  | 'MQTT-3.1.3-1'
  | 'MQTT-3.1.3-8'
  | 'MQTT-3.1.3-9'
  | 'MQTT-3.3.1-2'
  | 'MQTT-3.3.1-4'
  | 'MQTT-3.8.3-3'
  | 'MQTT-3.8.3-4'
  | 'MQTT-3.10.3-2'
  | 'MQTT-4.8.0-1'
  | 'length'
  | 'size';

/**
 * Why a connection ends. `answer`: the return code of a CONNACK that is said first (1 unacceptable protocol version, 2 identifier rejected);
 * without it the standard wants the connection closed without a word.
 */
export type PacketFault = { reason: 'not-mqtt' | 'mqtt-version' | 'packet-too-large' | 'malformed'; clause: Clause; answer?: 1 | 2 };

export const types = {
  connect: 1,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  unsubscribe: 10,
  pingreq: 12,
  disconnect: 14,
} as const;

/** Of each packet a client may send: the fixed header's flags (PUBLISH has its own) and the length, when there is only one. */
const shapes: Readonly<Record<number, { flags: number; length?: number }>> = {
  [types.connect]: { flags: 0 },
  [types.publish]: { flags: 0 },
  [types.puback]: { flags: 0, length: 2 },
  [types.pubrec]: { flags: 0, length: 2 },
  [types.pubrel]: { flags: 2, length: 2 },
  [types.pubcomp]: { flags: 0, length: 2 },
  [types.subscribe]: { flags: 2 },
  [types.unsubscribe]: { flags: 2 },
  [types.pingreq]: { flags: 0, length: 0 },
  [types.disconnect]: { flags: 0, length: 0 },
};

const malformed = (clause: Clause): PacketFault => ({ reason: 'malformed', clause });

/** The first byte of a packet. `first`: of the connection. */
export function checkFirstByte(byte: number, first: boolean): PacketFault | undefined {
  const type = byte >> 4;
  const shape = shapes[type];
  if (shape === undefined) return { reason: 'not-mqtt', clause: first ? 'MQTT-3.1.0-1' : 'MQTT-2.2.1' };
  if (first && type !== types.connect) return { reason: 'not-mqtt', clause: 'MQTT-3.1.0-1' };
  if (!first && type === types.connect) return { reason: 'not-mqtt', clause: 'MQTT-3.1.0-2' };
  const flags = byte & 0x0f;
  if (type !== types.publish) return flags === shape.flags ? undefined : malformed('MQTT-2.2.2-2');
  if ((flags & 0x06) === 0x06) return malformed('MQTT-3.3.1-4');
  // DUP belongs to packets that may come again
  return (flags & 0x0e) === 0x08 ? malformed('MQTT-3.3.1-2') : undefined;
}

export function checkLength(type: number, length: number): PacketFault | undefined {
  const { length: only } = shapes[type]!;
  return only === undefined || only === length ? undefined : malformed('length');
}

/** Topic, message id when there is one, and payload in `bytes[from, to)`. */
export function checkPublishBody(bytes: Uint8Array, { from, to, qos }: { from: number; to: number; qos: number }): PacketFault | undefined {
  const topicEnd = textEnd(bytes, from, to);
  const headEnd = topicEnd === undefined || qos === 0 ? topicEnd : topicEnd + 2;
  if (topicEnd === undefined || headEnd === undefined || headEnd > to) return malformed('length');
  const clause = textFault(bytes, { from: from + 2, to: topicEnd, kind: 'topic' });
  if (clause !== undefined) return malformed(clause);
  return qos > 0 && bytes[topicEnd] === 0 && bytes[topicEnd + 1] === 0 ? malformed('MQTT-2.3.1-1') : undefined;
}

/** Everything after the fixed header of any packet other than PUBLISH, in `bytes[from, to)`. */
export function checkBody(type: number, bytes: Uint8Array, { from, to }: { from: number; to: number }): PacketFault | undefined {
  switch (type) {
    case types.connect:
      return checkConnect(bytes, from, to);
    case types.subscribe:
    case types.unsubscribe:
      return checkFilters(type, bytes, { from, to });
    case types.pingreq:
    case types.disconnect:
      return undefined;
    default:
      return bytes[from] === 0 && bytes[from + 1] === 0 ? malformed('MQTT-2.3.1-1') : undefined;
  }
}

function checkFilters(type: number, bytes: Uint8Array, { from, to }: { from: number; to: number }): PacketFault | undefined {
  const hasQos = type === types.subscribe;
  if (to - from < 2) return malformed('length');
  if (bytes[from] === 0 && bytes[from + 1] === 0) return malformed('MQTT-2.3.1-1');
  let at = from + 2;
  if (at === to) return malformed(hasQos ? 'MQTT-3.8.3-3' : 'MQTT-3.10.3-2');
  while (at < to) {
    const end = textEnd(bytes, at, to);
    if (end === undefined) return malformed('length');
    const clause = textFault(bytes, { from: at + 2, to: end, kind: 'filter' });
    if (clause !== undefined) return malformed(clause);
    at = end;
    if (!hasQos) continue;
    if (at === to) return malformed('length');
    // the upper six bits are reserved, and 3 is no QoS
    if (bytes[at]! > 2) return malformed('MQTT-3.8.3-4');
    at += 1;
  }
  return undefined;
}

/** Where the text whose two bytes of length are at `at` ends; undefined when it does not fit. */
function textEnd(bytes: Uint8Array, at: number, to: number): number | undefined {
  if (at + 2 > to) return undefined;
  const end = at + 2 + bytes[at]! * 256 + bytes[at + 1]!;
  return end > to ? undefined : end;
}

const protocolLevels: ReadonlyMap<string, number> = new Map([
  ['MQTT', 4],
  ['MQIsdp', 3],
]);

function checkConnect(bytes: Uint8Array, from: number, to: number): PacketFault | undefined {
  const nameEnd = textEnd(bytes, from, to);
  if (nameEnd === undefined) return malformed('length');
  const level = protocolLevels.get(String.fromCharCode(...bytes.subarray(from + 2, Math.min(nameEnd, from + 2 + 8))));
  if (level === undefined) return { reason: 'not-mqtt', clause: 'MQTT-3.1.2-1' };
  if (nameEnd === to) return malformed('length');
  // what follows is laid out otherwise in other versions
  if (bytes[nameEnd] !== level) return { reason: 'mqtt-version', clause: 'MQTT-3.1.2-2', answer: 1 };
  const headEnd = nameEnd + 4;
  if (headEnd > to) return malformed('length');
  const flags = bytes[nameEnd + 1]!;
  const clause = connectFlagsFault(flags);
  return clause === undefined ? checkConnectTexts(bytes, { from: headEnd, to, flags, level }) : malformed(clause);
}

const connectFlags = { reserved: 0x01, clean: 0x02, will: 0x04, willQos: 0x18, willRetain: 0x20, password: 0x40, userName: 0x80 } as const;

function connectFlagsFault(flags: number): Clause | undefined {
  if ((flags & connectFlags.reserved) !== 0) return 'MQTT-3.1.2-3';
  if ((flags & connectFlags.will) === 0) {
    if ((flags & connectFlags.willQos) !== 0) return 'MQTT-3.1.2-13';
    if ((flags & connectFlags.willRetain) !== 0) return 'MQTT-3.1.2-15';
  } else if ((flags & connectFlags.willQos) === connectFlags.willQos) return 'MQTT-3.1.2-14';
  return (flags & connectFlags.password) !== 0 && (flags & connectFlags.userName) === 0 ? 'MQTT-3.1.2-22' : undefined;
}

/** Client id, will topic, will message, user name, password: those that the flags announce, and nothing after them. */
function checkConnectTexts(
  bytes: Uint8Array,
  { from, to, flags, level }: { from: number; to: number; flags: number; level: number },
): PacketFault | undefined {
  const fields: ('text' | 'topic' | 'bytes')[] = ['text'];
  if ((flags & connectFlags.will) !== 0) fields.push('topic', 'bytes');
  if ((flags & connectFlags.userName) !== 0) fields.push('text');
  if ((flags & connectFlags.password) !== 0) fields.push('bytes');
  let at = from;
  for (const kind of fields) {
    const end = textEnd(bytes, at, to);
    if (end === undefined) return malformed('MQTT-3.1.3-1');
    const clause = kind === 'bytes' ? undefined : textFault(bytes, { from: at + 2, to: end, kind });
    if (clause !== undefined) return malformed(clause);
    at = end;
  }
  if (at !== to) return malformed('length');
  if (bytes[from] !== 0 || bytes[from + 1] !== 0) return undefined;
  // MQTT 3.1 wants a name in any case
  if (level === 3) return { reason: 'malformed', clause: 'MQTT-3.1.3-9', answer: 2 };
  return (flags & connectFlags.clean) === 0 ? { reason: 'malformed', clause: 'MQTT-3.1.3-8', answer: 2 } : undefined;
}
