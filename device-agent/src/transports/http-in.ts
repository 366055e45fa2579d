/**
 * A port on which devices call us: attendance terminals are HTTP clients. The driver gets a Duplex of requests and answers each by its `respond`.
 * Plain HTTP, as these devices speak it: for the site's own network only.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Clock } from '@tramhoc/base/clock';
import { asListenFault } from '@tramhoc/base/config';
import { TramError } from '@tramhoc/protocol/errors';
import type { Opening } from './open-link.ts';

/** `body` is text (UTF-8) or bytes; its length is added by itself. */
export type HttpAnswer = { status: number; headers?: Readonly<Record<string, string>>; body?: string | Uint8Array };

/** What a device asked. Names of `headers` are in lower case; of a query key that comes twice the first counts. */
export type HttpRequest = {
  method: string;
  /** Decoded, without the query: `/iclock/cdata`. */
  path: string;
  query: Readonly<Record<string, string>>;
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
  /** Once; a second answer, or one after the device has gone, is nothing. */
  respond(answer: HttpAnswer): void;
};

/** What the link emits as `refused`: somebody (`peer`: his address) spoke no HTTP that we understand. `bytes`: of it, where they are known. */
export type HttpRefusal = { peer: string; reason: string; bytes: number };

/** A terminal sends a hundred records in about 5 KiB, an event with a photograph in 300 KiB. */
export const maxBodyBytes = 1024 * 1024;
/** A school has a handful of terminals; each holds one connection, and a second while the first dies. */
export const maxConnections = 16;
const maxHeaderBytes = 16 * 1024;
const headersWithinMs = 10_000;
/** From the first byte to the last: slow Wi-Fi, a photograph. */
const requestWithinMs = 30_000;
/** Terminals poll every few seconds on the connection they have. */
const idleMs = 75_000;
/** The driver keeps records on disk before it answers; many of them take a while on a memory card. */
const answerWithinMs = 60_000;
const checkEveryMs = 2_000;
/** Before this was written: a computer that says so has an empty battery. Terminals set their own clocks by the Date of our answers. */
const earliestMs = Date.UTC(2026, 0, 1);

export type HttpInLimits = { headersWithinMs: number; requestWithinMs: number; answerWithinMs: number; checkEveryMs: number };
const usual: HttpInLimits = { headersWithinMs, requestWithinMs, answerWithinMs, checkEveryMs };

/**
 * Only when a device is to call, and not by `import`: that asks node:http for all it has, which makes Node load its fetch and HTTP/2, 12 MB and a tenth
 * of a second that most agents never need.
 */
const http = (): typeof import('node:http') => createRequire(import.meta.url)('node:http') as typeof import('node:http');

/** `opened` rejects with PORT_IN_USE, PERMISSION_MISSING or DRIVER_PORT_UNAVAILABLE. `limits`: for tests. */
export function openHttpIn(
  { address, host, port }: { address: string; host: string; port: number },
  clock: Clock,
  limits: HttpInLimits = usual,
): Opening {
  const server = http().createServer({
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: limits.headersWithinMs,
    requestTimeout: limits.requestWithinMs,
    connectionsCheckingInterval: limits.checkEveryMs,
    keepAliveTimeout: idleMs,
    // simple terminals know nobody but us
    requireHostHeader: false,
  });
  server.maxConnections = maxConnections;
  server.timeout = idleMs + limits.answerWithinMs;
  const opened = new Promise<Duplex>((resolve, reject) => {
    server.once('error', (cause) => reject(listenFault(cause, { address, host, port })));
    server.listen({ host, port, exclusive: true }, () => resolve(asLink(server, { address, clock, limits })));
  });
  return {
    opened,
    cancel() {
      server.on('error', () => undefined);
      server.close();
    },
  };
}

function listenFault(cause: Error, { address, host, port }: { address: string; host: string; port: number }): unknown {
  const fault = asListenFault(cause, { host, port });
  if (fault !== cause) return fault;
  const code = (cause as NodeJS.ErrnoException).code;
  const why =
    code === 'EADDRNOTAVAIL'
      ? `${host} is not an address of this computer; write 0.0.0.0 for all that it has.`
      : `${cause.message}; write another address or port.`;
  return new TramError('DRIVER_PORT_UNAVAILABLE', `${address}: ${why}`, { cause });
}

