import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type BallastState, openBallast } from './ballast.ts';
import { type DurableQueue, type NewRow, openDurableQueue } from './durable-queue.ts';
import { fakeClock } from './fake-clock.ts';
import { silentLog } from './log.ts';
import { systemRandom } from './random.ts';

const ends: (() => unknown)[] = [];
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end();
});
const MiB = 1024 * 1024;

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'tramhoc-ballast-'));
  ends.push(() => rmSync(made, { recursive: true, force: true }));
  return made;
}
const mounted = (path: string, bytes: number): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tramhoc-test', path], { stdio: 'ignore' }).status === 0;
/** Whether this user may mount a file system of a size of its own. */
const mayMount = ((): boolean => {
  const probe = mkdtempSync(join(tmpdir(), 'tramhoc-mount-'));
  const may = mounted(probe, MiB);
  if (may) spawnSync('umount', [probe]);
  rmSync(probe, { recursive: true, force: true });
  return may;
})();

function smallDisk(bytes: number): string {
  const path = folder();
  if (!mounted(path, bytes)) throw new Error('no tmpfs');
  ends.push(() => spawnSync('umount', ['-l', path]));
  return path;
}

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

async function held(disk: string, bytes: number) {
  const clock = fakeClock();
  const states: BallastState[] = [];
  let changed: (state: BallastState) => void = () => undefined;
  const onChange = (state: BallastState): void => {
    states.push(state);
    changed(state);
  };
  const ballast = openBallast({ path: join(disk, 'ballast'), bytes, clock, random: systemRandom(), log: silentLog, onChange });
  ends.push(() => ballast.close());
  await clock.advance(5_000);
  await expect.poll(() => ballast.state()).toBe('held');
  return { ballast, clock, states, onChange: (listener: typeof changed) => (changed = listener) };
}

test('it is as large as it says, has no holes, and is found again after a restart', async () => {
  const disk = folder();
  const { ballast, states } = await held(disk, MiB);
  const { size, blocks } = statSync(join(disk, 'ballast'));
  expect(size).toBe(MiB);
  expect(blocks * 512).toBeGreaterThanOrEqual(MiB);
  expect(states).toEqual(['held']);
  ballast.close();
  const again = openBallast({
    ...{ path: join(disk, 'ballast'), bytes: MiB, clock: fakeClock(), random: systemRandom(), log: silentLog },
    onChange: () => undefined,
  });
  expect(again.state()).toBe('held');
  again.close();
});

test('a database at its own cap is no reason to give it up while the disk has room', async () => {
  const { ballast } = await held(folder(), MiB);
  expect(ballast.giveUp()).toBe(false);
  expect(ballast.state()).toBe('held');
});

test.skipIf(!mayMount)('it comes back when there is room for it twice, not before (needs root: a tmpfs of its own)', async () => {
  const disk = smallDisk(32 * MiB);
  const { ballast, clock, states } = await held(disk, 4 * MiB);
  fill(join(disk, 'log of somebody else'));
  expect(ballast.giveUp()).toBe(true);
  expect(ballast.giveUp()).toBe(false);
  expect(existsSync(join(disk, 'ballast'))).toBe(false);
  await clock.advance(300_000);
  expect(states).toEqual(['held', 'given-up']);
  // a program that starts now knows it as well
  const told: BallastState[] = [];
  const started = openBallast({
    ...{ path: join(disk, 'ballast'), bytes: 4 * MiB, clock: fakeClock(), random: systemRandom(), log: silentLog },
    onChange: (state) => told.push(state),
  });
  started.close();
  expect([started.state(), told]).toEqual(['given-up', ['given-up']]);
  rmSync(join(disk, 'log of somebody else'));
  await clock.advance(60_000);
  await expect.poll(() => ballast.state()).toBe('held');
  expect(states).toEqual(['held', 'given-up', 'held']);
});

const row = (keepLongest: boolean, at: number): NewRow => ({
  kind: keepLongest ? 'tap' : 'reading',
  keepLongest,
  make: ({ seq, epoch }) => ({ id: `${epoch}-${seq}`, body: JSON.stringify({ at, text: 'x'.repeat(400) }) }),
});

function queueOn(disk: string, onFull: () => void): { queue: DurableQueue; dropped(): number } {
  let dropped = 0;
  const clock = fakeClock();
  const queue = openDurableQueue({
    ...{ path: join(disk, 'outbox.db'), maxBytes: 256 * MiB, maxAgeMs: 1e9, random: systemRandom(), clock, onFull },
    wallTrusted: () => false,
    onDropped({ count }) {
      dropped += count;
      return row(false, 0);
    },
    onDamaged: () => row(false, 0),
  });
  ends.push(() => queue.close());
  return { queue, dropped: () => dropped };
}
/** Appends until `enough`, or until the disk refuses. */
function keep(queue: DurableQueue, keepLongest: boolean, enough: number): number {
  for (let count = 0; count < enough; count += 1) {
    try {
      queue.append([row(keepLongest, count)]);
    } catch (error) {
      expect(error).toMatchObject({ code: 'DISK_FULL' });
      return count;
    }
  }
  return enough;
}

test.skipIf(!mayMount)(
  'on a full disk taps are kept at the cost of readings, deliveries are deleted, and no tap is given up (needs root: a tmpfs of its own)',
  async () => {
    const disk = smallDisk(48 * MiB);
    const { ballast, onChange } = await held(disk, 4 * MiB);
    const { queue, dropped } = queueOn(disk, () => void ballast.giveUp());
    onChange((state) => queue.limitGrowth(state === 'given-up' ? MiB : undefined));
    expect(keep(queue, true, 50)).toBe(50);
    expect(keep(queue, false, 4_000)).toBe(4_000);
    fill(join(disk, 'log of somebody else'));
    expect(keep(queue, true, 3_000)).toBe(3_000);
    expect(ballast.state()).toBe('given-up');
    expect(dropped()).toBeGreaterThan(0);
    // when nothing is left that may go, nothing is taken, and nothing that was taken is lost
    const more = keep(queue, true, 50_000);
    expect(more).toBeLessThan(50_000);
    const kept = queue.read({ afterPosition: 0, limit: 100_000, maxBytes: 1e9 });
    expect(kept.filter(({ keepLongest }) => keepLongest)).toHaveLength(50 + 3_000 + more);
    // the broker has them: they can be deleted, and there is room for new ones
    queue.remove(kept.slice(0, 2_000).map(({ position }) => position));
    expect(keep(queue, true, 1_000)).toBe(1_000);
  },
  60_000,
);

test.skipIf(!mayMount)('without it nothing can even be deleted on a full disk (needs root: a tmpfs of its own)', () => {
  const disk = smallDisk(24 * MiB);
  const { queue } = queueOn(disk, () => undefined);
  keep(queue, true, 2_000);
  fill(join(disk, 'log of somebody else'));
  keep(queue, true, 10_000);
  fill(join(disk, 'log of somebody else'));
  const positions = queue.read({ afterPosition: 0, limit: 500, maxBytes: 1e9 }).map(({ position }) => position);
  expect(() => {
    for (const position of positions) {
      queue.remove([position]);
      fill(join(disk, 'log of somebody else'));
    }
  }).toThrow(expect.objectContaining({ code: 'DISK_FULL' }));
});
