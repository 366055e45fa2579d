/** Noticing that a device has stopped sending. */
import type { Clock, Timer } from '@tramhoc/base/clock';

/** Enough for reading what waits at any port. */
const listenMs = 25;
/** A timer that fires later than this was held up, and reading with it. */
const lateMs = 10;

/**
 * Runs `fire` after `ms`, at least `listenMs`, unless it is cancelled because something came. A process that was held up meanwhile, by a commit to a
 * slow disk, finds its timers due before it has read what came: it listens once more before it calls that silence.
 */
export function afterSilence(clock: Clock, ms: number, fire: () => void): Timer {
  let timer: Timer;
  const listen = (): void => {
    const dueMs = clock.monotonicMs() + listenMs;
    timer = clock.after(listenMs, () => (clock.monotonicMs() > dueMs + lateMs ? listen() : fire()));
  };
  timer = clock.after(ms - listenMs, listen);
  return { cancel: () => timer.cancel() };
}
