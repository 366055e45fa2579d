import { duplexPair } from 'node:stream';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import type { TramError } from '@tramhoc/protocol/errors';
import { expect, test } from 'vitest';
import type { Reading } from '../driver.ts';
import { mhz19 } from './driver.ts';
import { mhz19Simulator } from './simulator.ts';

async function plugged(config: Record<string, unknown> = {}, options: Record<string, unknown> = {}) {
  const clock = fakeClock();
  const random = seededRandom(1);
  const [driverEnd, deviceEnd] = duplexPair();
  const readings: Reading[] = [];
  const failures: TramError[] = [];
  const asked: string[] = [];
  const sensor = mhz19Simulator.attach(deviceEnd, { clock, random }, options);
  deviceEnd.on('data', (bytes: Buffer) => asked.push(bytes.toString('hex')));
  const parse = (changes: Record<string, unknown> = {}) => mhz19.configSchema.parse({ port: '/dev/ttyUSB0', ...config, ...changes });
  const opening = mhz19.open(driverEnd, parse(), {
    clock,
    random,
    log: silentLog,
    emit: (reading) => readings.push(reading) > 0,
    fail: (error) => failures.push(error),
  });
  await clock.advance(1);
  const values = () =>
    readings.flatMap((reading) => (reading.kind === 'measurements' ? reading.measurements.map(({ value }) => value) : []));
  return { clock, sensor, driver: await opening, readings, failures, values, parse, asked };
}

test('what the sensor says while it preheats is never reported, however long the agent watches', async () => {
  const { clock, values, driver } = await plugged({}, { preheatPpm: 410 });
  await clock.advance(179_000);
  expect(values()).toEqual([]);
  expect(driver.counters().frameCount).toBe(36);
  await clock.advance(121_000);
  expect(values()).toEqual([600, 600]);
});

test('a minute of air is one reading with the mean of its answers', async () => {
  const { clock, sensor, readings } = await plugged({ warmUpS: 0, reportEveryS: 20, pollEveryS: 5 }, { preheatMs: 0 });
  sensor.setCo2(800);
  await clock.advance(20_000);
  expect(readings).toEqual([{ kind: 'measurements', measurements: [{ quantity: 'co2', value: 750 }], sampleCount: 4 }]);
});

test('a real answer gives the value that its recorder noted', async () => {
  const { clock, sensor, values } = await plugged({ warmUpS: 0, reportEveryS: 10 }, { preheatMs: 0 });
  sensor.play();
  await clock.advance(20_000);
  expect(values().at(-1)).toBe(636);
});

test('zero and values beyond the range are not air, and after ten minutes of them somebody is told', async () => {
  const { clock, sensor, values, failures } = await plugged({ warmUpS: 0, reportEveryS: 5, rangePpm: '2000' }, { preheatMs: 0 });
  await clock.advance(6_000);
  sensor.setCo2(0);
  await clock.advance(60_000);
  sensor.setCo2(2_001);
  await clock.advance(60_000);
  expect([...new Set(values())]).toEqual([600]);
  expect(failures).toEqual([]);
  await clock.advance(600_000);
  expect(failures.map(({ code, message }) => [code, message])).toEqual([['DRIVER_REFUSED', expect.stringContaining('replace it')]]);
});

test('a sensor that was without power for a while preheats again before it is believed', async () => {
  const clock = fakeClock();
  const [driverEnd, deviceEnd] = duplexPair();
  const times: number[] = [];
  let powered = true;
  deviceEnd.on('data', () => powered && deviceEnd.write(Buffer.from('ff8602200000000058', 'hex')));
  const opening = mhz19.open(driverEnd, mhz19.configSchema.parse({ port: '/dev/ttyUSB0', reportEveryS: 5 }), {
    clock,
    random: seededRandom(1),
    log: silentLog,
    emit: () => times.push(clock.monotonicMs()) > 0,
    fail: (error) => expect.unreachable(error.message),
  });
  await clock.advance(1);
  await opening;
  await clock.advance(200_000);
  powered = false;
  await clock.advance(11_000);
  powered = true;
  const backAtMs = clock.monotonicMs();
  await clock.advance(400_000);
  expect(times.filter((at) => at > backAtMs && at < backAtMs + 178_000)).toEqual([]);
  expect(times.filter((at) => at > backAtMs).length).toBeGreaterThan(40);
});

