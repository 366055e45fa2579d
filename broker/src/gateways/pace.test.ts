import { fakeClock } from '@tramhoc/base/fake-clock';
import { expect, test } from 'vitest';
import { createPace } from './pace.ts';

test('a burst goes through at once, then the rate counts, in the order of asking and for each sender alone', async () => {
  const clock = fakeClock();
  const pace = createPace({ burst: 3, perSecond: 2 }, clock);
  const gone: string[] = [];
  const ask = (key: string, name: string): void => {
    const turn = pace.take(key, 1);
    if (turn === undefined) gone.push(name);
    else void turn.then(() => gone.push(name));
  };
  for (let at = 0; at < 6; at += 1) ask('mad', `mad ${at}`);
  ask('calm', 'calm');
  expect(gone).toEqual(['mad 0', 'mad 1', 'mad 2', 'calm']);
  await clock.advance(500);
  expect(gone.slice(4)).toEqual(['mad 3']);
  await clock.advance(1_000);
  expect(gone.slice(4)).toEqual(['mad 3', 'mad 4', 'mad 5']);
  await clock.advance(60_000);
  for (let at = 0; at < 4; at += 1) ask('mad', `later ${at}`);
  expect(gone.slice(7)).toEqual(['later 0', 'later 1', 'later 2']);
});

test('when the broker stops nobody waits', async () => {
  const clock = fakeClock();
  const pace = createPace({ burst: 1, perSecond: 0.001 }, clock);
  pace.take('mad', 1);
  const turns = [pace.take('mad', 1), pace.take('mad', 1)];
  pace.release();
  await Promise.all(turns);
  expect(pace.take('mad', 1_000)).toBeUndefined();
});
