/** What a site's broker may call with its certificate: POST /v1/events, GET /v1/desired, GET /v1/site. */
import type { TLSSocket } from 'node:tls';
import type { Clock } from '@tramhoc/base/clock';
import { TramError } from '@tramhoc/protocol/errors';
import type { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import { longPollMs, maxUpstreamBytes } from '@tramhoc/protocol/limits';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { DeviceIdentity, IdentityCheck } from '../enrolment/device-identity.ts';
import type { CentreMetrics } from '../http/metrics.ts';
import type { SitePresence } from '../registry/site-presence.ts';
import type { CentreStore } from '../store/centre-store.ts';
import type { ChangeWaiters } from '../twin/change-waiters.ts';
import { desiredChanges } from '../twin/desired-changes.ts';
import { readBatch } from './batch-body.ts';
import { marksOf } from './delivery-marks.ts';
import type { Ingest, Ingested } from './ingest.ts';

/** Batches that are being read at one time; each may hold 8 MiB. More are told to come back. */
const maxBatchesInHand = 32;
const DesiredQuery = z.strictObject({ after: z.coerce.number().int().min(0).default(0) });

/** GET /v1/site, for a broker that was just enrolled. */
export type SiteAbout = { siteId: SiteId; siteName: string; brokerDeviceId: DeviceId; brokerHost: string; brokerPort: number };

export type SiteRouteParts = {
  store: CentreStore;
  clock: Clock;
  identity: IdentityCheck;
  ingest: Ingest;
  waiters: ChangeWaiters;
  presence: SitePresence;
  metrics: CentreMetrics;
  stored: (siteId: SiteId, ingested: Ingested) => void;
};

export function siteRoutes(app: FastifyInstance, parts: SiteRouteParts): void {
  const { store, clock, identity, waiters, presence } = parts;
  /** Throws NOT_ALLOWED for a certificate that is not a site broker's, and what `identity.of` throws. */
  const brokerOf = (request: FastifyRequest): DeviceIdentity => {
    const who = identity.of(request.raw.socket as TLSSocket);
    if (who.role !== 'broker') throw new TramError('NOT_ALLOWED', 'only the broker of a site may call this; use its certificate.');
    return who;
  };

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

  eventsRoute(app, parts, brokerOf);
}

function eventsRoute(
  app: FastifyInstance,
  { ingest, presence, metrics, stored }: SiteRouteParts,
  brokerOf: (request: FastifyRequest) => DeviceIdentity,
): void {
  let inHand = 0;
  app.addContentTypeParser(
    ['application/cloudevents-batch+json'],
    { parseAs: 'buffer', bodyLimit: maxUpstreamBytes },
    (_request, body, done) => done(null, body),
  );
  app.post('/v1/events', {
    bodyLimit: maxUpstreamBytes,
    onRequest: async (request, reply) => {
      // before the body is read: strangers cost nothing
      brokerOf(request);
      if (inHand >= maxBatchesInHand)
        throw new TramError('RATE_LIMITED', 'the centre is busy; send the batch again.', { details: { retryAfterS: 2 } });
      inHand += 1;
      reply.raw.once('close', () => {
        inHand -= 1;
      });
    },
    handler: async (request, reply) => {
      if (!(request.body instanceof Uint8Array)) throw new TramError('PAYLOAD_MALFORMED', 'send application/cloudevents-batch+json.');
      const batch = await readBatch(request.body, request.headers['content-encoding']);
      const { siteId } = brokerOf(request);
      const stop = metrics.batchTimer();
      const ingested = ingest(siteId, batch, marksOf(request.headers));
      stop();
      metrics.ingested(ingested.receipt);
      presence.heard(siteId);
      stored(siteId, ingested);
      return await reply.send(ingested.receipt);
    },
  });
}
