/** RFC 8628, 3.5: who polls sooner than its interval is told to slow down and gets 5 s more. Kept in memory: a restart forgives. */
import type { Clock } from '@tramhoc/base/clock';

const slowerByS = 5;
const slowestS = 60;
/** Network and timers are not exact; half a second early is not too fast. */
const slackMs = 500;

export function pollPace(clock: Clock, { firstIntervalS, maxDevices }: { firstIntervalS: number; maxDevices: number }) {
  const paces = new Map<string, { lastMs: number; intervalS: number }>();
  return {
    tooFast(id: string): boolean {
      const nowMs = clock.monotonicMs();
      const pace = paces.get(id);
      if (pace === undefined) {
        // at most as many as may wait; the oldest entry belongs to a device that is done
        if (paces.size >= maxDevices) paces.delete(paces.keys().next().value!);
        paces.set(id, { lastMs: nowMs, intervalS: firstIntervalS });
        return false;
      }
      const tooFast = nowMs - pace.lastMs < pace.intervalS * 1_000 - slackMs;
      pace.lastMs = nowMs;
      if (tooFast) pace.intervalS = Math.min(slowestS, pace.intervalS + slowerByS);
      return tooFast;
    },
  };
}
