/** Routes of the contract about sites, devices, enrolments, facts and lists. */
import type { Clock } from '@tramhoc/base/clock';
import { TramError } from '@tramhoc/protocol/errors';
import type { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import type { z } from 'zod';
import type { AirReader } from '../air/air-series.ts';
import type { Handlers } from '../api/bind-api.ts';
import type { FeedbackItem } from '../api/contract.ts';
import type { AttendanceReader } from '../attendance/attendance-day.ts';
import { siteDay } from '../attendance/site-day.ts';
import type { ApprovalDesk } from '../enrolment/approval-desk.ts';
import type { EventLog } from '../event-log/event-log.ts';
import type { CardImport } from '../roster/card-import.ts';
import type { CentreStore } from '../store/centre-store.ts';
import type { ScanDesk } from '../twin/scan-desk.ts';
import type { TwinDesk } from '../twin/twin-desk.ts';
import type { SiteDesk } from './site-desk.ts';
import { pendingOf, storedEventOf, type Views } from './views.ts';

const feedbackShown = 500;
export type RegistryParts = {
  store: CentreStore;
  events: EventLog;
  clock: Clock;
  views: Views;
  sites: SiteDesk;
  twins: TwinDesk;
  scans: ScanDesk;
  enrolment: ApprovalDesk;
  attendance: AttendanceReader;
  air: AirReader;
  importCards: CardImport;
};
type RegistryHandlers = Omit<
  Handlers,
  'health' | 'signIn' | 'me' | 'signOut' | 'changePassword' | 'listTokens' | 'createToken' | 'deleteToken'
>;

export function registryHandlers(parts: RegistryParts): RegistryHandlers {
  const { views, sites, twins, scans, importCards } = parts;
  return {
    listSites: () => ({ sites: views.allSites() }),
    createSite({ body, by }) {
      const claim = sites.create(body, by);
      return { site: views.site(body.siteId)!, ...claim };
    },
    renewSiteClaim: ({ params, by }) => sites.renewClaim(params.siteId, by),
    listDevices: ({ query }) => ({ devices: views.devices(query.site) }),
    listDrivers: () => ({ drivers: views.drivers() }),
    getDevice: ({ params }) => orNotFound(views.deviceDetail(params.deviceId), 'device'),
    setDesired({ params, body, by }) {
      twins.setDesired(params.deviceId, body, by);
      return views.twinViewOf(params.deviceId);
    },
    askScan: ({ params, body, by }) => scans.ask(params.deviceId, body, by),
    revokeDevice({ params, body, by }) {
      twins.revoke(params.deviceId, body.reason, by);
      return orNotFound(views.device(params.deviceId), 'device');
    },
    importCards: ({ params, body, by }) => importCards(params.siteId, body, by),
    ...enrolmentHandlers(parts),
    ...factHandlers(parts),
  };
}

function enrolmentHandlers({
  enrolment,
}: RegistryParts): Pick<Handlers, 'listEnrolments' | 'lookupEnrolment' | 'approveEnrolment' | 'denyEnrolment'> {
  return {
    listEnrolments: () => ({ pending: enrolment.waiting().map(pendingOf) }),
    lookupEnrolment: ({ body, by }) => pendingOf(enrolment.lookup(body.code, by)),
    approveEnrolment: ({ params, body, by }) => ({ deviceId: enrolment.approve(params.enrolmentId, body, by) }),
    denyEnrolment({ params, by }) {
      enrolment.deny(params.enrolmentId, by);
      return {};
    },
  };
}

function factHandlers({
  store,
  events,
  clock,
  attendance,
  air,
}: RegistryParts): Pick<Handlers, 'listEvents' | 'attendance' | 'air' | 'listFeedback' | 'listAudit'> {
  const feedback = feedbackReader(store);
  const known = (siteId: SiteId): void => void orNotFound(store.sites.get(siteId), 'site');
  return {
    async listEvents({ query }) {
      // one more than asked says whether there are more
      const rows = await events.page({ ...query, limit: query.limit + 1 });
      return { events: rows.slice(0, query.limit).map(storedEventOf), more: rows.length > query.limit };
    },
    attendance({ query }) {
      known(query.site);
      return attendance(query.site, query.date ?? siteDay(clock.wallMs()), store.roster.holders(query.site));
    },
    air({ query }) {
      known(query.site);
      return { series: air.series(query.site, { untilMs: clock.wallMs(), hours: query.hours }) };
    },
    listFeedback: ({ query }) => ({ items: feedback(query.site) }),
    listAudit({ query }) {
      const rows = store.access.audit(query.before ?? Number.MAX_SAFE_INTEGER, query.limit);
      return {
        entries: rows.map(({ position, at_ms, actor, action, target, details, address }) => ({
          ...{ position, atMs: at_ms, actor, action, target, address },
          details: JSON.parse(details) as Record<string, unknown>,
        })),
      };
    },
  };
}

type FeedbackRow = { site_id: SiteId; site_name: string; device_name: string | null; device_id: DeviceId } & Record<
  'tracking_code' | 'category' | 'text' | 'language',
  string
> & {
    phone: string | null;
    received_ms: number;
  };

/** Newest first. */
function feedbackReader({ db }: CentreStore): (siteId: SiteId | undefined) => z.infer<typeof FeedbackItem>[] {
  const select = (where: string) =>
    db.prepare<FeedbackRow>(
      `SELECT f.*, s.name AS site_name, d.name AS device_name FROM feedback f JOIN sites s ON s.site_id = f.site_id
       LEFT JOIN devices d ON d.device_id = f.device_id ${where} ORDER BY f.position DESC LIMIT ?`,
    );
  const all = select('');
  const ofSite = select('WHERE f.site_id = ?');
  return (siteId) =>
    (siteId === undefined ? all.all(feedbackShown) : ofSite.all(siteId, feedbackShown)).map((row) => ({
      ...{ trackingCode: row.tracking_code, siteId: row.site_id, siteName: row.site_name, deviceName: row.device_name ?? '' },
      ...{
        category: row.category,
        text: row.text,
        phone: row.phone,
        language: row.language === 'en' ? 'en' : 'vi',
        receivedMs: row.received_ms,
      },
    }));
}

function orNotFound<T>(found: T | undefined, what: string): T {
  if (found !== undefined) return found;
  throw new TramError('NOT_FOUND', `there is no such ${what}; look at the list again.`);
}
