/** Turns what happened at the centre into messages for the open consoles. Costs nothing while no console is open. */
import type { Clock } from '@tramhoc/base/clock';
import type { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import type { Ingested } from '../ingest/ingest.ts';
import { storedEventOf, type Views } from '../registry/views.ts';
import type { CentreStore } from '../store/centre-store.ts';
import type { LiveHub } from './live-hub.ts';

export type LiveNews = {
  site(siteId: SiteId): void;
  device(deviceId: DeviceId, siteId: SiteId): void;
  /** How many devices wait for approval may have changed. */
  waiting(): void;
  approved(device: { deviceId: DeviceId; siteId: SiteId }): void;
  ingested(siteId: SiteId, ingested: Ingested): void;
};

export function liveNews({ live, store, views, clock }: { live: LiveHub; store: CentreStore; views: Views; clock: Clock }): LiveNews {
  const site: LiveNews['site'] = (siteId) =>
    live.tell(siteId, () => {
      const found = views.site(siteId);
      return found && { kind: 'site', site: found };
    });
  const device: LiveNews['device'] = (deviceId, siteId) =>
    live.tell(siteId, () => {
      const found = views.device(deviceId);
      return found && { kind: 'device', device: found };
    });
  return {
    site,
    device,
    waiting: () => live.tell(undefined, () => ({ kind: 'enrolments', pending: store.enrolments.waitingCount(clock.wallMs()) })),
    approved(approved) {
      device(approved.deviceId, approved.siteId);
      site(approved.siteId);
    },
    ingested(siteId, { positions, devices }) {
      if (!live.listening() || positions.length === 0) return;
      for (const position of positions)
        live.tell(siteId, () => {
          const row = store.events.byPosition(position);
          return row && { kind: 'event', event: storedEventOf(row) };
        });
      for (const deviceId of devices) device(deviceId, siteId);
      site(siteId);
    },
  };
}
