/** The parts of a centre over one database, without any listener: what they are made of and who tells whom. */
import { type Clock, every } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import type { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import { type AccessDesk, accessDesk } from './access/access-desk.ts';
import { accessHandlers } from './access/access-handlers.ts';
import { airReader } from './air/air-series.ts';
import type { Handlers } from './api/bind-api.ts';
import { attendanceReader } from './attendance/attendance-day.ts';
import { auditLog } from './audit/audit-log.ts';
import type { CertificateAuthority } from './ca/certificate-authority.ts';
import { approvalDesk } from './enrolment/approval-desk.ts';
import { type DeviceDesk, deviceDesk } from './enrolment/device-desk.ts';
import { type EstDesk, estDesk } from './enrolment/est-desk.ts';
import type { CityLog } from './event-log/city-log.ts';
import type { EventLog, TakeBatch } from './event-log/event-log.ts';
import { sqliteLog } from './event-log/sqlite-log.ts';
import { type CentreMetrics, centreMetrics } from './http/metrics.ts';
import { ingest } from './ingest/ingest.ts';
import { type LiveHub, liveHub } from './live/live-hub.ts';
import { type LiveNews, liveNews } from './live/live-news.ts';
import { registryHandlers } from './registry/registry-handlers.ts';
import { siteDesk } from './registry/site-desk.ts';
import { type SitePresence, sitePresence } from './registry/site-presence.ts';
import { views } from './registry/views.ts';
import { cardImport } from './roster/card-import.ts';
import type { CentreStore } from './store/centre-store.ts';
import type { DiskSpace } from './store/disk-space.ts';
import { type ChangeWaiters, changeWaiters } from './twin/change-waiters.ts';
import { scanDesk } from './twin/scan-desk.ts';
import { twinDesk } from './twin/twin-desk.ts';

export const centreVersion = '0.1.0';
const tidyEveryMs = 3_600_000;
/** A school year and the summer after it; what matters longer is in the events. */
const keepReadingsMs = 400 * 86_400_000;
/** The audit trail keeps the decisions; these rows only answer devices that still poll. */
const keepEnrolmentsMs = 30 * 86_400_000;

export type CentreParts = {
  handlers: Handlers;
  access: AccessDesk;
  enrolment: DeviceDesk;
  est: EstDesk;
  take: TakeBatch;
  waiters: ChangeWaiters;
  presence: SitePresence;
  live: LiveHub;
  news: LiveNews;
  metrics: CentreMetrics;
  /** Stops the timers, wakes who waits and writes what is only in memory. */
  close(): void;
};
export type CentrePartsNeeds = {
  store: CentreStore;
  /** The event log in PostgreSQL; without it facts are kept in `store`. */
  city?: CityLog | undefined;
  space: DiskSpace;
  authority: CertificateAuthority;
  consoleUrl: () => string;
  clock: Clock;
  random: Random;
  log: Log;
};

export function centreParts(needs: CentrePartsNeeds): CentreParts {
  const { store, clock, city, space } = needs;
  const events: EventLog = city ?? sqliteLog({ store, ingest: ingest(needs), demandRoom: space.demandRoom });
  const metrics = centreMetrics();
  const audit = auditLog(store.access, clock);
  const live = liveHub(clock);
  const waiters = changeWaiters(clock);
  const presence = sitePresence(store, clock, (siteId) => news.site(siteId));
  const shown = views({ store, presence, clock });
  const news = liveNews({ live, store, views: shown, clock });
  const access = accessDesk({ ...needs, store: store.access, audit, metrics });
  const air = airReader(store.db);
  const wishChanged = ({ siteId, deviceId }: { siteId: SiteId; deviceId: DeviceId }): void => {
    waiters.wake(siteId);
    news.device(deviceId, siteId);
  };
  const rosterChanged = (siteId: SiteId): void => {
    waiters.wake(siteId);
    news.site(siteId);
  };
  const handlers: Handlers = {
    health: () => ({ ok: true, version: centreVersion, store: space.fault() ?? 'ok' }),
    ...accessHandlers(access),
    ...registryHandlers({
      ...{ store, events, clock, air, views: shown, attendance: attendanceReader(store.db) },
      enrolment: approvalDesk({ ...needs, audit, waitingChanged: news.waiting, approved: news.approved }),
      sites: siteDesk({ ...needs, audit, changed: news.site }),
      twins: twinDesk({ store, clock, audit, changed: wishChanged }),
      scans: scanDesk({ ...needs, audit, online: (deviceId) => shown.device(deviceId)?.online === true, changed: wishChanged }),
      importCards: cardImport({ store, audit, changed: rosterChanged }),
    }),
  };
  metrics.waitingPolls(() => waiters.count());
  metrics.liveClients(() => live.count());
  metrics.sitesOnline(() => presence.onlineCount());
  metrics.storeBytes(() => space.usedBytes());
  metrics.reserveHeld(() => (space.reserve() === 'held' ? 1 : 0));
  metrics.quarantineRows(() => events.quarantineCount());
  if (city !== undefined) {
    metrics.logPosition(() => city.position());
    metrics.logBehindMs(() => city.behindMs());
    city.follow(news.followed);
  }
  const tidying = every(clock, tidyEveryMs, () => {
    access.sessions.forgetExpired();
    air.forgetBefore(clock.wallMs() - keepReadingsMs);
    store.enrolments.forgetBefore(clock.wallMs() - keepEnrolmentsMs);
  });
  return {
    ...{ handlers, access, waiters, presence, live, news, metrics },
    enrolment: deviceDesk({ ...needs, waitingChanged: news.waiting }),
    est: estDesk({ ...needs, audit, changed: (device) => news.device(device.device_id, device.site_id) }),
    take: events.take,
    close() {
      tidying.cancel();
      waiters.wakeAll();
      live.close();
      presence.close();
    },
  };
}
