import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type IdleState, idleStep, publicIdleLimits as limits, nextLookMs, secondsLeft, untouched } from './idle-machine.ts';

const touchedAt = (atMs: number, state: IdleState = untouched) => idleStep(state, { event: 'input', atMs }, limits);
const seenAt = (atMs: number, state: IdleState) => idleStep(state, { event: 'time', atMs }, limits);

test('60 s after the last touch the countdown starts with 20 s', () => {
  const { state } = touchedAt(1_000);
  expect(seenAt(60_999, state).state.phase).toBe('active');
  const counting = seenAt(61_000, state);
  expect(counting).toEqual({ state: { phase: 'countdown', wipeAtMs: 81_000 }, wipe: false });
  expect(secondsLeft(counting.state, 61_000)).toBe(20);
  expect(secondsLeft(counting.state, 80_001)).toBe(1);
});

test('any touch during the countdown gives another full minute', () => {
  const counting = seenAt(61_000, touchedAt(1_000).state).state;
  expect(touchedAt(80_000, counting)).toEqual({ state: { phase: 'active', countdownAtMs: 140_000 }, wipe: false });
});

test('when the countdown ends everything is wiped, once', () => {
  const counting = seenAt(61_000, touchedAt(1_000).state).state;
  const ended = seenAt(81_000, counting);
  expect(ended).toEqual({ state: untouched, wipe: true });
  expect(seenAt(82_000, ended.state).wipe).toBe(false);
});

test('a touch that arrives too late does not bring the session before back', () => {
  const counting = seenAt(61_000, touchedAt(1_000).state).state;
  expect(touchedAt(81_000, counting)).toEqual({ state: untouched, wipe: true });
});

test('a screen that nobody touched never counts down', () => {
  expect(seenAt(10_000_000, untouched)).toEqual({ state: untouched, wipe: false });
  expect(nextLookMs(untouched, 0)).toBeUndefined();
});

test('a computer that slept through it all wipes when it wakes', () => expect(seenAt(9_000_000, touchedAt(0).state).wipe).toBe(true));

test('"finish" wipes at once', () =>
  expect(idleStep(touchedAt(0).state, { event: 'end' }, limits)).toEqual({ state: untouched, wipe: true }));

test('looking exactly when told, a touched session is wiped 80 s after its last touch, whatever came before', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 59_000 }), { maxLength: 8 }), (gaps) => {
      let [now, state] = [0, touchedAt(0).state];
      for (const gap of gaps) {
        now += gap;
        state = touchedAt(now, seenAt(now, state).state).state;
      }
      const last = now;
      for (let looks = 0; looks < 40; looks += 1) {
        now += nextLookMs(state, now) ?? 0;
        const step = seenAt(now, state);
        state = step.state;
        if (step.wipe) break;
      }
      expect(now).toBe(last + 80_000);
      expect(state).toEqual(untouched);
    }),
  );
});
