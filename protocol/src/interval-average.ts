/** What a reading says of its interval (sensor.reading.v1): averages, and for meters their last value. */
import type { Measurement, Quantity } from './sensor.ts';

/** What one frame or one round of questions gave, in the units of protocol/src/sensor.ts. */
export type Sample = Readonly<Partial<Record<Quantity, number>>>;

/** Sums since the interval began. `counts` per quantity: not every sample has all of them. `last` for those that count up. */
export type SampleSum = {
  sampleCount: number;
  sums: Partial<Record<Quantity, number>>;
  counts: Partial<Record<Quantity, number>>;
  last: Sample;
};

export const noSamples: SampleSum = { sampleCount: 0, sums: {}, counts: {}, last: {} };

/** A meter's reading only grows: the mean of it says nothing, its last value does. */
const countsUp: ReadonlySet<Quantity> = new Set<Quantity>(['energyKWh', 'lampHours']);

/** Most sensors count in whole units or tenths, and a mean of sixty is good for one digit more; voltages (of batteries) have two, currents and energy three. */
const decimals: Partial<Record<Quantity, number>> = { energyKWh: 3, currentA: 3, voltageV: 2 };

export function addSample(sum: SampleSum, sample: Sample): SampleSum {
  const next: SampleSum = {
    sampleCount: sum.sampleCount + 1,
    sums: { ...sum.sums },
    counts: { ...sum.counts },
    last: { ...sum.last, ...sample },
  };
  for (const [quantity, value] of Object.entries(sample) as [Quantity, number][]) {
    next.sums[quantity] = (next.sums[quantity] ?? 0) + value;
    next.counts[quantity] = (next.counts[quantity] ?? 0) + 1;
  }
  return next;
}

export function averages({ sums, counts, last }: SampleSum): Measurement[] {
  return (Object.entries(sums) as [Quantity, number][]).map(([quantity, total]) => {
    const value = countsUp.has(quantity) ? last[quantity]! : total / counts[quantity]!;
    const scale = 10 ** (decimals[quantity] ?? 1);
    return { quantity, value: Math.round(value * scale) / scale };
  });
}
