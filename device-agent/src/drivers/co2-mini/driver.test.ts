import { duplexPair } from 'node:stream';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import type { TramError } from '@tramhoc/protocol/errors';
import { expect, test } from 'vitest';
import type { Reading } from '../driver.ts';
import { co2Mini } from './driver.ts';
import { co2MiniSimulator } from './simulator.ts';

async function plugged(config: Record<string, unknown> = {}, options: Record<string, unknown> = {}) {
  const clock = fakeClock();
  const random = seededRandom(1);
  const [driverEnd, deviceEnd] = duplexPair({ objectMode: true });
  const readings: Reading[] = [];
  const failures: TramError[] = [];
  const monitor = co2MiniSimulator.attach(deviceEnd, { clock, random }, options);
  const driver = await co2Mini.open(driverEnd, co2Mini.configSchema.parse({ port: 'hid:04d9:a052', ...config }), {
    clock,
    random,
    log: silentLog,
    emit: (reading) => readings.push(reading) > 0,
    fail: (error) => failures.push(error),
  });
  return { clock, monitor, driver, readings, failures };
}

test.each([true, false])('a monitor is read whether it encrypts or not (%s)', async (encrypted) => {
  const { clock, monitor, driver, readings } = await plugged({ warmUpS: 0, reportEveryS: 5 }, { encrypted });
  monitor.setAir({ co2: 812, temperatureC: 27.5, humidityPct: 64.5 });
  await clock.advance(5_000);
  expect(readings).toEqual([
    {
      kind: 'measurements',
      sampleCount: 6,
      measurements: [
        { quantity: 'temperatureC', value: 27.5 },
        { quantity: 'co2', value: 812 },
        { quantity: 'humidityPct', value: 64.5 },
      ],
    },
  ]);
  expect(driver.counters().skippedBytes).toBe(0);
});

test('a monitor without a humidity sensor reports none', async () => {
  const { clock, readings } = await plugged({ warmUpS: 0, reportEveryS: 5 });
  await clock.advance(5_000);
  expect(JSON.stringify(readings)).not.toContain('humidity');
});

test('the first minute, zero and impossible values are not reported', async () => {
  const { clock, monitor, readings } = await plugged({ reportEveryS: 5 });
  await clock.advance(59_000);
  expect(readings).toEqual([]);
  monitor.setAir({ co2: 0, temperatureC: 200, humidityPct: 0 });
  await clock.advance(60_000);
  expect(readings).toEqual([]);
});

test('a monitor that stays silent is asked again and then reported once, with what to do', async () => {
  const clock = fakeClock();
  const [driverEnd, deviceEnd] = duplexPair({ objectMode: true });
  const heard: unknown[] = [];
  const failures: TramError[] = [];
  deviceEnd.on('data', (output: unknown) => heard.push(output));
  await co2Mini.open(driverEnd, co2Mini.configSchema.parse({ port: 'hid:04d9:a052' }), {
    clock,
    random: seededRandom(1),
    log: silentLog,
    emit: () => true,
    fail: (error) => failures.push(error),
  });
  await clock.advance(120_000);
  expect(heard).toEqual(Array.from({ length: 3 }, () => ({ feature: new Uint8Array(9) })));
  expect(failures.map(({ code, message }) => [code, message])).toEqual([['DRIVER_TIMEOUT', expect.stringContaining('plug it in again')]]);
});
