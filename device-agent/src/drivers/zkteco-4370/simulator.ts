/**
 * A ZKTeco terminal on port 4370 with people, a log and a clock. Written from zk-protocol and pyzk (see README.md), not from our codec. It counts every
 * command that would delete or change something.
 */
import type { Timer } from '@tramhoc/base/clock';
import { z } from 'zod';
import { cable, defineSimulator, type Simulator } from '../simulator.ts';

export type PullTerminal = Simulator & {
  punch(pin: string, how?: { state?: number; verify?: number }): void;
  /** Somebody is taken out of its list; who is new gets the first place that is free. */
  remove(pin: string): void;
  /** It does not tell who its people are. */
  hidePeople(hidden: boolean): void;
  /** Somebody empties the log at the terminal itself. */
  clearLog(): void;
  /** What was asked of it, by number. */
  asked(): readonly number[];
};

const flag = z.stringbool().or(z.boolean()).default(false);
const Options = z.strictObject({
  serial: z.string().default('0316144680030'),
  /** Of the firmware: 40 on color screens, 16 and 8 on older ones. */
  recordBytes: z.coerce
    .number()
    .pipe(z.union([z.literal(8), z.literal(16), z.literal(40)]))
    .default(40),
  /** The link carries datagrams. */
  udp: flag,
  password: z.coerce.number().int().min(0).default(0),
  /** Firmware without the buffer commands. */
  old: flag,
  /** How long it gathers its log or its people before it answers; it hears nothing else meanwhile. */
  prepareMs: z.coerce.number().min(0).default(0),
  /** Of its line; 0: as fast as it can. */
  bytesPerS: z.coerce.number().min(0).default(0),
  /** Minutes from UTC of its own clock. */
  utcOffsetMinutes: z.coerce.number().int().default(420),
});
type Options = z.infer<typeof Options>;
type Entry = { pin: string; place: number; time: Date; verify: number; state: number };

/** A real one needs about so long for each packet; clients in the field cannot take two at once. */
const paceMs = 5;
const smallBytes = 1_024;
const datagramBytes = 1_024;
/** A packet on a slow line comes in such parts. */
const segmentBytes = 1_460;

