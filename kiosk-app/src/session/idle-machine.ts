/**
 * When a person walks away: `idleMs` without input, then a countdown of `countdownMs` that any input ends, then the wipe. Pure.
 * A session that nobody touched since the last wipe has nothing to wipe and never counts down.
 */

export type IdleLimits = { idleMs: number; countdownMs: number };
/** WCAG 2.2.1 asks for 20 s to answer the question; 60 s is what self-checks of libraries use. */
export const publicIdleLimits: IdleLimits = { idleMs: 60_000, countdownMs: 20_000 };

/** Times are of one monotonic clock, in ms. */
export type IdleState = { phase: 'untouched' } | { phase: 'active'; countdownAtMs: number } | { phase: 'countdown'; wipeAtMs: number };
export type IdleEvent = { event: 'input'; atMs: number } | { event: 'time'; atMs: number } | { event: 'end' };

export const untouched: IdleState = { phase: 'untouched' };

/** `wipe` is true once for each session that ends. */
export function idleStep(state: IdleState, event: IdleEvent, limits: IdleLimits): { state: IdleState; wipe: boolean } {
  switch (event.event) {
    case 'input':
      // A touch that comes after the time is over must not bring the person before back.
      if (state.phase === 'countdown' && event.atMs >= state.wipeAtMs) return { state: untouched, wipe: true };
      return { state: { phase: 'active', countdownAtMs: event.atMs + limits.idleMs }, wipe: false };
    case 'time':
      return timePassed(state, event.atMs, limits);
    case 'end':
      return { state: untouched, wipe: true };
    default:
      return event satisfies never;
  }
}

/** A computer that slept through the whole countdown wipes at once when it wakes. */
function timePassed(state: IdleState, atMs: number, limits: IdleLimits): { state: IdleState; wipe: boolean } {
  const wipeAtMs =
    state.phase === 'active' ? state.countdownAtMs + limits.countdownMs : state.phase === 'countdown' ? state.wipeAtMs : Infinity;
  if (atMs >= wipeAtMs) return { state: untouched, wipe: true };
  if (state.phase === 'active' && atMs >= state.countdownAtMs) return { state: { phase: 'countdown', wipeAtMs }, wipe: false };
  return { state, wipe: false };
}

/** When to look again, or undefined when only input changes anything. During the countdown: at each whole second, for the number on the screen. */
export function nextLookMs(state: IdleState, nowMs: number): number | undefined {
  if (state.phase === 'untouched') return undefined;
  if (state.phase === 'active') return Math.max(0, state.countdownAtMs - nowMs);
  const leftMs = Math.max(0, state.wipeAtMs - nowMs);
  return leftMs % 1_000 || Math.min(1_000, leftMs);
}

/** What the screen shows; whole seconds, rounded up. */
export function secondsLeft(state: IdleState, nowMs: number): number | undefined {
  return state.phase === 'countdown' ? Math.max(0, Math.ceil((state.wipeAtMs - nowMs) / 1_000)) : undefined;
}
