import { expect, test } from 'vitest';
import { plugIn } from '../../testing/item-bench.ts';
import { tagUid } from '../simulated-tags.ts';
import { rl866 } from './driver.ts';
import { rl866Simulator } from './simulator.ts';

const uid = tagUid(1);

test('a pile of forty books is seen in one look although an answer holds eighteen', async () => {
  const { clock, device, readings } = await plugIn(rl866, rl866Simulator);
  for (let n = 1; n <= 40; n += 1) device.field.put(tagUid(n));
  const from = readings.length;
  await clock.advance(2_500);
  expect(readings.slice(from).some(({ items }) => new Set(items.map((item) => item.uid)).size === 40)).toBe(true);
  expect(readings.at(-1)!.items[0]).toEqual({ uid, technology: 'iso15693' });
});

test('a book is written, read back and read whole, and its AFI is set', async () => {
  const { device, driver, during } = await plugIn(rl866, rl866Simulator);
  const tag = device.field.put(uid);
  const data = Uint8Array.from(Buffer.from('1101013130303030303030353600000000000000', 'hex'));
  await during(driver.items!.writeBlocks(uid, { first: 0, data }));
  expect(Buffer.from(tag.memory.subarray(0, 20))).toEqual(Buffer.from(data));
  expect(await during(driver.items!.readMemory(uid))).toMatchObject({ blockCount: 28, afi: 0x07, dsfid: 0x3e, data: tag.memory });
  await during(driver.items!.writeAfi(uid, 0xc2));
  expect(tag.afi).toBe(0xc2);
  const refused = await during(driver.items!.writeDsfid(uid, 0x06).catch((cause: unknown) => cause));
  expect(refused).toMatchObject({ code: 'DRIVER_REFUSED', message: expect.stringContaining('another reader') });
});

test('a locked block and a tag that is gone are told as what they are, and the pad goes on', async () => {
  const { clock, device, driver, during, readings, failures } = await plugIn(rl866, rl866Simulator);
  device.field.put(uid).locked.add(0);
  const locked = await during(
    driver.items!.writeBlocks(uid, { first: 0, data: new Uint8Array(4).fill(7) }).catch((cause: unknown) => cause),
  );
  expect(locked).toMatchObject({ code: 'DRIVER_REFUSED', message: expect.stringContaining('locked') });
  const gone = await during(driver.items!.systemInfo(tagUid(9)).catch((cause: unknown) => cause));
  expect(gone).toMatchObject({ code: 'DRIVER_REFUSED', message: expect.stringContaining('not in the field') });
  const from = readings.length;
  await clock.advance(2_000);
  expect([readings.length > from, failures]).toEqual([true, []]);
});

test('commands are counted, and after an answer that did not come the count starts anew', async () => {
  const { clock, deviceEnd, written, readings, failures } = await plugIn(rl866, rl866Simulator, { config: { pollEveryMs: 1_000 } });
  await clock.advance(3_000);
  const controls = written.map((frame) => frame.slice(6, 8));
  expect([controls[0], controls.slice(1).every((control, at) => control === (at % 2 === 0 ? '00' : '40'))]).toEqual(['c0', true]);
  const from = { written: written.length, readings: readings.length };
  const write = deviceEnd.write;
  deviceEnd.write = () => {
    deviceEnd.write = write;
    return true;
  };
  await clock.advance(10_000);
  expect(written.slice(from.written).filter((frame) => frame.slice(6, 8) === 'c0')).toHaveLength(1);
  expect([readings.length - from.readings > 3, failures]).toEqual([true, []]);
});
