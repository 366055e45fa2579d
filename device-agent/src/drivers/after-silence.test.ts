import { fakeClock } from '@tramhoc/base/fake-clock';
import { expect, test } from 'vitest';
import { afterSilence } from './after-silence.ts';

function bench() {
  const clock = fakeClock();
  const held = { upMs: 0 };
  const fired: number[] = [];
  // timers of a process that was busy fire late; nothing else tells it so
  const late = { ...clock, monotonicMs: () => clock.monotonicMs() + held.upMs };
  const beganAtMs = clock.monotonicMs();
  const timer = afterSilence(late, 300, () => fired.push(clock.monotonicMs() - beganAtMs));
  return { clock, held, fired, timer };
}

test('silence is told after its time, once', async () => {
  const { clock, fired } = bench();
  await clock.advance(2_000);
  expect(fired).toEqual([300]);
});

test('a process that was held up listens before it calls that silence', async () => {
  const { clock, held, fired, timer } = bench();
  await clock.advance(290);
  held.upMs = 400;
  await clock.advance(15);
  expect(fired).toEqual([]);
  // what waited is read now, and with it the silence is over
  timer.cancel();
  await clock.advance(2_000);
  expect(fired).toEqual([]);
});

test('when nothing waited, it is silence after all', async () => {
  const { clock, held, fired } = bench();
  await clock.advance(290);
  held.upMs = 400;
  await clock.advance(100);
  expect(fired).toHaveLength(1);
});
