import { fakeClock } from '@tramhoc/base/fake-clock';
import { expect, test } from 'vitest';
import { admission } from './admission.ts';

const here = new AbortController().signal;

test('those who wait are let in in their order, and sites are asked for patience only while somebody waits', async () => {
  const door = admission({ clock: fakeClock(), capacity: 2 });
  const order: string[] = [];
  const ask = (name: string): Promise<void> => door.enter(here).then(() => void order.push(name));
  await Promise.all([ask('a'), ask('b')]);
  expect(door.restMs()).toBe(0);
  const waiting = [ask('c'), ask('d')];
  expect(door.restMs()).toBe(10);
  door.leave();
  door.leave();
  await Promise.all(waiting);
  expect([order, door.restMs()]).toEqual([['a', 'b', 'c', 'd'], 0]);
});

test('who waits for too long, or has gone, is told that the centre is busy', async () => {
  const clock = fakeClock();
  const door = admission({ clock, capacity: 1 });
  await door.enter(here);
  const gone = new AbortController();
  const [patient, left] = [door.enter(here), door.enter(gone.signal)];
  gone.abort();
  await expect(left).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  const refused = expect(patient).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  await clock.advance(20_000);
  await refused;
  door.leave();
  await door.enter(here);
});

test('room is given by size: what is large waits for its turn and is not passed, and lets the small ones through when it leaves', async () => {
  const door = admission({ clock: fakeClock(), capacity: 10 });
  const order: string[] = [];
  const ask = (name: string, size: number, gone = here): Promise<void> => door.enter(gone, size).then(() => void order.push(name));
  await ask('a', 6);
  const large = new AbortController();
  const waiting = [ask('large', 8, large.signal).catch(() => order.push('large left')), ask('b', 3), ask('c', 2)];
  expect(order).toEqual(['a']);
  large.abort();
  await Promise.all(waiting.slice(0, 2));
  expect(order).toEqual(['a', 'b', 'large left']);
  door.leave(6);
  await Promise.all(waiting);
  expect(order.at(-1)).toBe('c');
});
