/** A UHF reader of the Chafon kind as its manual describes it: it works on one command at a time and loses those that come meanwhile. */
import type { Timer } from '@tramhoc/base/clock';
import { z } from 'zod';
import { cable, defineSimulator, type Simulator } from '../simulator.ts';

export type UhfReader = Simulator & {
  /** EPC in hex, 4 to 62 bytes, even. */
  put(epc: string, antenna?: number): void;
  take(epc: string): void;
  /** From now on inventories at this antenna are answered with this status; undefined: as usual. */
  trouble(antenna: number, status: number | undefined): void;
};

const Options = z.strictObject({
  family: z.enum(['18', '288']).default('288'),
  /** Radio time of one tag. */
  tagMs: z.coerce.number().min(0).default(3),
  baudRate: z.coerce.number().min(9_600).default(57_600),
});

type Part = { body: number[]; radioMs: number };

/** More a portal does not hold. */
const maxTags = 500;

export const uhfReader18Simulator = defineSimulator<UhfReader, z.infer<typeof Options>>({
  kind: 'uhfreader18',
  usage: [
    'put 300833B2DDD906C000000000   hold a tag into the field',
    'take 300833B2DDD906C000000000  take it away',
    'pile 30                        hold so many tags into it',
  ],
  optionsSchema: Options,
  build({ clock }, { family, tagMs, baudRate }) {
    const field = new Map<string, number>();
    const troubled = new Map<number, number>();
    const timers = new Set<Timer>();
    let heard = Buffer.alloc(0);
    let heardAtMs = 0;
    let working = false;
    const wire = cable({
      onBytes(chunk) {
        if (working) return;
        // manual: bytes of one frame come within 15 ms; device servers and adapters add their own
        if (clock.monotonicMs() - heardAtMs > 100) heard = Buffer.alloc(0);
        heardAtMs = clock.monotonicMs();
        heard = Buffer.concat([heard, chunk]).subarray(-300);
        while (heard.length > 0 && heard[0]! < 4) heard = heard.subarray(1);
        if (heard.length === 0 || heard.length < heard[0]! + 1) return;
        const frame = heard.subarray(0, heard[0]! + 1);
        heard = heard.subarray(frame.length);
        if (crcOf(frame) === 0) send(answer(frame[2]!, frame.subarray(3, -2)));
        else heard = Buffer.alloc(0);
      },
      onUnplugged: () => rest(),
    });
    const rest = (): void => {
      for (const timer of timers) timer.cancel();
      timers.clear();
      working = false;
      heard = Buffer.alloc(0);
    };
    /** Frames one after the other, each after its radio time and the time it takes on the line. */
    const send = (parts: Part[]): void => {
      working = true;
      let atMs = 0;
      for (const [index, { body, radioMs }] of parts.entries()) {
        const bytes = framed(body);
        atMs += radioMs + (bytes.length * 10_000) / baudRate;
        const timer = clock.after(atMs, () => {
          timers.delete(timer);
          if (index === parts.length - 1) working = false;
          wire.send(bytes);
        });
        timers.add(timer);
      }
    };
    const answer = (command: number, data: Uint8Array): Part[] => {
      const newer = family === '288';
      if (command === 0x21) return [{ body: [0, 0x21, 0, 3, 7, newer ? 0x0c : 0x09, 3, 0x4e, 0, 30, 10], radioMs: 2 }];
      if (command !== 0x01) return [{ body: [0, command, 0xfe], radioMs: 1 }];
      if (newer && data.length < 9) return [{ body: [0, command, 0xfd], radioMs: 1 }];
      const antenna = newer ? data[7]! - 0x7f : 1;
      const status = troubled.get(antenna);
      if (status !== undefined) return [{ body: [0, command, status], radioMs: 1 }];
      const epcs = [...field].filter(([, at]) => !newer || at === antenna).map(([epc]) => Buffer.from(epc, 'hex'));
      const head = newer ? [1 << (antenna - 1)] : [];
      const of = (status: number, part: Buffer[]): number[] => {
        const entries = part.flatMap((epc) => [epc.length, ...epc, ...(newer ? [0x60] : [])]);
        return [0, 0x01, status, ...head, part.length, ...entries];
      };
      if (epcs.length === 0) return [{ body: newer ? of(0x01, []) : [0, 0x01, 0xfb], radioMs: 60 }];
      const parts = fitting(epcs);
      if (!newer) return parts.map((part, at) => ({ body: of(at < parts.length - 1 ? 3 : 1, part), radioMs: part.length * tagMs }));
      return [...parts.map((part) => ({ body: of(3, part), radioMs: part.length * tagMs })), { body: of(1, []), radioMs: 5 }];
    };
    const put = (epc: string, antenna = 1): void => {
      if (field.size < maxTags || field.has(epc)) field.set(epc, antenna);
    };
    return {
      plug: wire.plug,
      unplug: wire.unplug,
      put,
      take: (epc) => void field.delete(epc),
      trouble(antenna, status) {
        if (status === undefined) troubled.delete(antenna);
        else troubled.set(antenna, status);
      },
      act(line) {
        const [verb = '', value = ''] = line.trim().split(/\s+/);
        const epc = value.toUpperCase();
        if (verb === 'pile' && /^\d{1,3}$/.test(value)) for (let n = 1; n <= Math.min(Number(value), maxTags); n += 1) put(simulatedEpc(n));
        else if (!/^(?:[0-9A-F]{4}){2,31}$/.test(epc)) return 'type: put or take with an EPC of 8 to 124 hex digits, or pile <count>';
        else if (verb === 'put') put(epc);
        else if (verb === 'take') field.delete(epc);
        else return 'type: put, take or pile';
        return undefined;
      },
      close() {
        rest();
        wire.unplug();
      },
    };
  },
});

/** As many as fit into a frame of 255 bytes, with length and signal byte each. */
function fitting(epcs: readonly Buffer[]): Buffer[][] {
  const parts: Buffer[][] = [];
  let room = 0;
  for (const epc of epcs) {
    if (epc.length + 2 > room) {
      parts.push([]);
      room = 240;
    }
    parts.at(-1)!.push(epc);
    room -= epc.length + 2;
  }
  return parts;
}

/** EPCs of 96 bits. */
export function simulatedEpc(n: number): string {
  return `300833B2DDD906C0${n.toString(16).toUpperCase().padStart(8, '0')}`;
}

function framed(body: readonly number[]): Buffer {
  const bytes = Buffer.from([body.length + 2, ...body]);
  const crc = crcOf(bytes);
  return Buffer.concat([bytes, Buffer.from([crc & 0xff, crc >> 8])]);
}

/** Manual, CRC16: start value FFFF, polynomial 8408. Over a frame with its own CRC it is 0. */
function crcOf(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >> 1) ^ 0x8408 : crc >> 1;
  }
  return crc;
}
