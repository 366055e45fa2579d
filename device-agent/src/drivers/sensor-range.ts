/** What a sensor in a building can measure: outside lie faults that look like values, 65,535 before all. As broker/src/adapters/units.ts has it for other people's sensors. */
import type { Quantity } from '@tramhoc/protocol/sensor';
import type { Sample } from './interval-average.ts';

const ranges: Readonly<Partial<Record<Quantity, readonly [number, number]>>> = {
  pm1: [0, 5_000],
  pm25: [0, 5_000],
  pm10: [0, 10_000],
  pm100: [0, 20_000],
  temperatureC: [-40, 84.9],
  humidityPct: [0, 100],
};

/** The values of `sample` that can be true. `ends`: where the device itself ends earlier. */
export function possible(sample: Sample, ends: Sample = {}): Sample {
  return Object.fromEntries(
    Object.entries(sample).filter(([quantity, value]) => {
      const [from, to] = ranges[quantity as Quantity] ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
      return value >= from && value <= Math.min(to, ends[quantity as Quantity] ?? to);
    }),
  );
}
