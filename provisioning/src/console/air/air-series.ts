/** Series of readings made ready for a chart and a table. Pure. */
import { type Quantity, quantities } from '@tramhoc/protocol/sensor';
import type { z } from 'zod';
import type { AirSeries as AirSeriesSchema } from '../../api/contract.ts';

export type AirSeries = z.infer<typeof AirSeriesSchema>;
export type ChartSeries = { quantity: Quantity; unit: string; label: { vi: string; en: string }; points: AirSeries['points'] };
/** What shares a chart: one slot, one unit, one kind of thing. */
export type ChartGroup = { key: string; deviceId: string; deviceName: string; slot: string; unit: string; series: ChartSeries[] };

/** As the contract lists them: what people breathe and feel comes first. */
const order = Object.keys(quantities) as Quantity[];
/** Share a unit with others, but neither meaning nor scale. */
const alone: ReadonlySet<Quantity> = new Set<Quantity>(['batteryPct', 'coPpm']);

export function chartGroups(all: readonly AirSeries[]): ChartGroup[] {
  const groups = new Map<string, ChartGroup>();
  for (const one of [...all].sort((a, b) => order.indexOf(a.quantity) - order.indexOf(b.quantity))) {
    const key = `${one.deviceId} ${one.slot} ${one.unit}${alone.has(one.quantity) ? ` ${one.quantity}` : ''}`;
    const group = groups.get(key) ?? {
      key,
      deviceId: one.deviceId,
      deviceName: one.deviceName,
      slot: one.slot,
      unit: one.unit,
      series: [],
    };
    group.series.push({ quantity: one.quantity, unit: one.unit, label: quantities[one.quantity].label, points: one.points });
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** A pause longer than this many usual steps is a gap: the line is broken there, nothing is made up. */
const gapSteps = 3;
/** Steps shorter than this are never called a gap: one lost report is no news. */
const minGapMs = 150_000;

/**
 * One time axis (seconds, as uPlot wants it) and a column per series: null breaks the line, undefined lets it run through times that only
 * another series has.
 */
export function alignSeries(series: readonly ChartSeries[]): [number[], ...(number | null | undefined)[][]] {
  const columns = series.map(({ points }) => withGaps(points));
  const times = [...new Set(columns.flatMap((points) => points.map(([atMs]) => atMs)))].sort((a, b) => a - b);
  return [
    times.map((atMs) => atMs / 1_000),
    ...columns.map((points) => {
      const values = new Map(points);
      return times.map((atMs) => values.get(atMs));
    }),
  ];
}

/** The points with a null in the middle of each gap. */
export function withGaps(points: AirSeries['points']): [number, number | null][] {
  const steps = points.slice(1).map(([atMs], at) => atMs - points[at]![0]);
  const usual = [...steps].sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0;
  const gapMs = Math.max(minGapMs, usual * gapSteps);
  return points.flatMap(([atMs, value], at): [number, number | null][] => {
    const before = points[at - 1]?.[0];
    return before !== undefined && atMs - before > gapMs
      ? [
          [Math.round((before + atMs) / 2), null],
          [atMs, value],
        ]
      : [[atMs, value]];
  });
}

export type HourRow = { hourMs: number; averages: (number | undefined)[] };

/** Averages per hour for the table, newest first. Hours without any value are left out. */
export function hourlyAverages(series: readonly ChartSeries[]): HourRow[] {
  const hourOf = (atMs: number): number => Math.floor(atMs / 3_600_000) * 3_600_000;
  const hours = [...new Set(series.flatMap(({ points }) => points.map(([atMs]) => hourOf(atMs))))].sort((a, b) => b - a);
  return hours.map((hourMs) => ({
    hourMs,
    averages: series.map(({ points }) => {
      const values = points.filter(([atMs]) => hourOf(atMs) === hourMs).map(([, value]) => value);
      return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
    }),
  }));
}

/** New readings of a live event at the end of their series. A series that is not there yet comes with the next load. */
export function withReading(
  all: AirSeries[],
  reading: { deviceId: string; slot: string; atMs: number; measurements: readonly { quantity: Quantity; value: number }[] },
): AirSeries[] {
  return all.map((series) => {
    if (series.deviceId !== reading.deviceId || series.slot !== reading.slot) return series;
    const value = reading.measurements.find(({ quantity }) => quantity === series.quantity)?.value;
    const lastMs = series.points.at(-1)?.[0] ?? 0;
    return value === undefined || reading.atMs <= lastMs ? series : { ...series, points: [...series.points, [reading.atMs, value]] };
  });
}
