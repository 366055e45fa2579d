/** A 3M pad as the sources in README.md describe it. It ignores what it is told while it works. */
import type { Timer } from '@tramhoc/base/clock';
import { z } from 'zod';
import { type TagField, tagField, tagUsage } from '../simulated-tags.ts';
import { cable, defineSimulator, type Simulator } from '../simulator.ts';

export type ThreemPad = Simulator & {
  readonly field: TagField;
  /** The next so many commands to a tag miss it (error 06). */
  miss(count: number): void;
  /** The next so many inventories fail with this error. */
  fail(error: number, count: number): void;
};

const Options = z.strictObject({
  model: z.enum(['810', '210']).default('810'),
  /** Radio time of one tag during an inventory. */
  tagMs: z.coerce.number().min(0).default(12),
});

/** 19200 8N1. */
const byteMs = 10_000 / 19_200;

export const threem210Simulator = defineSimulator<ThreemPad, z.infer<typeof Options>>({
  kind: 'threem-210',
  usage: tagUsage,
  optionsSchema: Options,
  build({ clock }, { model, tagMs }) {
    const field = tagField();
    let missed = 0;
    let failing = { error: 0, count: 0 };
    let heard = Buffer.alloc(0);
    let working: Timer | undefined;
    const wire = cable({
      onBytes(chunk) {
        if (working !== undefined) return;
        heard = Buffer.concat([heard, chunk]).subarray(-600);
        while (heard.length > 0 && heard[0] !== 0xd5 && heard[0] !== 0xd6) heard = heard.subarray(1);
        if (heard.length < 3 || heard.length < 3 + heard.readUInt16BE(1)) return;
        const frame = heard.subarray(0, 3 + heard.readUInt16BE(1));
        heard = heard.subarray(frame.length);
        if (bcc(frame.subarray(1, -2)) !== frame.readUInt16BE(frame.length - 2)) return;
        const said = answer(frame.subarray(3, -2));
        if (said === undefined) return;
        const body = Buffer.from([0, 0, ...said.bytes]);
        body.writeUInt16BE(said.bytes.length + 2);
        const check = bcc(body);
        const reply = Buffer.from([frame[0]!, ...body, check >> 8, check & 0xff]);
        working = clock.after((said.radioMs ?? 2) + reply.length * byteMs, () => {
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
    const answer = (content: Buffer): { bytes: number[]; radioMs?: number } | undefined => {
      const command = content[0]!;
      if (content.equals(Buffer.from([0x04, 0x00, 0x11]))) return { bytes: [0x04, 0x00, 0x11, 0x0a, 0x05, 0x00, 0x02] };
      if (command === 0x13) return { bytes: [0x13, 0x00, 0x02, 0x01, 0x01, 0x03, 0x02, 0x02, 0x03, 0x00] };
      if (command === 0xfe) {
        if (failing.count > 0) {
          failing.count -= 1;
          return { bytes: [0xfe, failing.error], radioMs: 20 };
        }
        const tags = field.list().slice(0, 255);
        const entries = tags.flatMap(({ uid, dsfid }) => [...(content[2] === 0x07 ? [dsfid] : []), ...Buffer.from(uid, 'hex')]);
        return { bytes: [0xfe, 0, 0, content[2]!, tags.length, ...entries], radioMs: 20 + tags.length * tagMs };
      }
      const tag = field.find(content.subarray(1, 9).toString('hex').toUpperCase());
      const fault = { bytes: [command, 0x06], radioMs: 30 };
      if (tag === undefined) return fault;
      if (missed > 0) {
        missed -= 1;
        return fault;
      }
      const ok = [command, 0x00, ...content.subarray(1, 9)];
      const [first = 0, count = 0] = content.subarray(9);
      const there = first + count <= tag.memory.length / 4;
      const numbers = Array.from({ length: count }, (_, at) => first + at);
      switch (command) {
        case 0x02: {
          if (!there) return fault;
          const blocks = numbers.flatMap((block) => [
            ...(model === '810' ? [block & 0xff, block >> 8] : []),
            ...tag.memory.subarray(block * 4, block * 4 + 4),
          ]);
          return { bytes: [...ok, ...(model === '810' ? [count] : [first, count]), ...blocks], radioMs: 5 + count };
        }
        case 0x04:
          if (!there || numbers.some((block) => tag.locked.has(block)) || content.length !== 12 + count * 4) return fault;
          tag.memory.set(content.subarray(12), first * 4);
          return { bytes: [...ok, count], radioMs: 5 + count * 8 };
        case 0x09:
          tag.afi = content[9]!;
          return { bytes: ok, radioMs: 12 };
        case 0x0a:
          return { bytes: [...ok, tag.afi], radioMs: 6 };
        default:
          return { bytes: [command, 0x01] };
      }
    };
    return {
      plug: wire.plug,
      unplug: wire.unplug,
      field,
      act: field.act,
      miss(count) {
        missed = count;
      },
      fail(error, count) {
        failing = { error, count };
      },
      close() {
        working?.cancel();
        wire.unplug();
      },
    };
  },
});

/** Section BCC of the specification: CCITT polynomial 1021, start FFFF, inverted at the end, over everything after the start byte. */
function bcc(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000) === 0 ? (crc << 1) & 0xffff : ((crc << 1) ^ 0x1021) & 0xffff;
  }
  return crc ^ 0xffff;
}
