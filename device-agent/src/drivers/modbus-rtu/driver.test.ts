import { duplexPair } from 'node:stream';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import type { TramError } from '@tramhoc/protocol/errors';
import { expect, test } from 'vitest';
import type { Reading } from '../driver.ts';
import { modbusRtu } from './driver.ts';
import { modbusRtuSimulator } from './simulator.ts';

const parse = (config: Record<string, unknown> = {}) => modbusRtu.configSchema.parse({ port: '/dev/ttyUSB0', ...config });

function plug(config: Record<string, unknown> = {}, options: Record<string, unknown> = {}) {
  const clock = fakeClock();
  const random = seededRandom(1);
  const [driverEnd, deviceEnd] = duplexPair();
  const readings: Reading[] = [];
  const failures: TramError[] = [];
  const asked: { atMs: number; hex: string }[] = [];
  const device = modbusRtuSimulator.attach(deviceEnd, { clock, random }, options);
  deviceEnd.on('data', (bytes: Buffer) => asked.push({ atMs: clock.monotonicMs(), hex: bytes.toString('hex') }));
  const open = async () => {
    const opening = modbusRtu.open(driverEnd, parse(config), {
      clock,
      random,
      log: silentLog,
      emit: (reading) => readings.push(reading) > 0,
      fail: (error) => failures.push(error),
    });
    opening.catch(() => undefined);
    await clock.advance(2_000);
    return opening;
  };
  const told = () => readings.flatMap((reading) => (reading.kind === 'measurements' ? [reading.measurements] : []));
  return { clock, device, open, readings, failures, asked, told };
}

test('a power meter is one reading: means of voltage, current and power, the last of the energy', async () => {
  const { clock, device, open, told } = plug({ transmitter: 'sdm120', pollEveryS: 5, reportEveryS: 20 }, { model: 'sdm120' });
  await open();
  device.set('powerW', 400);
  device.set('energyKWh', 1_025.125);
  await clock.advance(20_000);
  expect(told()).toEqual([
    [
      { quantity: 'voltageV', value: 229.5 },
      { quantity: 'currentA', value: 1.5 },
      { quantity: 'powerW', value: 385.1 },
      { quantity: 'energyKWh', value: 1_025.125 },
    ],
  ]);
});

test('between two questions the line is quiet, as slow devices need it', async () => {
  const { clock, open, asked } = plug({ transmitter: 'sdm120' }, { model: 'sdm120' });
  await open();
  await clock.advance(120_000);
  expect(asked.length).toBeGreaterThanOrEqual(24);
  for (const [at, question] of asked.entries()) if (at > 0) expect(question.atMs - asked[at - 1]!.atMs).toBeGreaterThanOrEqual(50);
});

test.each([1_050, 1_200, 1_500, 2_200, 5_000])(
  'an answer that comes %i ms late is never taken for that of another register',
  async (delayMs) => {
    const { clock, device, open, told } = plug({ transmitter: 'sdm120', pollEveryS: 1, reportEveryS: 1 }, { model: 'sdm120' });
    await open();
    for (let hiccup = 0; hiccup < 20; hiccup += 1) {
      device.setDelay(delayMs);
      await clock.advance(1_000 + 70 * hiccup);
      device.setDelay(0);
      await clock.advance(2_000);
    }
    const values = Object.groupBy(told().flat(), ({ quantity }) => quantity);
    expect(Object.fromEntries(Object.entries(values).map(([quantity, all]) => [quantity, new Set(all.map(({ value }) => value))]))).toEqual(
      {
        voltageV: new Set([229.5]),
        currentA: new Set([1.5]),
        powerW: new Set([340.3]),
        energyKWh: new Set([1_024.5]),
      },
    );
  },
);

test('a device whose answers always come too late is told, and nothing that it says is believed', async () => {
  const { device, open, told } = plug({ transmitter: 'sdm120', reportEveryS: 1 }, { model: 'sdm120' });
  device.setDelay(1_200);
  await expect(open()).rejects.toMatchObject({ code: 'DRIVER_TIMEOUT' });
  expect(told()).toEqual([]);
});

test('after an answer that did not come the line is left alone until it has been quiet for a while', async () => {
  const { clock, device, open, asked } = plug({ pollEveryS: 1 });
  await open();
  device.setDelay(1_200);
  const before = asked.length;
  await clock.advance(6_000);
  const [first, second] = asked.slice(before).map(({ atMs }) => atMs);
  // 1,000 ms for the answer, which came 200 ms later, and 300 ms of quiet
  expect(second! - first!).toBe(1_500);
});

test('a CO2 transmitter is not believed in its first two minutes', async () => {
  const { clock, open, told } = plug({ transmitter: 'adtek-wall', reportEveryS: 10 }, { model: 'adtek-wall' });
  await open();
  await clock.advance(117_000);
  expect(told()).toEqual([]);
  await clock.advance(25_000);
  expect(told().at(-1)).toEqual([
    { quantity: 'temperatureC', value: 27.5 },
    { quantity: 'humidityPct', value: 65 },
    { quantity: 'co2', value: 640 },
  ]);
});

test.each([
  [1, 'written on its label'],
  [2, 'written on its label'],
  [4, 'failed'],
  [10, 'check the gateway'],
])('exception %i is told once, with what to do', async (code, what) => {
  const { clock, device, open, failures } = plug();
  await open();
  device.setException(code);
  await clock.advance(60_000);
  expect(failures.map(({ code: said, message }) => [said, message])).toEqual([['DRIVER_REFUSED', expect.stringContaining(what)]]);
  expect(failures[0]!.details).toMatchObject({ exception: code });
});

test('the wrong device is refused at opening', async () => {
  const { open } = plug({ transmitter: 'sdm120' }, { model: 'xy-md02' });
  await expect(open()).rejects.toMatchObject({ code: 'DRIVER_REFUSED', message: expect.stringContaining('input register 0') });
});

test('a busy device is asked again and nobody is told', async () => {
  const { clock, device, open, failures, told } = plug({ reportEveryS: 10 });
  await open();
  device.setException(6);
  await clock.advance(60_000);
  device.setException(0);
  await clock.advance(20_000);
  expect(failures).toEqual([]);
  expect(told().length).toBeGreaterThan(0);
});

test('a device that stops answering is told after three turns, with what to check', async () => {
  const { clock, device, open, failures } = plug();
  const driver = await open();
  device.setSilent(true);
  await clock.advance(30_000);
  expect(failures.map(({ code, message }) => [code, message])).toEqual([['DRIVER_TIMEOUT', expect.stringContaining('Modbus address')]]);
  expect(driver.counters().timeoutCount).toBe(3);
});

test('another unit on the line is not listened to', async () => {
  const { open } = plug({ unit: 7 }, { unit: 8 });
  await expect(open()).rejects.toMatchObject({ code: 'DRIVER_TIMEOUT' });
});

test('speed and format are those of the device, unless somebody changed them', () => {
  const serial = (config: Record<string, unknown>) => modbusRtu.link(parse(config)).serial;
  expect(serial({})).toEqual({ baudRate: 9_600, dataBits: 8, parity: 'none', stopBits: 1 });
  expect(serial({ transmitter: 'sdm120' })).toMatchObject({ baudRate: 2_400 });
  expect(serial({ transmitter: 'sdm120', baudRate: '9600', format: '8E1' })).toEqual({
    baudRate: 9_600,
    dataBits: 8,
    parity: 'even',
    stopBits: 1,
  });
  expect(serial({ format: '8N2' })).toMatchObject({ parity: 'none', stopBits: 2 });
});
