/** A real server on 127.0.0.1 and real clients, well-behaved and not. */
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { systemClock } from '@tramhoc/base/clock';
import { expect, onTestFinished, test } from 'vitest';
import { type HttpInLimits, type HttpRefusal, type HttpRequest, maxBodyBytes, maxConnections, openHttpIn } from './http-in.ts';
import { openLink } from './open-link.ts';

const clock = systemClock();
const serial = { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } as const;
const quick: HttpInLimits = { headersWithinMs: 300, requestWithinMs: 600, answerWithinMs: 400, checkEveryMs: 50 };

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function listen(limits?: HttpInLimits): Promise<{ port: number; link: Duplex; requests: HttpRequest[] }> {
  const port = await freePort();
  const address = `http-in://127.0.0.1:${port}`;
  const link =
    limits === undefined
      ? await openLink({ port: address, serial }, { clock })
      : await openHttpIn({ address, host: '127.0.0.1', port }, clock, limits).opened;
  link.on('error', () => undefined);
  onTestFinished(() => void link.destroy());
  const requests: HttpRequest[] = [];
  link.on('data', (asked: HttpRequest) => {
    requests.push(asked);
    if (asked.path === '/echo') asked.respond({ status: 200, body: asked.body });
  });
  return { port, link, requests };
}

type Said = { status: number; headers: IncomingHttpHeaders; body: string };
function ask(
  port: number,
  { method = 'GET', path = '/', body = '', agent }: { method?: string; path?: string; body?: string | Buffer; agent?: Agent },
): Promise<Said> {
  return new Promise((resolve, reject) => {
    const asking = request({ host: '127.0.0.1', port, method, path, ...(agent === undefined ? {} : { agent }) }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() }),
      );
    });
    asking.on('error', reject);
    asking.end(body);
  });
}

/** A connection that does what a test says. */
async function raw(port: number): Promise<{ socket: Socket; heard(): string; closed: Promise<void> }> {
  const socket = connect(port, '127.0.0.1');
  let heard = '';
  socket.on('data', (chunk) => {
    heard += chunk.toString();
  });
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  return { socket, heard: () => heard, closed };
}

test('a request arrives whole, the answer goes back, on one connection as often as the device likes', async () => {
  const { port, requests } = await listen();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  for (const body of ['PIN=1\tTime=2026', 'x'.repeat(200_000), ''])
    expect(await ask(port, { method: 'POST', path: '/echo?a=%C4%91&a=2&b', body, agent })).toMatchObject({ status: 200, body });
  expect(requests[0]).toMatchObject({ method: 'POST', path: '/echo', query: { a: 'đ', b: '' }, headers: { host: `127.0.0.1:${port}` } });
});

test('a port that somebody else holds says so, and what to do', async () => {
  const { port } = await listen();
  await expect(openLink({ port: `http-in://127.0.0.1:${port}`, serial }, { clock })).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    message: expect.stringContaining('choose another port'),
  });
  await expect(openLink({ port: 'http-in://192.0.2.1:8081', serial }, { clock })).rejects.toMatchObject({
    code: 'DRIVER_PORT_UNAVAILABLE',
    message: expect.stringContaining('0.0.0.0'),
  });
});

test('closing frees the port at once, also while devices are connected and wait for an answer', async () => {
  const { port, link } = await listen();
  const waiting = ask(port, { path: '/silent' }).catch((error: Error) => error);
  const { closed } = await raw(port);
  await new Promise((resolve) => link.once('data', resolve));
  const gone = new Promise((resolve) => link.once('close', resolve));
  link.destroy();
  await gone;
  await closed;
  expect(await waiting).toBeInstanceOf(Error);
  const again = await openLink({ port: `http-in://127.0.0.1:${port}`, serial }, { clock });
  again.destroy();
});

