/** An LLRP reader as LLRP 1.0.1 describes it: one client at a time, one reading spec, reports of what is in its field, signs of life. */
import type { Timer } from '@tramhoc/base/clock';
import { z } from 'zod';
import { cable, defineSimulator, type Simulator } from '../simulator.ts';

export type LlrpReader = Simulator & {
  put(epc: string, antenna?: number): void;
  take(epc: string): void;
  /** Says that it closes the connection, and does. */
  restart(): void;
  /** Hangs: says nothing any more. */
  hang(): void;
};

const Options = z.strictObject({
  /** Each tag is read again after so long. */
  readEveryMs: z.coerce.number().min(10).default(200),
  /** Result of connection attempts: 0 lets in, 2 another client is there. */
  attempt: z.coerce.number().int().min(0).max(4).default(0),
  /** Message types that are answered with an error, e.g. 20. */
  refuses: z.coerce.number().int().min(0).default(0),
});

const maxTags = 500;

export const llrpSimulator = defineSimulator<LlrpReader, z.infer<typeof Options>>({
  kind: 'llrp',
  usage: [
    'put 300833B2DDD906C000000000   hold a tag into the field',
    'take 300833B2DDD906C000000000  take it away',
    'pile 30                        hold so many tags into it',
    'restart                        close the connection as a restarting reader does',
  ],
  optionsSchema: Options,
  build({ clock }, { readEveryMs, attempt, refuses }) {
    const field = new Map<string, number>();
    let heard = Buffer.alloc(0);
    let timers: Timer[] = [];
    let roSpec: { antennas: number[]; running: boolean } | undefined;
    let eventId = 1;
    let hanging = false;

    const say = (type: number, id: number, body: readonly number[]): void => {
      if (hanging) return;
      const message = Buffer.alloc(10 + body.length);
      message.writeUInt16BE(0x0400 | type);
      message.writeUInt32BE(message.length, 2);
      message.writeUInt32BE(id, 6);
      message.set(body, 10);
      wire.send(message);
    };
    const event = (body: readonly number[]): void =>
      say(63, eventId++, tlv(246, [...tlv(128, [0, 5, 0xac, 0x35, 0xbd, 0x20, 0xd1, 0xda]), ...body]));
    const wire = cable({
      onBytes(chunk) {
        heard = Buffer.concat([heard, chunk]);
        while (heard.length >= 10 && heard.length >= heard.readUInt32BE(2)) {
          const size = heard.readUInt32BE(2);
          if (size < 10 || size > 10_000) {
            heard = Buffer.alloc(0);
            return;
          }
          const message = heard.subarray(0, size);
          heard = heard.subarray(size);
          answer(message.readUInt16BE(0) & 0x3ff, message.readUInt32BE(6), message.subarray(10));
        }
      },
      onUnplugged: () => rest(),
    });
    const rest = (): void => {
      for (const timer of timers) timer.cancel();
      timers = [];
      heard = Buffer.alloc(0);
    };
    const repeat = (everyMs: number, work: () => void): void => {
      const timer = clock.after(everyMs, () => {
        timers = timers.filter((other) => other !== timer);
        repeat(everyMs, work);
        work();
      });
      timers.push(timer);
    };
    const report = (): void => {
      if (roSpec?.running !== true) return;
      for (const [epc, antenna] of field) {
        if (!roSpec.antennas.includes(0) && !roSpec.antennas.includes(antenna)) continue;
        const bytes = Buffer.from(epc, 'hex');
        const data = bytes.length === 12 ? [0x8d, ...bytes] : tlv(241, [(bytes.length * 8) >> 8, (bytes.length * 8) & 0xff, ...bytes]);
        say(61, eventId++, tlv(240, [...data, 0x81, antenna >> 8, antenna & 0xff, 0x86, 0xce]));
      }
    };
    const answer = (type: number, id: number, body: Buffer): void => {
      if (type === 72) return;
      if (type === refuses) {
        say(type + 10, id, status(101, 'not here'));
        return;
      }
      switch (type) {
        case 1:
          // four antennas, maker and model of nobody
          say(11, id, [...status(0), ...tlv(137, [0, 4, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 1, 0, 3, 0x31, 0x2e, 0x30])]);
          break;
        case 3:
          if (body.length >= 10 && body[5] === 1) repeat(body.readUInt32BE(6), () => say(62, eventId++, []));
          say(13, id, status(0));
          break;
        case 41:
          say(51, id, status(0));
          break;
        case 21:
          roSpec = undefined;
          say(31, id, status(0));
          break;
        case 20: {
          const taken = roSpec !== undefined;
          roSpec ??= { antennas: antennasOf(body), running: false };
          say(30, id, taken ? status(101, 'there is one') : status(0));
          break;
        }
        case 24:
          if (roSpec !== undefined) roSpec.running = true;
          say(34, id, roSpec === undefined ? status(101, 'there is none') : status(0));
          break;
        case 14:
          say(4, id, status(0));
          wire.unplug();
          break;
        default:
          say(100, id, status(109, 'unsupported message'));
      }
    };
    const put = (epc: string, antenna = 1): void => {
      if (field.size < maxTags || field.has(epc)) field.set(epc, antenna);
    };
    const restart = (): void => {
      event(tlv(257, []));
      wire.unplug();
    };
    return {
      plug(link) {
        wire.plug(link);
        roSpec = undefined;
        event(tlv(256, [0, attempt]));
        if (attempt === 0) repeat(readEveryMs, report);
        else wire.unplug();
      },
      unplug: wire.unplug,
      put,
      take: (epc) => void field.delete(epc),
      restart,
      hang() {
        hanging = true;
      },
      act(line) {
        const [verb = '', value = ''] = line.trim().split(/\s+/);
        const epc = value.toUpperCase();
        if (verb === 'restart') restart();
        else if (verb === 'pile' && /^\d{1,3}$/.test(value))
          for (let n = 1; n <= Math.min(Number(value), maxTags); n += 1) put(simulatedEpc(n));
        else if (!/^(?:[0-9A-F]{4}){2,31}$/.test(epc))
          return 'type: put or take with an EPC of 8 to 124 hex digits, pile <count>, or restart';
        else if (verb === 'put') put(epc);
        else if (verb === 'take') field.delete(epc);
        else return 'type: put, take, pile or restart';
        return undefined;
      },
      close() {
        rest();
        wire.unplug();
      },
    };
  },
});

/** EPCs of 96 bits. */
export function simulatedEpc(n: number): string {
  return `3005FB63AC1F3841${n.toString(16).toUpperCase().padStart(8, '0')}`;
}

/** ROSpec 177 {id, priority, state, boundary 178, antenna spec 183 {count, antennas}}. */
function antennasOf(body: Buffer): number[] {
  const boundaryBytes = body.readUInt16BE(12);
  const at = 10 + boundaryBytes + 4;
  return Array.from({ length: body.readUInt16BE(at) }, (_, index) => body.readUInt16BE(at + 2 + index * 2));
}

function status(code: number, text = ''): number[] {
  return tlv(287, [code >> 8, code & 0xff, 0, text.length, ...Buffer.from(text)]);
}

function tlv(type: number, body: readonly number[]): number[] {
  const size = body.length + 4;
  return [type >> 8, type & 0xff, size >> 8, size & 0xff, ...body];
}
