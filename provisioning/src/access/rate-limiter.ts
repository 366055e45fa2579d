/** Token buckets by key, in memory. The map is bounded: when it is full, buckets that are full again are dropped, then the oldest. */
import type { Clock } from '@tramhoc/base/clock';
import { TramError } from '@tramhoc/protocol/errors';

export type RateLimiter = {
  /** Takes one; undefined when there was one, else the seconds until there is one again. */
  take(key: string): number | undefined;
  /** Takes one or throws RATE_LIMITED, with `retryAfterS` in its details. */
  demand(key: string, what: string): void;
};

/** `burst` at once, refilled over `perMs`. `maxKeys` addresses are remembered: 20,000 of them take about 3 MB. */
export function rateLimiter(
  clock: Clock,
  { burst, perMs, maxKeys = 20_000 }: { burst: number; perMs: number; maxKeys?: number },
): RateLimiter {
  const buckets = new Map<string, { left: number; atMs: number }>();
  const refillPerMs = burst / perMs;
  const makeRoom = (nowMs: number): void => {
    for (const [key, bucket] of buckets) if (bucket.left + (nowMs - bucket.atMs) * refillPerMs >= burst) buckets.delete(key);
    for (const key of buckets.keys()) {
      if (buckets.size < maxKeys) return;
      buckets.delete(key);
    }
  };
  const take = (key: string): number | undefined => {
    const nowMs = clock.monotonicMs();
    const before = buckets.get(key);
    if (before === undefined && buckets.size >= maxKeys) makeRoom(nowMs);
    const left = before === undefined ? burst : Math.min(burst, before.left + (nowMs - before.atMs) * refillPerMs);
    buckets.set(key, { left: left >= 1 ? left - 1 : left, atMs: nowMs });
    return left >= 1 ? undefined : Math.ceil((1 - left) / refillPerMs / 1_000);
  };
  return {
    take,
    demand(key, what) {
      const retryAfterS = take(key);
      if (retryAfterS === undefined) return;
      throw new TramError('RATE_LIMITED', `too many ${what} from here; try again in ${retryAfterS} s.`, { details: { retryAfterS } });
    },
  };
}
