import fc from 'fast-check';
import { expect, test } from 'vitest';
import { askedWaitMs, waitMs } from './plan-wait.ts';

test('a centre that says when to come back is not asked before, and not by everybody at the same moment', () => {
  expect(waitMs({ attempt: 1, fraction: 0, askedMs: 30_000 })).toBe(30_000);
  expect(waitMs({ attempt: 1, fraction: 0.5, askedMs: 30_000 })).toBe(37_500);
  expect(waitMs({ attempt: 1, fraction: 0.999, askedMs: 86_400_000 })).toBe(300_000);
});

test('without a word it waits longer from try to try, up to a minute', () => {
  expect([1, 2, 3, 20].map((attempt) => waitMs({ attempt, fraction: 1 }))).toEqual([500, 1_000, 2_000, 60_000]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, fraction) => {
      const ms = waitMs({ attempt, fraction });
      expect(ms).toBeGreaterThanOrEqual(250);
      expect(ms).toBeLessThanOrEqual(60_000);
    }),
  );
});

test('only whole seconds are understood', () => {
  expect([
    askedWaitMs('2'),
    askedWaitMs('Wed, 21 Oct 2026 07:28:00 GMT'),
    askedWaitMs('-1'),
    askedWaitMs(undefined),
    askedWaitMs(['1', '2']),
  ]).toEqual([2_000, undefined, undefined, undefined, undefined]);
});
