import { fakeClock } from '@tramhoc/base/fake-clock';
import { expect, test } from 'vitest';
import { startIdleTimer } from './idle-timer.ts';

function started() {
  const clock = fakeClock();
  const seen: (number | undefined | 'wipe')[] = [];
  const timer = startIdleTimer({
    limits: { idleMs: 60_000, countdownMs: 3_000 },
    clock,
    onCountdown: (seconds) => seen.push(seconds),
    onWipe: () => seen.push('wipe'),
  });
  return { clock, seen, timer };
}

test('the screen counts 3, 2, 1 and is wiped', async () => {
  const { clock, seen, timer } = started();
  timer.input();
  await clock.advance(63_500);
  expect(seen).toEqual([3, 2, 1, undefined, 'wipe']);
  await clock.advance(600_000);
  expect(seen.length).toBe(5);
});

test('a touch calls the countdown off', async () => {
  const { clock, seen, timer } = started();
  timer.input();
  await clock.advance(61_000);
  timer.input();
  expect(seen).toEqual([3, 2, undefined]);
  await clock.advance(59_000);
  expect(seen).toEqual([3, 2, undefined]);
});

test('after stop nothing comes any more', async () => {
  const { clock, seen, timer } = started();
  timer.input();
  timer.stop();
  await clock.advance(600_000);
  expect(seen).toEqual([]);
});
