import { DeviceId } from '@tramhoc/protocol/ids';
import type { Quantity } from '@tramhoc/protocol/sensor';
import { expect, test } from 'vitest';
import { airLevel } from './air-bands.ts';
import { type AirSeries, alignSeries, chartGroups, hourlyAverages, withGaps, withReading } from './air-series.ts';

const deviceId = DeviceId.parse('00000000-0000-4000-8000-00000000000a');
const minute = 60_000;
const series = (quantity: Quantity, unit: string, points: [number, number][], slot = 'air'): AirSeries => ({
  ...{ deviceId, deviceName: 'Phòng 12', slot, quantity, unit, points },
});
const steady = (from: number, to: number): [number, number][] => Array.from({ length: to - from }, (_, at) => [(from + at) * minute, 20]);

test('dust of one sensor shares a chart, temperature has its own', () => {
  const groups = chartGroups([series('temperatureC', '°C', []), series('pm10', 'µg/m³', []), series('pm25', 'µg/m³', [])]);
  expect(groups.map(({ series: lines }) => lines.map(({ quantity }) => quantity))).toEqual([['pm25', 'pm10'], ['temperatureC']]);
});

test('a battery is not drawn among humidities, nor carbon monoxide among carbon dioxide', () => {
  const groups = chartGroups([
    series('humidityPct', '%', []),
    series('batteryPct', '%', []),
    series('co2', 'ppm', []),
    series('coPpm', 'ppm', []),
  ]);
  expect(groups.map(({ series: lines }) => lines.map(({ quantity }) => quantity))).toEqual([
    ['co2'],
    ['humidityPct'],
    ['coPpm'],
    ['batteryPct'],
  ]);
});

test('a pause breaks the line, one lost report does not', () => {
  const points = [...steady(0, 10), ...steady(11, 20), ...steady(60, 70)];
  expect(withGaps(points).filter(([, value]) => value === null)).toEqual([[39.5 * minute, null]]);
});

test('times that only another series has do not break a line', () => {
  const [times, first, second] = alignSeries(
    chartGroups([
      series('pm1', 'µg/m³', [
        [0, 1],
        [2 * minute, 3],
      ]),
      series('pm25', 'µg/m³', [[minute, 5]]),
    ])[0]!.series,
  );
  expect(times).toEqual([0, 60, 120]);
  expect([first, second]).toEqual([
    [1, undefined, 3],
    [undefined, 5, undefined],
  ]);
});

test('the table has the average of each hour, newest first, and leaves out hours without values', () => {
  const [group] = chartGroups([
    series('pm25', 'µg/m³', [
      [0, 10],
      [minute, 20],
      [3 * 60 * minute, 7],
    ]),
  ]);
  expect(hourlyAverages(group!.series)).toEqual([
    { hourMs: 3 * 60 * minute, averages: [7] },
    { hourMs: 0, averages: [15] },
  ]);
});

test('a live reading goes to the end of its own series, a late one is left to the next load', () => {
  const before = [series('pm25', 'µg/m³', [[5 * minute, 10]])];
  const reading = (atMs: number) => ({ deviceId, slot: 'air', atMs, measurements: [{ quantity: 'pm25' as const, value: 12 }] });
  expect(withReading(before, reading(6 * minute))[0]!.points).toEqual([
    [5 * minute, 10],
    [6 * minute, 12],
  ]);
  expect(withReading(before, reading(4 * minute))).toEqual(before);
  expect(withReading(before, { ...reading(6 * minute), slot: 'other' })).toEqual(before);
});

test('PM2.5 is worded by the Vietnamese bands; a value on the border belongs to the better one', () => {
  expect([0, 25, 25.1, 50, 79, 150, 151, 251].map(airLevel)).toEqual([
    'good',
    'good',
    'moderate',
    'moderate',
    'poor',
    'bad',
    'very-bad',
    'hazardous',
  ]);
});
