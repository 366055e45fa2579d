/** How many batches are worked on at one time. The next ones wait at the door, unread, in the order they came: 2,400 sites may come in the same second. */
import type { Clock, Timer } from '@tramhoc/base/clock';
import { TramError } from '@tramhoc/protocol/errors';

/** One of each site of the largest city, and some more: a site sends one batch at a time. */
const maxWaiting = 4_000;
/** Below the time in which a request must be there whole (http-app.ts). */
const maxWaitMs = 20_000;
/** What one who waits costs, roughly; so a queue is gone before its first comes again. */
const restPerWaitingMs = 5;
const maxRestMs = 5_000;

export type Admission = {
  /** Resolves when the batch may be read; `leave` must be called after it. Throws RATE_LIMITED after 20 s, or at once when too many wait. */
  enter(gone: AbortSignal): Promise<void>;
  leave(): void;
  /** How long a site should let its next batch fill, so that those who wait are served first; 0 while nobody waits. */
  restMs(): number;
};

export function admission({ clock, maxInHand }: { clock: Clock; maxInHand: number }): Admission {
  let inHand = 0;
  const waiting = new Set<() => void>();
  const busy = (): TramError => new TramError('RATE_LIMITED', 'the centre is busy; send the batch again.', { details: { retryAfterS: 2 } });
  return {
    async enter(gone) {
      if (inHand < maxInHand) {
        inHand += 1;
        return;
      }
      if (waiting.size >= maxWaiting) throw busy();
      await new Promise<void>((resolve, reject) => {
        let timer: Timer | undefined;
        const end = (settle: () => void): void => {
          waiting.delete(admit);
          timer?.cancel();
          gone.removeEventListener('abort', onGone);
          settle();
        };
        const admit = (): void => end(resolve);
        const onGone = (): void => end(() => reject(busy()));
        waiting.add(admit);
        gone.addEventListener('abort', onGone, { once: true });
        timer = clock.after(maxWaitMs, onGone);
      });
    },
    /** The place goes to who waits longest. */
    leave() {
      const next = waiting.values().next().value;
      if (next === undefined) inHand -= 1;
      else next();
    },
    restMs: () => Math.min(maxRestMs, waiting.size * restPerWaitingMs),
  };
}
