import type { ItemTag } from '@tramhoc/protocol/library';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ItemNews, type ItemSet, inParts, itemsTold, maxPresent, noItems, seeItems } from './item-set-machine.ts';

const uidOf = (n: number): string => `E004010000${n.toString(16).toUpperCase().padStart(6, '0')}`;
const tag = (n: number): ItemTag => ({ uid: uidOf(n), technology: 'iso15693' });

/** Looks as `[atMs, numbers seen]`; every news is kept. `+3` came, `-3` left. */
function toldOf(looks: [number, number[]][], mode: 'in-field' | 'passed' = 'in-field'): [number, string][] {
  let set: ItemSet = noItems(mode);
  const told: [number, string][] = [];
  for (const [nowMs, numbers] of looks) {
    const step = seeItems(set, { items: numbers.map(tag), nowMs });
    set = step.set;
    if (step.news === undefined) continue;
    const number = (uid: string): number => Number.parseInt(uid.slice(10), 16);
    for (const { uid } of step.news.arrived) told.push([nowMs, `+${number(uid)}`]);
    for (const uid of step.news.left) told.push([nowMs, `-${number(uid)}`]);
    set = itemsTold(set, step.news, nowMs);
  }
  return told;
}

test('a book that lies on the pad for an hour is told once, and once more when it is taken away', () => {
  const looks: [number, number[]][] = Array.from({ length: 7_200 }, (_, at) => [at * 500, [1]]);
  const told = toldOf([...looks, [3_600_000, []], [3_600_500, []], [3_601_000, []], [3_601_500, []]]);
  expect(told).toEqual([
    [0, '+1'],
    [3_601_000, '-1'],
  ]);
});

test('a tag that misses one look has not left, nor one that a hand covers for a second', () => {
  expect(
    toldOf([
      [0, [1]],
      [500, []],
      [1_000, [1]],
      [10_000, []],
      [20_000, [1]],
    ]).map(([, what]) => what),
  ).toEqual(['+1']);
  expect(
    toldOf([
      [0, [1]],
      [300, []],
      [600, []],
      [900, []],
      [1_200, [1]],
    ]).map(([, what]) => what),
  ).toEqual(['+1']);
});

test('a pile that is put down in a second comes in two events', () => {
  const told = toldOf([
    [0, [1]],
    [300, [1, 2]],
    [600, [1, 2, 3]],
    [900, [1, 2, 3, 4]],
    [1_200, [1, 2, 3, 4]],
  ]);
  expect(told).toEqual([
    [0, '+1'],
    [1_200, '+2'],
    [1_200, '+3'],
    [1_200, '+4'],
  ]);
});

test('a tag at the edge of the field makes no flood of events', () => {
  const looks: [number, number[]][] = Array.from({ length: 7_200 }, (_, at) => [at * 500, at % 12 < 4 ? [1] : []]);
  expect(toldOf(looks).length).toBeLessThan(12);
});

test('a book read ten times on its way through the gate has passed once, and again half a minute later', () => {
  const passage = (fromMs: number): [number, number[]][] => Array.from({ length: 10 }, (_, at) => [fromMs + at * 100, [7]]);
  expect(toldOf([...passage(0), ...passage(30_000)], 'passed')).toEqual([
    [0, '+7'],
    [30_000, '+7'],
  ]);
});

test('what the disk refused is told with the next look', () => {
  for (const mode of ['in-field', 'passed'] as const) {
    const refused = seeItems(noItems(mode), { items: [tag(1)], nowMs: 0 });
    expect(refused.news?.arrived).toEqual([tag(1)]);
    const later = mode === 'passed' ? 3_600_000 : 1_000;
    const again = seeItems(refused.set, { items: [tag(2)], nowMs: later });
    expect(again.news?.arrived).toEqual([tag(1), tag(2)]);
  }
});

const looks = fc.array(fc.record({ afterMs: fc.integer({ min: 10, max: 5_000 }), seen: fc.uniqueArray(fc.integer({ min: 1, max: 8 })) }), {
  maxLength: 60,
});

function timed(steps: readonly { afterMs: number; seen: number[] }[]): [number, number[]][] {
  let nowMs = 0;
  return steps.map(({ afterMs, seen }) => {
    nowMs += afterMs;
    return [nowMs, seen];
  });
}

test('law: the events, added up, never say that a tag came twice or left unseen, and end at what lies there', () => {
  fc.assert(
    fc.property(looks, fc.uniqueArray(fc.integer({ min: 1, max: 8 })), (steps, last) => {
      // the field is then left alone for as long as the most patient tag may need
      const stillness = Array.from({ length: 140 }, () => ({ afterMs: 500, seen: last }));
      const all = timed([...steps, ...stillness]);
      const there = new Set<string>();
      for (const [, what] of toldOf(all)) {
        const number = what.slice(1);
        expect(there.has(number)).toBe(what.startsWith('-'));
        if (what.startsWith('-')) there.delete(number);
        else there.add(number);
      }
      expect([...there].map(Number).sort()).toEqual([...last].sort());
    }),
  );
});

test('law: a tag is told as gone only when it was missed twice running, and only when it was not seen for 1.5 s', () => {
  fc.assert(
    fc.property(looks, (steps) => {
      const all = timed(steps);
      for (const [atMs, what] of toldOf(all)) {
        if (!what.startsWith('-')) continue;
        const number = Number(what.slice(1));
        const before = all.filter(([lookMs]) => lookMs <= atMs);
        expect(before.slice(-2).some(([, seen]) => seen.includes(number))).toBe(false);
        const seenMs = before.findLast(([, seen]) => seen.includes(number))![0];
        expect(atMs - seenMs).toBeGreaterThanOrEqual(1_500);
      }
    }),
  );
});

test('law: a reader that makes up numbers does not grow the memory', () => {
  fc.assert(
    fc.property(fc.constantFrom('in-field' as const, 'passed' as const), fc.integer({ min: 1, max: 5 }), (mode, factor) => {
      let set: ItemSet = noItems(mode);
      for (let look = 0; look < 20; look += 1) {
        const items = Array.from({ length: 300 * factor }, (_, at) => tag(look * 10_000 + at));
        const step = seeItems(set, { items, nowMs: look * 3_000 });
        set = step.news === undefined ? step.set : itemsTold(step.set, step.news, look * 3_000);
        expect(Math.max(set.present.size, set.gone.size)).toBeLessThanOrEqual(maxPresent);
        expect(set.told.size).toBeLessThanOrEqual(2 * maxPresent);
      }
    }),
    { numRuns: 10 },
  );
});

test('law: parts hold everything once and in order, none is larger than it may be', () => {
  const numbers = fc.integer({ min: 0, max: 30 });
  fc.assert(
    fc.property(numbers, numbers, fc.integer({ min: 1, max: 9 }), (came, went, size) => {
      const news: ItemNews = {
        arrived: Array.from({ length: came }, (_, at) => tag(at)),
        left: Array.from({ length: went }, (_, at) => uidOf(100 + at)),
        presentCount: came,
      };
      const parts = inParts(news, size);
      expect(parts.flatMap(({ arrived }) => arrived)).toEqual(news.arrived);
      expect(parts.flatMap(({ left }) => left)).toEqual(news.left);
      for (const { arrived, left } of parts) expect(arrived.length + left.length).toBeLessThanOrEqual(size);
      expect(parts.length).toBe(Math.ceil((came + went) / size));
    }),
  );
});
