/**
 * A FEIG reader as its manuals describe it (H20800, H60301, H40801, H71011): host mode with a field of tags, or a gate with a buffer. Answers take the
 * time that radio and line take; requests that come while it works, or sooner than 5 ms after the last byte, are lost.
 */
import type { Timer } from '@tramhoc/base/clock';
import { z } from 'zod';
import { type SimulatedTag, type TagField, tagField, tagUsage } from '../simulated-tags.ts';
import { cable, defineSimulator, type Simulator } from '../simulator.ts';

export type FeigReader = Simulator & {
  readonly field: TagField;
  /** Somebody carries a tag through the gate. */
  pass(uid: string): void;
  /** The buffer gets a record that ends within its identity. */
  passDamaged(): void;
  /** The next so many inventories are answered with this status. */
  trouble(status: number, count: number): void;
};

/** Bytes further apart than this are no longer one request. */
const interCharacterMs = 12;
/** Silence before a request. */
const psstMs = 5;
/** Records that a gate keeps; then it says 93. */
const bufferSize = 200;

const Options = z.strictObject({
  mode: z.enum(['pad', 'gate-buffer', 'gate-notification']).default('pad'),
  /** One tag: its slot (4.5 ms at 26 kbit/s) and its share of collided and empty slots of a 16-slot round. See README.md, Numbers. */
  tagMs: z.coerce.number().min(0).default(8),
  /** Of one answer; 24 fill a standard frame. */
  tagsPerAnswer: z.coerce.number().int().min(1).max(255).default(24),
  baudRate: z.coerce.number().min(4_800).default(38_400),
  /** A gate that wants its notifications acknowledged repeats them every second. */
  acknowledge: z.stringbool().or(z.boolean()).default(false),
});

type Answer = { status: number; data?: Uint8Array; radioMs?: number };

export const feigObidSimulator = defineSimulator<FeigReader, z.infer<typeof Options>>({
  kind: 'feig-obid',
  usage: [...tagUsage, 'pass E00401003F3827A7         carry it through the gate'],
  optionsSchema: Options,
  build({ clock }, { mode, tagMs, tagsPerAnswer, baudRate, acknowledge }) {
    const field = tagField();
    const passed: (SimulatedTag | 'damaged')[] = [];
    let overflowed = false;
    let troubled = { status: 0, count: 0 };
    let rest: SimulatedTag[] = [];
    let heard = Buffer.alloc(0);
    let heardAtMs = Number.NEGATIVE_INFINITY;
    let quietSinceMs = Number.NEGATIVE_INFINITY;
    let working: Timer | undefined;
    let repeat: Timer | undefined;

    const wire = cable({
      onBytes(chunk) {
        const nowMs = clock.monotonicMs();
        if (nowMs - heardAtMs > interCharacterMs) heard = Buffer.alloc(0);
        heardAtMs = nowMs;
        if (working !== undefined || (heard.length === 0 && nowMs - quietSinceMs < psstMs)) return;
        heard = Buffer.concat([heard, chunk]);
        const size = heard[0] === 2 ? (heard.length < 3 ? Number.POSITIVE_INFINITY : heard.readUInt16BE(1)) : heard[0]!;
        if (size < 5 || (size <= heard.length && crcOf(heard.subarray(0, size)) !== 0)) heard = Buffer.alloc(0);
        if (heard.length === 0 || heard.length < size) return;
        const request = heard.subarray(0, size);
        heard = Buffer.alloc(0);
        const body = request.subarray(request[0] === 2 ? 3 : 1, size - 2);
        const { status, data = new Uint8Array(), radioMs = 2 } = answer(body[1]!, body.subarray(2));
        const bytes = framed([0x00, body[1]!, status, ...data], request[0] === 2);
        working = clock.after(radioMs + (bytes.length * 11_000) / baudRate, () => {
          working = undefined;
          quietSinceMs = clock.monotonicMs();
          wire.send(bytes);
        });
      },
      onUnplugged() {
        working?.cancel();
        working = undefined;
        heard = Buffer.alloc(0);
      },
    });
    const answer = (command: number, data: Uint8Array): Answer => {
      if (command === 0x65) return { status: 0, data: Uint8Array.of(3, 0, 0, 0x50, 0x50, 0, 0x09) };
      if (command === 0x22 && mode === 'gate-buffer') {
        if (overflowed) return { status: 0x93 };
        if (passed.length === 0) return { status: 0x92 };
        const asked = Math.min(data[0]! * 256 + data[1]!, passed.length);
        return { status: asked < passed.length ? 0x94 : 0, data: bufferAnswer(passed.slice(0, asked)) };
      }
      if (command === 0x32 && mode !== 'pad') {
        overflowed = false;
        passed.splice(0, mode === 'gate-buffer' ? 64 : passed.length);
        return { status: 0 };
      }
      if (command !== 0xb0) return { status: 0x80 };
      return mode === 'pad' ? iso(data) : { status: 0x82 };
    };
    const iso = (data: Uint8Array): Answer => {
      if (data[0] === 0x01) {
        if (troubled.count > 0) {
          troubled.count -= 1;
          return { status: troubled.status, radioMs: 12 };
        }
        if ((data[1]! & 0x80) === 0) rest = [...field.list()];
        const there = rest.filter(({ uid }) => field.find(uid) !== undefined);
        const part = there.slice(0, tagsPerAnswer);
        rest = there.slice(tagsPerAnswer);
        if (part.length === 0) return { status: 1, radioMs: 12 };
        const sets = part.flatMap(({ uid, dsfid }) => [0x03, dsfid, ...Buffer.from(uid, 'hex')]);
        return { status: rest.length > 0 ? 0x94 : 0, data: Uint8Array.of(part.length, ...sets), radioMs: part.length * tagMs };
      }
      const tag = field.find(Buffer.from(data.subarray(2, 10)).toString('hex').toUpperCase());
      if (data[1] !== 1) return { status: 0x11 };
      if (tag === undefined) return { status: 1, radioMs: 20 };
      return tagCommand(tag, data[0]!, data.subarray(10));
    };
    const notify = (): void => {
      repeat?.cancel();
      if (passed.length === 0) return;
      wire.send(framed([0x00, 0x22, 0x00, ...bufferAnswer(passed)], true));
      if (acknowledge) repeat = clock.after(1_000, notify);
      else passed.length = 0;
    };
    const pass = (uid: string): void => {
      if (passed.length >= bufferSize) overflowed = true;
      else passed.push(field.put(uid));
      field.take(uid);
      if (mode === 'gate-notification') notify();
    };
    const passDamaged = (): void => {
      passed.push('damaged');
      if (mode === 'gate-notification') notify();
    };
    return {
      plug: wire.plug,
      unplug: wire.unplug,
      field,
      pass,
      passDamaged,
      trouble(status, count) {
        troubled = { status, count };
      },
      act(line) {
        const uid = /^\s*pass\s+(E0[0-9A-F]{14})\s*$/i.exec(line)?.[1]?.toUpperCase();
        if (uid === undefined) return field.act(line);
        pass(uid);
        return undefined;
      },
      close() {
        working?.cancel();
        repeat?.cancel();
        wire.unplug();
      },
    };
  },
});