test('a body beyond 1 MiB is refused, announced or not, and never reaches the driver', async () => {
  const { port, requests } = await listen();
  const answer = await ask(port, { method: 'POST', path: '/echo', body: Buffer.alloc(maxBodyBytes + 1) }).catch(() => undefined);
  expect(answer?.status ?? 413).toBe(413);
  const { socket, heard, closed } = await raw(port);
  socket.write('POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
  const pour = (): void => {
    while (socket.writable && socket.write(chunk));
  };
  socket.on('drain', pour);
  pour();
  await closed;
  expect(heard()).toMatch(/^(?:HTTP\/1.1 413|$)/);
  expect(requests).toEqual([]);
  expect(await ask(port, { method: 'POST', path: '/echo', body: 'still here' })).toMatchObject({ body: 'still here' });
});

test('who is slow is closed: a head that does not end, a body that does not come', async () => {
  const { port, requests } = await listen(quick);
  const head = await raw(port);
  head.socket.write('GET /echo HTTP/1.1\r\nHost: a\r\nX-');
  const body = await raw(port);
  body.socket.write('POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n123');
  await Promise.all([head.closed, body.closed]);
  expect(requests).toEqual([]);
});

test('what is no HTTP, a head beyond 16 KiB and broken addresses are refused and harm nobody', async () => {
  const { port, requests } = await listen();
  const lines = [
    '\0\x01\x02\x16\x03\x01 noise\r\n\r\n',
    `GET / HTTP/1.1\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`,
    'GET /%E0%A4%A HTTP/1.1\r\nHost: a\r\n\r\n',
  ];
  for (const line of lines) {
    const { socket, heard, closed } = await raw(port);
    socket.write(line);
    await closed;
    expect(heard()).toMatch(/^HTTP\/1.1 4\d\d/);
  }
  expect(requests).toEqual([]);
  expect(await ask(port, { path: '/echo?a=1' })).toMatchObject({ status: 200 });
});

test('a terminal that does not say whom it calls is served', async () => {
  const { port, requests } = await listen();
  const { socket, heard } = await raw(port);
  socket.write('POST /echo?SN=A1 HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello');
  while (!heard().endsWith('hello')) await new Promise((resolve) => socket.once('data', resolve));
  expect(heard()).toMatch(/^HTTP\/1.1 200/);
  expect(requests).toMatchObject([{ path: '/echo', query: { SN: 'A1' } }]);
});

test.each([
  ['lines that end with LF alone', 'GET /iclock/getrequest?SN=A1 HTTP/1.1\nHost: a\n\n', /^HPE_/],
  ['a space in its address', 'GET /iclock/getrequest?SN=A1&INFO=Ver 8.0.1 HTTP/1.1\r\nHost: a\r\n\r\n', /^HPE_/],
  ['a head that is too long', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, /^HPE_HEADER_OVERFLOW$/],
  ['broken percent signs', 'GET /%E0%A4%A HTTP/1.1\r\nHost: a\r\n\r\n', /^bad address$/],
])('of a request with %s the driver hears who sent it and what was wrong', async (_what, text, reason) => {
  const { port, link } = await listen();
  const refused: HttpRefusal[] = [];
  link.on('refused', (refusal: HttpRefusal) => refused.push(refusal));
  const { socket, closed } = await raw(port);
  socket.write(text);
  await closed;
  expect(refused).toEqual([{ peer: '127.0.0.1', reason: expect.stringMatching(reason), bytes: expect.any(Number) }]);
});

test('who connects and says nothing is refused nothing', async () => {
  const { port, link } = await listen(quick);
  const refused: HttpRefusal[] = [];
  link.on('refused', (refusal: HttpRefusal) => refused.push(refusal));
  const { closed } = await raw(port);
  await closed;
  expect(refused).toEqual([]);
});

test(`only ${maxConnections} devices at a time are let in`, async () => {
  const { port } = await listen();
  const held = [];
  for (let at = 0; at < maxConnections; at += 1) held.push(await raw(port));
  const { closed } = await raw(port);
  await closed;
  held[0]!.socket.destroy();
  await held[0]!.closed;
  // the server needs a moment to notice
  for (let tries = 0; ; tries += 1) {
    const answer = await ask(port, { path: '/echo' }).catch(() => undefined);
    if (answer?.status === 200) break;
    expect(tries).toBeLessThan(50);
    await clock.sleep(20);
  }
});

test('a driver that does not answer in time leaves the device with 503, and may answer late without harm', async () => {
  const { port, requests } = await listen(quick);
  expect(await ask(port, { path: '/silent' })).toMatchObject({ status: 503 });
  requests[0]!.respond({ status: 200, body: 'late' });
  requests[0]!.respond({ status: 200, body: 'twice' });
  expect(await ask(port, { path: '/echo' })).toMatchObject({ status: 200 });
});

test('a computer whose clock has no date tells none, because terminals set their clocks by it', async () => {
  const { port } = await listen();
  expect((await ask(port, { path: '/echo' })).headers.date).toBeDefined();
  const emptyBattery = { ...clock, wallMs: () => Date.UTC(2000, 0, 1, 0, 5) };
  const other = await freePort();
  const link = await openHttpIn({ address: '', host: '127.0.0.1', port: other }, emptyBattery).opened;
  onTestFinished(() => void link.destroy());
  link.on('data', (asked: HttpRequest) => asked.respond({ status: 200 }));
  const answer = await ask(other, { path: '/echo' });
  expect([answer.status, answer.headers.date]).toEqual([200, undefined]);
});

test('a device that goes away before its answer harms nobody', async () => {
  const { port, requests, link } = await listen();
  const { socket, closed } = await raw(port);
  socket.write('GET /silent HTTP/1.1\r\nHost: a\r\n\r\n');
  await new Promise((resolve) => link.once('data', resolve));
  socket.destroy();
  await closed;
  requests[0]!.respond({ status: 200, body: 'to nobody' });
  expect(await ask(port, { path: '/echo' })).toMatchObject({ status: 200 });
});