export const zkteco4370Simulator = defineSimulator<PullTerminal, Options>({
  kind: 'zkteco-4370',
  usage: [
    'punch 1023        somebody with this number puts a finger on it',
    'punch 1023 out    and leaves',
    'remove 1023       somebody is taken out of its list',
    'clear             somebody empties its log',
  ],
  optionsSchema: Options,
  build({ clock, random }, options) {
    const log: Entry[] = [];
    /** By place, from 1. */
    const people: (string | undefined)[] = [];
    let peopleHidden = false;
    const asked: number[] = [];
    let input: Buffer = Buffer.alloc(0);
    let session = 0;
    let welcome = false;
    let wantsEvents = false;
    let buffered: Buffer = Buffer.alloc(0);
    let freeAtMs = 0;
    const outgoing = new Set<Timer>();
    const localNow = (): Date => new Date(clock.wallMs() + options.utcOffsetMinutes * 60_000);
    const send = (
      command: number,
      { reply, data = Buffer.alloc(0), tag = session }: { reply: number; data?: Buffer; tag?: number },
    ): void => {
      const bytes = packet({ command, session: tag, reply, data }, options.udp);
      work(paceMs);
      const step = options.udp || options.bytesPerS === 0 ? bytes.length : segmentBytes;
      for (let at = 0; at < bytes.length; at += step) {
        const part = bytes.subarray(at, at + step);
        if (options.bytesPerS > 0) work((part.length / options.bytesPerS) * 1_000);
        const timer = clock.after(freeAtMs - clock.monotonicMs(), () => {
          outgoing.delete(timer);
          wire.send(part);
        });
        outgoing.add(timer);
      }
    };
    /** One thing after the other. */
    const work = (ms: number): void => {
      freeAtMs = Math.max(freeAtMs, clock.monotonicMs()) + ms;
    };
    const transfer = (reply: number, data: Buffer): void => {
      const size = Buffer.alloc(8);
      size.writeUInt32LE(data.length, 0);
      size.writeUInt32LE(0x1000, 4);
      send(1500, { reply, data: size });
      const step = options.udp ? datagramBytes : data.length;
      for (let at = 0; at < data.length; at += step) send(1501, { reply, data: data.subarray(at, at + step) });
      send(2000, { reply });
    };
    const table = (what: number): Buffer => {
      const rows =
        what === 13
          ? log.map((entry) => recordOf(entry, options.recordBytes))
          : people.flatMap((pin, at) => (pin === undefined ? [] : [userOf(pin, at, options.recordBytes)]));
      const body = Buffer.concat(rows);
      const head = Buffer.alloc(4);
      head.writeUInt32LE(body.length, 0);
      return Buffer.concat([head, body]);
    };
    const prepare = (reply: number, data: Buffer): void => {
      buffered = table(data.readUInt16LE(1));
      if (!options.old) work(options.prepareMs);
      const stat = Buffer.alloc(13);
      stat.writeUInt32LE(buffered.length, 1);
      stat.writeUInt32LE(buffered.length, 5);
      if (options.old || (peopleHidden && data.readUInt16LE(1) === 9)) send(2001, { reply });
      else if (buffered.length <= smallBytes) send(1501, { reply, data: buffered });
      else send(2000, { reply, data: stat });
    };
    const counts = (): Buffer => {
      const status = Buffer.alloc(92);
      status.writeUInt32LE(people.filter((pin) => pin !== undefined).length, 16);
      status.writeUInt32LE(log.length, 32);
      status.writeUInt32LE(100_000, 64);
      return status;
    };

    const answers: Record<number, (reply: number, data: Buffer) => void> = {
      1001: (reply) => {
        welcome = wantsEvents = false;
        send(2000, { reply });
      },
      9(reply, data) {
        if (!options.old || peopleHidden || data[0] !== 5) return send(2001, { reply });
        work(options.prepareMs);
        transfer(reply, table(9));
      },
      11: (reply, data) => {
        const name = data.toString('latin1').replace(/\0.*$/s, '');
        send(2000, { reply, data: Buffer.from(`${name}=${name === '~SerialNumber' ? options.serial : '1'}\0`) });
      },
      13(reply) {
        work(options.prepareMs);
        transfer(reply, table(13));
      },
      50: (reply) => send(2000, { reply, data: counts() }),
      201: (reply) => send(2000, { reply, data: uint32(encodedTime(localNow())) }),
      500: (reply) => {
        wantsEvents = true;
        send(2000, { reply });
      },
      1502: (reply) => send(2000, { reply }),
      1503: prepare,
      1504: (reply, data) => transfer(reply, buffered.subarray(data.readUInt32LE(0), data.readUInt32LE(0) + data.readUInt32LE(4))),
    };
    const hear = (bytes: Buffer): void => {
      if (bytes.length < 8) return;
      const [command, reply, data] = [bytes.readUInt16LE(0), bytes.readUInt16LE(6), bytes.subarray(8)];
      if (command === 2000) return;
      asked.push(command);
      if (command === 1000) {
        session = Buffer.from(random.bytes(2)).readUInt16LE(0);
        welcome = options.password === 0;
        send(welcome ? 2000 : 2005, { reply });
      } else if (command === 1102) {
        welcome = data.equals(keyProof(options.password, session));
        send(welcome ? 2000 : 2005, { reply });
      } else if (!welcome) send(2005, { reply });
      else (answers[command] ?? (() => send(0xffff, { reply })))(reply, data);
    };
    const wire = cable({
      onBytes(chunk) {
        if (options.udp) return hear(Buffer.from(chunk));
        input = Buffer.concat([input, chunk]);
        // what does not begin as a packet does is not for it
        if (input.length >= 4 && input.readUInt32BE(0) !== 0x5050827d) input = Buffer.alloc(0);
        while (input.length >= 8 && input.length >= 8 + input.readUInt32LE(4)) {
          const end = 8 + input.readUInt32LE(4);
          hear(input.subarray(8, end));
          input = input.subarray(end);
        }
      },
      onUnplugged() {
        input = Buffer.alloc(0);
        welcome = wantsEvents = false;
        freeAtMs = 0;
        for (const timer of outgoing) timer.cancel();
        outgoing.clear();
      },
    });
    const punch: PullTerminal['punch'] = (pin, { state = 0, verify = 1 } = {}) => {
      const free = people.indexOf(undefined);
      if (!people.includes(pin)) people[free < 0 ? people.length : free] = pin;
      const entry = { pin, place: people.indexOf(pin) + 1, time: localNow(), verify, state };
      log.push(entry);
      if (wantsEvents && welcome) send(500, { reply: 0, tag: 1, data: eventOf(entry, options.recordBytes) });
    };
    const remove = (pin: string): void => {
      if (people.includes(pin)) people[people.indexOf(pin)] = undefined;
    };
    return {
      plug: wire.plug,
      unplug: wire.unplug,
      punch,
      remove,
      hidePeople(hidden) {
        peopleHidden = hidden;
      },
      clearLog: () => void log.splice(0),
      asked: () => asked,
      act(line) {
        if (line.trim() === 'clear') {
          log.splice(0);
          return undefined;
        }
        const leaver = /^remove\s+([0-9A-Za-z]{1,24})$/.exec(line.trim())?.[1];
        if (leaver !== undefined) {
          remove(leaver);
          return undefined;
        }
        const match = /^punch\s+([0-9A-Za-z]{1,24})(?:\s+(in|out))?$/.exec(line.trim());
        if (match === null) return 'type: punch <number> [in|out], remove <number>, or clear';
        punch(match[1]!, { state: match[2] === 'out' ? 1 : 0 });
        return undefined;
      },
      close: wire.unplug,
    };
  },
});

