/** Runs the idle machine on a clock: in Electron's main process, or in the page when a browser is the host. */
import type { Clock, Timer } from '@tramhoc/base/clock';
import { type IdleEvent, type IdleLimits, idleStep, nextLookMs, secondsLeft, untouched } from './idle-machine.ts';

export type IdleTimer = {
  /** Somebody touched the screen or a key. */
  input(): void;
  /** Somebody pressed "finish". */
  end(): void;
  stop(): void;
};

/** `onCountdown` gets whole seconds, or undefined when the countdown is over or called off. `onWipe` comes once for each session. */
export function startIdleTimer({
  limits,
  clock,
  onCountdown,
  onWipe,
}: {
  limits: IdleLimits;
  clock: Pick<Clock, 'monotonicMs' | 'after'>;
  onCountdown(seconds: number | undefined): void;
  onWipe(): void;
}): IdleTimer {
  let state = untouched;
  let shown: number | undefined;
  let timer: Timer | undefined;
  const take = (event: IdleEvent): void => {
    const step = idleStep(state, event, limits);
    state = step.state;
    const now = clock.monotonicMs();
    const seconds = secondsLeft(state, now);
    if (seconds !== shown) {
      shown = seconds;
      onCountdown(seconds);
    }
    timer?.cancel();
    const lookMs = nextLookMs(state, now);
    timer = lookMs === undefined ? undefined : clock.after(lookMs, () => take({ event: 'time', atMs: clock.monotonicMs() }));
    if (step.wipe) onWipe();
  };
  return {
    input: () => take({ event: 'input', atMs: clock.monotonicMs() }),
    end: () => take({ event: 'end' }),
    stop: () => timer?.cancel(),
  };
}
