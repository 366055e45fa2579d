import { expect, test } from 'vitest';
import { plugIn } from '../../testing/item-bench.ts';
import { tagUid } from '../simulated-tags.ts';
import { threem210 } from './driver.ts';
import { threem210Simulator } from './simulator.ts';

const uid = tagUid(1);
const plugged = (model: '810' | '210', simulated = model) =>
  plugIn(threem210, threem210Simulator, { config: { model }, options: { model: simulated } });

test('thirty books on the pad are seen in one look', async () => {
  const { clock, device, readings } = await plugged('810');
  for (let n = 1; n <= 30; n += 1) device.field.put(tagUid(n));
  const from = readings.length;
  await clock.advance(1_500);
  expect(readings.slice(from).some(({ items }) => new Set(items.map((item) => item.uid)).size === 30)).toBe(true);
});

test.each(['810', '210'] as const)('a book is written, read back and read whole on a model %s', async (model) => {
  const { device, driver, during } = await plugged(model);
  const tag = device.field.put(uid);
  const data = Uint8Array.from(Buffer.from('\x04\x11\x00\x011302003767\x00\x00', 'latin1'));
  await during(driver.items!.writeBlocks(uid, { first: 0, data }));
  expect(await during(driver.items!.readBlocks(uid, { first: 0, count: 4 }))).toEqual(data);
  expect(await during(driver.items!.readMemory(uid))).toMatchObject({ blockCount: 28, afi: 7, data: tag.memory });
});

test('a pad that catches the tag seldom sets its AFI all the same', async () => {
  const { device, driver, during } = await plugged('810');
  const tag = device.field.put(uid);
  device.miss(15);
  await during(driver.items!.writeAfi(uid, 0xda));
  expect(tag.afi).toBe(0xda);
});

test('blocks are understood also when the config names the other model', async () => {
  for (const [model, real] of [
    ['810', '210'],
    ['210', '810'],
  ] as const) {
    const { device, driver, during } = await plugged(model, real);
    const tag = device.field.put(uid);
    expect((await during(driver.items!.readMemory(uid))).data).toEqual(tag.memory);
  }
});

test('a look that fails is made again, and a pad that fails at every look is told with its error', async () => {
  const { clock, device, readings, failures } = await plugged('810');
  device.fail(0x07, 2);
  const from = readings.length;
  await clock.advance(5_000);
  expect([readings.length > from, failures]).toEqual([true, []]);
  device.fail(0x07, 100);
  await clock.advance(5_000);
  expect(failures.map(({ code, message }) => [code, message])).toEqual([['DRIVER_REFUSED', expect.stringContaining('error 07')]]);
});

test('a tag that is not there is told as such', async () => {
  const { driver, during } = await plugged('810');
  const gone = await during(driver.items!.systemInfo(uid).catch((cause: unknown) => cause));
  expect(gone).toMatchObject({ code: 'DRIVER_REFUSED', message: expect.stringContaining('not in the field') });
});
