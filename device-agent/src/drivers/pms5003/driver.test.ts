import { duplexPair } from 'node:stream';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import type { TramError } from '@tramhoc/protocol/errors';
import { expect, test } from 'vitest';
import type { Reading } from '../driver.ts';
import { pms5003 } from './driver.ts';
import { pms5003Simulator } from './simulator.ts';

async function plugged(config: Record<string, unknown> = {}, options: Record<string, unknown> = {}) {
  const clock = fakeClock();
  const random = seededRandom(1);
  const [driverEnd, deviceEnd] = duplexPair();
  const readings: Reading[] = [];
  const failures: TramError[] = [];
  const sensor = pms5003Simulator.attach(deviceEnd, { clock, random }, options);
  const parse = (changes: Record<string, unknown>) => pms5003.configSchema.parse({ port: '/dev/ttyUSB0', ...config, ...changes });
  const driver = await pms5003.open(driverEnd, parse({}), {
    clock,
    random,
    log: silentLog,
    emit: (reading) => readings.push(reading) > 0,
    fail: (error) => failures.push(error),
  });
  const samples = () => readings.map((reading) => (reading.kind === 'measurements' ? reading.sampleCount : 0));
  return { clock, sensor, driver, readings, failures, samples, parse };
}

test('a minute of air is one reading with the mean of its samples', async () => {
  const { clock, sensor, readings } = await plugged({ warmUpS: 0, reportEveryS: 10 });
  sensor.setAir({ pm1: 4, pm25: 10, pm10: 20 });
  await clock.advance(5_500);
  sensor.setAir({ pm1: 4, pm25: 41, pm10: 60 });
  await clock.advance(5_000);
  expect(readings).toEqual([
    {
      kind: 'measurements',
      sampleCount: 9,
      measurements: [
        { quantity: 'pm1', value: 4 },
        { quantity: 'pm25', value: 23.8 },
        { quantity: 'pm10', value: 37.8 },
      ],
    },
  ]);
});

test('the first half minute after power-up is not reported', async () => {
  const { clock, samples, driver } = await plugged({ reportEveryS: 10 });
  await clock.advance(29_500);
  expect(samples()).toEqual([]);
  expect(driver.counters().frameCount).toBe(29);
  await clock.advance(11_000);
  expect(samples()).toEqual([10]);
});

test('the T model reports temperature and humidity', async () => {
  const { clock, sensor, readings } = await plugged({ warmUpS: 0, reportEveryS: 1, model: 'pms5003t' }, { model: 'pms5003t' });
  sensor.setAir({ pm1: 1, pm25: 2, pm10: 3, temperatureC: -1.5, humidityPct: 71.5 });
  await clock.advance(2_500);
  expect(readings.at(-1)).toMatchObject({
    measurements: [{}, {}, {}, { quantity: 'temperatureC', value: -1.5 }, { quantity: 'humidityPct', value: 71.5 }],
  });
});

test.each([
  ['pms5003', 'sends no temperature'],
  ['pms5003st', 'frames of 40 bytes'],
])('the T model is refused when a %s is plugged in', async (model, what) => {
  const { clock, readings, failures } = await plugged({ warmUpS: 0, reportEveryS: 5, model: 'pms5003t' }, { model });
  await clock.advance(60_000);
  expect(failures.map(({ code, message }) => [code, message])).toEqual([['DRIVER_REFUSED', expect.stringContaining(what)]]);
  expect(readings).toEqual([]);
});

test('a PMS5003ST is named, whatever was chosen', async () => {
  const { clock, failures } = await plugged({}, { model: 'pms5003st' });
  await clock.advance(5_000);
  expect(failures.map(({ code, message }) => [code, message])).toEqual([['DRIVER_REFUSED', expect.stringContaining('PMS5003ST')]]);
});

test('what no air can be is not reported, and after ten minutes of nothing else it is told', async () => {
  const { clock, sensor, readings, failures } = await plugged({ warmUpS: 0, reportEveryS: 5, model: 'pms5003t' }, { model: 'pms5003t' });
  sensor.setAir({ pm1: 0xffff, pm25: 0xffff, pm10: 12, temperatureC: 27, humidityPct: 6_553.5 });
  await clock.advance(5_500);
  expect(readings).toMatchObject([
    {
      measurements: [
        { quantity: 'pm10', value: 12 },
        { quantity: 'temperatureC', value: 27 },
      ],
    },
  ]);
  sensor.setAir({ pm1: 0xffff, pm25: 0xffff, pm10: 0xffff, temperatureC: 100, humidityPct: 6_553.5 });
  await clock.advance(20 * 60_000);
  expect(failures.map(({ code, message }) => [code, message])).toEqual([['DRIVER_REFUSED', expect.stringContaining('replace it')]]);
});

test('a changed period keeps the samples taken so far', async () => {
  const { clock, driver, samples, parse } = await plugged({ warmUpS: 0, reportEveryS: 60 });
  await clock.advance(30_500);
  await driver.configure(parse({ reportEveryS: 20 }));
  await clock.advance(1);
  expect(samples()).toEqual([30]);
  await driver.configure(parse({ reportEveryS: 10 }));
  await clock.advance(20_000);
  expect(samples()).toEqual([30, 10, 10]);
});

test('a sensor left in passive mode is brought back, and warms up again', async () => {
  const { clock, sensor, samples, failures } = await plugged({ warmUpS: 10, reportEveryS: 10 });
  sensor.goPassive();
  await clock.advance(40_500);
  expect(failures).toEqual([]);
  expect(samples().length).toBeGreaterThan(0);
  expect(samples().reduce((sum, count) => sum + count, 0)).toBeLessThan(30);
});

test('a sensor without power is reported once, with what to check', async () => {
  const { clock, sensor, failures, driver } = await plugged();
  await clock.advance(5_000);
  sensor.close();
  await clock.advance(120_000);
  expect(failures.map(({ code, message }) => [code, message])).toEqual([['DRIVER_TIMEOUT', expect.stringContaining('5 V supply')]]);
  expect(driver.counters().timeoutCount).toBe(1);
});
