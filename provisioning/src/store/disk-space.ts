/**
 * A centre without room: on a full disk, or with its database at the cap, it takes no facts; the sites keep them and come again. What room is left is
 * for deleting and for the people who mend it: signing in, revoking, and what the administration socket does go on.
 */
import { join } from 'node:path';
import { type Ballast, type BallastState, openBallast } from '@tramhoc/base/ballast';
import type { Clock } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import type { Database } from '@tramhoc/base/sqlite';
import { TramError } from '@tramhoc/protocol/errors';

export type DiskSpace = {
  reserve(): BallastState;
  usedBytes(): number;
  /** Why no facts are taken now. */
  fault(): 'DISK_FULL' | 'STORE_FULL' | undefined;
  /** Throws DISK_FULL or STORE_FULL, with the time after which it is worth asking again. */
  demandRoom(): void;
  /** A write found no room. */
  onFull(): void;
  /** Once the database is open. */
  watch(db: Database): void;
  close(): void;
};

/** Deleting a day of readings writes some MiB to the WAL. */
const ballastBytes = 32 * 1024 * 1024;
/** Of what was given up this much may become rows: sessions, audit, revocations. */
const growthShare = 1 / 4;
/** Below the cap no facts are taken into this: two batches of the largest kind; of a small cap a quarter. */
const keptBytes = 16 * 1024 * 1024;
const keptShare = 1 / 4;
const retryAfterS = 30;

export function diskSpace(options: { dataDir: string; maxBytes: number; clock: Clock; random: Random; log: Log }): DiskSpace {
  const { dataDir, maxBytes, clock, random, log } = options;
  let ballast: Ballast | undefined;
  let used: () => number = () => 0;
  const fault = (): ReturnType<DiskSpace['fault']> => {
    if (ballast?.state() === 'given-up') return 'DISK_FULL';
    return used() > maxBytes - Math.min(keptBytes, maxBytes * keptShare) ? 'STORE_FULL' : undefined;
  };
  return {
    reserve: () => ballast?.state() ?? 'none',
    usedBytes: () => used(),
    fault,
    demandRoom() {
      const why = fault();
      if (why === undefined) return;
      const words = {
        DISK_FULL: `the disk of ${dataDir} is full; free something else on it. Sites keep their facts until then.`,
        STORE_FULL: `the database of ${dataDir} is at its cap; raise maxStoreBytes in the config. Sites keep their facts until then.`,
      };
      throw new TramError(why, words[why], { details: { retryAfterS } });
    },
    onFull: () => void ballast?.giveUp(),
    watch(db) {
      const pages = db.prepare<{ bytes: number }>(
        'SELECT (page_count - freelist_count) * page_size AS bytes FROM pragma_page_count(), pragma_freelist_count(), pragma_page_size()',
      );
      used = () => pages.get()!.bytes;
      ballast = openBallast({
        ...{ path: join(dataDir, 'ballast'), bytes: ballastBytes, clock, random, log },
        onChange: (state, bytes) => db.limitGrowth(state === 'given-up' ? bytes * growthShare : undefined),
      });
    },
    close: () => ballast?.close(),
  };
}
