/** What a site's broker may call with its certificate: POST /v1/events (events-route.ts), GET /v1/desired, GET /v1/site. */
import type { Clock } from '@tramhoc/base/clock';
import type { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import { longPollMs } from '@tramhoc/protocol/limits';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { IdentityCheck } from '../enrolment/device-identity.ts';
import type { TakeBatch } from '../event-log/event-log.ts';
import type { CentreMetrics } from '../http/metrics.ts';
import type { SitePresence } from '../registry/site-presence.ts';
import type { CentreStore } from '../store/centre-store.ts';
import type { ChangeWaiters } from '../twin/change-waiters.ts';
import { desiredChanges } from '../twin/desired-changes.ts';
import { brokerOnly, eventsRoute } from './events-route.ts';
import type { Ingested } from './ingest.ts';

const DesiredQuery = z.strictObject({ after: z.coerce.number().int().min(0).default(0) });

/** GET /v1/site, for a broker that was just enrolled. */
export type SiteAbout = { siteId: SiteId; siteName: string; brokerDeviceId: DeviceId; brokerHost: string; brokerPort: number };

export type SiteRouteParts = {
  store: CentreStore;
  clock: Clock;
  identity: IdentityCheck;
  take: TakeBatch;
  waiters: ChangeWaiters;
  presence: SitePresence;
  metrics: CentreMetrics;
  stored: (siteId: SiteId, ingested: Ingested) => void;
};

export function siteRoutes(app: FastifyInstance, parts: SiteRouteParts): void {
  const { store, clock, identity, waiters, presence } = parts;
  const brokerOf = brokerOnly(identity);

  app.get('/v1/site', (request): SiteAbout => {
    const { siteId, deviceId } = brokerOf(request);
    const site = store.sites.get(siteId)!;
    return { siteId, siteName: site.name, brokerDeviceId: deviceId, brokerHost: site.broker_host, brokerPort: site.broker_port };
  });

  app.get<{ Querystring: z.infer<typeof DesiredQuery> }>(
    '/v1/desired',
    { schema: { querystring: DesiredQuery } },
    async (request, reply) => {
      const { siteId } = brokerOf(request);
      presence.heard(siteId);
      const { after } = request.query;
      const gone = new AbortController();
      // the connection outlives the poll
      const { socket } = request.raw;
      const onClose = (): void => gone.abort();
      socket.once('close', onClose);
      try {
        if (store.sites.get(siteId)!.change_cursor === after) await waiters.wait(siteId, longPollMs, gone.signal);
      } finally {
        socket.off('close', onClose);
      }
      // revoked while it waited?
      brokerOf(request);
      if (!gone.signal.aborted) presence.heard(siteId);
      return await reply.header('cache-control', 'no-store').send(desiredChanges(store, clock, siteId, after));
    },
  );

  eventsRoute(app, {
    ...{ brokerOf, take: parts.take, metrics: parts.metrics, clock },
    stored(siteId, ingested) {
      presence.heard(siteId);
      parts.stored(siteId, ingested);
    },
  });
}
