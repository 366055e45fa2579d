/**
 * The kiosk in any browser of this computer: serves the page on 127.0.0.1 and carries the bridge over a WebSocket.
 * Who may connect: a page that this very server handed out. The Host header keeps DNS rebinding out, the Origin header other sites, the token of
 * this start other programs that guess the port.
 */
import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '@tramhoc/base/clock';
import { asListenFault } from '@tramhoc/base/config';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import { type WebSocket, WebSocketServer } from 'ws';
import { type IdleLimits, publicIdleLimits } from '../session/idle-machine.ts';
import { type AgentClient, answerCall, connectAgent } from './agent-client.ts';
import { type FrameFromHost, FrameFromPage, maxFrameBytes, maxPendingCalls } from './bridge.ts';
import { pageAnswer } from './page-files.ts';

export type WebHostConfig = { agentSocket: string; host: string; port: number; distFolder: string; idle?: IdleLimits };
export type WebHost = { url: string; close(): Promise<void> };

/** One kiosk has one page; a few more for staff who look at it from the same computer. */
const maxPages = 8;
/** What may wait to be sent to a page that does not read; then it is dropped and loads again. */
const maxBufferedBytes = 1024 * 1024;
/** Finds a page whose computer went to sleep or whose tab crashed. */
const pingMs = 15_000;
export const bridgeProtocol = 'tramhoc-bridge-1';

/** Port 0 takes a free one. Throws TramError PORT_IN_USE or PERMISSION_MISSING. */
export async function startWebHost(config: WebHostConfig, deps: { clock: Clock; random: Random; log: Log }): Promise<WebHost> {
  const { clock, random, log } = deps;
  const token = Buffer.from(random.bytes(24)).toString('base64url');
  const idle = config.idle ?? publicIdleLimits;
  let authority = '';
  const server = createServer((request, response) => {
    void (async () => {
      if (request.headers.host !== authority) {
        response.writeHead(421, { 'content-type': 'text/plain' }).end('this server answers only under its own address');
        return;
      }
      const nonce = Buffer.from(random.bytes(16)).toString('base64');
      const path = URL.parse(request.url ?? '/', `http://${authority}`)?.pathname;
      if (path === undefined) {
        response.writeHead(400, { 'content-type': 'text/plain' }).end('that is no address');
        return;
      }
      const answer = await pageAnswer(
        { method: request.method ?? 'GET', path },
        { distFolder: config.distFolder, boot: { host: 'web', token, ...idle }, nonce, connect: `ws://${authority}` },
      );
      response.writeHead(answer.status, answer.headers).end(request.method === 'HEAD' ? undefined : answer.body);
    })().catch((err: unknown) => {
      log.error({ err }, 'a page request failed');
      response.destroy();
    });
  });
  await listening(server, config);
  authority = authorityOf(config.host, (server.address() as AddressInfo).port);

  const agent = connectAgent({ socketPath: config.agentSocket }, deps);
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxFrameBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(bridgeProtocol) ? bridgeProtocol : false),
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // from here on it is ours: whoever resets a connection that is being refused must not end the kiosk
    socket.on('error', () => socket.destroy());
    const refusal = refusalOf(request, { authority, token, full: sockets.clients.size >= maxPages });
    if (refusal === undefined) {
      sockets.handleUpgrade(request, socket, head, (page) => servePage(page, { agent, clock, log }));
      return;
    }
    log.warn({ reason: refusal.reason }, 'a bridge connection was refused');
    socket.end(`HTTP/1.1 ${refusal.status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  });
  log.info({ url: `http://${authority}/` }, 'kiosk page served');
  return {
    url: `http://${authority}/`,
    close: () =>
      new Promise((resolve) => {
        agent.close();
        for (const page of sockets.clients) page.terminate();
        sockets.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listening(server: ReturnType<typeof createServer>, { host, port }: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(asListenFault(cause, { host, port })));
    server.listen(port, host, resolve);
  });
}

/** `127.0.0.1:8080`, `[::1]:8080`. */
function authorityOf(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}${port === 80 ? '' : `:${port}`}`;
}

function refusalOf(
  request: IncomingMessage,
  { authority, token, full }: { authority: string; token: string; full: boolean },
): { status: string; reason: string } | undefined {
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
  if (request.headers.host !== authority) return { status: '421 Misdirected Request', reason: 'host' };
  if (request.headers.origin !== `http://${authority}`) return { status: '403 Forbidden', reason: 'origin' };
  if (URL.parse(request.url ?? '/', `http://${authority}`)?.pathname !== '/bridge') return { status: '404 Not Found', reason: 'path' };
  if (!offered.some((one) => one.startsWith('token.') && equal(one.slice(6), token))) return { status: '403 Forbidden', reason: 'token' };
  if (full) return { status: '503 Service Unavailable', reason: 'pages' };
  return undefined;
}

function equal(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function servePage(page: WebSocket, { agent, clock, log }: { agent: AgentClient; clock: Clock; log: Log }): void {
  let calls = 0;
  let answered = true;
  const send = (frame: FrameFromHost): void => {
    if (page.readyState !== page.OPEN) return;
    if (page.bufferedAmount > maxBufferedBytes) page.terminate();
    else page.send(JSON.stringify(frame));
  };
  const stopListening = agent.listen((news) => send({ news }));
  const ping = (): void => {
    if (!answered) {
      page.terminate();
      return;
    }
    answered = false;
    page.ping();
    timer = clock.after(pingMs, ping, { background: true });
  };
  let timer = clock.after(pingMs, ping, { background: true });
  page.on('pong', () => {
    answered = true;
  });
  page.on('message', (data, isBinary) => {
    const frame = isBinary ? undefined : FrameFromPage.safeParse(parsed(String(data)));
    if (frame?.success !== true || calls >= maxPendingCalls) {
      log.warn({ calls }, 'a frame of the page was not understood; it is disconnected');
      page.close(1008, 'not understood');
      return;
    }
    calls += 1;
    const { id, call } = frame.data;
    answerCall(agent, call)
      .then(
        (answer) => send({ id, answer }),
        (err: unknown) => {
          log.error({ err }, 'a call of the page failed');
          send({ id, answer: { ok: false, code: 'INTERNAL', message: 'the host failed; its log says why' } });
        },
      )
      .finally(() => {
        calls -= 1;
      });
  });
  page.on('close', () => {
    stopListening();
    timer.cancel();
  });
  page.on('error', (err) => log.warn({ err }, 'page connection failed'));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
