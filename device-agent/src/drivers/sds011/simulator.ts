/** A Nova dust sensor as its control protocol describes it: one frame a second; query mode, working periods and sleep survive or end as written there. */
import type { Timer } from '@tramhoc/base/clock';
import { z } from 'zod';
import { cable, defineSimulator, type Simulator } from '../simulator.ts';

/** Captured from real sensors. Source: github avaldebe/PyPMS, tests/captured_data/{SDS01x,SDS198}.hexdump at 45c3bf0 (MIT). */
export const recordedFrames = {
  sds011: ['aac00600060058d93dab', 'aac00900090058d943ab', 'aac00900090058d943ab'],
  sds198: ['aacf0e001000e9050cab', 'aacf0e001300e9050fab'],
} as const;

export type DustSensor = Simulator & {
  /** µg/m³; PM100 is `coarse`. */
  setDust(dust: { fine: number; coarse: number }): void;
  play(): void;
  /** As another program may have left it. A working period is half a minute of frames, then silence for the rest of the minutes. */
  sleep(): void;
  goQuery(): void;
  setWorkingPeriod(minutes: number): void;
};

const Options = z.strictObject({
  model: z.enum(['sds011', 'sds198']).default('sds011'),
  frameEveryMs: z.coerce.number().min(200).max(5_000).default(1_000),
});
type Options = z.infer<typeof Options>;

export const sds011Simulator = defineSimulator<DustSensor, Options>({
  kind: 'sds011',
  usage: [
    'dust 12.5 30   PM2.5 and PM10 in µg/m³ (sds198: the second is PM100)',
    'recorded       play frames captured from a real sensor',
    'sleep          fall asleep until the host says "work"',
    'query          send only what is asked for',
    'period 5       measure for half a minute every five minutes',
  ],
  optionsSchema: Options,
  build({ clock }, { model, frameEveryMs }) {
    let dust = { fine: 8.1, coarse: 14.6 };
    let played: readonly string[] = [];
    let turn = 0;
    let asleep = false;
    let query = false;
    let periodMinutes = 0;
    let heard = Buffer.alloc(0);

    const nextFrame = (): Uint8Array =>
      played.length > 0 ? Buffer.from(played[turn++ % played.length]!, 'hex') : model === 'sds011' ? fine(dust) : coarse(dust);
    const wire = cable({
      onBytes(chunk) {
        heard = Buffer.concat([heard, chunk]).subarray(-128);
        for (let at = heard.indexOf(0xaa); at >= 0 && heard.length - at >= 19; at = heard.indexOf(0xaa)) {
          const packet = heard.subarray(at, at + 19);
          const whole = packet[1] === 0xb4 && packet[18] === 0xab && packet[17] === sum(packet.subarray(2, 17));
          heard = heard.subarray(at + (whole ? 19 : 1));
          if (whole) obey({ code: packet[2]!, set: packet[3] === 1, value: packet[4]! });
        }
      },
    });
    const obey = ({ code, set, value }: { code: number; set: boolean; value: number }): void => {
      if (asleep && !(code === 6 && value === 1)) return;
      if (code === 4) wire.send(nextFrame());
      if (code === 2 && set) query = value === 1;
      if (code === 6 && set) asleep = value === 0;
      if (code === 8 && set) periodMinutes = value;
      if (code === 2 || code === 6 || code === 8) wire.send(packet(0xc5, [code, set ? 1 : 0, value, 0]));
    };
    let timer: Timer;
    const startedMs = clock.monotonicMs();
    const pauses = (): boolean => periodMinutes > 0 && (clock.monotonicMs() - startedMs) % (periodMinutes * 60_000) >= 30_000;
    const tick = (): void => {
      timer = clock.after(frameEveryMs, tick);
      if (!asleep && !query && !pauses()) wire.send(nextFrame());
    };
    timer = clock.after(frameEveryMs, tick);
    const sensor: DustSensor = {
      plug: wire.plug,
      unplug: wire.unplug,
      setDust(next) {
        dust = next;
        played = [];
      },
      play() {
        played = recordedFrames[model];
        turn = 0;
      },
      sleep() {
        asleep = true;
      },
      goQuery() {
        query = true;
      },
      setWorkingPeriod(minutes) {
        periodMinutes = minutes;
      },
      act: (line) => actOn(sensor, line, model),
      close() {
        timer.cancel();
        wire.unplug();
      },
    };
    return sensor;
  },
});

/** µg/m³ that 16 bits hold. */
const most = { sds011: 6_553.5, sds198: 65_535 };

function actOn(sensor: DustSensor, line: string, model: Options['model']): string | undefined {
  const [verb = '', ...words] = line.trim().split(/\s+/);
  const [first = Number.NaN, second = Number.NaN] = words.map(Number);
  if (verb === 'recorded') sensor.play();
  else if (verb === 'sleep') sensor.sleep();
  else if (verb === 'query') sensor.goQuery();
  else if (verb === 'period' && first >= 0 && first <= 30) sensor.setWorkingPeriod(first);
  else if (verb === 'dust' && first >= 0 && first <= most.sds011 && second >= 0 && second <= most[model])
    sensor.setDust({ fine: first, coarse: second });
  else
    return `type: dust <PM2.5> <${model === 'sds011' ? 'PM10' : 'PM100'}> (0..${most.sds011} and 0..${most[model]}), recorded, sleep, query, or period <minutes 0..30>`;
  return undefined;
}

/** Control protocol, command 4: PM2.5 and PM10 in tenths, low byte first. */
function fine(dust: { fine: number; coarse: number }): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16LE(Math.round(dust.fine * 10), 0);
  bytes.writeUInt16LE(Math.round(dust.coarse * 10), 2);
  return packet(0xc0, [...bytes]);
}

function coarse(dust: { coarse: number }): Uint8Array {
  const bytes = Buffer.from([0x0e, 0, 0, 0]);
  bytes.writeUInt16LE(Math.round(dust.coarse), 2);
  return packet(0xcf, [...bytes]);
}

function packet(type: number, data: readonly number[]): Uint8Array {
  const body = [...data, 0x58, 0xd9];
  return Uint8Array.of(0xaa, type, ...body, sum(body), 0xab);
}

function sum(bytes: Iterable<number>): number {
  let total = 0;
  for (const byte of bytes) total = (total + byte) & 0xff;
  return total;
}
