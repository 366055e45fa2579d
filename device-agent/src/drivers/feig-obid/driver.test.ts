import { expect, test } from 'vitest';
import { plugIn } from '../../testing/item-bench.ts';
import { tagUid } from '../simulated-tags.ts';
import { feigObid } from './driver.ts';
import { feigObidSimulator } from './simulator.ts';

const plugged = (config: Record<string, unknown> = {}, options: Record<string, unknown> = {}) =>
  plugIn(feigObid, feigObidSimulator, { config, options });
const uid = tagUid(1);

test('thirty books on the pad are all seen at the first look', async () => {
  const { clock, device, readings, last } = await plugged();
  await clock.advance(1_000);
  for (let n = 1; n <= 30; n += 1) device.field.put(tagUid(n));
  const from = readings.length;
  await clock.advance(1_200);
  expect(readings.slice(from).some(({ items }) => items.length === 30)).toBe(true);
  expect(new Set(last()).size).toBe(30);
});

test('two hundred tags are all seen in one look, at the speed of radio and line', async () => {
  const { clock, device, readings, seen } = await plugged({ pollEveryMs: 50 });
  for (let n = 1; n <= 200; n += 1) device.field.put(tagUid(n));
  const from = readings.length;
  const startMs = clock.monotonicMs();
  while (readings.slice(from).every(({ items }) => items.length < 200) && clock.monotonicMs() - startMs < 10_000) await clock.advance(10);
  expect(seen().length).toBe(200);
  const tookMs = clock.monotonicMs() - startMs;
  // README.md, Numbers: 88 tags a second; up to one look was already under way
  expect(tookMs).toBeGreaterThan(2_000);
  expect(tookMs).toBeLessThan(2_600);
});

test('a tag that leaves while the others are still being read costs none of them', async () => {
  const { clock, device, readings } = await plugged();
  for (let n = 1; n <= 100; n += 1) device.field.put(tagUid(n));
  await clock.advance(700);
  device.field.take(tagUid(99));
  const from = readings.length;
  await clock.advance(3_000);
  for (const { items } of readings.slice(from)) expect(items.length).toBeGreaterThanOrEqual(99);
  expect(readings.at(-1)!.items.length).toBe(99);
});

test('an empty pad is told as empty', async () => {
  const { clock, readings } = await plugged();
  await clock.advance(2_000);
  expect(readings.length).toBeGreaterThan(2);
  expect(readings.at(-1)).toEqual({ kind: 'items', mode: 'in-field', items: [] });
});

test('over the network every frame is an advanced one, over a serial line a standard one', async () => {
  const network = await plugged({ port: 'tcp://192.168.10.10' });
  expect(network.written[0]!.startsWith('02')).toBe(true);
  expect(feigObid.link(network.parse()).port).toBe('tcp://192.168.10.10:10001');
  const serial = await plugged();
  expect(serial.written[0]!.startsWith('05')).toBe(true);
  expect(feigObid.link(serial.parse()).serial).toEqual({ baudRate: 38_400, dataBits: 8, parity: 'even', stopBits: 1 });
});

test('a book is written, read back and read whole, in the order of the memory', async () => {
  const { device, driver, during } = await plugged();
  const tag = device.field.put(uid);
  const items = driver.items!;
  const data = Uint8Array.from(Buffer.from('110101313030303030303030353600000000000098A4', 'hex')).slice(0, 20);
  await during(items.writeBlocks(uid, { first: 0, data }));
  expect(Buffer.from(tag.memory.subarray(0, 20))).toEqual(Buffer.from(data));
  expect(await during(items.readBlocks(uid, { first: 0, count: 5 }))).toEqual(data);
  expect(await during(items.readMemory(uid))).toMatchObject({
    uid,
    dsfid: 0x3e,
    afi: 0x07,
    blockBytes: 4,
    blockCount: 28,
    data: tag.memory,
  });
  await during(items.writeAfi(uid, 0xc2));
  await during(items.writeDsfid(uid, 0x06));
  expect(await during(items.systemInfo(uid))).toMatchObject({ afi: 0xc2, dsfid: 0x06 });
  expect([tag.afi, tag.dsfid]).toEqual([0xc2, 0x06]);
});

test('a locked block, a tag that is not there and wrong sizes are told as what they are', async () => {
  const { device, driver, during } = await plugged();
  const items = driver.items!;
  device.field.put(uid).locked.add(1);
  const code = async (work: Promise<unknown>): Promise<[string, string]> => {
    const error = (await during(work.catch((cause: unknown) => cause))) as { code: string; message: string };
    return [error.code, error.message];
  };
  expect(await code(items.writeBlocks(uid, { first: 0, data: new Uint8Array(8).fill(1) }))).toEqual([
    'DRIVER_REFUSED',
    expect.stringContaining('locked'),
  ]);
  expect(await code(items.systemInfo(tagUid(7)))).toEqual(['DRIVER_REFUSED', expect.stringContaining('not in the field')]);
  expect((await code(items.writeBlocks(uid, { first: 0, data: new Uint8Array(3) })))[0]).toBe('INPUT_INVALID');
  expect((await code(items.readBlocks(uid, { first: 250, count: 10 })))[0]).toBe('INPUT_INVALID');
  expect((await code(items.writeAfi(uid, 256)))[0]).toBe('INPUT_INVALID');
  expect((await code(items.readBlocks(uid, { first: 27, count: 3 })))[1]).toContain('no such block');
});

