import { quantities } from '@tramhoc/protocol/sensor';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inOurUnit, quantityNamed, quantityOfUnit } from './units.ts';

const ours = (quantity: Parameters<typeof inOurUnit>[0], value: number, unit?: string) => {
  const converted = inOurUnit(quantity, { value, unit });
  return converted.ok ? Math.round(converted.value * 1e6) / 1e6 : converted.why;
};

test('what makers measure in comes out in our units', () => {
  expect(ours('temperatureC', 71.6, '°F')).toBe(22);
  expect(ours('temperatureC', 300, 'K')).toBe(26.85);
  expect(ours('energyKWh', 30_473.355, 'Wh')).toBe(30.473355);
  expect(ours('energyKWh', 1.5, 'MWh')).toBe(1_500);
  expect(ours('energyKWh', 3.6, 'MJ')).toBe(1);
  expect(ours('voltageV', 2_900, 'mV')).toBe(2.9);
  expect(ours('pressureHPa', 101_325, 'Pa')).toBe(1_013.25);
  expect(ours('pressureHPa', 760, 'mmHg')).toBe(1_013.250012);
  expect(ours('tvocPpb', 0.24, 'ppm')).toBe(240);
  expect(ours('pm25', 0.012, 'mg/m³')).toBe(12);
  expect(ours('pm25', 12, 'µg/m³')).toBe(12);
  expect(ours('pm25', 12, '\u03bcg/m³')).toBe(12);
  expect(ours('co2', 612)).toBe(612);
  expect(ours('co2', 612, ' ')).toBe(612);
});

test('another unit is none of ours, also when only a letter is large', () => {
  expect(ours('powerW', 1, 'VA')).toBe('unit');
  expect(ours('powerW', 1, 'MW')).toBe('unit');
  expect(ours('energyKWh', 1, 'mWh')).toBe('unit');
  expect(ours('tvocPpb', 1, 'mg/m³')).toBe('unit');
  expect(ours('co2', 1, 'toString')).toBe('unit');
});

test('fault values of sensors are out of range', () => {
  for (const [quantity, value] of [
    ['co2', 0],
    ['temperatureC', 85],
    ['temperatureC', -127],
    ['humidityPct', 6_553.5],
    ['pm25', 65_535],
    ['humidityPct', -1],
  ] as const)
    expect(ours(quantity, value)).toBe('out-of-range');
});

test('device classes and units name a quantity where they can', () => {
  expect(quantityNamed('carbon_dioxide')).toBe('co2');
  expect(quantityNamed('constructor')).toBeUndefined();
  expect(quantityOfUnit('°C')).toBe('temperatureC');
  expect(['%', 'ppm', 'µg/m³', 'h', undefined].map(quantityOfUnit)).toEqual([undefined, undefined, undefined, undefined, undefined]);
});

test('law: every quantity takes its own unit unchanged, and no number leaves its range', () => {
  const quantity = fc.constantFrom(...(Object.keys(quantities) as (keyof typeof quantities)[]));
  fc.assert(
    fc.property(
      quantity,
      fc.double({ noNaN: true }),
      fc.oneof(fc.constantFrom('°F', 'Wh', 'Pa', 'ppb', undefined), fc.string()),
      (one, value, unit) => {
        expect(inOurUnit(one, { value: 1, unit: quantities[one].unit }).ok || one === 'co2' || one === 'pressureHPa').toBe(true);
        const converted = inOurUnit(one, { value, unit });
        if (converted.ok) expect(Number.isFinite(converted.value)).toBe(true);
      },
    ),
  );
});
