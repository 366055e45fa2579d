import { fakeClock } from '@tramhoc/base/fake-clock';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rateLimiter } from './rate-limiter.ts';

test('in no stretch of time does anybody get more than the burst and what was refilled', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 2_000 }), { minLength: 1, maxLength: 60 }), async (waits) => {
      const clock = fakeClock();
      const limiter = rateLimiter(clock, { burst: 5, perMs: 10_000 });
      const granted: number[] = [];
      for (const wait of waits) {
        await clock.advance(wait);
        if (limiter.take('a') === undefined) granted.push(clock.monotonicMs());
      }
      for (const [from, start] of granted.entries())
        for (const [to, end] of granted.entries())
          if (to >= from) expect(to - from + 1).toBeLessThanOrEqual(5 + (end - start) / 2_000 + 1e-6);
    }),
    { numRuns: 50 },
  );
});

test('who waits as long as told is let in', async () => {
  const clock = fakeClock();
  const limiter = rateLimiter(clock, { burst: 2, perMs: 60_000 });
  expect([limiter.take('a'), limiter.take('a')]).toEqual([undefined, undefined]);
  const waitS = limiter.take('a')!;
  expect(waitS).toBe(30);
  expect(limiter.take('b')).toBeUndefined();
  await clock.advance(waitS * 1_000);
  expect(limiter.take('a')).toBeUndefined();
});

test('a flood of addresses does not grow the memory, and does not free the one that was limited a moment ago', () => {
  const limiter = rateLimiter(fakeClock(), { burst: 1, perMs: 60_000, maxKeys: 100 });
  for (let address = 0; address < 1_000; address += 1) limiter.take(`old ${address}`);
  limiter.take('a');
  for (let address = 0; address < 50; address += 1) limiter.take(`new ${address}`);
  expect(limiter.take('a')).toBeGreaterThan(0);
});
