/** Gathers changes and tells the screens once for many: a drained backlog changes the count of waiting events a thousand times a second. */
import type { Clock, Timer } from '@tramhoc/base/clock';

/** Fast enough for a person, slow enough for a cheap board. */
const gatherMs = 100;

export type Announcer = { changed(): void; close(): void };

/** `announce` runs at most once in 100 ms, and always once after the last `changed`. */
export function createAnnouncer(clock: Clock, announce: () => void): Announcer {
  let timer: Timer | undefined;
  let closed = false;
  return {
    changed() {
      if (closed) return;
      timer ??= clock.after(gatherMs, () => {
        timer = undefined;
        announce();
      });
    },
    close() {
      closed = true;
      timer?.cancel();
    },
  };
}
