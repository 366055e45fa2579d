import { expect, test } from 'vitest';
import { plugIn } from '../../testing/item-bench.ts';
import { uhfReader18 } from './driver.ts';
import { simulatedEpc, uhfReader18Simulator } from './simulator.ts';

test.each(['18', '288'] as const)('fifty tags at a reader of family %s are seen in one look, in several frames', async (family) => {
  const { clock, device, readings } = await plugIn(uhfReader18, uhfReader18Simulator, { options: { family } });
  for (let n = 1; n <= 50; n += 1) device.put(simulatedEpc(n));
  const from = readings.length;
  await clock.advance(2_000);
  expect(readings.slice(from).some(({ items }) => new Set(items.map(({ uid }) => uid)).size === 50)).toBe(true);
});

test('antennas are read in turn, and each tag is told with its own', async () => {
  const { clock, device, readings } = await plugIn(uhfReader18, uhfReader18Simulator, { config: { antennas: 4 } });
  for (let n = 1; n <= 4; n += 1) device.put(simulatedEpc(n), n);
  await clock.advance(3_000);
  expect(readings.at(-1)!.items.map(({ uid, antenna }) => [uid, antenna])).toEqual([1, 2, 3, 4].map((n) => [simulatedEpc(n), n]));
});

test('at a gate only what passes is told', async () => {
  const { clock, device, readings } = await plugIn(uhfReader18, uhfReader18Simulator, { config: { use: 'passed' } });
  await clock.advance(3_000);
  expect(readings).toEqual([]);
  device.put(simulatedEpc(1));
  await clock.advance(1_000);
  expect(readings[0]).toMatchObject({ mode: 'passed', items: [{ uid: simulatedEpc(1) }] });
});

test('an inventory whose last frame is lost costs one look', async () => {
  const { clock, device, deviceEnd, readings, failures } = await plugIn(uhfReader18, uhfReader18Simulator);
  device.put(simulatedEpc(1));
  await clock.advance(2_000);
  const from = readings.length;
  const write = deviceEnd.write;
  deviceEnd.write = () => {
    deviceEnd.write = write;
    return true;
  };
  await clock.advance(6_000);
  expect(readings.length).toBeGreaterThan(from + 2);
  expect(failures).toEqual([]);
});

test.each([0xf8, 0xf9, 0xee])(
  'an antenna that answers with status %i does not cost the tags of the others, and is told',
  async (status) => {
    const { clock, device, faults, readings, failures } = await plugIn(uhfReader18, uhfReader18Simulator, { config: { antennas: 2 } });
    device.put(simulatedEpc(1), 1);
    device.trouble(2, status);
    await clock.advance(2_000);
    const from = readings.length;
    await clock.advance(10_000);
    expect(readings.length - from).toBeGreaterThan(10);
    for (const { items } of readings.slice(from)) expect(items.map(({ uid }) => uid)).toEqual([simulatedEpc(1)]);
    expect([faults.at(-1), failures]).toEqual([[{ code: 'FAULT_ANTENNA', level: 'error', detail: '2' }], []]);
    device.trouble(2, undefined);
    await clock.advance(2_000);
    expect(faults.at(-1)).toEqual([]);
  },
);

test('tags that are there but cannot be understood cost nothing but themselves', async () => {
  const { clock, device, faults, readings, failures } = await plugIn(uhfReader18, uhfReader18Simulator, { config: { antennas: 2 } });
  device.put(simulatedEpc(1), 1);
  device.trouble(2, 0xfa);
  await clock.advance(3_000);
  expect([readings.at(-1)!.items.length, faults.at(-1), failures]).toEqual([1, [], []]);
});

test.each([0xfd, 0xfe, 0xff])('a reader that has no such antenna (status %i) says what to check', async (status) => {
  const { clock, device, failures } = await plugIn(uhfReader18, uhfReader18Simulator, { config: { antennas: 2 } });
  device.trouble(2, status);
  await clock.advance(3_000);
  expect(failures.map(({ code, message }) => [code, message])).toEqual([
    ['DRIVER_REFUSED', expect.stringMatching(/antenna 2.*check the number of antennas/)],
  ]);
});

test('a look at which no antenna works is made again, tells nothing as gone, and the third in a row is told with its status', async () => {
  const { clock, device, readings, failures } = await plugIn(uhfReader18, uhfReader18Simulator);
  device.put(simulatedEpc(1));
  await clock.advance(1_000);
  device.trouble(1, 0xf9);
  await clock.advance(900);
  device.trouble(1, undefined);
  await clock.advance(3_000);
  expect([readings.slice(-3).map(({ items }) => items.length), failures]).toEqual([[1, 1, 1], []]);
  device.trouble(1, 0xf9);
  await clock.advance(3_000);
  expect(failures.map(({ code, message }) => [code, message])).toEqual([['DRIVER_REFUSED', expect.stringContaining('status F9')]]);
});

test('a family that the reader is not of is told', async () => {
  const { clock, device, failures } = await plugIn(uhfReader18, uhfReader18Simulator, {
    config: { family: '18' },
    options: { family: '288' },
  });
  device.put('300833B2');
  await clock.advance(5_000);
  expect(failures.map(({ code, message }) => [code, message])).toEqual([['DRIVER_REFUSED', expect.stringContaining('family')]]);
});
