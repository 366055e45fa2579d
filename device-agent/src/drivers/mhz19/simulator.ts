/** An MH-Z19B as its manual describes it: silent until asked; while it preheats it answers with a fixed value. */
import type { Timer } from '@tramhoc/base/clock';
import { z } from 'zod';
import { cable, defineSimulator, type Simulator } from '../simulator.ts';

/** Captured from a real MH-Z19B. Source: github avaldebe/PyPMS, tests/captured_data/MHZ19B.hexdump at 45c3bf0 (MIT). */
export const recordedAnswer = 'ff86027c42000000ba';

export type Co2Sensor = Simulator & {
  setCo2(ppm: number): void;
  /** Answers with what was captured from a real sensor. */
  play(): void;
  /** Says nothing until `powerCycle`. */
  powerOff(): void;
  /** Power off and on: preheats from the beginning. */
  powerCycle(): void;
};

const Options = z.strictObject({
  preheatMs: z.coerce.number().min(0).default(180_000),
  /** What it says meanwhile: 400, 410, 500, 505, 5000 or others, depending on the model. */
  preheatPpm: z.coerce.number().int().min(0).max(0xffff).default(410),
});

export const mhz19Simulator = defineSimulator<Co2Sensor, z.infer<typeof Options>>({
  kind: 'mhz19',
  usage: [
    'co2 850       850 ppm',
    'recorded      answer as a real sensor did',
    'power-off     no power until power-cycle',
    'power-cycle   preheat again',
  ],
  optionsSchema: Options,
  build({ clock }, { preheatMs, preheatPpm }) {
    let ppm = 600;
    let recorded = false;
    let powered = true;
    let preheating = true;
    let preheated: Timer | undefined;
    let heard = Buffer.alloc(0);
    const wire = cable({
      onBytes(chunk) {
        heard = Buffer.concat([heard, chunk]).subarray(-64);
        for (let at = heard.indexOf(0xff); at >= 0 && heard.length - at >= 9; at = heard.indexOf(0xff)) {
          const request = heard.subarray(at, at + 9);
          const whole = request[8] === checkByte(request);
          heard = heard.subarray(at + (whole ? 9 : 1));
          if (whole && powered && request[1] === 0x01 && request[2] === 0x86) answer();
        }
      },
    });
    const answer = (): void => {
      const bytes = Buffer.from([0xff, 0x86, 0, 0, 0x42, 0, 0, 0, 0]);
      bytes.writeUInt16BE(preheating ? preheatPpm : ppm, 2);
      bytes[8] = checkByte(bytes);
      wire.send(recorded ? Buffer.from(recordedAnswer, 'hex') : bytes);
    };
    const powerCycle = (): void => {
      preheated?.cancel();
      powered = true;
      preheating = preheatMs > 0;
      preheated = clock.after(preheatMs, () => {
        preheating = false;
      });
    };
    powerCycle();
    const sensor: Co2Sensor = {
      plug: wire.plug,
      unplug: wire.unplug,
      setCo2(next) {
        ppm = next;
        recorded = false;
      },
      play() {
        recorded = true;
      },
      powerOff() {
        powered = false;
      },
      powerCycle,
      act: (line) => actOn(sensor, line),
      close() {
        preheated?.cancel();
        wire.unplug();
      },
    };
    return sensor;
  },
});

function actOn(sensor: Co2Sensor, line: string): string | undefined {
  const [verb = '', value = ''] = line.trim().split(/\s+/);
  if (verb === 'recorded') sensor.play();
  else if (verb === 'power-off') sensor.powerOff();
  else if (verb === 'power-cycle') sensor.powerCycle();
  else if (verb !== 'co2' || !/^\d{1,5}$/.test(value) || Number(value) > 0xffff)
    return 'type: co2 <ppm 0..65535>, recorded, power-off, or power-cycle';
  else sensor.setCo2(Number(value));
  return undefined;
}

/** Manual, checksum: invert the low byte of the sum of bytes 1 to 7, and add one. */
function checkByte(frame: Uint8Array): number {
  let sum = 0;
  for (let at = 1; at < 8; at += 1) sum += frame[at]!;
  return (0xff - (sum & 0xff) + 1) & 0xff;
}
