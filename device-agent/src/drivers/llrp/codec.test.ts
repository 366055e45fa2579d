import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ItemTag } from '@tramhoc/protocol/library';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joined } from '../read-link.ts';
import { addRoSpec, deleteAccessSpecs, deleteRoSpecs, getCapabilities, keepaliveAck } from './client-messages.ts';
import {
  decode,
  encode,
  generalCapabilities,
  headerBytes,
  type Message,
  maxMessageBytes,
  messageTypes,
  parametersOf,
  parameterTypes,
  readerEvent,
  reportedTags,
  statusOf,
} from './codec.ts';

type Recorded = {
  what: string;
  source: string;
  hex?: string;
  type?: number;
  body?: string;
  expect?: {
    status?: number;
    tags?: ItemTag[];
    general?: { antennaCount: number; maker: number; model: number; firmware: string };
    connectedAntennas?: number[];
    antennas?: number;
    event?: string[];
  };
};

const recorded = (JSON.parse(readFileSync(join(import.meta.dirname, 'recorded-messages.json'), 'utf8')) as { messages: Recorded[] })
  .messages;
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const empty = new Uint8Array();
const of = (what: string): Recorded => recorded.find((message) => message.what.startsWith(what))!;

const bodies = recorded.filter((message) => message.body !== undefined);
test.each(bodies)('$what from a real reader gives what its recorder read', ({ type, body, expect: wanted = {} }) => {
  const sent = encode({ version: 1, type: type!, id: 7, body: bytesOf(body!) });
  const { frames, rest, skippedBytes } = decode(sent);
  expect([frames, rest, skippedBytes]).toEqual([[{ version: 1, type, id: 7, body: bytesOf(body!) }], empty, 0]);
  const content = frames[0]!.body;
  if (wanted.status !== undefined) expect(statusOf(content)).toEqual({ code: wanted.status, description: '' });
  if (wanted.tags !== undefined) expect(reportedTags(content)).toEqual(wanted.tags);
  if (wanted.general !== undefined) expect(generalCapabilities(content)).toEqual(wanted.general);
  if (wanted.event !== undefined)
    expect([wanted.event.at(-1), readerEvent(content)]).toEqual(['ConnectionCloseEvent', { event: 'closed' }]);
  if (wanted.antennas === undefined) return;
  const antennas = parametersOf(content)!.filter((parameter) => parameter.type === parameterTypes.antennaProperties);
  const connected = antennas
    .filter((parameter) => parameter.body[0]! & 0x80)
    .map((parameter) => parameter.body[1]! * 256 + parameter.body[2]!);
  expect([antennas.length, connected]).toEqual([wanted.antennas, wanted.connectedAntennas]);
});

test('a reader that lets us in says so, in both recorded ways', () => {
  for (const what of ['READER_EVENT_NOTIFICATION ConnectionAttemptEvent', 'READER_EVENT_NOTIFICATION encode']) {
    const { frames } = decode(bytesOf(of(what).hex!));
    expect(frames.map(({ type, body }) => [type, readerEvent(body)])).toEqual([[63, { event: 'attempt', result: 0 }]]);
  }
});

test('three recorded reports that came in one go are taken apart, cut wherever', () => {
  const stream = bytesOf(of('7 RO_ACCESS_REPORT').hex!);
  for (let cut = 0; cut <= stream.length; cut += 1) {
    const first = decode(stream.subarray(0, cut));
    const second = decode(joined(first.rest, stream.subarray(cut)));
    const tags = [...first.frames, ...second.frames].flatMap(({ body }) => reportedTags(body)!);
    expect(tags.map(({ uid, rssiDbm }) => [uid, rssiDbm])).toEqual([
      ['3005FB63AC1F3841EC880467', -50],
      ['300833B2DDD906C000000000', -58],
      ['3005FB63AC1F3841EC880467', -49],
    ]);
    expect(second.rest.length).toBe(0);
  }
});

