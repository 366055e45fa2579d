/** Messages of LLRP 1.0.1 and 1.1: header, parameters, and what a client of tag reports needs of them. Shapes and sources: README.md. Pure. */
import type { ItemTag } from '@tramhoc/protocol/library';
import { type Found, type Scanned, scanFrames } from '../frame-scan.ts';

/** `version` 1 is LLRP 1.0.1, 2 is 1.1. */
export type Message = { version: number; type: number; id: number; body: Uint8Array };
export type Parameter = { type: number; body: Uint8Array };

export const messageTypes = {
  getCapabilities: 1,
  setConfig: 3,
  closeConnectionResponse: 4,
  getCapabilitiesResponse: 11,
  getConfigResponse: 12,
  setConfigResponse: 13,
  closeConnection: 14,
  addRoSpec: 20,
  deleteRoSpec: 21,
  enableRoSpec: 24,
  addRoSpecResponse: 30,
  deleteRoSpecResponse: 31,
  enableRoSpecResponse: 34,
  deleteAccessSpec: 41,
  getAccessSpecsResponse: 54,
  deleteAccessSpecResponse: 51,
  roAccessReport: 61,
  keepalive: 62,
  readerEvent: 63,
  keepaliveAck: 72,
  error: 100,
  custom: 1023,
} as const;
/** What a reader sends: anything else is no message of this connection. */
const fromReader: ReadonlySet<number> = new Set([4, 11, 12, 13, 30, 31, 34, 51, 54, 61, 62, 63, 100, 1023]);

export const headerBytes = 10;
/** A report of 1,000 tags with every field takes 60 KB; readers send smaller ones more often. */
export const maxMessageBytes = 64 * 1024;

/** Takes every whole message out of `input`; `rest` is shorter than one message. Bytes that begin no message are skipped one by one. */
export function decode(input: Uint8Array): Scanned<Message> {
  return scanFrames(input, messageAt);
}

/** Three reserved bits are 0, the version is 1 or 2, the type is one that readers send, the length is possible. */
function messageAt(input: Uint8Array, at: number): Found<Message> {
  const left = input.length - at;
  const first = input[at]!;
  const version = (first >> 2) & 7;
  if (first >> 5 !== 0 || version < 1 || version > 2) return undefined;
  if (left < 2) return 'more';
  const type = (first & 3) * 256 + input[at + 1]!;
  if (!fromReader.has(type)) return undefined;
  if (left < 6) return 'more';
  const view = new DataView(input.buffer, input.byteOffset + at, left);
  const bytes = view.getUint32(2);
  if (bytes < headerBytes || bytes > maxMessageBytes) return undefined;
  if (left < bytes) return 'more';
  return { frame: { version, type, id: view.getUint32(6), body: input.slice(at + headerBytes, at + bytes) }, bytes };
}

export function encode({ version, type, id, body }: Message): Uint8Array {
  const bytes = new Uint8Array(headerBytes + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, (version << 10) | type);
  view.setUint32(2, bytes.length);
  view.setUint32(6, id);
  bytes.set(body, headerBytes);
  return bytes;
}

/** Parameters of the short form (type below 128, no length): bytes of their values. */
const shortForms: Readonly<Record<number, number>> = {
  1: 2, // AntennaID
  2: 8, // FirstSeenTimestampUTC
  3: 8, // FirstSeenTimestampUptime
  4: 8, // LastSeenTimestampUTC
  5: 8, // LastSeenTimestampUptime
  6: 1, // PeakRSSI
  7: 2, // ChannelIndex
  8: 2, // TagSeenCount
  9: 4, // ROSpecID
  10: 2, // InventoryParameterSpecID
  11: 2, // C1G2CRC
  12: 2, // C1G2PC
  13: 12, // EPC-96
  14: 2, // SpecIndex
  15: 2, // ClientRequestOpSpecResult
  16: 4, // AccessSpecID
  17: 2, // OpSpecID
  18: 4, // C1G2SingulationDetails
  19: 2, // C1G2XPCW1
  20: 2, // C1G2XPCW2
};

export const parameterTypes = {
  utcTimestamp: 128,
  generalCapabilities: 137,
  roSpec: 177,
  accessSpec: 207,
  keepaliveSpec: 220,
  antennaProperties: 221,
  tagReport: 240,
  epcData: 241,
  eventData: 246,
  connectionAttempt: 256,
  connectionClose: 257,
  status: 287,
} as const;

/** The parameters of `bytes`, one level deep; those inside are in their bodies. undefined when a length goes over the end or a type is not known. */
export function parametersOf(bytes: Uint8Array): Parameter[] | undefined {
  const found: Parameter[] = [];
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at]!;
    if (first & 0x80) {
      const size = shortForms[first & 0x7f];
      if (size === undefined || at + 1 + size > bytes.length) return undefined;
      found.push({ type: first & 0x7f, body: bytes.subarray(at + 1, at + 1 + size) });
      at += 1 + size;
      continue;
    }
    if (at + 4 > bytes.length) return undefined;
    const size = bytes[at + 2]! * 256 + bytes[at + 3]!;
    if (size < 4 || at + size > bytes.length) return undefined;
    found.push({ type: (first & 0x03) * 256 + bytes[at + 1]!, body: bytes.subarray(at + 4, at + size) });
    at += size;
  }
  return found;
}

