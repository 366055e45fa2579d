import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { afterEach, expect, test } from 'vitest';
import { openSiteDatabase } from '../site-database.ts';
import { createStoreDays } from './store-days.ts';

const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const step of cleanUp.splice(0).toReversed()) step();
});
const dayMs = 86_400_000;

/** A list that is kept for 30 days, looked at twice a day while the broker runs. */
function site() {
  const clock = fakeClock();
  const folder = mkdtempSync(join(tmpdir(), 'tramhoc-days-'));
  cleanUp.push(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
  let last = 0;
  const start = () => {
    const database = openSiteDatabase(folder, { maxBytes: 16 * 1024 * 1024 });
    cleanUp.push(() => database.close());
    const days = createStoreDays({ database, clock, keptDays: 30, lastPosition: () => last });
    days.count();
    return { database, days };
  };
  let started = start();
  const count = (): void => started.days.count();
  return {
    clock,
    count,
    /** One row more. */
    add() {
      last += 1;
    },
    async run(days: number) {
      for (let half = 0; half < days * 2; half += 1) {
        await clock.advance(dayMs / 2);
        count();
      }
    },
    /** Switched off for so many days of the wall clock: monotonic time begins anew. */
    off(days: number) {
      started.database.meta.settle();
      started.database.close();
      clock.jumpWall(days * dayMs);
      clock.reboot('00000000-0000-4000-8000-000000000002');
      started = start();
    },
    damage: () => void started.database.meta.set('store.days', '{"wallMs":'),
    /** How many of the rows may go. */
    old: () => started.days.keptLongEnough(),
  };
}

test('rows are kept for thirty days that the broker ran, and a day more at most', async () => {
  const { add, run, old } = site();
  add();
  await run(15);
  add();
  await run(15);
  expect(old()).toBe(0);
  await run(1.5);
  expect(old()).toBe(1);
  await run(13);
  expect(old()).toBe(1);
  await run(2);
  expect(old()).toBe(2);
});

test('a wall clock that is months ahead for a minute, or years behind, makes nothing older', async () => {
  const { clock, add, run, count, old } = site();
  add();
  for (const days of [31, 400, -9_000]) {
    clock.jumpWall(days * dayMs);
    count();
    await clock.advance(60_000);
    count();
    clock.jumpWall(-days * dayMs);
    await run(1);
  }
  await run(27);
  expect(old()).toBe(0);
  await run(1.5);
  expect(old()).toBe(1);
});

test('a site that is switched off in the evening counts its nights as well', async () => {
  const { add, run, off, old } = site();
  add();
  for (let day = 0; day < 30; day += 1) {
    await run(0.5);
    off(0.5);
  }
  expect(old()).toBe(0);
  await run(1.5);
  expect(old()).toBe(1);
});

test('after three months of holidays, or starts under a wrong clock, rows are a day older for each, and grow old from there', async () => {
  const { add, run, off, old } = site();
  add();
  await run(10);
  off(90);
  off(-9_000);
  off(9_400);
  await run(18);
  expect(old()).toBe(0);
  await run(1.5);
  expect(old()).toBe(1);
});

test('a row that came in a long while in which nobody counted is as old as the end of it', async () => {
  const { clock, add, count, run, old } = site();
  await clock.advance(40 * dayMs);
  add();
  count();
  await run(30);
  expect(old()).toBe(0);
  await run(1.5);
  expect(old()).toBe(1);
});

test('days that cannot be read any more are counted anew, and rows stay longer', async () => {
  const { add, run, old, off, damage } = site();
  add();
  await run(20);
  damage();
  off(0);
  await run(20);
  expect(old()).toBe(0);
  await run(12);
  expect(old()).toBe(1);
});