test('what we send is what another client sends, byte by byte', () => {
  const client = (what: string): string => of(`client frame ${what}`).hex!;
  expect(hex(getCapabilities(1, 0))).toBe(client('GET_READER_CAPABILITIES'));
  expect(hex(deleteAccessSpecs(5))).toBe(client('DELETE_ACCESSSPEC'));
  expect(hex(deleteRoSpecs(6))).toBe(client('DELETE_ROSPEC'));
  const spec = { roSpecId: 1, antennas: [1], session: 2 as const, population: 4, durationMs: 4_000, reportEvery: 0, content: 0x0980 };
  expect(hex(addRoSpec(7, { ...spec, transmitter: { hopTable: 1, channel: 1, power: 91 } }))).toBe(client('ADD_ROSPEC'));
  // sllurp issue 45: acknowledgement of a sign of life
  expect(hex(keepaliveAck(0))).toBe('04480000000a00000000');
});

test('messages of a client are none of a reader, and are skipped', () => {
  for (const what of ['GET_READER_CONFIG', 'ENABLE_EVENTS_AND_REPORTS', 'ADD_ROSPEC']) {
    const bytes = bytesOf(of(`client frame ${what}`).hex!);
    expect(decode(bytes).frames).toEqual([]);
  }
});

test('parameters that are cut, go over the end or are of an unknown short form make no sense of a report', () => {
  for (const body of ['00f0', '00f00003', '00f00020 8d3000', '00f0000e 8d3000abcdef', '00f00006 ff00', '00f0000a 00f10008 00601122'])
    expect(reportedTags(bytesOf(body.replaceAll(' ', '')))).toBeUndefined();
  expect(reportedTags(bytesOf('00f00007810001'))).toEqual([]);
  expect(reportedTags(bytesOf('00f0001100f1000d003811223344556677'))).toEqual([{ uid: '11223344556677', technology: 'epc' }]);
  for (const body of ['', '011f0008', '011f000800000009', '00f60004']) expect(statusOf(bytesOf(body))).toBeUndefined();
  expect(readerEvent(bytesOf('00f60008 01000006'.replace(' ', '')))).toBeUndefined();
});

const message: fc.Arbitrary<Message> = fc.record({
  version: fc.constantFrom(1, 2),
  type: fc.constantFrom(messageTypes.roAccessReport, messageTypes.keepalive, messageTypes.readerEvent, messageTypes.setConfigResponse),
  id: fc.integer({ min: 0, max: 0xffff_ffff }),
  body: fc.uint8Array({ maxLength: 300 }).map((bytes) => Uint8Array.from(bytes)),
});

test('any cutting of the bytes gives the same messages, every byte is accounted for, and what is kept back is bounded', () => {
  const noise = fc.uint8Array({ maxLength: 40 });
  fc.assert(
    fc.property(fc.array(fc.tuple(noise, message), { maxLength: 4 }), noise, fc.array(fc.nat()), (parts, tail, cuts) => {
      const bytes = Uint8Array.from(Buffer.concat([...parts.flatMap(([before, sent]) => [before, encode(sent)]), tail]));
      const whole = decode(bytes);
      const edges = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
      const pieces = { frames: [] as Message[], rest: empty as Uint8Array, skippedBytes: 0 };
      for (let piece = 1; piece < edges.length; piece += 1) {
        const decoded = decode(joined(pieces.rest, bytes.subarray(edges[piece - 1], edges[piece])));
        pieces.frames.push(...decoded.frames);
        pieces.rest = decoded.rest;
        pieces.skippedBytes += decoded.skippedBytes;
        expect(pieces.rest.length).toBeLessThan(maxMessageBytes);
      }
      expect(pieces).toEqual(whole);
      const framed = whole.frames.reduce((sum, { body }) => sum + body.length + headerBytes, 0);
      expect(framed + whole.skippedBytes + whole.rest.length).toBe(bytes.length);
    }),
  );
});

test('nothing that a damaged or hostile reader puts into a message makes reading it fail', () => {
  const bodiesOfAll = bodies.map(({ body }) => bytesOf(body!));
  fc.assert(
    fc.property(
      fc.constantFrom(...bodiesOfAll),
      fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 6 }),
      fc.nat(),
      (body, flips, cut) => {
        const bytes = body.slice(0, cut % (body.length + 1));
        for (const [at, value] of flips) if (bytes.length > 0) bytes[at % bytes.length] = value;
        statusOf(bytes);
        readerEvent(bytes);
        generalCapabilities(bytes);
        for (const tag of reportedTags(bytes) ?? []) expect(tag.uid).toMatch(/^(?:[0-9A-F]{2}){4,62}$/);
      },
    ),
  );
});
