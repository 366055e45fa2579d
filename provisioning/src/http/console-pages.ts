/** The built console: hashed files for ever, the page itself never, and the page again for every address that is its own. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { readAddress } from '../console/routing/page-address.ts';
import { sendProblem, unknownAddress } from './problem.ts';
import { contentPolicy } from './security-headers.ts';

const yearS = 31_536_000;

const missingPage = `<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>Tramhoc</title><link rel="stylesheet" href="/api/docs.css"></head>
<body><h1>Giao diện chưa được dựng</h1><p>API đang chạy: xem <a href="/api/docs">/api/docs</a>. Dựng giao diện rồi tải lại trang này.</p>
<h1>The console is not built</h1><p>The API runs: see <a href="/api/docs">/api/docs</a>. Build the console, then load this page again.</p></body></html>`;

export async function consolePages(
  app: FastifyInstance,
  { folder, random, log }: { folder: string; random: Random; log: Log },
): Promise<void> {
  const indexFile = join(folder, 'index.html');
  /** Style elements that the component library adds at run time carry this page's nonce. */
  const sendPage = (reply: FastifyReply): FastifyReply => {
    void reply.type('text/html; charset=utf-8').header('cache-control', 'no-cache');
    if (!existsSync(indexFile)) return reply.code(503).send(missingPage);
    const nonce = Buffer.from(random.bytes(16)).toString('base64');
    const page = readFileSync(indexFile, 'utf8').replace('<head>', `<head><meta property="csp-nonce" nonce="${nonce}">`);
    return reply.header('content-security-policy', contentPolicy({ styleNonce: nonce })).send(page);
  };
  // the folder may come later: the first start builds the pages beside the centre
  await app.register(fastifyStatic, {
    root: folder,
    suppressWarning: true,
    index: false,
    wildcard: true,
    prefix: '/',
    decorateReply: false,
    setHeaders(response, path) {
      response.header('cache-control', /-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/.test(path) ? `public, max-age=${yearS}, immutable` : 'no-cache');
    },
  });
  app.get('/', (_request, reply) => sendPage(reply));
  app.get('/index.html', (_request, reply) => sendPage(reply));
  app.setNotFoundHandler((request: FastifyRequest, reply: FastifyReply) => {
    const [path = '', search = ''] = request.url.split('?');
    const mayBePage = request.method === 'GET' && !/^\/(?:api|v1|metrics)(?:\/|$)/.test(path) && !/\.[a-z0-9]{1,8}$/i.test(path);
    const { accept = '*/*' } = request.headers;
    const known = readAddress({ pathname: path, search }).page.page !== 'unknown';
    if (mayBePage && known && /text\/html|\*\/\*/.test(accept)) return sendPage(reply);
    // a person sees in the console that there is nothing, a program that asks for anything is told
    if (mayBePage && accept.includes('text/html')) return sendPage(reply.code(404));
    return sendProblem(unknownAddress(request), request, reply, log);
  });
}
