import { expect, test } from 'vitest';
import { afterCrash, type Crashes } from './recovery-machine.ts';

const stepsAt = (times: number[]) => {
  let crashes: Crashes = [];
  return times.map((atMs) => {
    const after = afterCrash(crashes, atMs);
    crashes = after.crashes;
    return after.step;
  });
};

test('a page that keeps dying: loaded again, then a new window, then a new process', () => {
  expect(stepsAt([0, 1, 2, 3, 4, 5])).toEqual(['reload', 'reload', 'reload', 'new-window', 'new-window', 'relaunch']);
});

test('a page that dies once a day is only loaded again', () => {
  expect(new Set(stepsAt([0, 1, 2, 3, 4, 5, 6].map((day) => day * 86_400_000)))).toEqual(new Set(['reload']));
});
