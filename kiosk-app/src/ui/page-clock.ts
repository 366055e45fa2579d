/** The clock of a page: what the screens need of `Clock`, from the browser. */
import type { Clock } from '@tramhoc/base/clock';

export type PageClock = Pick<Clock, 'wallMs' | 'monotonicMs' | 'after'>;

export function browserClock(): PageClock {
  return {
    wallMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    after(delayMs, fire) {
      const handle = setTimeout(fire, Math.max(0, delayMs));
      return { cancel: () => clearTimeout(handle) };
    },
  };
}
