/** An SPS30 on its UART as the datasheet's chapter 5 describes it: idle until started, new values once a second, a status register. */
import { z } from 'zod';
import { cable, defineSimulator, type Simulator } from '../simulator.ts';

/** Captured from a real SPS30. Source: github avaldebe/PyPMS, tests/captured_data/SPS30.hexdump at 45c3bf0 (MIT). */
export const recordedAnswer = '7e0003002840b9c67f41036c8b411e4ae24123aa92420c5b7c422efdba4238cab3423ab2c9423afde93f4a1025d67e';

/** Bits of the status register. Fan and laser are errors, which every answer tells by bit 7 of its state; the speed is a warning. */
const faults = { none: 0, fan: 1 << 4, laser: 1 << 5, speed: 1 << 21 } as const;
export type SpsFault = keyof typeof faults;
export type ParticleSensor = Simulator & {
  /** µg/m³. */
  setAir(air: { pm1: number; pm25: number; pm10: number }): void;
  play(): void;
  setFault(fault: SpsFault): void;
  /** As another program may have left it: idle and deaf. The next byte turns its ears on for 100 ms, in which it obeys "wake up" alone. */
  sleep(): void;
  /** Power off and on: idle until started again. */
  powerCycle(): void;
};

const Options = z.strictObject({
  /** Firmware before 2.0 has no sleep, before 2.2 no status register. */
  hasStatus: z.stringbool().or(z.boolean()).default(true),
});

export const sps30Simulator = defineSimulator<ParticleSensor, z.infer<typeof Options>>({
  kind: 'sps30',
  usage: [
    'air 5 8.2 10.5        PM1, PM2.5, PM10 in µg/m³',
    'recorded              answer as a real sensor did',
    'fault fan | fault laser | fault speed | fault none   what the status register says',
    'sleep                 deaf until woken up',
    'power-cycle           forget that it was started',
  ],
  optionsSchema: Options,
  build({ clock }, { hasStatus }) {
    let air = { pm1: 5.5, pm25: 8.25, pm10: 10.5 };
    let recorded = false;
    let fault: SpsFault = 'none';
    let measuring = false;
    let asleep = false;
    let earsUntilMs = 0;
    let heard: number[] = [];

    const wire = cable({
      onBytes(chunk) {
        for (const byte of chunk) {
          if (asleep && clock.monotonicMs() >= earsUntilMs) {
            earsUntilMs = clock.monotonicMs() + 100;
            heard = [];
            continue;
          }
          if (byte !== 0x7e) {
            heard = [...heard, byte].slice(-600);
            continue;
          }
          obey(unstuffed(heard));
          heard = [];
        }
      },
    });
    const obey = (bytes: readonly number[]): void => {
      const [, command = 0, length, ...tail] = bytes;
      if (bytes.length < 4 || length !== tail.length - 1 || check(bytes.slice(0, -1)) !== bytes.at(-1)) return;
      if (asleep && command !== 0x11) return;
      if (command === 0x10 && hasStatus) {
        reply(command, measuring ? 0x43 : 0);
        if (!measuring) sensor.sleep();
      } else if (command === 0x11 && hasStatus) {
        reply(command, asleep ? 0 : 0x43);
        asleep = false;
      } else if (command === 0x00) {
        reply(command, measuring ? 0x43 : 0);
        measuring = true;
      } else if (command === 0x01) {
        reply(command, measuring ? 0 : 0x43);
        measuring = false;
      } else if (command === 0x03) {
        if (!measuring) reply(command, 0x43);
        else if (recorded) wire.send(Buffer.from(recordedAnswer, 'hex'));
        else reply(command, 0, valuesOf(air));
      } else if (command === 0xd2 && hasStatus) {
        const register = Buffer.alloc(5);
        register.writeUInt32BE(faults[fault]);
        reply(command, 0, [...register]);
      } else reply(command, 0x02);
    };
    const reply = (command: number, state: number, data: readonly number[] = []): void => {
      const flagged = hasStatus && (fault === 'fan' || fault === 'laser') ? 0x80 : 0;
      const content = [0x00, command, state | flagged, data.length, ...data];
      wire.send(Uint8Array.of(0x7e, ...[...content, check(content)].flatMap(stuffed), 0x7e));
    };
    const sensor: ParticleSensor = {
      plug: wire.plug,
      unplug: wire.unplug,
      setAir(next) {
        air = next;
        recorded = false;
      },
      play() {
        recorded = true;
      },
      setFault(next) {
        fault = next;
      },
      sleep() {
        measuring = false;
        asleep = true;
        earsUntilMs = 0;
      },
      powerCycle() {
        measuring = false;
        asleep = false;
      },
      act: (line) => actOn(sensor, line),
      close: wire.unplug,
    };
    return sensor;
  },
});

function actOn(sensor: ParticleSensor, line: string): string | undefined {
  const [verb = '', ...words] = line.trim().split(/\s+/);
  const [pm1 = Number.NaN, pm25 = Number.NaN, pm10 = Number.NaN] = words.map(Number);
  if (verb === 'recorded') sensor.play();
  else if (verb === 'sleep') sensor.sleep();
  else if (verb === 'power-cycle') sensor.powerCycle();
  else if (verb === 'fault' && Object.keys(faults).includes(words[0] ?? '')) sensor.setFault(words[0] as SpsFault);
  else if (verb === 'air' && pm1 >= 0 && pm25 >= 0 && pm10 >= 0) sensor.setAir({ pm1, pm25, pm10 });
  else return 'type: air <PM1> <PM2.5> <PM10>, recorded, fault fan|laser|speed|none, sleep, or power-cycle';
  return undefined;
}

/** Ten IEEE 754 numbers: four masses, five particle numbers, the typical size in µm. */
function valuesOf({ pm1, pm25, pm10 }: { pm1: number; pm25: number; pm10: number }): number[] {
  const bytes = Buffer.alloc(40);
  for (const [at, value] of [pm1, pm25, (pm25 + pm10) / 2, pm10, pm1 * 6, pm1 * 7.5, pm1 * 8, pm1 * 8, pm1 * 8, 0.8].entries())
    bytes.writeFloatBE(value, at * 4);
  return [...bytes];
}

/** Datasheet, SHDLC: 7E 7D 11 13 inside a frame. */
function stuffed(byte: number): number[] {
  const replacement = { 126: 0x5e, 125: 0x5d, 17: 0x31, 19: 0x33 }[byte];
  return replacement === undefined ? [byte] : [0x7d, replacement];
}

function unstuffed(bytes: readonly number[]): number[] {
  const plain: number[] = [];
  for (let at = 0; at < bytes.length; at += 1) {
    const original = bytes[at] === 0x7d ? { 94: 0x7e, 93: 0x7d, 49: 0x11, 51: 0x13 }[bytes[at + 1] ?? 0] : undefined;
    plain.push(original ?? bytes[at]!);
    if (original !== undefined) at += 1;
  }
  return plain;
}

function check(bytes: readonly number[]): number {
  let sum = 0;
  for (const byte of bytes) sum = (sum + byte) & 0xff;
  return 0xff - sum;
}
