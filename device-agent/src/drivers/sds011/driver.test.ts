import { duplexPair } from 'node:stream';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import type { TramError } from '@tramhoc/protocol/errors';
import { expect, test } from 'vitest';
import type { Reading } from '../driver.ts';
import { sds011 } from './driver.ts';
import { sds011Simulator } from './simulator.ts';

async function plugged(config: Record<string, unknown> = {}, options: Record<string, unknown> = {}) {
  const clock = fakeClock();
  const random = seededRandom(1);
  const [driverEnd, deviceEnd] = duplexPair();
  const readings: Reading[] = [];
  const failures: TramError[] = [];
  const sensor = sds011Simulator.attach(deviceEnd, { clock, random }, options);
  const driver = await sds011.open(driverEnd, sds011.configSchema.parse({ port: '/dev/ttyUSB0', ...config }), {
    clock,
    random,
    log: silentLog,
    emit: (reading) => readings.push(reading) > 0,
    fail: (error) => failures.push(error),
  });
  const sampleCounts = () => readings.map((reading) => (reading.kind === 'measurements' ? reading.sampleCount : 0));
  return { clock, sensor, driver, readings, failures, sampleCounts };
}

test('the first half minute after power-up is not reported', async () => {
  const { clock, sampleCounts, driver } = await plugged({ reportEveryS: 10 });
  await clock.advance(29_500);
  expect(sampleCounts()).toEqual([]);
  expect(driver.counters().frameCount).toBe(29);
  await clock.advance(11_000);
  expect(sampleCounts()).toEqual([10]);
});

test('real frames become a mean', async () => {
  const { clock, sensor, readings } = await plugged({ warmUpS: 0, reportEveryS: 3 });
  sensor.play();
  await clock.advance(3_500);
  expect(readings).toEqual([
    {
      kind: 'measurements',
      sampleCount: 2,
      measurements: [
        { quantity: 'pm25', value: 0.8 },
        { quantity: 'pm10', value: 0.8 },
      ],
    },
  ]);
});

test('coarse dust of an SDS198 is its own quantity', async () => {
  const { clock, sensor, readings } = await plugged({ warmUpS: 0, reportEveryS: 2 }, { model: 'sds198' });
  sensor.play();
  await clock.advance(2_500);
  expect(readings[0]).toMatchObject({ measurements: [{ quantity: 'pm100', value: 16 }] });
});

test('a frame in which everything is zero shows that the sensor lives, and is no air', async () => {
  const { clock, sensor, readings, failures } = await plugged({ warmUpS: 0, reportEveryS: 5 });
  sensor.setDust({ fine: 0, coarse: 0 });
  await clock.advance(120_000);
  expect([readings, failures]).toEqual([[], []]);
});

test('a sensor whose fan stands still sends nothing but zeros, which is told after ten minutes, once', async () => {
  const { clock, sensor, readings, failures } = await plugged({ reportEveryS: 5 });
  sensor.setDust({ fine: 0, coarse: 0 });
  await clock.advance(10 * 60_000);
  expect(failures).toEqual([]);
  await clock.advance(20 * 60_000);
  expect(failures.map(({ code, message }) => [code, message])).toEqual([['DRIVER_REFUSED', expect.stringContaining('fan')]]);
  expect(readings).toEqual([]);
});

test('a room without coarse dust is a value of an SDS198, for hours', async () => {
  const { clock, sensor, readings, failures } = await plugged({ warmUpS: 0, reportEveryS: 60 }, { model: 'sds198' });
  sensor.setDust({ fine: 0, coarse: 0 });
  await clock.advance(30 * 60_000);
  expect(failures).toEqual([]);
  expect(readings.at(-1)).toMatchObject({ measurements: [{ quantity: 'pm100', value: 0 }] });
});

test('a value now and then is enough', async () => {
  const { clock, sensor, failures } = await plugged({ reportEveryS: 5 });
  for (let turn = 0; turn < 6; turn += 1) {
    sensor.setDust({ fine: 0, coarse: 0 });
    await clock.advance(9 * 60_000);
    sensor.setDust({ fine: 3, coarse: 5 });
    await clock.advance(2_000);
  }
  expect(failures).toEqual([]);
});

test.each([
  ['sds011', [{ quantity: 'pm10', value: 1_999.9 }], { fine: 2_000, coarse: 1_999.9 }],
  ['sds011', undefined, { fine: 6_553.5, coarse: 6_553.5 }],
  ['sds198', undefined, { fine: 0, coarse: 65_535 }],
] as const)('what no air can be is not reported: %s, %j', async (model, measurements, dust) => {
  const { clock, sensor, readings } = await plugged({ warmUpS: 0, reportEveryS: 5 }, { model });
  sensor.setDust(dust);
  await clock.advance(5_500);
  expect(readings[0]).toEqual(measurements && { kind: 'measurements', sampleCount: 4, measurements });
});

test.each([
  ['asleep', (sensor: { sleep(): void }) => sensor.sleep()],
  ['in query mode', (sensor: { goQuery(): void }) => sensor.goQuery()],
  ['pausing for ten minutes at a time', (sensor: { setWorkingPeriod(minutes: number): void }) => sensor.setWorkingPeriod(10)],
] as const)('a sensor that another program left %s is brought back, and warms up again', async (_how, leave) => {
  const { clock, sensor, sampleCounts, failures } = await plugged({ warmUpS: 10, reportEveryS: 10 });
  await clock.advance(40_000);
  leave(sensor);
  const before = sampleCounts().length;
  await clock.advance(60_000);
  expect(failures).toEqual([]);
  expect(sampleCounts().length).toBeGreaterThan(before + 1);
});

test('a silent sensor is reported once, with what to check', async () => {
  const clock = fakeClock();
  const [driverEnd, deviceEnd] = duplexPair();
  const failures: TramError[] = [];
  const heard: Buffer[] = [];
  deviceEnd.on('data', (bytes: Buffer) => heard.push(bytes));
  const driver = await sds011.open(driverEnd, sds011.configSchema.parse({ port: '/dev/ttyUSB0' }), {
    clock,
    random: seededRandom(1),
    log: silentLog,
    emit: () => true,
    fail: (error) => failures.push(error),
  });
  await clock.advance(120_000);
  expect(failures.map(({ code, message }) => [code, message])).toEqual([['DRIVER_TIMEOUT', expect.stringContaining('5 V supply')]]);
  expect(driver.counters().timeoutCount).toBe(1);
  expect(Buffer.concat(heard).length % 57).toBe(0);
});
