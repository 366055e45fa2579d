/** Sensors that send by themselves: averages of their frames, nothing during warm-up, woken when they fall silent, given up when that does not help, or when nothing that they send can be true. */
import type { Duplex } from 'node:stream';
import { every } from '@tramhoc/base/clock';
import { TramError } from '@tramhoc/protocol/errors';
import type { Driver, DriverCounters, DriverDeps } from './driver.ts';
import type { Sample } from './interval-average.ts';
import { startReports } from './interval-report.ts';
import { joined, readLink } from './read-link.ts';
import type { SensorConfig } from './sensor-fields.ts';

export type StreamedSensor<Config extends SensorConfig> = {
  /**
   * Takes every whole frame out of `input`; a frame without usable values is an empty sample: it shows that the sensor lives. `refused`: it is another
   * sensor than the chosen one; what it is and what to do.
   */
  decode(input: Uint8Array, config: Config): { samples: Sample[]; rest: Uint8Array; skippedBytes: number; refused?: string };
  /** Written, one after the other, when the sensor has been silent for `silenceMs`, and at opening where the sensor waits for it. */
  wake: readonly unknown[];
  wakeAtOpening: boolean;
  /** Longer than the longest pause between two frames of a healthy sensor. After it the sensor counts as switched on anew. */
  silenceMs: number;
  /** No frame for this long in spite of being woken: DRIVER_TIMEOUT. */
  giveUpMs: number;
  /** Who it is and what to check, in words: when it is silent, and when it sends frames but nothing that may be reported. */
  checks: { who: string; silent: string; valueless: string };
};

/** Nothing reportable for this long after warm-up. */
const valuelessMs = 10 * 60_000;

export function openStreamed<Config extends SensorConfig>(
  link: Duplex,
  first: Config,
  { clock, log, emit, fail }: DriverDeps,
  sensor: StreamedSensor<Config>,
): Driver<Config> {
  const { silenceMs, giveUpMs, checks } = sensor;
  let config = first;
  let rest: Uint8Array = new Uint8Array();
  let poweredAtMs = clock.monotonicMs();
  let heardAtMs = poweredAtMs;
  let valueAtMs = poweredAtMs;
  const counters: DriverCounters = { frameCount: 0, skippedBytes: 0, timeoutCount: 0, lastFrameAtMs: undefined };
  const reports = startReports({ clock, emit, everyMs: config.reportEveryS * 1_000 });

  const take = (sample: Sample): void => {
    const nowMs = clock.monotonicMs();
    if (nowMs - heardAtMs >= silenceMs) poweredAtMs = nowMs;
    heardAtMs = nowMs;
    counters.frameCount += 1;
    counters.lastFrameAtMs = nowMs;
    if (Object.keys(sample).length > 0) valueAtMs = nowMs;
    if (nowMs - poweredAtMs >= config.warmUpS * 1_000) reports.add(sample);
  };
  const giveUp = (code: 'DRIVER_TIMEOUT' | 'DRIVER_REFUSED', message: string): void => {
    stop();
    fail(new TramError(code, message));
  };
  const wake = (): void => {
    for (const output of sensor.wake) if (link.writable) link.write(output);
  };
  const watch = every(clock, silenceMs, () => {
    const silentMs = clock.monotonicMs() - heardAtMs;
    if (silentMs >= giveUpMs) {
      counters.timeoutCount += 1;
      giveUp('DRIVER_TIMEOUT', `no frame from ${checks.who} for ${giveUpMs / 1_000} s; ${checks.silent}`);
    } else if (silentMs >= silenceMs) {
      log.debug({ silentMs }, 'sensor silent, waking it up');
      wake();
    }
  });
  const reader = readLink(link, {
    onBytes(chunk) {
      const decoded = sensor.decode(joined(rest, chunk), config);
      rest = decoded.rest;
      counters.skippedBytes += decoded.skippedBytes;
      if (decoded.refused !== undefined) return giveUp('DRIVER_REFUSED', decoded.refused);
      for (const sample of decoded.samples) take(sample);
      if (clock.monotonicMs() - valueAtMs >= valuelessMs + config.warmUpS * 1_000 && decoded.samples.length > 0)
        giveUp('DRIVER_REFUSED', `${checks.who} sends no value that can be true; ${checks.valueless}`);
    },
    onGone: () => stop(),
  });
  const stop = (): void => {
    reports.stop();
    watch.cancel();
    reader.stop();
  };
  if (sensor.wakeAtOpening) wake();
  return {
    async configure(next) {
      config = next;
      reports.reportEvery(config.reportEveryS * 1_000);
    },
    close: async () => stop(),
    counters: () => ({ ...counters }),
  };
}
