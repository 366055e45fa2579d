import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openSiteDatabase } from '../site-database.ts';
import { startTestSite } from '../testing/test-site.ts';

const MiB = 1024 * 1024;
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const mount = (path: string): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${64 * MiB}`, 'tramhoc-test', path], { stdio: 'ignore' }).status === 0;
const unmount = (path: string): void => void spawnSync('umount', ['-l', path]);
const mayMount = ((): boolean => {
  const probe = mkdtempSync(join(tmpdir(), 'tramhoc-mount-'));
  const may = mount(probe);
  if (may) unmount(probe);
  rmSync(probe, { recursive: true, force: true });
  return may;
})();

/** Somebody else takes every free byte. */
function fill(path: string): void {
  const file = openSync(path, 'a');
  for (let bytes = MiB; bytes >= 1; ) {
    try {
      writeSync(file, Buffer.alloc(bytes));
    } catch {
      bytes = Math.floor(bytes / 16);
    }
  }
  closeSync(file);
}

test.skipIf(!mayMount)(
  'on a full disk taps are taken at the cost of readings, no tap is given up, and the page says what to do (needs root: a tmpfs of its own)',
  async () => {
    const disk = mkdtempSync(join(tmpdir(), 'tramhoc-full-'));
    ends.push(() => rmSync(disk, { recursive: true, force: true }));
    mount(disk);
    ends.push(() => unmount(disk));
    const site = await startTestSite({ parent: disk });
    // whatever went wrong, the disk is taken away afterwards
    ends.push(() => site.close().catch(() => undefined));
    await expect.poll(() => site.metric('disk_reserve_held'), { timeout: 15_000 }).toBe(1);
    const device = site.device();
    const client = await device.open();
    const send = async (count: number, fields: object): Promise<number> => {
      let taken = 0;
      for (let left = count; left > 0; left -= 50) {
        const events = Array.from({ length: 50 }, () => device.event(fields));
        if ((await client.publish(device.topic, JSON.stringify(events))) !== 'acknowledged') return taken;
        taken += events.length;
      }
      return taken;
    };
    const reading = { slot: 'air', driver: 'pms5003', measurements: [{ quantity: 'pm25', value: 8 }], sampleCount: 60 };
    expect(await send(4_000, { type: 'vn.tramhoc.sensor.reading.v1', data: reading })).toBe(4_000);
    fill(join(disk, 'log of somebody else'));
    expect(await send(4_000, {})).toBe(4_000);
    expect(await site.metric('disk_reserve_held')).toBe(0);
    expect(await site.metric('store_dropped_events_total')).toBeGreaterThan(0);
    expect(await (await fetch(`${site.broker.statusUrl}?lang=en`)).text()).toContain('The disk is full. Free something else on it');
    // nothing but taps left: what cannot be kept is not acknowledged
    let taps = 4_000;
    for (let more = -1; more !== 0 && taps < 60_000; taps += more) more = await send(4_000, {}).catch(() => 0);
    expect(taps).toBeLessThan(60_000);
    // a restart on the full disk knows that it is full
    await site.restart();
    expect(await site.metric('disk_reserve_held')).toBe(0);
    expect(await (await fetch(`${site.broker.statusUrl}?lang=en`)).text()).toContain('The disk is full. Free something else on it');
    await site.broker.close();
    const database = openSiteDatabase(site.folder, { maxBytes: 1e9 });
    expect(database.prepare('SELECT count(*) AS count FROM event WHERE keep = 1').get()).toEqual({ count: taps });
    database.close();
    expect(readFileSync(join(disk, 'log of somebody else')).length).toBeGreaterThan(MiB);
  },
  120_000,
);
