import { duplexPair } from 'node:stream';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { createLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import type { TramError } from '@tramhoc/protocol/errors';
import { afterEach, expect, test } from 'vitest';
import type { Driver, Punch } from '../driver.ts';
import { type Zkteco4370Config, zkteco4370 } from './driver.ts';
import { zkteco4370Simulator } from './simulator.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A terminal on a cable (or in datagrams), and whoever opens it. */
function bench(options: Record<string, unknown> = {}) {
  const clock = fakeClock({ wallMs: Date.UTC(2026, 10, 22, 23, 58) });
  const terminal = zkteco4370Simulator.create({ clock, random: seededRandom(1) }, options);
  const kept: Punch[] = [];
  const failures: TramError[] = [];
  const logged: string[] = [];
  const disk = { refuses: false };
  /** Packets of the terminal: the next so many, and every nth. */
  const lost = { next: 0, everyNth: Number.POSITIVE_INFINITY };
  let heard = 0;
  const lasting = new Map<string, string>();
  const open = async (config: Record<string, unknown> = {}): Promise<Driver<Zkteco4370Config>> => {
    const udp = options['udp'] === true;
    const [driverEnd, wireEnd] = duplexPair({ objectMode: udp });
    const [deviceEnd, deviceSide] = duplexPair({ objectMode: udp });
    wireEnd.on('data', (chunk) => deviceSide.write(chunk));
    deviceSide.on('data', (chunk) => {
      heard += 1;
      if (lost.next > 0) lost.next -= 1;
      else if (heard % lost.everyNth === 0) return;
      else if (!wireEnd.destroyed) wireEnd.write(chunk);
    });
    terminal.plug(deviceEnd);
    const parsed = zkteco4370.configSchema.parse({ port: `${udp ? 'udp' : 'tcp'}://192.168.1.201`, pollEveryS: 10, ...config });
    const opening = zkteco4370.open(driverEnd, parsed, {
      ...{ clock, random: seededRandom(2) },
      log: createLog({ part: 'test', level: 'debug', write: (line) => logged.push(line) }),
      emit(reading) {
        if (disk.refuses) return false;
        return kept.push(reading as Punch) > 0;
      },
      fail: (error) => failures.push(error),
      lasting,
    });
    opening.catch(() => undefined);
    await clock.advance(2_000);
    const driver = await opening;
    ends.push(() => driver.close());
    return driver;
  };
  ends.push(() => terminal.close());
  return { clock, terminal, kept, failures, logged, disk, lost, open };
}
const pins = (kept: readonly Punch[]): string[] => kept.map(({ pin }) => pin);

test.each([
  { recordBytes: 40 },
  { recordBytes: 16 },
  { recordBytes: 8 },
  { recordBytes: 40, old: true },
  { recordBytes: 8, old: true, udp: true },
  { recordBytes: 16, udp: true },
  { recordBytes: 40, udp: true },
])('the log is read and each punch is told as it happens: %j', async (options) => {
  const it = bench(options);
  for (const pin of ['1023', '77', '1023']) {
    it.terminal.punch(pin);
    await it.clock.advance(1_000);
  }
  await it.open();
  await it.clock.advance(2_000);
  expect(pins(it.kept)).toEqual(['1023', '77', '1023']);
  expect(it.kept[0]).toEqual({
    ...{ kind: 'punch', terminal: '0316144680030', pin: '1023', localTime: '2026-11-23T06:58:00', verify: 'finger', direction: 'in' },
  });
  it.terminal.punch('5', { state: 1, verify: 15 });
  await it.clock.advance(100);
  expect(it.kept.at(-1)).toMatchObject({ pin: '5', verify: 'face', direction: 'out' });
});

test.each([{}, { udp: true }])('of a long log only the end is read again, and nothing is ever deleted or changed: %j', async (options) => {
  const it = bench(options);
  for (let n = 0; n < 2_500; n += 1) it.terminal.punch(String(n + 1));
  const driver = await it.open();
  await it.clock.advance(5_000);
  expect(it.kept).toHaveLength(2_500);
  const framesBefore = driver.counters().frameCount;
  it.terminal.punch('9001');
  await it.clock.advance(20_000);
  expect(pins(it.kept).slice(2_500)).toEqual(['9001', '9001']);
  expect(driver.counters().frameCount - framesBefore).toBeLessThan(16);
  const harmless = new Set([11, 13, 50, 201, 500, 1000, 1001, 1102, 1502, 1503, 1504]);
  expect(it.terminal.asked().filter((command) => !harmless.has(command))).toEqual([]);
});

test('a punch that the disk refused comes with the log when there is room again; nothing in between is skipped', async () => {
  const it = bench();
  it.terminal.punch('1');
  await it.open();
  await it.clock.advance(1_000);
  it.disk.refuses = true;
  for (const pin of ['2', '3', '4']) it.terminal.punch(pin);
  await it.clock.advance(30_000);
  expect(pins(it.kept)).toEqual(['1']);
  it.disk.refuses = false;
  await it.clock.advance(11_000);
  expect(pins(it.kept)).toEqual(['1', '2', '3', '4']);
});

test('a log that was emptied, or emptied and filled again, is read anew', async () => {
  const it = bench();
  for (const pin of ['1', '2', '3']) it.terminal.punch(pin);
  await it.open();
  await it.clock.advance(11_000);
  it.terminal.clearLog();
  await it.clock.advance(11_000);
  it.terminal.unplug();
  for (const pin of ['4', '5', '6', '7']) it.terminal.punch(pin);
  await it.open();
  await it.clock.advance(11_000);
  expect(pins(it.kept)).toEqual(['1', '2', '3', '4', '5', '6', '7']);
});

const punchesOf = (kept: readonly Punch[]): string[] => [...new Set(kept.map(({ pin, localTime }) => `${pin} ${localTime.slice(11)}`))];

test('a place that is given to another person gives nobody the punches of the one before, however often the log is read', async () => {
  const it = bench({ recordBytes: 8 });
  it.terminal.punch('1023');
  await it.open();
  await it.clock.advance(60_000);
  it.terminal.unplug();
  it.terminal.remove('1023');
  it.terminal.punch('2042');
  await it.open();
  await it.clock.advance(60_000);
  const expected = ['1023 06:58:00', '2042 06:59:02'];
  expect(punchesOf(it.kept)).toEqual(expected);
  // once a day everything is read
  await it.clock.advance(25 * 3_600_000);
  it.terminal.unplug();
  await it.open();
  await it.clock.advance(60_000);
  expect(punchesOf(it.kept)).toEqual(expected);
});

test('while the list of people cannot be read, nobody is named; when it can, everybody is', async () => {
  const it = bench({ recordBytes: 8 });
  it.terminal.hidePeople(true);
  for (const pin of ['1023', '77']) it.terminal.punch(pin);
  await it.open();
  await it.clock.advance(3_000);
  expect(it.kept).toEqual([]);
  it.terminal.hidePeople(false);
  await it.clock.advance(20_000);
  expect([pins(it.kept), it.failures]).toEqual([['1023', '77'], []]);
});

test('a terminal that never tells who its people are is refused, with what to do', async () => {
  const it = bench({ recordBytes: 8 });
  it.terminal.hidePeople(true);
  it.terminal.punch('1023');
  await it.open();
  await it.clock.advance(60_000);
  expect(it.failures).toMatchObject([{ code: 'DRIVER_REFUSED', message: expect.stringContaining('user list') }]);
  expect(it.kept).toEqual([]);
});

test('the punch of somebody who is not in the list any more is left out and counted', async () => {
  const it = bench({ recordBytes: 8 });
  for (const pin of ['1', '2', '3']) it.terminal.punch(pin);
  it.terminal.remove('2');
  const driver = await it.open();
  await it.clock.advance(20_000);
  expect([pins(it.kept), it.failures, driver.counters().skippedBytes]).toEqual([['1', '3'], [], 8]);
});

test('old punches are left out by the clock of the terminal, at the first reading', async () => {
  const it = bench();
  it.terminal.punch('1');
  it.clock.jumpWall(40 * 24 * 3_600_000);
  it.terminal.punch('2');
  await it.open({ sinceDays: 30 });
  await it.clock.advance(1_000);
  expect(pins(it.kept)).toEqual(['2']);
});

test('lost datagrams cost time, not punches', async () => {
  const it = bench({ udp: true });
  for (let n = 0; n < 200; n += 1) it.terminal.punch(String(n + 1));
  const driver = await it.open();
  it.lost.next = 2;
  await it.clock.advance(60_000);
  expect(new Set(pins(it.kept)).size).toBe(200);
  expect(it.failures).toEqual([]);
  it.terminal.punch('201');
  it.lost.next = 5;
  await it.clock.advance(60_000);
  expect(pins(it.kept)).toContain('201');
  expect(driver.counters().timeoutCount).toBeGreaterThan(0);
});

test.each([
  ['gathers its log for ten seconds', 1503, { prepareMs: 10_000 }],
  ['gathers its log for ten seconds, without a buffer', 13, { prepareMs: 10_000, old: true, udp: true }],
  ['gathers its log for ten seconds, in datagrams', 1503, { prepareMs: 10_000, udp: true }],
  ['has a line of 20 kB/s', 1503, { bytesPerS: 20_000 }],
])('a terminal that %s is read, and asked for it once', async (_what, reading, options) => {
  const it = bench(options);
  for (let n = 0; n < 5_000; n += 1) it.terminal.punch(String(n + 1));
  await it.open({ pollEveryS: 60 });
  await it.clock.advance(45_000);
  expect([it.kept.length, it.failures]).toEqual([5_000, []]);
  const asked = it.terminal.asked();
  expect(asked.filter((command) => command === reading)).toHaveLength(1);
  expect(asked.filter((command) => command === 50)).toHaveLength(1);
});

test('where every tenth datagram is lost, the log comes in smaller pieces', async () => {
  const it = bench({ udp: true });
  for (let n = 0; n < 2_500; n += 1) it.terminal.punch(String(n + 1));
  it.lost.everyNth = 10;
  await it.open();
  await it.clock.advance(30 * 60_000);
  expect(new Set(pins(it.kept)).size).toBe(2_500);
});

test('the comm key opens the terminal; a wrong one is said to be wrong', async () => {
  const it = bench({ password: '123456' });
  await expect(it.open()).rejects.toMatchObject({ code: 'DRIVER_AUTH_FAILED', message: expect.stringContaining('comm key') });
  await it.open({ password: '123456' });
});

test('a terminal that falls silent is given up, with what to check', async () => {
  const it = bench();
  await it.open();
  it.lost.next = 1_000;
  await it.clock.advance(60_000);
  expect(it.failures).toMatchObject([{ code: 'DRIVER_TIMEOUT', message: expect.stringContaining('power') }]);
});

test('neither people nor keys are in the log', async () => {
  const it = bench({ password: '123456' });
  it.terminal.punch('77123');
  await it.open({ password: '123456' });
  await it.clock.advance(11_000);
  expect(it.kept).toHaveLength(1);
  expect(it.logged.join('')).not.toMatch(/77123|123456/);
});

test('the usual port is filled in; a written one stays', () => {
  const portOf = (port: string): string => zkteco4370.link(zkteco4370.configSchema.parse({ port })).port;
  expect([portOf('tcp://192.168.1.201'), portOf('udp://192.168.1.201'), portOf('tcp://192.168.1.201:4371')]).toEqual([
    ...['tcp://192.168.1.201:4370', 'udp://192.168.1.201:4370', 'tcp://192.168.1.201:4371'],
  ]);
});