function asLink(server: Server, deps: { address: string; clock: Clock; limits: HttpInLimits }): Duplex {
  const link = new Duplex({
    objectMode: true,
    highWaterMark: maxConnections,
    read() {},
    write(_chunk, _encoding, done) {
      done();
    },
    destroy(cause, done) {
      server.close(() => done(cause));
      server.closeAllConnections();
    },
  });
  const tell = (refusal: HttpRefusal): void => void link.emit('refused', refusal);
  server.on('request', (incoming: IncomingMessage, response: ServerResponse) => {
    void receive(incoming, response, { ...deps, tell }, (request) => void (link.destroyed ? response.destroy() : link.push(request)));
  });
  server.on('clientError', (cause: ClientError, socket: Socket) => refuseNoise(cause, socket, tell));
  server.on('error', (cause) => {
    if (!link.destroyed)
      link.destroy(new TramError('DRIVER_PORT_LOST', `${deps.address} closed while open; it is opened again by itself.`, { cause }));
  });
  return link;
}

type ClientError = Error & { code?: string; rawPacket?: Uint8Array };

/** What is no HTTP at all, is too slow or has too long a head. */
function refuseNoise(cause: ClientError, socket: Socket, tell: (refusal: HttpRefusal) => void): void {
  // not of who only tries whether the port is open, or goes away
  if (socket.bytesRead > 0 && /^(?:HPE|ERR)_/.test(cause.code ?? ''))
    tell({ peer: socket.remoteAddress ?? '', reason: cause.code ?? '', bytes: cause.rawPacket?.length ?? 0 });
  const status =
    cause.code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : cause.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request';
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  // a peer that does not close its side would hold the connection
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}

async function receive(
  incoming: IncomingMessage,
  response: ServerResponse,
  { clock, limits, tell }: { clock: Clock; limits: HttpInLimits; tell(refusal: HttpRefusal): void },
  deliver: (request: HttpRequest) => void,
): Promise<void> {
  incoming.on('error', () => undefined);
  response.on('error', () => undefined);
  const peer = incoming.socket.remoteAddress ?? '';
  const target = targetOf(incoming.url ?? '');
  if (target === undefined) {
    tell({ peer, reason: 'bad address', bytes: 0 });
    return refuse(response, 400, 'bad address');
  }
  const body = await bodyOf(incoming);
  if (body === 'gone') return;
  if (body === 'too large') {
    tell({ peer, reason: 'too large', bytes: maxBodyBytes });
    return refuse(response, 413, `at most ${maxBodyBytes} bytes`);
  }
  let answered = false;
  const respond = ({ status, headers = {}, body: text = '' }: HttpAnswer): void => {
    if (answered) return;
    answered = true;
    late.cancel();
    if (response.destroyed || response.writableEnded) return;
    const bytes = Buffer.from(text);
    response.sendDate = clock.wallMs() >= earliestMs;
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers, 'content-length': String(bytes.length) });
    response.end(bytes);
  };
  const late = clock.after(limits.answerWithinMs, () => respond({ status: 503, body: 'busy' }), { background: true });
  response.once('close', () => late.cancel());
  deliver({ method: incoming.method ?? '', ...target, headers: headersOf(incoming), body, respond });
}

/** The rest of what it sends is not read: the connection ends with the answer. */
function refuse(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(body, () => response.destroy());
}

function bodyOf(incoming: IncomingMessage): Promise<Buffer | 'too large' | 'gone'> {
  if (Number(incoming.headers['content-length'] ?? 0) > maxBodyBytes) return Promise.resolve('too large');
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBodyBytes) chunks.push(chunk);
      else {
        incoming.pause();
        resolve('too large');
      }
    });
    incoming.once('end', () => resolve(Buffer.concat(chunks)));
    incoming.once('close', () => resolve('gone'));
  });
}

/** undefined for what no client of ours asks: an absolute address, broken percent signs. */
function targetOf(url: string): { path: string; query: Record<string, string> } | undefined {
  if (!url.startsWith('/')) return undefined;
  const mark = url.indexOf('?');
  const query: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [key, value] of new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1))) query[key] ??= value;
  try {
    return { path: decodeURIComponent(mark < 0 ? url : url.slice(0, mark)), query };
  } catch {
    return undefined;
  }
}

function headersOf(incoming: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  );
}
