import { duplexPair } from 'node:stream';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import type { DeviceFault } from '@tramhoc/protocol/device-fault';
import type { TramError } from '@tramhoc/protocol/errors';
import { expect, test } from 'vitest';
import type { Reading } from '../driver.ts';
import { sps30 } from './driver.ts';
import { sps30Simulator } from './simulator.ts';

function plug(config: Record<string, unknown> = {}, options: Record<string, unknown> = {}) {
  const clock = fakeClock();
  const random = seededRandom(1);
  const readings: Reading[] = [];
  const faults: DeviceFault[][] = [];
  const failures: TramError[] = [];
  const sensor = sps30Simulator.create({ clock, random }, options);
  const open = async (withinMs = 1) => {
    const [driverEnd, deviceEnd] = duplexPair();
    sensor.plug(deviceEnd);
    const opening = sps30.open(driverEnd, sps30.configSchema.parse({ port: '/dev/ttyUSB0', ...config }), {
      clock,
      random,
      log: silentLog,
      emit: (reading) => (reading.kind === 'faults' ? faults.push(reading.faults) : readings.push(reading)) > 0,
      fail: (error) => failures.push(error),
    });
    opening.catch(() => undefined);
    await clock.advance(withinMs);
    return opening;
  };
  return { clock, sensor, open, readings, faults, failures };
}

test('the sensor is started, and the first half minute is not reported', async () => {
  const { clock, open, readings } = plug({ reportEveryS: 10 });
  await open();
  await clock.advance(29_000);
  expect(readings).toEqual([]);
  await clock.advance(21_000);
  expect(readings.at(-1)).toEqual({
    kind: 'measurements',
    sampleCount: 2,
    measurements: [
      { quantity: 'pm1', value: 5.5 },
      { quantity: 'pm25', value: 8.3 },
      { quantity: 'pm10', value: 10.5 },
    ],
  });
});

test('a sensor that measures already is taken over as it is', async () => {
  const { clock, open, sensor, readings } = plug({ warmUpS: 0, reportEveryS: 5 });
  const first = await open();
  await first.close();
  const second = await open();
  sensor.play();
  await clock.advance(11_000);
  expect(readings.at(-1)).toMatchObject({ measurements: [{ value: 5.8 }, { value: 8.2 }, { value: 10.2 }] });
  expect(second.counters().timeoutCount).toBe(0);
});

test('a sensor that another program put to sleep is woken up', async () => {
  const { clock, open, sensor, readings, failures } = plug({ warmUpS: 0, reportEveryS: 5 });
  sensor.sleep();
  const driver = await open(2_000);
  await clock.advance(11_000);
  expect(readings.length).toBe(2);
  expect([failures, driver.counters().timeoutCount]).toEqual([[], 1]);
});

test('a sensor that lost its power is started again and warms up again', async () => {
  const { clock, open, sensor, readings, failures } = plug({ warmUpS: 30, reportEveryS: 5, pollEveryS: 1 });
  await open();
  await clock.advance(60_000);
  sensor.powerCycle();
  await clock.advance(5_000);
  const before = readings.length;
  await clock.advance(24_000);
  expect(readings.length).toBe(before);
  await clock.advance(30_000);
  expect(readings.length).toBeGreaterThan(before + 2);
  expect(failures).toEqual([]);
});

test.each([
  ['fan', 'FAULT_FAN'],
  ['laser', 'FAULT_LASER'],
] as const)('a broken %s is told as a fault, and nothing is reported as long as it stays', async (part, code) => {
  const { clock, open, sensor, readings, faults, failures } = plug({ warmUpS: 0, reportEveryS: 5 });
  await open();
  expect(faults.at(-1)).toEqual([]);
  sensor.setFault(part);
  await clock.advance(6_000);
  expect(faults.at(-1)).toEqual([{ code, level: 'error' }]);
  const before = readings.length;
  await clock.advance(15 * 60_000);
  expect([readings.length - before, failures]).toEqual([0, []]);
  sensor.setFault('none');
  await clock.advance(60_000);
  expect(faults.at(-1)).toEqual([]);
  expect(readings.length).toBeGreaterThan(before);
});

test.each([
  ['fan', 'FAULT_FAN'],
  ['laser', 'FAULT_LASER'],
] as const)('a %s that was broken before the sensor was opened is told, and the sensor is read once it is mended', async (part, code) => {
  const { clock, open, sensor, readings, faults, failures } = plug({ warmUpS: 0, reportEveryS: 5 });
  sensor.setFault(part);
  await open();
  await clock.advance(60_000);
  expect(faults.at(-1)).toEqual([{ code, level: 'error' }]);
  sensor.powerCycle();
  await clock.advance(60_000);
  expect([faults.at(-1), readings, failures]).toEqual([[{ code, level: 'error' }], [], []]);
  sensor.setFault('none');
  await clock.advance(20_000);
  expect([faults.at(-1), failures]).toEqual([[], []]);
  expect(readings.length).toBeGreaterThan(0);
});

test('what no air can be is not reported', async () => {
  const { clock, open, sensor, readings } = plug({ warmUpS: 0, reportEveryS: 5 });
  sensor.setAir({ pm1: 5_001, pm25: 1e30, pm10: 9_999 });
  await open();
  await clock.advance(11_000);
  expect(readings).toMatchObject([{ measurements: [{ quantity: 'pm10', value: 9_999 }] }, {}]);
});

test('values while the fan runs at a wrong speed are not reported', async () => {
  const { clock, open, sensor, readings, failures } = plug({ warmUpS: 0, reportEveryS: 5 });
  await open();
  sensor.setFault('speed');
  await clock.advance(6_000);
  const before = readings.length;
  await clock.advance(60_000);
  expect([readings.length - before, failures]).toEqual([0, []]);
});

test('older firmware without a status register is read all the same', async () => {
  const { clock, open, readings } = plug({ warmUpS: 0, reportEveryS: 5 }, { hasStatus: false });
  await open();
  await clock.advance(11_000);
  expect(readings.length).toBe(2);
});
