import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FakeClock, fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { afterEach, expect, test } from 'vitest';
import { createSiteTime, type SiteTime } from './site-time.ts';

const ends: (() => unknown)[] = [];
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end();
});
const now = Date.UTC(2026, 11, 1);

function device({ wallMs = now, dataDir = mkdtempSync(join(tmpdir(), 'time-')) } = {}) {
  const clock: FakeClock = fakeClock({ wallMs });
  const startMs = clock.monotonicMs();
  const site = { there: true, asked: 0 };
  const time: SiteTime = createSiteTime({
    dataDir,
    clock,
    log: silentLog,
    async askSite() {
      site.asked += 1;
      if (!site.there) throw new Error('nobody');
      return { wallMs: now + clock.monotonicMs() - startMs };
    },
    isNtpSynced: () => false,
  });
  ends.push(() => rmSync(dataDir, { recursive: true, force: true }));
  ends.push(() => time.close());
  return { clock, site, time, dataDir };
}

test('a device asks on connecting and every ten minutes, and believes its clock as far as the answer goes', async () => {
  const it = device();
  expect(it.time.quality()).toBe('rtc');
  expect(it.time.nowMs()).toBeUndefined();
  await it.time.ask();
  expect(it.time.quality()).toBe('site');
  await it.clock.advance(3_600_000);
  expect(it.site.asked).toBe(7);
  it.clock.jumpWall(-86_400_000);
  expect(it.time.quality()).toBe('unknown');
  expect(it.time.nowMs()).toBeCloseTo(now + 3_600_000, -3);
});

test('a site that does not answer changes nothing', async () => {
  const it = device();
  it.site.there = false;
  await it.time.ask();
  expect(it.time.quality()).toBe('rtc');
});

test('a board whose RTC battery is empty knows after the next start that its clock is wrong', async () => {
  const before = device();
  await before.time.ask();
  const it = device({ wallMs: now - 1_000, dataDir: before.dataDir });
  expect(it.time.quality()).toBe('unknown');
});
