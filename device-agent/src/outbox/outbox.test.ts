import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FakeClock, fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import { checkEvent, type EventData } from '@tramhoc/protocol/event';
import { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import { afterEach, expect, test } from 'vitest';
import { type Outbox, type OutboxOptions, openOutbox } from './outbox.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});
const freshFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'outbox-'));
  folders.push(folder);
  return folder;
};
const owner = { siteId: SiteId.parse('thpt-demo'), deviceId: DeviceId.parse('11111111-1111-4111-8111-111111111111') };
const open = (dataDir: string, more: Partial<OutboxOptions> = {}): Outbox =>
  openOutbox({ dataDir, owner, clock: fakeClock(), random: systemRandom(), log: silentLog, clockQuality: () => 'rtc', ...more });
const tap = { slot: 'gate', cardHash: 'a'.repeat(64), technology: 'em4100' } as EventData<'vn.tramhoc.attendance.tap.v1'>;
const accept = (outbox: Outbox) => outbox.accept('vn.tramhoc.attendance.tap.v1', tap);
const rows = (outbox: Outbox) => outbox.queue.read({ afterPosition: 0, limit: 500, maxBytes: 10 ** 9 });
const epochOf = (outbox: Outbox) => rows(outbox).at(-1)!.epoch;

test('what is accepted is a whole event with its clocks, and is there after a restart', () => {
  const dataDir = freshFolder();
  const outbox = open(dataDir);
  const { seq, id } = accept(outbox);
  outbox.close();
  const again = open(dataDir);
  const check = checkEvent(JSON.parse(rows(again)[0]!.body));
  expect(check).toMatchObject({
    ok: true,
    event: { id, seq, source: 'urn:tramhoc:thpt-demo:11111111-1111-4111-8111-111111111111', clockquality: 'rtc', data: tap },
  });
  again.close();
});

test('a wall clock in the year 60000 does not make an event that nobody can read', () => {
  const clock: FakeClock = fakeClock({ wallMs: Date.UTC(2026, 0, 1) });
  clock.jumpWall(1.8e15);
  const outbox = open(freshFolder(), { clock });
  accept(outbox);
  expect(checkEvent(JSON.parse(rows(outbox)[0]!.body)).ok).toBe(true);
  outbox.close();
});

test('data of the wrong shape is refused before it can wait in the queue for ever', () => {
  const outbox = open(freshFolder());
  expect(() => outbox.accept('vn.tramhoc.attendance.tap.v1', { ...tap, cardHash: '0102030405' as never })).toThrow(
    expect.objectContaining({ code: 'EVENT_INVALID' }),
  );
  expect(outbox.pendingCount()).toBe(0);
  outbox.close();
});

test('an outbox put back from a backup goes on under a new epoch, so that no new tap has an old number', () => {
  const dataDir = freshFolder();
  const path = join(dataDir, 'outbox.db');
  let outbox = open(dataDir);
  accept(outbox);
  outbox.close();
  copyFileSync(path, join(dataDir, 'backup'));
  outbox = open(dataDir);
  const epoch = epochOf(outbox);
  accept(outbox);
  accept(outbox);
  outbox.delivered(rows(outbox));
  outbox.close();

  copyFileSync(join(dataDir, 'backup'), path);
  for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
  outbox = open(dataDir);
  expect(accept(outbox).seq).toBe(1);
  const waiting = rows(outbox);
  expect(waiting.map((row) => [row.epoch === epoch, row.seq])).toEqual([
    [true, 1],
    [false, 1],
  ]);
  outbox.close();
});

test('each start begins a new epoch; what waits keeps its identity', () => {
  const dataDir = freshFolder();
  let outbox = open(dataDir);
  const first = accept(outbox);
  const epoch = epochOf(outbox);
  outbox.close();
  outbox = open(dataDir);
  expect(accept(outbox).seq).toBe(1);
  const waiting = rows(outbox);
  expect(waiting[0]).toMatchObject({ id: first.id, epoch, seq: 1 });
  expect(waiting[1]!.epoch).not.toBe(epoch);
  outbox.close();
});

test('also an outbox that was copied before its first event gives no number twice', () => {
  const dataDir = freshFolder();
  const path = join(dataDir, 'outbox.db');
  open(dataDir).close();
  copyFileSync(path, join(dataDir, 'backup'));
  let outbox = open(dataDir);
  accept(outbox);
  const epoch = epochOf(outbox);
  outbox.close();
  copyFileSync(join(dataDir, 'backup'), path);
  for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
  outbox = open(dataDir);
  accept(outbox);
  expect(epochOf(outbox)).not.toBe(epoch);
  outbox.close();
});

test('what was recorded under another identity is put aside, never sent under the new one', () => {
  const dataDir = freshFolder();
  let outbox = open(dataDir);
  accept(outbox);
  outbox.close();
  const deviceId = DeviceId.parse('22222222-2222-4222-8222-222222222222');
  outbox = open(dataDir, { owner: { ...owner, deviceId } });
  expect(outbox.pendingCount()).toBe(0);
  expect(existsSync(join(dataDir, `outbox-${owner.deviceId}.db`))).toBe(true);
  expect(accept(outbox).seq).toBe(1);
  outbox.close();
});

test('a full outbox says after the commit that it gave rows up', () => {
  let told = 0;
  const outbox = open(freshFolder(), { maxBytes: 20_000, onGaveUp: () => (told += 1) });
  accept(outbox);
  expect(told).toBe(0);
  for (let at = 0; at < 60; at += 1) accept(outbox);
  expect(told).toBeGreaterThan(0);
  outbox.close();
});

test('a full outbox gives up readings before taps, and says which', () => {
  const outbox = open(freshFolder(), { maxBytes: 200_000 });
  const reading = { slot: 'air', driver: 'pms5003', measurements: [{ quantity: 'pm25', value: 8 }], sampleCount: 60 };
  accept(outbox);
  for (let at = 0; at < 600; at += 1) outbox.accept('vn.tramhoc.sensor.reading.v1', reading as EventData<'vn.tramhoc.sensor.reading.v1'>);
  const kept = rows(outbox);
  expect(kept[0]!.kind).toBe('vn.tramhoc.attendance.tap.v1');
  const dropped = kept.filter(({ kind }) => kind === 'vn.tramhoc.outbox.dropped.v1').map(({ body }) => checkEvent(JSON.parse(body)));
  expect(dropped.length).toBeGreaterThan(0);
  expect(dropped.every(({ ok }) => ok)).toBe(true);
  outbox.close();
});