function tagCommand(tag: SimulatedTag, command: number, data: Uint8Array): Answer {
  const blockCount = tag.memory.length / tag.blockBytes;
  const missing = { status: 0x95, data: Uint8Array.of(0x10), radioMs: 5 };
  const block = (number: number): Buffer => Buffer.from(tag.memory.subarray(number * tag.blockBytes, (number + 1) * tag.blockBytes));
  switch (command) {
    case 0x2b:
      return {
        status: 0,
        data: Uint8Array.of(tag.dsfid, ...Buffer.from(tag.uid, 'hex'), tag.afi, tag.blockBytes - 1, blockCount - 1, 0x01),
        radioMs: 8,
      };
    case 0x23: {
      const [first = 0, count = 0] = data;
      if (count * tag.blockBytes > 128) return { status: 0x11 };
      if (first + count > blockCount) return missing;
      const numbers = Array.from({ length: count }, (_, at) => first + at);
      const blocks = numbers.flatMap((number) => [0x00, ...block(number).reverse()]);
      return { status: 0, data: Uint8Array.of(count, tag.blockBytes, ...blocks), radioMs: 5 + count * 1.5 };
    }
    case 0x24: {
      const [first = 0, count = 0, blockBytes = 0] = data;
      if (blockBytes !== tag.blockBytes || data.length !== 3 + count * blockBytes) return { status: 0x11 };
      for (let at = 0; at < count; at += 1) {
        if (first + at >= blockCount) return { ...missing, data: Uint8Array.of(0x10, first + at) };
        if (tag.locked.has(first + at)) return { status: 0x95, data: Uint8Array.of(0x12, first + at), radioMs: 10 };
        const written = Buffer.from(data.subarray(3 + at * blockBytes, 3 + (at + 1) * blockBytes)).reverse();
        tag.memory.set(written, (first + at) * blockBytes);
      }
      return { status: 0, radioMs: 5 + count * 8 };
    }
    case 0x27:
      tag.afi = data[0]!;
      return { status: 0, radioMs: 12 };
    case 0x29:
      tag.dsfid = data[0]!;
      return { status: 0, radioMs: 12 };
    default:
      return { status: 0x80 };
  }
}

/** TR-DATA1: identity, time and antenna; each record with its length. */
function bufferAnswer(tags: readonly (SimulatedTag | 'damaged')[]): Uint8Array {
  const records = tags.flatMap((tag) =>
    tag === 'damaged' ? [0, 6, 0x03, 0x00, 8, 0xe0] : [0, 18, 0x03, 0x00, 8, ...Buffer.from(tag.uid, 'hex'), 7, 5, 0x13, 0x88, 0x01],
  );
  return Uint8Array.of(0x31, tags.length >> 8, tags.length & 0xff, ...records);
}

function framed(body: readonly number[], advanced: boolean): Buffer {
  const long = advanced || body.length + 3 > 255;
  const size = body.length + (long ? 5 : 3);
  const head = Buffer.from(long ? [0x02, size >> 8, size & 0xff, ...body] : [size, ...body]);
  const crc = crcOf(head);
  return Buffer.concat([head, Buffer.from([crc & 0xff, crc >> 8])]);
}

/** Manual H20800, CRC16: start value FFFF, polynomial 8408, backward. Over a frame with its own CRC it is 0. */
function crcOf(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >> 1) ^ 0x8408 : crc >> 1;
  }
  return crc;
}
