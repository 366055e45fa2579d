/** Turns what happened at the centre into messages for the open consoles. Costs nothing while no console is open. */
import type { Clock } from '@tramhoc/base/clock';
import type { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import { shownRow } from '../event-log/city-log.ts';
import type { Applied } from '../event-log/log-tail.ts';
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
  /** Facts of many sites, read from the event log. */
  followed(applied: Applied): void;
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
    followed({ rows, devices }) {
      if (!live.listening()) return;
      for (const row of rows) live.tell(row.site_id, () => ({ kind: 'event', event: storedEventOf(shownRow(store, row)) }));
      for (const [deviceId, siteId] of devices) device(deviceId, siteId);
      for (const siteId of new Set(rows.map((row) => row.site_id))) site(siteId);
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
