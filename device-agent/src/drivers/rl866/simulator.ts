/** An RL866 pad as the sources in README.md describe it: counted commands, tags that are connected before they are read. */
import type { Timer } from '@tramhoc/base/clock';
import { z } from 'zod';
import { type SimulatedTag, type TagField, tagField, tagUsage } from '../simulated-tags.ts';
import { cable, defineSimulator, type Simulator } from '../simulator.ts';

export type Rl866Pad = Simulator & { readonly field: TagField };

const Options = z.strictObject({
  /** Radio time of one tag during an inventory. */
  tagMs: z.coerce.number().min(0).default(10),
  baudRate: z.coerce.number().min(9_600).default(38_400),
});

/** 18 reports of 13 bytes fit behind the 12 other bytes of a frame of 255. */
const reportsPerAnswer = 18;

type Answer = { bytes: number[]; radioMs?: number };

export const rl866Simulator = defineSimulator<Rl866Pad, z.infer<typeof Options>>({
  kind: 'rl866',
  usage: tagUsage,
  optionsSchema: Options,
  build({ clock }, { tagMs, baudRate }) {
    const field = tagField();
    const connected = new Map<number, string>();
    let buffered: SimulatedTag[] = [];
    let heard = Buffer.alloc(0);
    let working: Timer | undefined;

    const wire = cable({
      onBytes(chunk) {
        if (working !== undefined) return;
        heard = Buffer.concat([heard, chunk]).subarray(-600);
        const from = heard.indexOf(0xfa);
        if (from > 0) heard = heard.subarray(from);
        if (from < 0 || heard.length < 2 || heard.length < heard[1]! + 1) return;
        const frame = heard.subarray(0, heard[1]! + 1);
        heard = heard.subarray(frame.length);
        if (frame.length < 6 || crcOf(frame.subarray(1)) !== 0) return;
        const control = frame[3]!;
        const { bytes, radioMs = 2 } = control === 0xc0 ? resync() : answer(frame.subarray(4, -2));
        const reply = framed([0x01, control === 0xc0 ? 0xe0 : control & 0x40, ...bytes]);
        working = clock.after(radioMs + (reply.length * 11_000) / baudRate, () => {
          working = undefined;
          wire.send(reply);
        });
      },
      onUnplugged() {
        working?.cancel();
        working = undefined;
        heard = Buffer.alloc(0);
      },
    });
    const resync = (): Answer => {
      connected.clear();
      return { bytes: [] };
    };
    const answer = (information: Uint8Array): Answer => {
      const [command = 0] = information;
      const fault = (code: number): Answer => ({ bytes: [command, code & 0xff, code >> 8], radioMs: 20 });
      switch (command) {
        case 0x31:
          return inventory(information[1]!);
        case 0x32: {
          const uid = Buffer.from(information.slice(6, 14)).reverse().toString('hex').toUpperCase();
          if (information[2] !== 1 || information[5] !== 1 || field.find(uid) === undefined) return fault(0x420);
          connected.set(1, uid);
          return { bytes: [command, 0, 0, 1], radioMs: 5 };
        }
        case 0x33:
          connected.delete(information[1]!);
          return { bytes: [command, 0, 0] };
        case 0x34: {
          const tag = field.find(connected.get(information[1]!) ?? '');
          if (!connected.has(information[1]!)) return fault(0x415);
          if (tag === undefined) return fault(0x420);
          const { bytes, radioMs = 5 } = operate(tag, information.subarray(3, 3 + information[2]!));
          return { bytes: [command, 0, 0, bytes.length, ...bytes], radioMs };
        }
        default:
          return fault(0x103);
      }
    };
    const inventory = (flags: number): Answer => {
      if ((flags & 0x08) === 0) buffered = [...field.list()];
      const total = buffered.length;
      const part = buffered.splice(0, reportsPerAnswer).filter(({ uid }) => field.find(uid) !== undefined);
      const reports = part.flatMap(({ uid }) => [0x0e, 1, 1, 9, ...Buffer.from(uid, 'hex').reverse(), 0]);
      const stopped = buffered.length > 0 ? 1 : 0;
      return { bytes: [0x31, 0, 0, stopped, total & 0xff, total >> 8, part.length, ...reports], radioMs: 15 + part.length * tagMs };
    };
    return {
      plug: wire.plug,
      unplug: wire.unplug,
      field,
      act: field.act,
      close() {
        working?.cancel();
        wire.unplug();
      },
    };
  },
});

/** `CODE[2] …` to `CODE[2] DONE …`; a failure carries a code of two bytes. */
function operate(tag: SimulatedTag, operation: Uint8Array): Answer {
  const code = operation[0]! + operation[1]! * 256;
  const done = (...data: number[]): number[] => [operation[0]!, operation[1]!, 1, ...data];
  const failed = (error: number): Answer => ({ bytes: [operation[0]!, operation[1]!, 0, error & 0xff, error >> 8] });
  const blockCount = tag.memory.length / tag.blockBytes;
  const number = (at: number): number => operation[at]! + operation[at + 1]! * 256;
  switch (code) {
    case 0x0a:
      return {
        bytes: done(0x0f, ...Buffer.from(tag.uid, 'hex').reverse(), tag.dsfid, tag.afi, blockCount - 1, tag.blockBytes - 1, 0x01),
      };
    case 0x03: {
      const [first, count] = [number(3), number(5)];
      if (first + count > blockCount) return failed(0x41c);
      const data = tag.memory.subarray(first * tag.blockBytes, (first + count) * tag.blockBytes);
      return { bytes: done(count & 0xff, count >> 8, ...data), radioMs: 5 + count };
    }
    case 0x04: {
      const [first, count] = [number(2), number(4)];
      if (operation.length !== 6 + count * tag.blockBytes) return failed(0x00b);
      for (let block = first; block < first + count; block += 1) if (block >= blockCount || tag.locked.has(block)) return failed(0x41b);
      tag.memory.set(operation.subarray(6), first * tag.blockBytes);
      return { bytes: done(), radioMs: 5 + count * 8 };
    }
    case 0x06:
      tag.afi = operation[2]!;
      return { bytes: done(), radioMs: 12 };
    default:
      return failed(0x003);
  }
}

function framed(body: readonly number[]): Buffer {
  const bytes = Buffer.from([body.length + 3, ...body]);
  const crc = crcOf(bytes);
  return Buffer.from([0xfa, ...bytes, crc & 0xff, crc >> 8]);
}

/** Over everything but the start byte: start value FFFF, polynomial 8408, backward. Over a frame with its own CRC it is 0. */
function crcOf(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >> 1) ^ 0x8408 : crc >> 1;
  }
  return crc;
}
