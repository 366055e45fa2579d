/**
 * What pupils see while they tap one after the other: the newest tap big, the last few small below. Pure.
 * A name stays at most shownMs: the screen stands in a public place.
 */
import type { AgentNotice } from '@tramhoc/protocol/local-link';

export type Who = Extract<AgentNotice, { notice: 'tap.identified' }>['who'];
type Shown = { key: number; untilMs: number };
/** `who` is missing until the agent has asked. */
export type Tap = Shown &
  ({ result: 'accepted'; tapId: string; wallMs: number; sinceMs: number; who?: Who } | { result: 'repeated' } | { result: 'refused' });
/** Newest first. `nextKey` tells taps apart on the screen. */
export type Taps = { taps: readonly Tap[]; nextKey: number };
export type TapEvent = { event: 'notice'; notice: AgentNotice; nowMs: number } | { event: 'time'; nowMs: number };

export const noTaps: Taps = { taps: [], nextKey: 1 };
export const shownMs = 6_000;
/** A name that arrives late is still there long enough to be read, and never longer than shownMs. */
const readableMs = 3_000;
/** One big and four small: more would scroll away faster than anybody reads. */
export const maxTapsShown = 5;
/** A card that lies on the reader must not push the greeting of its owner away. */
const greetingMs = 2_000;

/** Times are of one monotonic clock. The same object comes back when nothing changed. */
export function showTap(state: Taps, event: TapEvent): Taps {
  if (event.event === 'time') {
    const taps = state.taps.filter((tap) => tap.untilMs > event.nowMs);
    return taps.length === state.taps.length ? state : { ...state, taps };
  }
  const { notice, nowMs } = event;
  const untilMs = nowMs + shownMs;
  switch (notice.notice) {
    case 'status':
      return state;
    case 'tap.accepted': {
      const { tapId, wallMs } = notice;
      return add(state, { key: state.nextKey, result: 'accepted', tapId, wallMs, sinceMs: nowMs, untilMs });
    }
    case 'tap.refused':
      return add(state, { key: state.nextKey, result: 'refused', untilMs });
    case 'tap.repeated':
      return repeated(state, nowMs);
    case 'tap.identified':
      return {
        ...state,
        taps: state.taps.map((tap) => (tap.result === 'accepted' && tap.tapId === notice.tapId ? named(tap, notice.who, nowMs) : tap)),
      };
    default:
      return notice satisfies never;
  }
}

function add(state: Taps, tap: Tap): Taps {
  return { taps: [tap, ...state.taps].slice(0, maxTapsShown), nextKey: state.nextKey + 1 };
}

function named(tap: Extract<Tap, { result: 'accepted' }>, who: Who, nowMs: number): Tap {
  return { ...tap, who, untilMs: Math.max(tap.untilMs, nowMs + readableMs) };
}

function repeated(state: Taps, nowMs: number): Taps {
  const [newest, ...rest] = state.taps;
  const tap: Tap = { key: state.nextKey, result: 'repeated', untilMs: nowMs + shownMs };
  if (newest?.result === 'repeated') return { ...state, taps: [{ ...newest, untilMs: tap.untilMs }, ...rest] };
  if (newest?.result !== 'accepted' || nowMs - newest.sinceMs >= greetingMs) return add(state, tap);
  if (rest[0]?.result === 'repeated') return { ...state, taps: [newest, { ...rest[0], untilMs: tap.untilMs }, ...rest.slice(1)] };
  return { taps: [newest, tap, ...rest].slice(0, maxTapsShown), nextKey: state.nextKey + 1 };
}

/** When the next tap leaves the screen, or undefined when none is shown. */
export function nextChangeMs(state: Taps): number | undefined {
  return state.taps.length === 0 ? undefined : Math.min(...state.taps.map((tap) => tap.untilMs));
}

/** `Nguyễn Thị An` -> `N. T. An`: the owner knows it again, a passer-by does not learn the whole name. One word keeps its first letter: `A•••`. */
export function maskedName(name: string): string {
  const words = name.trim().split(/\s+/);
  const given = words.pop() ?? '';
  if (words.length === 0) return `${[...given][0] ?? ''}•••`;
  return [...words.map((word) => `${[...word][0]!.toUpperCase()}.`), given].join(' ');
}
