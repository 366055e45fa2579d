/** Lists that must be sent whole: how often, and what comes after. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FakeClock, fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import { afterEach, expect, test } from 'vitest';
import { openSiteDatabase } from '../site-database.ts';
import { beginLine, type DeliveryMarks, deliveryMarks } from './delivery-marks.ts';

const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const step of cleanUp.splice(0).toReversed()) step();
});

function marksOf(clock: FakeClock): DeliveryMarks & { owed(): boolean } {
  const folder = mkdtempSync(join(tmpdir(), 'tramhoc-marks-'));
  const database = openSiteDatabase(folder, { maxBytes: 1024 * 1024 });
  cleanUp.push(
    () => rmSync(folder, { recursive: true }),
    () => database.close(),
  );
  beginLine(database, { lastPosition: 0, random: seededRandom(7) });
  const marks = deliveryMarks({ database, clock, log: silentLog });
  return { ...marks, owed: () => database.meta.get('upstream.owed') === '1' };
}
const mine = { position: 8, lastPosition: 20 };
const adopt = (marks: DeliveryMarks, mark: string): number => marks.adopt(mark, mine.position, mine.lastPosition);

// seed 5023035 of the simulation: what came after the exchange overtook what had come before
test('a site whose disk was exchanged and whose centre was put back within the same hour begins with its first row both times', async () => {
  const clock = fakeClock();
  const marks = marksOf(clock);
  expect(adopt(marks, 'c0f95e8b5c9cb718.25')).toBe(0);
  await clock.advance(5_000);
  expect(adopt(marks, 'c0f95e8b5c9cb718.20')).toBe(0);
  expect(marks.owed()).toBe(false);
});

test('two brokers with one identity make each other send everything three times, then once an hour', async () => {
  const clock = fakeClock();
  const marks = marksOf(clock);
  for (let round = 0; round < 3; round += 1) expect(adopt(marks, `00000000000000ff.${round}`)).toBe(0);
  expect(adopt(marks, '00000000000000ff.3')).toBe(mine.position);
  expect(marks.owed()).toBe(true);
  await clock.advance(3_599_000);
  expect(marks.wholeIsDue()).toBe(false);
  await clock.advance(1_000);
  expect(marks.wholeIsDue()).toBe(true);
  marks.wholeBegins();
  expect(marks.owed()).toBe(false);
  expect(adopt(marks, '00000000000000ff.4')).toBe(mine.position);
});

test('after a quiet day there are three again, not twenty-four', async () => {
  const clock = fakeClock();
  const marks = marksOf(clock);
  for (let round = 0; round < 3; round += 1) adopt(marks, `00000000000000ff.${round}`);
  await clock.advance(24 * 3_600_000);
  for (let round = 0; round < 3; round += 1) expect(adopt(marks, `00000000000000fe.${round}`)).toBe(0);
  expect(adopt(marks, '00000000000000fe.3')).toBe(mine.position);
});
