/**
 * Space kept beside a database for the day when its disk is full. On a full disk SQLite cannot even delete: a delete writes to the WAL. So a file of
 * fixed size lies there, is given up at the first write that finds no room, and is made again when there is room for it twice over. What is given up
 * is for deleting, checkpoints and what an administrator does; `limitGrowth` keeps new rows from eating it.
 */
import { existsSync, rmSync, statfsSync, statSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Clock, every } from './clock.ts';
import type { Log } from './log.ts';
import type { Random } from './random.ts';

/** `held`: all is well. `given-up`: the disk is full. `none`: not made yet. */
export type BallastState = 'held' | 'given-up' | 'none';
export type Ballast = {
  state(): BallastState;
  /** A write found no room. True when that gave room now: the disk was full, and not only the database at its cap. */
  giveUp(): boolean;
  /** Makes it when there is room; by itself once a minute. */
  tend(): Promise<void>;
  close(): void;
};
export type BallastOptions = {
  /** In a folder that is there. */
  path: string;
  bytes: number;
  clock: Clock;
  random: Random;
  log: Log;
  /** `bytes`: how large it is on this disk. */
  onChange(state: BallastState, bytes: number): void;
};

/** Of a small disk it takes at most this part. */
const maxShare = 1 / 8;
/** Less than this is a full disk: the WAL grows by steps of this size. */
const fullBelowBytes = 1024 * 1024;
/** Making it again while the disk is filled by somebody would only take turns with giving it up. */
const roomFactor = 2;
const tendMs = 60_000;
/** A start has better things to do than writing megabytes. */
const firstTendMs = 5_000;
/** Written bit by bit, so that nothing waits for it. */
const chunkBytes = 256 * 1024;

export function openBallast({ path, bytes, clock, random, log, onChange }: BallastOptions): Ballast {
  const wanted = (): number => Math.min(bytes, Math.floor(sizeOf(path).totalBytes * maxShare));
  let state: BallastState = existsSync(path) && statSync(path).size >= wanted() ? 'held' : 'none';
  let making = false;
  let closed = false;
  const become = (next: BallastState): void => {
    if (next === state) return;
    state = next;
    onChange(next, wanted());
  };
  const make = async (size: number): Promise<void> => {
    const temporary = `${path}.new`;
    const file = await open(temporary, 'w', 0o600);
    try {
      // random bytes: a file system that compresses or leaves out zeros would keep nothing free
      for (let left = size; left > 0 && !closed; left -= chunkBytes) await file.writeFile(random.bytes(Math.min(left, chunkBytes)));
      await file.sync();
    } finally {
      await file.close();
    }
    if (closed) await rm(temporary, { force: true });
    else await rename(temporary, path);
  };
  const tend = async (): Promise<void> => {
    if (state === 'held' || making || closed) return;
    making = true;
    try {
      const size = wanted();
      if (sizeOf(path).freeBytes < size * roomFactor) {
        log.warn({ path, code: 'DISK_FULL' }, 'the disk is nearly full: there is no room for the reserve; free some');
        return;
      }
      await make(size);
      if (closed) return;
      if (state === 'given-up') log.info({ path }, 'there is room on the disk again');
      become('held');
    } catch (err) {
      rmSync(`${path}.new`, { force: true });
      log.warn({ path, err }, 'the reserve on the disk could not be made; tried again');
    } finally {
      making = false;
    }
  };
  // started anew on a disk that is full: what was given up before is still given up
  if (state === 'none' && sizeOf(path).freeBytes < wanted() * roomFactor) become('given-up');
  const first = clock.after(firstTendMs, () => void tend(), { background: true });
  const timer = every(clock, tendMs, tend);
  return {
    state: () => state,
    giveUp() {
      if (state !== 'held' || sizeOf(path).freeBytes >= fullBelowBytes) return false;
      rmSync(path, { force: true });
      log.error(
        { path, code: 'DISK_FULL' },
        'the disk is full: the reserve was given up so that what is stored can be delivered and deleted. Free space on this disk.',
      );
      become('given-up');
      return true;
    },
    tend,
    close() {
      closed = true;
      first.cancel();
      timer.cancel();
    },
  };
}

/** Of the file system that `path` lies on. */
function sizeOf(path: string): { freeBytes: number; totalBytes: number } {
  const { bavail, blocks, bsize } = statfsSync(dirname(path));
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}
