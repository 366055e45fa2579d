import type { AgentNotice } from '@tramhoc/protocol/local-link';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskedName, maxTapsShown, nextChangeMs, noTaps, shownMs, showTap, type Taps } from './attendance-machine.ts';

const accepted = (tapId: string): AgentNotice => ({ notice: 'tap.accepted', tapId, slot: 'gate', wallMs: 0 });
const an = (tapId: string): AgentNotice => ({
  notice: 'tap.identified',
  tapId,
  who: { result: 'known', name: 'Nguyễn Thị An', group: '10A1' },
});
const repeat: AgentNotice = { notice: 'tap.repeated', slot: 'gate' };
const hear = (state: Taps, ...notices: [AgentNotice, number][]) =>
  notices.reduce((now, [notice, nowMs]) => showTap(now, { event: 'notice', notice, nowMs }), state);
const later = (state: Taps, nowMs: number) => showTap(state, { event: 'time', nowMs });

test('the tap is confirmed at once and the name follows', () => {
  const tapped = hear(noTaps, [accepted('a'), 0]);
  expect(tapped.taps[0]).toMatchObject({ result: 'accepted', tapId: 'a' });
  expect(hear(tapped, [an('a'), 300]).taps[0]).toMatchObject({ who: { name: 'Nguyễn Thị An' } });
});

test('a queue that taps each second: the newest is big, the last four below, nobody stays longer than 6 s', () => {
  let state = noTaps;
  for (let second = 0; second < 10; second += 1) state = hear(later(state, second * 1_000), [accepted(`t${second}`), second * 1_000]);
  expect(state.taps.map((tap) => tap.result === 'accepted' && tap.tapId)).toEqual(['t9', 't8', 't7', 't6', 't5']);
  expect(later(state, 9_000 + shownMs).taps).toEqual([]);
});

test('a name that comes late goes to its own tap, also when others tapped since', () => {
  const state = hear(noTaps, [accepted('a'), 0], [accepted('b'), 500], [an('a'), 900]);
  expect(state.taps.map((tap) => tap.result === 'accepted' && tap.who?.result)).toEqual([undefined, 'known']);
});

test('a name that comes after 5 s can still be read', () => {
  const state = hear(noTaps, [accepted('a'), 0], [an('a'), 5_000]);
  expect(later(state, 7_900).taps.length).toBe(1);
  expect(later(state, 8_000).taps.length).toBe(0);
});

test('a card left on the reader does not push the greeting away', () => {
  const state = hear(noTaps, [accepted('a'), 0], [repeat, 400], [repeat, 800]);
  expect(state.taps.map((tap) => tap.result)).toEqual(['accepted', 'repeated']);
});

test('a card that comes back later is told so, in big, once', () => {
  const state = hear(noTaps, [accepted('a'), 0], [repeat, 3_000], [repeat, 3_500]);
  expect(state.taps.map((tap) => tap.result)).toEqual(['repeated', 'accepted']);
});

test('a tap that the disk refused is shown as not counted', () => {
  expect(hear(noTaps, [{ notice: 'tap.refused', slot: 'gate', code: 'DISK_FULL' }, 0]).taps[0]?.result).toBe('refused');
});

test('an answer for a tap that is gone changes nothing on the screen', () => expect(hear(noTaps, [an('gone'), 0]).taps).toEqual([]));

test('whatever comes, five taps at most are shown and none for longer than 6 s after its last change', () => {
  const notice = fc.oneof(fc.constantFrom('a', 'b', 'c').map(accepted), fc.constantFrom('a', 'b', 'c').map(an), fc.constant(repeat));
  fc.assert(
    fc.property(fc.array(fc.tuple(notice, fc.integer({ min: 0, max: 3_000 })), { maxLength: 30 }), (steps) => {
      let [state, now] = [noTaps, 0];
      for (const [one, gap] of steps) {
        now += gap;
        state = hear(later(state, now), [one, now]);
        expect(state.taps.length).toBeLessThanOrEqual(maxTapsShown);
        expect(nextChangeMs(state) ?? now + 1).toBeGreaterThan(now);
        expect(new Set(state.taps.map((tap) => tap.key)).size).toBe(state.taps.length);
      }
      expect(later(state, now + shownMs).taps).toEqual([]);
    }),
  );
});

test.each([
  ['Nguyễn Thị An', 'N. T. An'],
  ['đỗ Ân', 'Đ. Ân'],
  ['An', 'A•••'],
  ['', '•••'],
])('%s is masked as %s', (name, masked) => expect(maskedName(name)).toBe(masked));
