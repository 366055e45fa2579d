/** Site brokers that wait for something to change. Waking says only that it is worth looking. */
import type { Clock } from '@tramhoc/base/clock';
import type { SiteId } from '@tramhoc/protocol/ids';

/** One broker has one poll open; a second appears while a cut connection is not noticed yet. */
const maxPerSite = 4;

export type ChangeWaiters = {
  /** Resolves when the site's wishes changed, after `timeoutMs`, or when `signal` says that nobody listens any more. */
  wait(siteId: SiteId, timeoutMs: number, signal: AbortSignal): Promise<void>;
  wake(siteId: SiteId): void;
  wakeAll(): void;
  count(): number;
};

export function changeWaiters(clock: Clock): ChangeWaiters {
  const sites = new Map<SiteId, Set<() => void>>();
  const wake = (siteId: SiteId): void => {
    for (const resolve of [...(sites.get(siteId) ?? [])]) resolve();
  };
  return {
    wait(siteId, timeoutMs, signal) {
      const waiting = sites.get(siteId) ?? new Set();
      sites.set(siteId, waiting);
      if (waiting.size >= maxPerSite) [...waiting][0]!();
      return new Promise<void>((resolve) => {
        const done = (): void => {
          timer.cancel();
          signal.removeEventListener('abort', done);
          waiting.delete(done);
          if (waiting.size === 0 && sites.get(siteId) === waiting) sites.delete(siteId);
          resolve();
        };
        const timer = clock.after(timeoutMs, done);
        signal.addEventListener('abort', done);
        waiting.add(done);
        if (signal.aborted) done();
      });
    },
    wake,
    wakeAll: () => {
      for (const siteId of [...sites.keys()]) wake(siteId);
    },
    count: () => [...sites.values()].reduce((sum, waiting) => sum + waiting.size, 0),
  };
}
