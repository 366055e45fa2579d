/** Status page, /healthz and /metrics over plain HTTP, for this computer and the site's technician. It only reads. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { asListenFault } from '@tramhoc/base/config';
import type { Log } from '@tramhoc/base/log';
import type { SiteMetrics } from './metrics.ts';
import { type StatusLanguage, type StatusView, statusPage, statusPagePolicy } from './status-page.ts';

export type StatusServer = { url: string; close(): Promise<void> };

const headers = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' };

export async function startStatusServer(options: {
  host: string;
  port: number;
  metrics: SiteMetrics;
  view(): StatusView;
  log: Log;
}): Promise<StatusServer> {
  const { metrics, view, log } = options;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://status');
    const send = (status: number, type: string, body: string, more: Record<string, string> = {}): void => {
      response.writeHead(status, { ...headers, ...more, 'content-type': type });
      response.end(request.method === 'HEAD' ? undefined : body);
    };
    if (request.method !== 'GET' && request.method !== 'HEAD') send(405, 'text/plain; charset=utf-8', 'GET only\n', { allow: 'GET, HEAD' });
    else if (url.pathname === '/metrics') send(200, metrics.registry.contentType, await metrics.registry.metrics());
    else if (url.pathname === '/healthz') {
      const { store, upstream, downlink } = view();
      // the centre being away is no reason to restart a broker
      const healthy = store.fault === undefined;
      const disk = store.reserve === 'given-up' ? 'DISK_FULL' : 'ok';
      const state = { healthy, store: store.fault ?? 'ok', disk, upstream: upstream.code ?? 'ok', downlink: downlink.code ?? 'ok' };
      send(healthy ? 200 : 503, 'application/json', `${JSON.stringify(state)}\n`);
    } else if (url.pathname === '/')
      send(200, 'text/html; charset=utf-8', statusPage(view(), languageOf(request, url)), { 'content-security-policy': statusPagePolicy });
    else send(404, 'text/plain; charset=utf-8', 'not found: /, /healthz and /metrics are here\n');
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((err: unknown) => {
      log.error({ err, path: request.url }, 'the status page failed');
      if (!response.headersSent) response.writeHead(500, headers);
      response.end();
    });
  });
  // a browser tab and a few scrapers
  server.maxConnections = 50;
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(asListenFault(cause, options)));
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as { port: number };
  const host = options.host === '0.0.0.0' || options.host === '::' ? '127.0.0.1' : options.host;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function languageOf(request: IncomingMessage, url: URL): StatusLanguage {
  const asked = url.searchParams.get('lang');
  if (asked === 'vi' || asked === 'en') return asked;
  return /^en\b/i.test(request.headers['accept-language'] ?? '') ? 'en' : 'vi';
}
