import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs } from './backoff.ts';

const limits = { firstMs: 500, maxMs: 60_000 };

test('the wait doubles with each failure until it reaches its limit', () => {
  const waits = [1, 2, 3, 20].map((attempt) => backoffMs({ attempt, fraction: 1 }, limits));
  expect(waits).toEqual([500, 1_000, 2_000, 60_000]);
});

test('it stays between half of its ceiling and the limit, for any number of failures', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e9 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, fraction) => {
      const wait = backoffMs({ attempt, fraction }, limits);
      return wait >= limits.firstMs / 2 && wait <= limits.maxMs;
    }),
  );
});
