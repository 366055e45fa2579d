/** The console's listener: API, live stream, description, figures and pages. */
import type { OutgoingHttpHeaders } from 'node:http';
import cookie from '@fastify/cookie';
import type { Clock } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import { TramError } from '@tramhoc/protocol/errors';
import { SiteId } from '@tramhoc/protocol/ids';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AccessDesk } from '../access/access-desk.ts';
import { rateLimiter } from '../access/rate-limiter.ts';
import { consoleAccess } from '../access/request-access.ts';
import { actorOf, bindApi, type Handlers } from '../api/bind-api.ts';
import { docsPage, docsStyle } from '../api/docs-page.ts';
import { openApiDocument } from '../api/openapi.ts';
import type { LiveHub } from '../live/live-hub.ts';
import { consolePages } from './console-pages.ts';
import { httpApp } from './http-app.ts';
import type { CentreMetrics } from './metrics.ts';
import { securityHeaders } from './security-headers.ts';

/** A page load with its lists takes about 40 requests; a script that asks ten times a second is still welcome. */
const requestsPerAddress = { burst: 1_200, perMs: 60_000 };

export type ConsoleParts = {
  handlers: Handlers;
  access: AccessDesk;
  live: LiveHub;
  metrics: CentreMetrics;
  clock: Clock;
  random: Random;
  log: Log;
  publicUrl: string | undefined;
  /** Known once the listener is open. */
  localUrl: () => string;
  folder: string;
  version: string;
};

export async function consoleListener(parts: ConsoleParts): Promise<FastifyInstance> {
  const { handlers, live, metrics, clock, random, log, publicUrl, localUrl, folder } = parts;
  const https = publicUrl?.startsWith('https:') ?? false;
  const app = httpApp({ log, random, trustProxy: publicUrl !== undefined });
  const requests = rateLimiter(clock, requestsPerAddress);
  app.addHook('onRequest', async (request) => requests.demand(request.ip, 'requests'));
  await app.register(cookie);
  await securityHeaders(app, { https });
  const access = consoleAccess(parts.access, {
    secure: https,
    origins: () => [new URL(localUrl()).origin, ...(publicUrl === undefined ? [] : [new URL(publicUrl).origin])],
  });
  bindApi(app, handlers, access);
  liveRoute(app, live, (request) => access.authenticate(request, { open: false, session: false, watching: true }));
  description(app, parts);
  app.get('/metrics', async (request, reply) => {
    if (!isLocal(request) && access.identify(request)?.kind !== 'token')
      throw new TramError('NOT_ALLOWED', 'figures are given on this machine, or for an API token.');
    return await reply.type(metrics.contentType).send(await metrics.text());
  });
  // where probes of every program look; the same as the API's
  app.get('/healthz', async ({ ip }, reply) => {
    const nobody = { params: {}, query: {}, body: undefined, who: undefined, setSession: () => undefined };
    const health = await handlers.health({ ...nobody, by: { actor: actorOf(undefined), address: ip } });
    return await reply.header('cache-control', 'no-store').send(health);
  });
  await consolePages(app, { folder, random, log });
  return app;
}

const LiveQuery = z.strictObject({ site: SiteId.optional() });

function liveRoute(app: FastifyInstance, live: LiveHub, authenticate: (request: FastifyRequest) => unknown): void {
  app.get<{ Querystring: z.infer<typeof LiveQuery> }>('/api/live', { schema: { querystring: LiveQuery } }, (request, reply) => {
    authenticate(request);
    const stillAllowed = (): boolean => {
      try {
        authenticate(request);
        return true;
      } catch {
        return false;
      }
    };
    live.join({ response: reply.raw, site: request.query.site, stillAllowed, headers: reply.getHeaders() as OutgoingHttpHeaders });
    return reply.hijack();
  });
}

function description(app: FastifyInstance, { version, localUrl, publicUrl }: ConsoleParts): void {
  let made: { document: unknown; page: string } | undefined;
  const described = () => {
    if (made === undefined) {
      const document = openApiDocument({ version, serverUrl: publicUrl ?? localUrl() });
      made = { document, page: docsPage(document) };
    }
    return made;
  };
  app.get('/api/openapi.json', (_request, reply) => reply.send(described().document));
  app.get('/api/docs', (_request, reply) => reply.type('text/html; charset=utf-8').send(described().page));
  app.get('/api/docs.css', (_request, reply) => reply.type('text/css; charset=utf-8').send(docsStyle));
}

/** Asked from this machine itself, not through a proxy on it. */
function isLocal(request: FastifyRequest): boolean {
  const address = request.raw.socket.remoteAddress ?? '';
  return (
    (address === '127.0.0.1' || address === '::1' || address === '::ffff:127.0.0.1') && request.headers['x-forwarded-for'] === undefined
  );
}
