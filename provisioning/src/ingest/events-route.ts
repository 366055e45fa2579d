/** POST /v1/events, the way of every fact: the same in the centre and in an ingest process. */
import type { TLSSocket } from 'node:tls';
import type { Clock } from '@tramhoc/base/clock';
import { TramError } from '@tramhoc/protocol/errors';
import type { SiteId } from '@tramhoc/protocol/ids';
import { maxUpstreamBytes } from '@tramhoc/protocol/limits';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { DeviceIdentity, IdentityCheck } from '../enrolment/device-identity.ts';
import type { TakeBatch } from '../event-log/event-log.ts';
import type { CentreMetrics } from '../http/metrics.ts';
import { admission } from './admission.ts';
import { readBatch } from './batch-body.ts';
import { batchesInHand } from './batches-in-hand.ts';
import { marksOf } from './delivery-marks.ts';
import type { Ingested } from './ingest.ts';

/** Batches that are worked on at one time; each may hold 8 MiB once unpacked. */
const maxBatchesAtWork = 32;

export type BrokerOf = (request: FastifyRequest) => DeviceIdentity;

/** Throws NOT_ALLOWED for a certificate that is not a site broker's, and what `identity.of` throws. */
export function brokerOnly(identity: IdentityCheck): BrokerOf {
  return (request) => {
    const who = identity.of(request.raw.socket as TLSSocket);
    if (who.role !== 'broker') throw new TramError('NOT_ALLOWED', 'only the broker of a site may call this; use its certificate.');
    return who;
  };
}

export function eventsRoute(
  app: FastifyInstance,
  {
    brokerOf,
    take,
    metrics,
    stored,
    clock,
    maxAtWork = maxBatchesAtWork,
  }: {
    brokerOf: BrokerOf;
    take: TakeBatch;
    metrics: Pick<CentreMetrics, 'batchTimer' | 'ingested'>;
    stored: (siteId: SiteId, ingested: Ingested) => void;
    clock: Clock;
    maxAtWork?: number;
  },
): void {
  const inHand = batchesInHand(clock);
  const work = admission({ clock, capacity: maxAtWork });
  const batches = new WeakMap<FastifyRequest, { gone: AbortSignal; putDown: () => void }>();
  app.addContentTypeParser(
    ['application/cloudevents-batch+json'],
    { parseAs: 'buffer', bodyLimit: maxUpstreamBytes },
    (_request, body, done) => done(null, body),
  );
  app.post('/v1/events', {
    bodyLimit: maxUpstreamBytes,
    onRequest: async (request, reply) => {
      // before the body is read: strangers cost nothing
      const { siteId } = brokerOf(request);
      const ended = new AbortController();
      const gone = ended.signal;
      reply.raw.once('close', () => ended.abort());
      const length = request.headers['content-length'];
      const putDown = await inHand.take(siteId, length === undefined ? undefined : Number(length), gone);
      batches.set(request, { gone, putDown });
      // a body that breaks off or cannot be taken never reaches the handler
      gone.addEventListener('abort', putDown);
      if (gone.aborted) putDown();
    },
    handler: async (request, reply) => {
      const { body } = request;
      if (!(body instanceof Uint8Array)) throw new TramError('PAYLOAD_MALFORMED', 'send application/cloudevents-batch+json.');
      const { gone, putDown } = batches.get(request)!;
      // from here on it is in hand until the work is done, whether or not somebody still waits for the answer
      gone.removeEventListener('abort', putDown);
      try {
        await work.enter(gone);
        try {
          const batch = await readBatch(body, request.headers['content-encoding']);
          const { siteId } = brokerOf(request);
          const stop = metrics.batchTimer();
          const ingested = await take(siteId, batch, marksOf(request.headers));
          stop();
          metrics.ingested(ingested.receipt);
          stored(siteId, ingested);
          const retryAfterMs = Math.max(work.restMs(), inHand.restMs());
          return await reply.send(retryAfterMs === 0 ? ingested.receipt : { ...ingested.receipt, retryAfterMs });
        } finally {
          work.leave();
        }
      } finally {
        putDown();
      }
    },
  });
}
