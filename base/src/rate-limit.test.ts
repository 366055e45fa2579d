import { expect, test } from 'vitest';
import { createRateLimiter } from './rate-limit.ts';

test('a burst passes, then one a second', () => {
  let nowMs = 0;
  const limiter = createRateLimiter({ burst: 3, perSecond: 1 }, { maxKeys: 10, nowMs: () => nowMs });
  expect([1, 2, 3, 4].map(() => limiter.take('a'))).toEqual([true, true, true, false]);
  nowMs = 1_500;
  expect([limiter.take('a'), limiter.take('a')]).toEqual([true, false]);
  expect(limiter.take('b')).toBe(true);
});

test('a flood of made-up keys does not free the one that is held back', () => {
  let nowMs = 0;
  const limiter = createRateLimiter({ burst: 1, perSecond: 0.001 }, { maxKeys: 100, nowMs: () => nowMs });
  expect(limiter.take('mad')).toBe(true);
  for (let key = 0; key < 40; key += 1) limiter.take(String(key));
  nowMs = 10;
  expect(limiter.take('mad')).toBe(false);
});
