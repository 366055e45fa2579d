import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { pcsc } from '../drivers/pcsc/driver.ts';
import { pn532 } from '../drivers/pn532/driver.ts';
import {
  defaultIgnoreRepeatTapMs,
  forgetTap,
  maxRememberedCards,
  noCards,
  presentCard,
  type TapMemory,
  type TapVerdict,
} from './tap-machine.ts';

const settings = { ignoreRepeatTapMs: defaultIgnoreRepeatTapMs };

function tapsAt(times: number[], card = 'a'): TapVerdict[] {
  let memory: TapMemory = noCards;
  return times.map((nowMs) => {
    const step = presentCard(memory, { card, nowMs }, settings);
    memory = step.memory;
    return step.verdict;
  });
}

test('a card left on the reader is counted once, however long it lies there', () => {
  const times = Array.from({ length: 600 }, (_, at) => at * 100);
  expect(tapsAt(times).filter((verdict) => verdict === 'record')).toHaveLength(1);
  expect(tapsAt([0, 50, 100, 150])).toEqual(['record', 'repeat', 'repeat', 'repeat']);
});

test.each([
  ['pn532', pn532.configSchema, '/dev/ttyUSB0'],
  ['pcsc', pcsc.configSchema, 'pcsc:ACR122U'],
])('a card left on a %s reader is one tap also when the reader looks as seldom as its config allows', (_kind, schema, port) => {
  const allowed = Array.from({ length: 100 }, (_, at) => (at + 1) * 100).filter(
    (pollEveryMs) => schema.safeParse({ port, pollEveryMs }).success,
  );
  const slowestMs = Math.max(...allowed);
  // the answer of the reader takes a moment as well
  const times = Array.from({ length: 60 }, (_, at) => at * (slowestMs + 300));
  expect(new Set(tapsAt(times).slice(1))).toEqual(new Set(['repeat']));
});

test('a card presented a second time within three seconds is told that it counted already', () => {
  expect(tapsAt([0, 100, 2_000, 2_100])).toEqual(['record', 'repeat', 'again', 'repeat']);
});

test('a card presented again after three seconds counts again', () => {
  expect(tapsAt([0, 100, 3_099, 6_099])).toEqual(['record', 'repeat', 'again', 'record']);
  expect(tapsAt([0, 3_000])).toEqual(['record', 'record']);
});

test('two children with two cards at the same moment both count', () => {
  const first = presentCard(noCards, { card: 'a', nowMs: 0 }, settings);
  const second = presentCard(first.memory, { card: 'b', nowMs: 10 }, settings);
  expect([first.verdict, second.verdict]).toEqual(['record', 'record']);
  expect(presentCard(second.memory, { card: 'a', nowMs: 20 }, settings).verdict).toBe('repeat');
});

test('a tap that the disk refused is tried again when the card is presented again, not while it lies there', () => {
  let step = presentCard(noCards, { card: 'a', nowMs: 0 }, settings);
  step = presentCard(forgetTap(step.memory, 'a'), { card: 'a', nowMs: 100 }, settings);
  expect(step.verdict).toBe('repeat');
  step = presentCard(step.memory, { card: 'a', nowMs: 2_000 }, settings);
  expect(step.verdict).toBe('record');
});

const presentations = fc.array(fc.record({ card: fc.constantFrom('a', 'b', 'c', 'd'), afterMs: fc.integer({ min: 0, max: 5_000 }) }), {
  maxLength: 60,
});

test('law: a card counts exactly when it was not seen during the repeat time before', () => {
  fc.assert(
    fc.property(presentations, (steps) => {
      let memory: TapMemory = noCards;
      let nowMs = 0;
      const last = new Map<string, number>();
      for (const { card, afterMs } of steps) {
        nowMs += afterMs;
        const step = presentCard(memory, { card, nowMs }, settings);
        memory = step.memory;
        const before = last.get(card);
        expect(step.verdict === 'record').toBe(before === undefined || nowMs - before >= settings.ignoreRepeatTapMs);
        last.set(card, nowMs);
      }
    }),
  );
});

test('law: a reader that makes up numbers does not grow the memory', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 200, maxLength: 400 }), (cards) => {
      let memory: TapMemory = noCards;
      for (const [nowMs, card] of cards.entries()) memory = presentCard(memory, { card: String(card), nowMs }, settings).memory;
      expect(memory.size).toBeLessThanOrEqual(maxRememberedCards);
    }),
  );
});
