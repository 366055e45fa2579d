import { expect, test } from 'vitest';
import { plugIn } from '../../testing/item-bench.ts';
import { llrp } from './driver.ts';
import { llrpSimulator, simulatedEpc } from './simulator.ts';

const plugged = (config: Record<string, unknown> = {}, options: Record<string, unknown> = {}) =>
  plugIn(llrp, llrpSimulator, { config: { port: 'tcp://192.168.1.60', ...config }, options });

test('a pad is told as a whole every second: what lies there, and what has left', async () => {
  const { clock, device, readings } = await plugged();
  for (let n = 1; n <= 30; n += 1) device.put(simulatedEpc(n));
  await clock.advance(3_000);
  expect(readings.at(-1)).toMatchObject({ mode: 'in-field' });
  expect(readings.at(-1)!.items.length).toBe(30);
  expect(readings.at(-1)!.items[0]).toEqual({ uid: simulatedEpc(1), technology: 'epc', antenna: 1, rssiDbm: -50 });
  device.take(simulatedEpc(1));
  await clock.advance(2_000);
  expect(readings.at(-1)!.items.length).toBe(29);
});

test('a gate tells what passes within a tenth of a second, and nothing while nothing passes', async () => {
  const { clock, device, readings } = await plugged({ use: 'passed' });
  await clock.advance(60_000);
  expect(readings).toEqual([]);
  device.put(simulatedEpc(7), 2);
  await clock.advance(310);
  device.take(simulatedEpc(7));
  await clock.advance(5_000);
  expect(new Set(readings.flatMap(({ mode, items }) => items.map(({ uid, antenna }) => `${mode} ${uid} ${antenna}`)))).toEqual(
    new Set([`passed ${simulatedEpc(7)} 2`]),
  );
});

test('only the antennas of the config read, also after it was changed while running', async () => {
  const { clock, device, driver, parse, last, failures } = await plugged({ antennas: '1' });
  device.put(simulatedEpc(1), 1);
  device.put(simulatedEpc(2), 2);
  await clock.advance(3_000);
  expect(last()).toEqual([simulatedEpc(1)]);
  await driver.configure(parse({ antennas: '2' }));
  await clock.advance(3_000);
  expect([last(), failures]).toEqual([[simulatedEpc(2)], []]);
});

test.each(['1, 2', ' 1 , 2 '])('antennas are taken with spaces as without: "%s"', async (antennas) => {
  const { clock, device, last } = await plugged({ antennas });
  for (let n = 1; n <= 3; n += 1) device.put(simulatedEpc(n), n);
  await clock.advance(3_000);
  expect(last().sort()).toEqual([simulatedEpc(1), simulatedEpc(2)]);
});

test('blanks alone are no antennas: all of them read', async () => {
  const { clock, device, last } = await plugged({ antennas: ' ' });
  for (let n = 1; n <= 3; n += 1) device.put(simulatedEpc(n), n);
  await clock.advance(3_000);
  expect(last()).toHaveLength(3);
});

test.each([',', '1,', '1,,2', '1 2', '1;2', '0', '100'])('"%s" is no list of antennas', (antennas) => {
  expect(llrp.configSchema.safeParse({ port: 'tcp://192.168.1.60', antennas }).success).toBe(false);
});

test('an hour of signs of life, each acknowledged', async () => {
  const { clock, failures, written } = await plugged();
  await clock.advance(3_600_000);
  expect(failures).toEqual([]);
  expect(written.filter((text) => text.startsWith('0448')).length).toBeGreaterThanOrEqual(358);
});

test('a reader that hangs is given up after its signs of life stopped', async () => {
  const { clock, device, failures } = await plugged();
  await clock.advance(30_000);
  device.hang();
  await clock.advance(30_000);
  expect(failures.map(({ code, message }) => [code, message])).toEqual([['DRIVER_TIMEOUT', expect.stringContaining('silent')]]);
});

test('a reader that restarts says so', async () => {
  const { clock, device, failures } = await plugged();
  device.restart();
  await clock.advance(10);
  expect(failures.map(({ code }) => code)).toEqual(['DRIVER_PORT_LOST']);
});

test('a reader that another program holds is told as such', async () => {
  await expect(plugged({}, { attempt: 2 })).rejects.toMatchObject({
    code: 'DRIVER_REFUSED',
    message: expect.stringContaining('another client'),
  });
  await expect(plugged({}, { refuses: 20 })).rejects.toMatchObject({
    code: 'DRIVER_REFUSED',
    message: expect.stringContaining('not here'),
  });
});

test('a closed driver leaves no reading spec behind', async () => {
  const { clock, driver, written } = await plugged();
  await driver.close();
  await clock.advance(10);
  expect(written.slice(-2).map((text) => text.slice(0, 4))).toEqual(['0415', '040e']);
});