test.each([
  ...[388, 400, 410, 500, 505, 555, 5_000].map((preheatPpm) => ({ preheatPpm, without: 3_000 })),
  ...[400, 410, 500, 505, 5_000].map((preheatPpm) => ({ preheatPpm, without: 0 })),
])(
  'power that is gone for $without ms tells no $preheatPpm ppm, and the room again once it has preheated',
  async ({ preheatPpm, without }) => {
    const { clock, sensor, values, readings } = await plugged({ reportEveryS: 60, rangePpm: '10000' }, { preheatPpm, preheatMs: 170_000 });
    sensor.setCo2(1_200);
    await clock.advance(600_000 - 2_000);
    sensor.powerOff();
    await clock.advance(without);
    sensor.powerCycle();
    await clock.advance(600_000);
    expect(new Set(values())).toEqual(new Set([1_200]));
    // 10 minutes and 10 minutes, less the warm-up of each
    expect(readings.length).toBeGreaterThanOrEqual(13);
  },
);

test('an aired room that stands at 410 ppm all night is told all night', async () => {
  const { clock, sensor, readings, values } = await plugged({}, { preheatMs: 0 });
  await clock.advance(240_000);
  for (let ppm = 590; ppm >= 410; ppm -= 20) {
    sensor.setCo2(ppm);
    await clock.advance(60_000);
  }
  await clock.advance(3_600_000);
  expect(values().at(-1)).toBe(410);
  expect(new Set(readings.slice(1).map((reading) => reading.kind === 'measurements' && reading.sampleCount))).toEqual(new Set([12]));
});

test('one lost answer costs no more than itself', async () => {
  const { clock, sensor, readings } = await plugged({}, { preheatMs: 0 });
  sensor.setCo2(410);
  await clock.advance(300_000 + 2_000);
  const before = readings.length;
  sensor.powerOff();
  await clock.advance(5_000);
  sensor.powerCycle();
  await clock.advance(120_000);
  expect(readings.slice(before).map((reading) => reading.kind === 'measurements' && reading.sampleCount)).toEqual([11, 12]);
});

test('a jump to exactly 410 ppm is believed as soon as it moves, at the latest after the warm-up', async () => {
  const { clock, sensor, values } = await plugged({ reportEveryS: 5 }, { preheatMs: 0 });
  sensor.setCo2(900);
  await clock.advance(240_000);
  sensor.setCo2(410);
  await clock.advance(20_000);
  expect(values().at(-1)).toBe(900);
  sensor.setCo2(411);
  await clock.advance(10_000);
  expect(values().at(-1)).toBe(411);
  sensor.setCo2(500);
  await clock.advance(170_000);
  expect(values().at(-1)).toBe(411);
  await clock.advance(20_000);
  expect(values().at(-1)).toBe(500);
});

test('a sensor that stops answering is reported once, with what to check', async () => {
  const clock = fakeClock();
  const [driverEnd, deviceEnd] = duplexPair();
  const failures: TramError[] = [];
  let answering = true;
  deviceEnd.on('data', () => answering && deviceEnd.write(Buffer.from('ff8602200000000058', 'hex')));
  const opening = mhz19.open(driverEnd, mhz19.configSchema.parse({ port: '/dev/ttyUSB0', pollEveryS: 3_600 }), {
    clock,
    random: seededRandom(1),
    log: silentLog,
    emit: () => true,
    fail: (error) => failures.push(error),
  });
  await clock.advance(1);
  const driver = await opening;
  answering = false;
  await clock.advance(3_600_000 + 20_000);
  expect(failures.map(({ code, message }) => [code, message])).toEqual([['DRIVER_TIMEOUT', expect.stringContaining('5 V supply')]]);
  expect(driver.counters().timeoutCount).toBe(3);
  await clock.advance(36_000_000);
  expect(failures.length).toBe(1);
});

test('a changed period is used at once', async () => {
  const { clock, driver, parse, asked } = await plugged({ pollEveryS: 3_600 });
  await clock.advance(10_000);
  expect(asked.length).toBe(1);
  await driver.configure(parse({ pollEveryS: 5 }));
  await clock.advance(20_000);
  expect(asked.length).toBeGreaterThanOrEqual(5);
});
