/** Slows a sender down to a rate instead of sending it away: its next messages wait in its own line until it is their turn. */
import type { Clock, Timer } from '@tramhoc/base/clock';

export type Pace = {
  /** Undefined: go on. Else it is your turn when it settles. */
  take(key: string, cost: number): Promise<void> | undefined;
  /** Everybody goes on at once, now and later: the broker stops. */
  release(): void;
};

/** Keys are names of the config, sixteen at most. Who waits is bounded by what a connection may leave unanswered. */
export function createPace({ burst, perSecond }: { burst: number; perSecond: number }, clock: Clock): Pace {
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  const waiting = new Map<Timer, () => void>();
  let released = false;
  return {
    take(key, cost) {
      if (released) return undefined;
      const nowMs = clock.monotonicMs();
      const { tokens, atMs } = buckets.get(key) ?? { tokens: burst, atMs: nowMs };
      // may go below zero: who comes later waits longer, so that turns come in the order of asking
      const left = Math.min(burst, tokens + ((nowMs - atMs) / 1_000) * perSecond) - cost;
      buckets.set(key, { tokens: left, atMs: nowMs });
      if (left >= 0) return undefined;
      return new Promise((resolve) => {
        const timer = clock.after((-left / perSecond) * 1_000, () => go(timer, resolve), { background: true });
        waiting.set(timer, resolve);
      });
    },
    release() {
      released = true;
      for (const [timer, resolve] of [...waiting]) go(timer, resolve);
    },
  };

  function go(timer: Timer, resolve: () => void): void {
    timer.cancel();
    waiting.delete(timer);
    resolve();
  }
}
