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
