/** Who may use what there is only so much of, in the order they came: 2,400 sites may come in the same second. */
import type { Clock, Timer } from '@tramhoc/base/clock';
import { TramError } from '@tramhoc/protocol/errors';

/** One of each site of the largest city, and some more: a site sends one batch at a time. */
const maxWaiting = 4_000;
/** Below the time in which a request must be there whole (http-app.ts); twice that is below the broker's own patience. */
const maxWaitMs = 20_000;
/** What one who waits costs, roughly; so a queue is gone before its first comes again. */
const restPerWaitingMs = 5;
const maxRestMs = 5_000;

export type Admission = {
  /** Resolves when there is room for `size`, at most the capacity; `leave` must be called after it. Throws RATE_LIMITED after 20 s, or at once when too many wait. */
  enter(gone: AbortSignal, size?: number): Promise<void>;
  leave(size?: number): void;
  /** How long a site should let its next batch fill, so that those who wait are served first; 0 while nobody waits. */
  restMs(): number;
};

export const busy = (): TramError =>
  new TramError('RATE_LIMITED', 'the centre is busy; send the batch again.', { details: { retryAfterS: 2 } });

export function admission({ clock, capacity }: { clock: Clock; capacity: number }): Admission {
  let left = capacity;
  const waiting = new Set<{ size: number; admit(): void }>();
  const admitFirst = (): void => {
    for (const { size, admit } of waiting) {
      if (size > left) return;
      left -= size;
      admit();
    }
  };
  return {
    async enter(gone, size = 1) {
      if (waiting.size === 0 && size <= left) {
        left -= size;
        return;
      }
      if (waiting.size >= maxWaiting || gone.aborted) throw busy();
      await new Promise<void>((resolve, reject) => {
        let timer: Timer | undefined;
        const end = (settle: () => void): void => {
          waiting.delete(me);
          timer?.cancel();
          gone.removeEventListener('abort', onGone);
          settle();
        };
        const me = { size, admit: () => end(resolve) };
        const onGone = (): void => {
          end(() => reject(busy()));
          // a large one may have stood in front of small ones
          admitFirst();
        };
        waiting.add(me);
        gone.addEventListener('abort', onGone, { once: true });
        timer = clock.after(maxWaitMs, onGone);
      });
    },
    leave(size = 1) {
      left += size;
      admitFirst();
    },
    restMs: () => Math.min(maxRestMs, waiting.size * restPerWaitingMs),
  };
}
