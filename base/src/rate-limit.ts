/** Token buckets by key: `burst` at once, then `perSecond`. */

export type RateLimit = { burst: number; perSecond: number };
export type RateLimiter = {
  /** Takes one token of `key`; false when there is none. */
  take(key: string): boolean;
};

/**
 * Keeps at most `maxKeys` buckets. When there are more, full ones are forgotten (they say nothing) and then the oldest, so that a flood of
 * made-up keys costs only its own kind.
 */
export function createRateLimiter({ burst, perSecond }: RateLimit, { maxKeys, nowMs }: { maxKeys: number; nowMs(): number }): RateLimiter {
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  const tokensAt = (bucket: { tokens: number; atMs: number }, ms: number): number =>
    Math.min(burst, bucket.tokens + (Math.max(0, ms - bucket.atMs) / 1_000) * perSecond);
  const shrink = (ms: number): void => {
    for (const [key, bucket] of buckets) if (tokensAt(bucket, ms) >= burst) buckets.delete(key);
    for (const key of buckets.keys()) {
      if (buckets.size <= maxKeys / 2) break;
      buckets.delete(key);
    }
  };
  return {
    take(key) {
      const ms = nowMs();
      const tokens = tokensAt(buckets.get(key) ?? { tokens: burst, atMs: ms }, ms);
      const granted = tokens >= 1;
      buckets.delete(key);
      buckets.set(key, { tokens: granted ? tokens - 1 : tokens, atMs: ms });
      if (buckets.size > maxKeys) shrink(ms);
      return granted;
    },
  };
}
