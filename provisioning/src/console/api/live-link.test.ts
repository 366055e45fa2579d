import { expect, test } from 'vitest';
import type { LiveMessage } from '../../api/contract.ts';
import { type LiveSource, type LiveState, startLive } from './live-link.ts';

function rig() {
  const timers: { delayMs: number; fire(): void; cancelled: boolean }[] = [];
  const sources: { tell(kind: string, data?: unknown): void; closed: boolean; state: number }[] = [];
  const states: LiveState[] = [];
  const messages: LiveMessage[] = [];
  let gapCount = 0;
  const silences: typeof timers = [];
  const link = startLive({
    clock: {
      wallMs: () => 0,
      after(delayMs, fire) {
        const timer = { delayMs, fire, cancelled: false };
        (delayMs === 25_000 ? silences : timers).push(timer);
        return {
          cancel() {
            timer.cancelled = true;
          },
        };
      },
    },
    open(): LiveSource {
      const listeners = new Map<string, (event: { data?: unknown }) => void>();
      const source = { closed: false, state: 0, tell: (kind: string, data?: unknown) => listeners.get(kind)?.({ data }) };
      sources.push(source);
      return {
        addEventListener: (kind, listen) => void listeners.set(kind, listen),
        close() {
          source.closed = true;
        },
        get readyState() {
          return source.state;
        },
      };
    },
    onMessage: (message) => messages.push(message),
    onState: (state) => states.push(state),
    onGap() {
      gapCount += 1;
    },
  });
  const silence = () => silences.findLast(({ cancelled }) => !cancelled);
  return { timers, silence, sources, states, messages, link, gaps: () => gapCount };
}

test('messages come through; what this page cannot read is passed over', () => {
  const { sources, messages } = rig();
  sources[0]!.tell('open');
  sources[0]!.tell('enrolments', '{"kind":"enrolments","pending":2}');
  sources[0]!.tell('enrolments', '{"kind":"enrolments","pending":"two"}');
  sources[0]!.tell('event', 'not json');
  expect(messages).toEqual([{ kind: 'enrolments', pending: 2 }]);
});

test('the first opening is no gap, each one after a loss is', () => {
  const { sources, states, gaps } = rig();
  sources[0]!.tell('open');
  expect(gaps()).toBe(0);
  sources[0]!.tell('error');
  sources[0]!.tell('open');
  expect(gaps()).toBe(1);
  expect(states).toEqual(['connecting', 'live', 'lost', 'live']);
});

test('when the browser gives up, a new link is opened after a while that grows', () => {
  const { sources, timers, gaps } = rig();
  sources[0]!.tell('open');
  for (let round = 0; round < 6; round += 1) {
    sources[round]!.state = 2;
    sources[round]!.tell('error');
    timers[round]!.fire();
  }
  expect(timers.map(({ delayMs }) => delayMs)).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  sources[6]!.tell('open');
  expect(gaps()).toBe(1);
});

test('a link that nothing comes from any more is given up and opened anew, also while it is being opened', () => {
  const { sources, timers, silence, states, gaps } = rig();
  sources[0]!.tell('open');
  const first = silence()!;
  sources[0]!.tell('beat', '{"kind":"beat"}');
  // a centre that is heard is waited for again from then on
  expect([first.cancelled, silence() === first]).toEqual([true, false]);
  silence()!.fire();
  expect([sources[0]!.closed, states, timers.map(({ delayMs }) => delayMs)]).toEqual([true, ['connecting', 'live', 'lost'], [2_000]]);
  timers[0]!.fire();
  silence()!.fire();
  expect([sources[1]!.closed, states.at(-1), timers[1]!.delayMs]).toEqual([true, 'lost', 4_000]);
  timers[1]!.fire();
  sources[2]!.tell('open');
  expect([states.at(-1), gaps()]).toEqual(['live', 1]);
});

test('after stopping nothing more is opened or told', () => {
  const { sources, timers, silence, link, messages } = rig();
  sources[0]!.state = 2;
  sources[0]!.tell('error');
  link.stop();
  expect([timers[0]!.cancelled, silence()]).toEqual([true, undefined]);
  expect(sources[0]!.closed).toBe(true);
  sources[0]!.tell('enrolments', '{"kind":"enrolments","pending":2}');
  expect(messages).toEqual([]);
});
