/** When each site was last heard. Kept in memory and written to disk now and then: 2,700 sites poll every 25 seconds. */
import { type Clock, every } from '@tramhoc/base/clock';
import type { SiteId } from '@tramhoc/protocol/ids';
import type { CentreStore } from '../store/centre-store.ts';

/** Two long polls and the time between them. */
export const siteOnlineMs = 60_000;
const saveEveryMs = 30_000;
const lookEveryMs = 5_000;

export type SitePresence = {
  heard(siteId: SiteId): void;
  lastSeenMs(siteId: SiteId): number | undefined;
  online(siteId: SiteId): boolean;
  onlineCount(): number;
  close(): void;
};

/** `changed` is told when a site comes, and within some seconds after it went. One entry a site. */
export function sitePresence(store: CentreStore, clock: Clock, changed: (siteId: SiteId) => void): SitePresence {
  const lastSeen = new Map<SiteId, number>();
  const unsaved = new Set<SiteId>();
  const online = new Set<SiteId>();
  for (const site of store.sites.all()) if (site.last_seen_ms !== null) lastSeen.set(site.site_id, site.last_seen_ms);
  const isOnline = (siteId: SiteId): boolean => clock.wallMs() - (lastSeen.get(siteId) ?? Number.NEGATIVE_INFINITY) < siteOnlineMs;
  const save = (): void => {
    if (unsaved.size === 0) return;
    store.db.transaction(() => {
      for (const siteId of unsaved) store.sites.seen(siteId, lastSeen.get(siteId)!);
    });
    unsaved.clear();
  };
  const look = (): void => {
    for (const siteId of online) {
      if (isOnline(siteId)) continue;
      online.delete(siteId);
      changed(siteId);
    }
  };
  const timers = [every(clock, saveEveryMs, save), every(clock, lookEveryMs, look)];
  return {
    heard(siteId) {
      lastSeen.set(siteId, clock.wallMs());
      unsaved.add(siteId);
      if (online.has(siteId)) return;
      online.add(siteId);
      changed(siteId);
    },
    lastSeenMs: (siteId) => lastSeen.get(siteId),
    online: isOnline,
    onlineCount: () => [...lastSeen.keys()].filter(isOnline).length,
    close() {
      for (const timer of timers) timer.cancel();
      save();
    },
  };
}