/** Long form. */
export function parameter(type: number, ...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const size = parts.reduce((sum, part) => sum + part.length, 4);
  const bytes = new Uint8Array(size);
  bytes.set([type >> 8, type & 0xff, size >> 8, size & 0xff]);
  let at = 4;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export function u16(value: number): [number, number] {
  return [(value >> 8) & 0xff, value & 0xff];
}

export function u32(value: number): [number, number, number, number] {
  return [(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

/** LLRPStatus, which every response begins with: 0 is well. undefined when it is not there. */
export function statusOf(body: Uint8Array): { code: number; description: string } | undefined {
  // what follows it may be of a newer version
  if (body.length < 8 || (body[0]! & 0x03) * 256 + body[1]! !== parameterTypes.status) return undefined;
  const size = body[2]! * 256 + body[3]!;
  const textBytes = body[6]! * 256 + body[7]!;
  if (size > body.length || 8 + textBytes > size) return undefined;
  return { code: body[4]! * 256 + body[5]!, description: text(body.subarray(8, 8 + textBytes)).slice(0, 200) };
}

/** Result of a connection attempt: 0 success, 1 the reader itself is connected to somebody, 2 another client is, 3 other, 4 somebody else tried. */
export type ReaderEvent = { event: 'attempt'; result: number } | { event: 'closed' } | { event: 'other' };

/** READER_EVENT_NOTIFICATION. undefined when it is cut. */
export function readerEvent(body: Uint8Array): ReaderEvent | undefined {
  const data = parametersOf(body)?.find(({ type }) => type === parameterTypes.eventData);
  const events = data === undefined ? undefined : parametersOf(data.body);
  if (events === undefined) return undefined;
  for (const { type, body: value } of events) {
    if (type === parameterTypes.connectionAttempt)
      return value.length < 2 ? undefined : { event: 'attempt', result: value[0]! * 256 + value[1]! };
    if (type === parameterTypes.connectionClose) return { event: 'closed' };
  }
  return { event: 'other' };
}

/** RO_ACCESS_REPORT: a tag for each TagReportData that carries an EPC. undefined when it is cut. */
export function reportedTags(body: Uint8Array): ItemTag[] | undefined {
  const reports = parametersOf(body);
  if (reports === undefined) return undefined;
  const tags: ItemTag[] = [];
  for (const report of reports) {
    if (report.type !== parameterTypes.tagReport) continue;
    const fields = parametersOf(report.body);
    if (fields === undefined) return undefined;
    const tag = tagOf(fields);
    if (tag !== undefined) tags.push(tag);
  }
  return tags;
}

function tagOf(fields: readonly Parameter[]): ItemTag | undefined {
  const of = (wanted: number): Uint8Array | undefined => fields.find(({ type }) => type === wanted)?.body;
  const epc = of(13) ?? epcOf(of(parameterTypes.epcData));
  if (epc === undefined || epc.length < 4 || epc.length > 62) return undefined;
  const antenna = of(1);
  const rssi = of(6);
  const number = antenna === undefined ? 0 : antenna[0]! * 256 + antenna[1]!;
  return {
    uid: hex(epc),
    technology: 'epc',
    ...(number === 0 ? {} : { antenna: number }),
    ...(rssi === undefined ? {} : { rssiDbm: (rssi[0]! << 24) >> 24 }),
  };
}

/** `BITS[2] EPC`; the length in bits is not always a whole number of bytes. */
function epcOf(data: Uint8Array | undefined): Uint8Array | undefined {
  if (data === undefined || data.length < 2) return undefined;
  const size = Math.ceil((data[0]! * 256 + data[1]!) / 8);
  return data.length < 2 + size ? undefined : data.subarray(2, 2 + size);
}

/** GeneralDeviceCapabilities of a GET_READER_CAPABILITIES_RESPONSE: `maker` is a number of IANA (25882 Impinj, 161 Motorola/Zebra). */
export function generalCapabilities(
  body: Uint8Array,
): { antennaCount: number; maker: number; model: number; firmware: string } | undefined {
  const found = parametersOf(body)?.find(({ type }) => type === parameterTypes.generalCapabilities)?.body;
  if (found === undefined || found.length < 14) return undefined;
  const view = new DataView(found.buffer, found.byteOffset, found.byteLength);
  const textBytes = view.getUint16(12);
  if (14 + textBytes > found.length) return undefined;
  return {
    antennaCount: view.getUint16(0),
    maker: view.getUint32(4),
    model: view.getUint32(8),
    firmware: text(found.subarray(14, 14 + textBytes)).slice(0, 64),
  };
}

/** Readers write UTF-8; what is not is replaced. */
function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join('');
}
