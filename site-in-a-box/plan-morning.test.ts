import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '@tramhoc/base/random';
import { CardUid } from '@tramhoc/protocol/ids';
import { expect, test } from 'vitest';
import { planMorning } from './plan-morning.ts';
import { rosterCards } from './school.ts';

const morningOf = (seed: number) => {
  const random = seededRandom(seed);
  return planMorning(rosterCards(), () => random.fraction());
};

test('the same seed plays the same morning, another seed another one', () => {
  expect(morningOf(1)).toEqual(morningOf(1));
  expect(morningOf(1)).not.toEqual(morningOf(2));
});

test('nearly everybody comes, in order of time, and one card is in nobody’s name', () => {
  const morning = morningOf(3);
  const cards = new Set(rosterCards());
  const seen = new Set(morning.flatMap((happening) => (happening.at === 'reader' ? [happening.card] : [])));
  expect([...seen].filter((card) => !cards.has(card))).toHaveLength(1);
  expect(seen.size).toBeGreaterThan(cards.size * 0.7);
  expect(morning.every(({ atMs }, at) => at === 0 || atMs >= morning[at - 1]!.atMs)).toBe(true);
});

test('the roster is a list the centre takes: every card a UID, every number once', () => {
  const lines = readFileSync(join(import.meta.dirname, 'demo', 'roster.csv'), 'utf8')
    .trim()
    .split('\n')
    .slice(1);
  const cards = rosterCards();
  expect(cards.every((card) => CardUid.safeParse(card).success)).toBe(true);
  expect(new Set(cards).size).toBe(lines.length);
  expect(new Set(lines.map((line) => line.split(',')[1])).size).toBe(lines.length);
  expect(lines.every((line) => line === line.normalize('NFC'))).toBe(true);
});
