/** The sensors of one device and what they measured since the last report. */
import type { SlotId } from '@tramhoc/protocol/ids';
import { addSample, averages, noSamples, type Sample, type SampleSum } from '@tramhoc/protocol/interval-average';
import type { Measurement, Quantity } from '@tramhoc/protocol/sensor';
import { maxParts } from '../adapters/adapter.ts';
import { warmsUp } from '../adapters/units.ts';
import type { OwnFact } from '../ingest/own-facts.ts';

/** `quantities`: everything that the part has ever measured, so that two of a kind are told apart also while one of them is silent. */
export type Parts = Map<string, { sum: SampleSum; quantities: Set<Quantity> }>;

/** schema of sensor.reading.v1 */
const maxMeasurements = 16;

export function quantitiesOf(parts: Parts): Quantity[] {
  return [...new Set([...parts.values()].flatMap(({ quantities }) => [...quantities]))];
}

export function addTo(parts: Parts, part: string, sample: Sample): void {
  const known = parts.get(part);
  if (known === undefined && parts.size >= maxParts) return;
  const { sum, quantities } = known ?? { sum: noSamples, quantities: new Set<Quantity>() };
  for (const quantity of Object.keys(sample) as Quantity[]) quantities.add(quantity);
  parts.set(part, { sum: Object.keys(sample).length === 0 ? sum : addSample(sum, sample), quantities });
}

/** What means something while the sensor warms up. */
export function withoutWarming(sample: Sample): Sample {
  return Object.fromEntries(Object.entries(sample).filter(([quantity]) => !warmsUp.has(quantity as Quantity)));
}

/**
 * The readings of one interval. Parts of a device share its slot; a quantity that two of them measure has no single value there, and is told by each
 * under a slot of its own.
 */
export function readingsOf(
  parts: Parts,
  { driver, slotOf }: { driver: string; slotOf(part: string, isAlone: boolean): SlotId },
): OwnFact[] {
  const measuredBy = new Map<Quantity, number>();
  for (const { quantities } of parts.values())
    for (const quantity of quantities) measuredBy.set(quantity, (measuredBy.get(quantity) ?? 0) + 1);
  const bySlot = new Map<SlotId, { measurements: Measurement[]; sampleCount: number }>();
  for (const [part, kept] of parts) {
    const { sum } = kept;
    kept.sum = noSamples;
    for (const measurement of averages(sum)) {
      const slot = slotOf(part, measuredBy.get(measurement.quantity) === 1);
      const reading = bySlot.get(slot) ?? { measurements: [], sampleCount: 0 };
      // the map may bring two sensors under one name: then the first one counts
      if (reading.measurements.some(({ quantity }) => quantity === measurement.quantity)) continue;
      reading.measurements.push(measurement);
      reading.sampleCount = Math.max(reading.sampleCount, sum.counts[measurement.quantity] ?? 1);
      bySlot.set(slot, reading);
    }
  }
  return [...bySlot].map(([slot, { measurements, sampleCount }]) => ({
    type: 'vn.tramhoc.sensor.reading.v1',
    data: { slot, driver, measurements: measurements.slice(0, maxMeasurements), sampleCount },
  }));
}
