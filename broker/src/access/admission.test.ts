import { fakeClock } from '@tramhoc/base/fake-clock';
import { expect, test } from 'vitest';
import { createAdmission } from './admission.ts';

function door(limit: { burst: number; perSecond: number; waiting: number; waitMs: number }) {
  const clock = fakeClock();
  const admission = createAdmission(limit, clock);
  const said: string[] = [];
  const left = new Set<string>();
  const ask = (name: string): void =>
    admission.ask({ enter: () => void said.push(`${name} in`), refuse: () => void said.push(`${name} out`), gone: () => left.has(name) });
  return { clock, admission, said, left, ask };
}

test('after a burst everybody else waits and comes in, in order', async () => {
  const { clock, said, ask } = door({ burst: 2, perSecond: 10, waiting: 10, waitMs: 60_000 });
  for (const name of ['a', 'b', 'c', 'd', 'e']) ask(name);
  expect(said).toEqual(['a in', 'b in']);
  await clock.advance(1_000);
  expect(said).toEqual(['a in', 'b in', 'c in', 'd in', 'e in']);
});

test('who waits too long is refused, who has left costs nobody a turn, and a full line says no at once', async () => {
  const { clock, said, left, ask } = door({ burst: 1, perSecond: 0.5, waiting: 4, waitMs: 5_000 });
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) ask(name);
  expect(said).toEqual(['a in', 'f out']);
  left.add('b');
  await clock.advance(20_000);
  expect(said).toEqual(['a in', 'f out', 'c in', 'd in', 'e out']);
});

test('when the door closes nobody is left waiting', () => {
  const { admission, said, ask } = door({ burst: 1, perSecond: 1, waiting: 4, waitMs: 5_000 });
  for (const name of ['a', 'b', 'c']) ask(name);
  admission.close();
  ask('d');
  expect(said).toEqual(['a in', 'b out', 'c out', 'd out']);
  expect(admission.waitingCount()).toBe(0);
});