type Inside = { command: number; session: number; reply: number; data: Buffer };

function packet({ command, session, reply, data }: Inside, udp: boolean): Buffer {
  const inner = Buffer.alloc(8 + data.length + (data.length % 2));
  inner.writeUInt16LE(command, 0);
  inner.writeUInt16LE(session, 4);
  inner.writeUInt16LE(reply, 6);
  data.copy(inner, 8);
  let sum = 0;
  for (let at = 0; at < inner.length; at += 2) sum += inner.readUInt16LE(at);
  sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  inner.writeUInt16LE(sum ^ 0xffff, 2);
  const bytes = inner.subarray(0, 8 + data.length);
  if (udp) return bytes;
  const head = Buffer.from([0x50, 0x50, 0x82, 0x7d, 0, 0, 0, 0]);
  head.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([head, bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value, 0);
  return bytes;
}

/** The wall time is in the UTC fields of `time`. */
function encodedTime(time: Date): number {
  const days = ((time.getUTCFullYear() - 2000) * 12 + time.getUTCMonth()) * 31 + time.getUTCDate() - 1;
  return days * 86_400 + (time.getUTCHours() * 60 + time.getUTCMinutes()) * 60 + time.getUTCSeconds();
}

function recordOf({ pin, place, time, verify, state }: Entry, size: 8 | 16 | 40): Buffer {
  const bytes = Buffer.alloc(size);
  if (size === 40) {
    bytes.writeUInt16LE(place, 0);
    bytes.write(pin, 2, 24, 'latin1');
    bytes.writeUInt8(verify, 26);
    bytes.writeUInt32LE(encodedTime(time), 27);
    bytes.writeUInt8(state, 31);
    bytes.writeUInt8(0xff, 36);
  } else if (size === 16) {
    bytes.writeUInt32LE(Number(pin), 0);
    bytes.writeUInt32LE(encodedTime(time), 4);
    bytes.writeUInt8(verify, 8);
    bytes.writeUInt8(state, 9);
  } else {
    bytes.writeUInt16LE(place, 0);
    bytes.writeUInt8(verify, 2);
    bytes.writeUInt32LE(encodedTime(time), 3);
    bytes.writeUInt8(state, 7);
  }
  return bytes;
}

function userOf(pin: string, at: number, recordBytes: number): Buffer {
  const bytes = Buffer.alloc(recordBytes === 40 ? 72 : 28);
  bytes.writeUInt16LE(at + 1, 0);
  if (recordBytes === 40) bytes.write(pin, 48, 24, 'latin1');
  else bytes.writeUInt32LE(Number(pin), 24);
  return bytes;
}

function eventOf({ pin, time, verify, state }: Entry, recordBytes: number): Buffer {
  const when = [
    time.getUTCFullYear() - 2000,
    time.getUTCMonth() + 1,
    time.getUTCDate(),
    time.getUTCHours(),
    time.getUTCMinutes(),
    time.getUTCSeconds(),
  ];
  if (recordBytes !== 40) return Buffer.concat([uint32(Number(pin)), Buffer.from([verify, state, ...when])]);
  const bytes = Buffer.alloc(32);
  bytes.write(pin, 0, 24, 'latin1');
  Buffer.from([verify, state, ...when]).copy(bytes, 24);
  return bytes;
}

/** As zkemsdk makes it: bits of the key turned round, session added, XOR "ZKSO", halves swapped, XOR 50. */
function keyProof(password: number, session: number): Buffer {
  const turned = Number.parseInt(password.toString(2).padStart(32, '0').split('').reverse().join(''), 2);
  const mixed = uint32((turned + session) % 0x1_0000_0000);
  const key = Buffer.from('ZKSO');
  const bytes = [...mixed].map((byte, at) => byte ^ key[at]!);
  return Buffer.from([bytes[2]! ^ 50, bytes[3]! ^ 50, 50, bytes[1]! ^ 50]);
}
