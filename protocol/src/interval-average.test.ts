import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addSample, averages, noSamples, type Sample } from './interval-average.ts';

const meanOf = (samples: Sample[]) => averages(samples.reduce(addSample, noSamples));

test('the mean of an interval is told with the digits that it is good for', () => {
  expect(meanOf([{ pm25: 10 }, { pm25: 11 }, { pm25: 12.5 }])).toEqual([{ quantity: 'pm25', value: 11.2 }]);
  expect(meanOf([{ currentA: 0.1234 }, { currentA: 0.1237 }])).toEqual([{ quantity: 'currentA', value: 0.124 }]);
});

test('a meter tells its last reading, not the mean of its readings', () => {
  expect(meanOf([{ energyKWh: 1_000.001 }, { energyKWh: 1_000.02 }, { powerW: 5 }, { energyKWh: 1_000.0314 }])).toEqual([
    { quantity: 'energyKWh', value: 1_000.031 },
    { quantity: 'powerW', value: 5 },
  ]);
});

test('a value that only some samples have is averaged over those', () => {
  expect(meanOf([{ co2: 600, temperatureC: 20 }, { co2: 700 }, { temperatureC: 22 }])).toEqual([
    { quantity: 'co2', value: 650 },
    { quantity: 'temperatureC', value: 21 },
  ]);
});

test('law: a mean lies between the smallest and the largest sample', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -400, max: 50_000 }), { minLength: 1, maxLength: 100 }), (values) => {
      const [mean] = meanOf(values.map((co2) => ({ co2 })));
      expect(mean!.value).toBeGreaterThanOrEqual(Math.min(...values));
      expect(mean!.value).toBeLessThanOrEqual(Math.max(...values));
    }),
  );
});
