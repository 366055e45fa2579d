/** A Plantower sensor as its manual describes it: about one frame a second, switchable to passive mode and to sleep. */
import type { Timer } from '@tramhoc/base/clock';
import { z } from 'zod';
import { cable, defineSimulator, type Simulator } from '../simulator.ts';

/** Captured from a real PMSx003. Source: github avaldebe/PyPMS, tests/captured_data/PMSx003.hexdump at 45c3bf0 (MIT). */
export const recordedFrames: readonly string[] = [
  '424d001c00000008000800000008000800d20046002d001e00000000970002c5',
  '424d001c00000007000700000007000700d20046002d001e00000000970002c1',
  '424d001c00000007000700000007000700b4003c00270018000000009700028d',
  '424d001c00000006000600000006000600b4003c001d0015000000009700027c',
];

export type SimulatedAir = { pm1: number; pm25: number; pm10: number; temperatureC?: number; humidityPct?: number };
export type AirSensor = Simulator & {
  /** µg/m³, whole numbers, as the sensor reports them under atmospheric conditions. */
  setAir(air: SimulatedAir): void;
  /** Sends captured frames (hex), one a second, over and over; what was captured if none are given. */
  play(frames?: readonly string[]): void;
  /** Leaves the sensor in passive mode, as another program may have done. */
  goPassive(): void;
};

const Options = z.strictObject({
  model: z.enum(['pms5003', 'pms5003t', 'pms5003st', 'pms3003']).default('pms5003'),
  frameEveryMs: z.coerce.number().min(200).max(5_000).default(1_000),
  recorded: z.stringbool().or(z.boolean()).default(false),
});
type Options = z.infer<typeof Options>;

export const pms5003Simulator = defineSimulator<AirSensor, Options>({
  kind: 'pms5003',
  usage: [
    'air 12 20 30           PM1, PM2.5, PM10 in µg/m³',
    'air 12 20 30 28.5 71   the same with temperature (°C) and humidity (%), model pms5003t',
    'recorded               play frames captured from a real sensor',
    'passive                fall silent until the host asks for active mode',
  ],
  optionsSchema: Options,
  build({ clock }, { model, frameEveryMs, recorded }) {
    let air: SimulatedAir = { pm1: 8, pm25: 12, pm10: 15, temperatureC: 27, humidityPct: 65 };
    let played: readonly string[] = recorded ? recordedFrames : [];
    let turn = 0;
    let mode: 'active' | 'passive' | 'asleep' = 'active';
    let heard = Buffer.alloc(0);

    const nextFrame = (): Uint8Array => (played.length > 0 ? Buffer.from(played[turn++ % played.length]!, 'hex') : frameOf(air, model));
    const wire = cable({
      onBytes(chunk) {
        heard = Buffer.concat([heard, chunk]).subarray(-64);
        for (let at = heard.indexOf('BM'); at >= 0 && heard.length - at >= 7; at = heard.indexOf('BM')) {
          const request = heard.subarray(at, at + 7);
          heard = heard.subarray(at + 7);
          if (sum(request.subarray(0, 5)) === request.readUInt16BE(5)) obey(request[2]!, request[4]!);
        }
      },
    });
    const obey = (code: number, value: number): void => {
      if (code === 0xe2 && mode === 'passive') wire.send(nextFrame());
      if (code === 0xe1) mode = value === 1 ? 'active' : 'passive';
      if (code === 0xe4) mode = value === 1 ? 'active' : 'asleep';
      if (code !== 0xe2) wire.send(closed([0x42, 0x4d, 0, 4, code, value]));
    };
    let timer: Timer;
    const tick = (): void => {
      timer = clock.after(frameEveryMs, tick);
      if (mode === 'active') wire.send(nextFrame());
    };
    timer = clock.after(frameEveryMs, tick);
    const setAir = (next: SimulatedAir): void => {
      air = { ...air, ...next };
      played = [];
    };
    const play = (frames: readonly string[] = recordedFrames): void => {
      played = frames;
      turn = 0;
    };
    const goPassive = (): void => {
      mode = 'passive';
    };
    const sensor: AirSensor = {
      plug: wire.plug,
      unplug: wire.unplug,
      setAir,
      play,
      goPassive,
      act: (line) => actOn(sensor, line),
      close() {
        timer.cancel();
        wire.unplug();
      },
    };
    return sensor;
  },
});

function actOn(sensor: AirSensor, line: string): string | undefined {
  const [verb = '', ...words] = line.trim().split(/\s+/);
  const [pm1, pm25, pm10, temperatureC, humidityPct] = words.map(Number);
  if (verb === 'recorded') sensor.play();
  else if (verb === 'passive') sensor.goPassive();
  else if (verb !== 'air') return 'type: air <PM1> <PM2.5> <PM10>, recorded, or passive';
  else if (pm1 === undefined || pm25 === undefined || pm10 === undefined || words.some((word) => Number.isNaN(Number(word))))
    return 'three numbers are needed, e.g. air 12 20 30';
  else
    sensor.setAir({
      pm1,
      pm25,
      pm10,
      ...(temperatureC !== undefined && { temperatureC }),
      ...(humidityPct !== undefined && { humidityPct }),
    });
  return undefined;
}

/** Manual, Appendix I: data 1..3 factory values (CF=1), 4..6 atmospheric values, 7..12 particle counts, 13 version. PMS5003ST: 13 formaldehyde, 14 and 15 temperature and humidity. */
function frameOf(air: SimulatedAir, model: Options['model']): Uint8Array {
  const atmospheric = [air.pm1, air.pm25, air.pm10];
  // in real captures the factory value grows faster than the atmospheric one above about 30
  const factory = atmospheric.map((value) => (value > 30 ? value * 1.5 : value));
  const counts = [air.pm1 * 180, air.pm1 * 60, air.pm25 * 6, air.pm25];
  const tail =
    model === 'pms3003'
      ? [0, 0, 0x51]
      : model === 'pms5003t'
        ? [...counts, (air.temperatureC ?? 0) * 10, (air.humidityPct ?? 0) * 10, 0x9a00]
        : model === 'pms5003st'
          ? [...counts, 0, 0, 12, (air.temperatureC ?? 0) * 10, (air.humidityPct ?? 0) * 10, 0, 0x9100]
          : [...counts, 0, 0, 0x9700];
  const words = [...factory, ...atmospheric, ...tail];
  const length = words.length * 2 + 2;
  return closed([
    0x42,
    0x4d,
    length >> 8,
    length & 0xff,
    ...words.flatMap((value) => [(Math.round(value) >> 8) & 0xff, Math.round(value) & 0xff]),
  ]);
}

function closed(bytes: readonly number[]): Uint8Array {
  const total = sum(bytes);
  return Uint8Array.of(...bytes, total >> 8, total & 0xff);
}

function sum(bytes: Iterable<number>): number {
  let total = 0;
  for (const byte of bytes) total = (total + byte) & 0xffff;
  return total;
}
