/**
 * How long rows have been in the store, in days of its own time: the time that the broker ran, and of each pause between two runs what the wall clock says,
 * up to a day. A wall clock that leaps while the broker runs counts nothing, at a start one day at most; a site that is switched off each night and for the
 * holidays lets go a little later, never sooner.
 */
import type { Clock } from '@tramhoc/base/clock';
import { z } from 'zod';
import type { SiteDatabase } from '../site-database.ts';

export type StoreDays = {
  /** Counts what has passed since the last time; call it every minute or so. */
  count(): void;
  /** The last position of what has been here for `keptDays` at least, for a day more at most. */
  keptLongEnough(): number;
};

const dayMs = 86_400_000;
const stateKey = 'store.days';
/** `position`: where the list ended at the last count. `ends`: where it ended at the end of each of the last days, newest last. */
const State = z.object({ wallMs: z.number(), ofDayMs: z.number(), position: z.int(), ends: z.array(z.int()) });

export function createStoreDays(options: {
  database: Pick<SiteDatabase, 'meta'>;
  clock: Clock;
  keptDays: number;
  lastPosition(): number;
}): StoreDays {
  const { clock, keptDays, lastPosition } = options;
  const { meta } = options.database;
  let state = readState(meta.get(stateKey));
  let countedMs: number | undefined;
  return {
    count() {
      const [nowMs, wallMs] = [clock.monotonicMs(), clock.wallMs()];
      const { ofDayMs, position, ends, ...before } = state ?? { wallMs, ofDayMs: 0, position: 0, ends: [] };
      const passedMs = countedMs === undefined ? Math.min(Math.max(0, wallMs - before.wallMs), dayMs) : nowMs - countedMs;
      const finished = Math.min(Math.floor((ofDayMs + passedMs) / dayMs), keptDays + 1);
      countedMs = nowMs;
      state = {
        ...{ wallMs, ofDayMs: (ofDayMs + passedMs) % dayMs, position: lastPosition() },
        // what has come since the last count may be younger
        ends: [...ends, ...Array.from({ length: finished }, () => position)].slice(-(keptDays + 1)),
      };
      meta.setLater(stateKey, JSON.stringify(state));
    },
    // the end of the day that is under way is not there yet: one more than the days that have to be whole
    keptLongEnough: () => state?.ends.at(-(keptDays + 1)) ?? 0,
  };
}

/** What cannot be read any more is counted anew: rows stay longer. */
function readState(text: string | undefined): z.infer<typeof State> | undefined {
  try {
    return State.parse(JSON.parse(text ?? ''));
  } catch {
    return undefined;
  }
}
