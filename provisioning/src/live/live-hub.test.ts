import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type FakeClock, fakeClock } from '@tramhoc/base/fake-clock';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LiveMessage } from '../api/contract.ts';
import { type LiveHub, liveHub } from './live-hub.ts';

let hub: LiveHub;
let clock: FakeClock;
let server: Server;
let allowed = true;
const sockets: Socket[] = [];
beforeEach(async () => {
  allowed = true;
  clock = fakeClock();
  hub = liveHub(clock);
  server = createServer((_request, response) => {
    try {
      hub.join({ response, site: undefined, stillAllowed: () => allowed, headers: {} });
    } catch {
      response.writeHead(429).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  hub.close();
  for (const socket of sockets.splice(0)) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

/** Opens a live view; `text` grows only while it reads. */
async function view({ reads }: { reads: boolean }): Promise<{ text: () => string; closed: Promise<void> }> {
  const before = hub.count();
  const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  sockets.push(socket);
  let text = '';
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  socket.on('error', () => undefined);
  if (reads) socket.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  for (let tries = 0; tries < 2_000 && hub.count() === before && !text.includes('429'); tries += 1)
    await new Promise((resolve) => setImmediate(resolve));
  return { text: () => text, closed };
}
const message: LiveMessage = { kind: 'enrolments', pending: 1 };
const large: LiveMessage = { kind: 'event', event: { data: { text: 'x'.repeat(64 * 1024) } } as never };

test('a view that stops reading is closed; the others get everything', async () => {
  await view({ reads: false });
  const reader = await view({ reads: true });
  expect(hub.count()).toBe(2);
  for (let sent = 0; sent < 2_000 && hub.count() === 2; sent += 1) {
    hub.tell(undefined, () => large);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(hub.count()).toBe(1);
  hub.tell(undefined, () => message);
  for (let tries = 0; tries < 5_000 && !reader.text().includes('"pending":1'); tries += 1)
    await new Promise((resolve) => setImmediate(resolve));
  expect(reader.text()).toContain('event: enrolments\ndata: {"kind":"enrolments","pending":1}\n\n');
});

test('an open view hears every 10 s that the centre is there, and one whose session ended is closed instead', async () => {
  const reader = await view({ reads: true });
  await clock.advance(10_000);
  for (let tries = 0; tries < 5_000 && !reader.text().includes('beat'); tries += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(reader.text()).toContain('event: beat\ndata: {"kind":"beat"}\n\n');
  allowed = false;
  await clock.advance(10_000);
  await reader.closed;
  expect(reader.text().split('event: beat')).toHaveLength(2);
});

test('no message is made while nobody listens', () => {
  hub.tell(undefined, () => {
    throw new Error('made');
  });
  expect(hub.count()).toBe(0);
});

test('at most 200 views are open', async () => {
  for (let open = 0; open < 200; open += 1) await view({ reads: true });
  expect(hub.count()).toBe(200);
  expect((await view({ reads: true })).text()).toContain('429');
});
