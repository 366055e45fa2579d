import { fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import { expect, onTestFinished, test } from 'vitest';
import { hostLink } from '../../transports/host.ts';
import type { Reading } from '../driver.ts';
import { host } from './driver.ts';
import type { HostProbe, RawLoad, RawUsb } from './host-probe.ts';

async function bench(config: Record<string, unknown> = {}) {
  const clock = fakeClock();
  const asked = { state: 0, usb: 0, load: 0 };
  const computer: { usb: RawUsb[]; load: RawLoad; hangs: boolean } = {
    usb: [{ vendorId: '046d', productId: 'c31c', name: 'Keyboard', port: '1-1' }],
    load: { cpuPct: 10, memoryBytes: 8_000, availableBytes: 4_000 },
    hangs: false,
  };
  const probe: HostProbe = {
    async state() {
      asked.state += 1;
      return computer.hangs ? new Promise(() => undefined) : { memoryBytes: 8 * 1024 ** 3, os: { distro: 'Debian' } };
    },
    async usb() {
      asked.usb += 1;
      return computer.usb;
    },
    async load() {
      asked.load += 1;
      return computer.load;
    },
  };
  const readings: Reading[] = [];
  let disk = true;
  const link = hostLink(probe);
  const driver = await host.open(link, host.configSchema.parse({ port: 'host:', ...config }), {
    clock,
    random: seededRandom(1),
    log: silentLog,
    emit: (reading) => {
      readings.push(reading);
      return disk;
    },
    fail: () => undefined,
  });
  onTestFinished(async () => {
    await driver.close();
    link.destroy();
  });
  return { clock, asked, computer, readings, driver, refuse: (refused: boolean) => (disk = !refused) };
}

test('a computer is told once, and again when something was plugged in', async () => {
  const { clock, computer, readings } = await bench({ usbEveryS: 10 });
  await clock.advance(60_000);
  expect(readings).toMatchObject([{ kind: 'computer', state: { memoryMiB: 8_192, usb: [{ vendorId: '046d' }] } }]);
  computer.usb = [...computer.usb, { vendorId: '0781', productId: '5567', name: 'Cruzer', port: '1-2' }];
  await clock.advance(10_000);
  expect(readings.at(-1)).toMatchObject({ kind: 'computer', state: { usb: [{ port: '1-1' }, { port: '1-2', name: 'Cruzer' }] } });
});

test('what the disk refused is told again with the next look', async () => {
  const { clock, readings, refuse } = await bench({ usbEveryS: 10 });
  refuse(true);
  await clock.advance(25_000);
  expect(readings.length).toBe(3);
  refuse(false);
  await clock.advance(60_000);
  expect(readings.length).toBe(4);
});

test('load is told as an average of what was measured in the interval', async () => {
  const { clock, computer, readings } = await bench({ loadEveryS: 60, reportEveryS: 300 });
  await clock.advance(120_000);
  computer.load = { cpuPct: 60, memoryBytes: 8_000, availableBytes: 2_000, temperatureC: 55 };
  await clock.advance(180_000);
  expect(readings.filter(({ kind }) => kind === 'computer-load')).toEqual([
    { kind: 'computer-load', load: { cpuPct: 40, memoryUsedPct: 65, temperatureC: 55 }, sampleCount: 5 },
  ]);
});

test('by default a computer is asked so seldom that it does not notice', async () => {
  const { clock, asked } = await bench();
  await clock.advance(24 * 3_600_000);
  // measured: 225 ms, 26 ms and 2 ms of processor time each (README.md)
  const share = (asked.state * 225 + asked.load * 26 + asked.usb * 2) / (24 * 3_600_000);
  expect(share).toBeLessThan(0.001);
  expect(asked.state).toBe(25);
});

test('a part that hangs for ever stops neither the others nor the next attempt', async () => {
  const { clock, computer, asked, driver, readings } = await bench({ usbEveryS: 10 });
  await clock.advance(1_000);
  computer.hangs = true;
  await clock.advance(3_600_000 + 10 * 60_000);
  expect(driver.counters().timeoutCount).toBeGreaterThanOrEqual(2);
  computer.hangs = false;
  computer.usb = [];
  await clock.advance(5 * 60_000);
  expect(readings.findLast(({ kind }) => kind === 'computer')).toMatchObject({ state: { usb: [] } });
  expect(asked.usb).toBeGreaterThan(400);
});
