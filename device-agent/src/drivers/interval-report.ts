/** One reading per reporting interval, out of all samples that came in it. */
import type { Clock, Timer } from '@tramhoc/base/clock';
import type { Reading } from './driver.ts';
import { addSample, averages, noSamples, type Sample } from './interval-average.ts';

export type IntervalReport = {
  add(sample: Sample): void;
  /** A changed interval keeps the samples taken so far. */
  reportEvery(everyMs: number): void;
  stop(): void;
};

/** An interval without samples gives no reading. */
export function startReports({ clock, emit, everyMs }: { clock: Clock; emit(reading: Reading): void; everyMs: number }): IntervalReport {
  let intervalMs = everyMs;
  let sum = noSamples;
  let fromMs = clock.monotonicMs();
  let timer: Timer | undefined;
  const arm = (): void => {
    timer?.cancel();
    timer = clock.after(fromMs + intervalMs - clock.monotonicMs(), report);
  };
  const report = (): void => {
    const ended = sum;
    sum = noSamples;
    fromMs = clock.monotonicMs();
    arm();
    if (ended.sampleCount > 0) emit({ kind: 'measurements', measurements: averages(ended), sampleCount: ended.sampleCount });
  };
  arm();
  return {
    add(sample) {
      if (Object.keys(sample).length > 0) sum = addSample(sum, sample);
    },
    reportEvery(nextMs) {
      intervalMs = nextMs;
      arm();
    },
    stop: () => timer?.cancel(),
  };
}
