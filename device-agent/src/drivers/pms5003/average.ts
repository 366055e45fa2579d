/** Averages of air over a reporting interval. */
import type { Measurement, Quantity } from '@tramhoc/protocol/sensor';
import type { Air } from './codec.ts';

/** Sums since the interval began. `counts` per quantity: not every frame has temperature and humidity. */
export type AirSum = { sampleCount: number; sums: Partial<Record<Quantity, number>>; counts: Partial<Record<Quantity, number>> };

export const noAir: AirSum = { sampleCount: 0, sums: {}, counts: {} };

export function addAir(sum: AirSum, air: Air): AirSum {
  const next: AirSum = { sampleCount: sum.sampleCount + 1, sums: { ...sum.sums }, counts: { ...sum.counts } };
  for (const [quantity, value] of Object.entries(air) as [Quantity, number][]) {
    next.sums[quantity] = (next.sums[quantity] ?? 0) + value;
    next.counts[quantity] = (next.counts[quantity] ?? 0) + 1;
  }
  return next;
}

/** Means with one decimal: the sensor counts whole µg/m³, a mean of sixty is good for one more digit. */
export function averages({ sums, counts }: AirSum): Measurement[] {
  return (Object.entries(sums) as [Quantity, number][]).map(([quantity, total]) => ({
    quantity,
    value: Math.round((total / counts[quantity]!) * 10) / 10,
  }));
}