test('a tag that keeps something else than what was written is noticed', async () => {
  const { device, driver, during } = await plugged();
  const tag = device.field.put(uid);
  const faulty = new Proxy(tag.memory, {
    get(target, key) {
      if (key === 'set')
        return (bytes: Uint8Array, at: number) =>
          target.set(
            bytes.map((byte) => byte & 0xfe),
            at,
          );
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  tag.memory = faulty;
  const error = await during(
    driver.items!.writeBlocks(uid, { first: 3, data: new Uint8Array(4).fill(0xff) }).catch((cause: unknown) => cause),
  );
  expect(error).toMatchObject({ code: 'DRIVER_REFUSED', message: expect.stringContaining('something else') });
});

test('a read that nobody waits for any more ends at once, and the reader goes on looking', async () => {
  const { clock, device, driver, readings, failures } = await plugged();
  device.field.put(uid);
  const given = new AbortController();
  const reading = driver.items!.readMemory(uid, given.signal).catch((cause: unknown) => cause);
  await clock.advance(30);
  const reason = new Error('the librarian walked away');
  given.abort(reason);
  expect(await reading).toBe(reason);
  const from = readings.length;
  await clock.advance(2_000);
  expect(readings.slice(from).length).toBeGreaterThan(1);
  expect(failures).toEqual([]);
});

test('a reader that dies is given up after three looks, and what waits for it is told', async () => {
  const { clock, device, driver, failures } = await plugged({ pollEveryMs: 100 });
  device.unplug();
  device.close();
  await clock.advance(1);
  const { driver: silent, deviceEnd, clock: time, failures: faults, during } = await plugged({ pollEveryMs: 100 });
  deviceEnd.removeAllListeners('data');
  deviceEnd.resume();
  const waiting = silent.items!.systemInfo(uid).catch((cause: unknown) => cause);
  await time.advance(20_000);
  expect(await during(waiting)).toMatchObject({ code: expect.stringMatching(/DRIVER_TIMEOUT|LINK_CLOSED/) });
  expect(faults.map(({ code }) => code)).toEqual(['DRIVER_TIMEOUT']);
  expect(failures).toEqual([]);
  await driver.close();
});

test.each([0x0e, 0x0f, 0x84])(
  'a look that the reader answers with status %i is made again, and only one that never comes ends the session',
  async (status) => {
    const { clock, device, readings, failures } = await plugged({ pollEveryMs: 100 });
    device.field.put(uid);
    await clock.advance(1_000);
    device.trouble(status, 2);
    const from = readings.length;
    await clock.advance(1_000);
    expect([readings.slice(from).every(({ items }) => items.length === 1), readings.length - from > 3, failures]).toEqual([true, true, []]);
    device.trouble(status, 100);
    await clock.advance(1_000);
    expect(failures.map(({ code }) => code)).toEqual(['DRIVER_REFUSED']);
    expect(failures[0]!.message).not.toContain('no answer');
  },
);

test('a reader in scan mode says what to change', async () => {
  const { clock, failures } = await plugged({ mode: 'pad' }, { mode: 'gate-buffer' });
  await clock.advance(2_000);
  expect(failures.map(({ code, message }) => [code, message])).toEqual([['DRIVER_REFUSED', expect.stringContaining('host mode')]]);
});

test('a gate with a buffer: what passed is told once, and the buffer is emptied', async () => {
  const { clock, device, readings, seen } = await plugged({ mode: 'gate-buffer' }, { mode: 'gate-buffer' });
  for (let n = 1; n <= 150; n += 1) device.pass(tagUid(n));
  await clock.advance(4_000);
  expect(readings.every(({ mode }) => mode === 'passed')).toBe(true);
  expect([readings.flatMap(({ items }) => items).length, seen().length]).toEqual([150, 150]);
  expect(readings[0]!.items[0]).toEqual({ uid: tagUid(1), technology: 'iso15693', antenna: 1 });
});

test.each(['gate-buffer', 'gate-notification'])('a record that nobody can read costs itself: %s', async (mode) => {
  const { clock, device, seen, failures, logged, written } = await plugged({ mode }, { mode, acknowledge: true });
  device.pass(tagUid(1));
  device.passDamaged();
  device.pass(tagUid(2));
  await clock.advance(4_000);
  expect([seen(), failures]).toEqual([[tagUid(1), tagUid(2)], []]);
  const before = written.length;
  device.passDamaged();
  await clock.advance(4_000);
  device.pass(tagUid(3));
  await clock.advance(4_000);
  expect([seen(), failures]).toEqual([[tagUid(1), tagUid(2), tagUid(3)], []]);
  expect(logged.map(({ unreadCount }) => unreadCount)).toEqual(expect.arrayContaining([1]));
  // each was acknowledged once, none comes again
  expect(written.slice(before).filter((frame) => frame.startsWith('05ff32') || frame.startsWith('020007ff32')).length).toBe(2);
});

test('a gate that notifies is never asked, and what it wants acknowledged is acknowledged', async () => {
  const it = await plugged({ mode: 'gate-notification', port: 'tcp://192.168.10.10' }, { mode: 'gate-notification', acknowledge: true });
  await it.clock.advance(60_000);
  expect(it.written).toEqual([]);
  it.device.pass(uid);
  await it.clock.advance(5_000);
  expect(it.seen()).toEqual([uid]);
  expect(it.written).toEqual(['020007ff325447']);
});
