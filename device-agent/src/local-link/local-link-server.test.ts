import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@tramhoc/base/log';
import { TramError } from '@tramhoc/protocol/errors';
import { maxLocalLineBytes } from '@tramhoc/protocol/limits';
import type { AgentStatus } from '@tramhoc/protocol/local-link';
import { afterEach, expect, test } from 'vitest';
import type { AgentHandlers } from './kiosk-connection.ts';
import { type LocalLinkServer, openLocalLink } from './local-link-server.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const status: AgentStatus = {
  agentVersion: '0.1.0',
  deviceName: 'Kiosk sảnh',
  enrolment: { state: 'unclaimed' },
  brokerConnected: false,
  pendingEvents: 0,
  clockQuality: 'rtc',
  nowMs: 1,
  slots: [],
};
const feedback = { category: 'food', text: 'Nước uống ở sân trường bị đục.', language: 'vi' };

function freshPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'link-'));
  ends.push(() => rmSync(folder, { recursive: true }));
  return join(folder, 'agent.sock');
}
async function serve(path: string, handlers: Partial<AgentHandlers> = {}, groupAccess = false): Promise<LocalLinkServer> {
  const server = await openLocalLink({
    path,
    groupAccess,
    handlers: {
      'status.get': () => status,
      'feedback.submit': () => ({ trackingCode: 'PA-7K3M-9QXP' }),
      'receipt.print': async () => ({ confirmed: true }),
      'enrolment.restart': () => ({}),
      ...handlers,
    },
    log: silentLog,
  });
  ends.push(() => server.close());
  return server;
}
/** A kiosk: what it hears, line by line. */
function kiosk(path: string) {
  const socket: Socket = connect(path);
  ends.push(() => socket.destroy());
  const lines: unknown[] = [];
  const waiters: (() => void)[] = [];
  let rest = '';
  socket.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString('utf8')).split('\n');
    rest = parts.pop()!;
    lines.push(...parts.map((line) => JSON.parse(line) as unknown));
    for (const wake of waiters.splice(0)) wake();
  });
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return {
    socket,
    closed,
    call: (line: unknown) => socket.write(typeof line === 'string' ? `${line}\n` : `${JSON.stringify(line)}\n`),
    async next(): Promise<unknown> {
      while (lines.length === 0) await new Promise<void>((resolve) => waiters.push(resolve));
      return lines.shift();
    },
  };
}

test('a kiosk that connects gets the status first, then the answers to its calls', async () => {
  const path = freshPath();
  await serve(path);
  const screen = kiosk(path);
  expect(await screen.next()).toEqual({ notice: 'status', status });
  screen.call({ id: 7, method: 'feedback.submit', params: feedback });
  expect(await screen.next()).toEqual({ id: 7, ok: true, result: { trackingCode: 'PA-7K3M-9QXP' } });
});

test('every kiosk hears of a tap', async () => {
  const path = freshPath();
  const server = await serve(path);
  const [one, other] = [kiosk(path), kiosk(path)];
  await Promise.all([one.next(), other.next()]);
  server.tell({ notice: 'tap.repeated', slot: 'gate' });
  expect(await Promise.all([one.next(), other.next()])).toEqual([
    { notice: 'tap.repeated', slot: 'gate' },
    { notice: 'tap.repeated', slot: 'gate' },
  ]);
});

test('a call that is wrong is answered with what is wrong, and the link goes on', async () => {
  const path = freshPath();
  await serve(path);
  const screen = kiosk(path);
  await screen.next();
  screen.call('this is not JSON');
  screen.call({ id: 1, method: 'rm -rf', params: {} });
  expect(await screen.next()).toMatchObject({ id: 1, ok: false, code: 'REQUEST_INVALID' });
  screen.call({ id: 2, method: 'feedback.submit', params: { ...feedback, text: 'x' } });
  expect(await screen.next()).toMatchObject({ id: 2, ok: false, code: 'REQUEST_INVALID', message: expect.stringContaining('text') });
  screen.call({ id: 3, method: 'status.get', params: {} });
  expect(await screen.next()).toMatchObject({ id: 3, ok: true });
});

test('a disk that is full is told by its code', async () => {
  const path = freshPath();
  await serve(path, {
    'feedback.submit': () => {
      throw new TramError('DISK_FULL', 'no space left; free some.');
    },
  });
  const screen = kiosk(path);
  await screen.next();
  screen.call({ id: 1, method: 'feedback.submit', params: feedback });
  expect(await screen.next()).toEqual({ id: 1, ok: false, code: 'DISK_FULL', message: 'no space left; free some.' });
});

test('who sends a line without end, or only rubbish, is dropped; others are not', async () => {
  const path = freshPath();
  await serve(path);
  const [flood, rubbish, good] = [kiosk(path), kiosk(path), kiosk(path)];
  await Promise.all([flood.next(), rubbish.next(), good.next()]);
  flood.socket.write('x'.repeat(maxLocalLineBytes + 1));
  for (let at = 0; at < 10; at += 1) rubbish.call('rubbish');
  await Promise.all([flood.closed, rubbish.closed]);
  good.call({ id: 1, method: 'status.get', params: {} });
  expect(await good.next()).toMatchObject({ id: 1, ok: true });
});

test('a kiosk that has stopped reading is dropped instead of filling the memory', async () => {
  const path = freshPath();
  const server = await serve(path);
  const frozen = kiosk(path);
  await frozen.next();
  frozen.socket.pause();
  let dropped = false;
  void frozen.closed.then(() => {
    dropped = true;
  });
  const big = {
    ...status,
    slots: Array.from({ length: 500 }, (_, at) => ({ slot: `s${at}`, kind: 'k', state: 'open' as const, readsCards: true })),
  };
  for (let at = 0; at < 100; at += 1) server.tell({ notice: 'status', status: big });
  frozen.socket.resume();
  await frozen.closed;
  expect(dropped).toBe(true);
});

test('the socket is for its owner, and for its group only when the config says so', async () => {
  const [mine, ours] = [freshPath(), freshPath()];
  await serve(mine);
  await serve(ours, {}, true);
  expect(statSync(mine).mode & 0o777).toBe(0o600);
  expect(statSync(ours).mode & 0o777).toBe(0o660);
});

test('a socket that a killed agent left behind is replaced; one that answers, and a file, are not', async () => {
  const path = freshPath();
  const left = createServer().listen(path);
  await new Promise((resolve) => left.once('listening', resolve));
  await expect(serve(path)).rejects.toMatchObject({ code: 'LOCAL_LINK_UNAVAILABLE' });
  // what SIGKILL leaves: the file of a socket that nobody listens at
  const stale = freshPath();
  const { spawnSync } = await import('node:child_process');
  spawnSync(process.execPath, [
    '-e',
    `require('net').createServer().listen(${JSON.stringify(stale)}, () => process.kill(process.pid, 'SIGKILL'))`,
  ]);
  expect(statSync(stale).isSocket()).toBe(true);
  await serve(stale);
  expect(await kiosk(stale).next()).toMatchObject({ notice: 'status' });
  const file = freshPath();
  writeFileSync(file, 'somebody else’s');
  await expect(serve(file)).rejects.toMatchObject({ code: 'LOCAL_LINK_UNAVAILABLE' });
  await new Promise((resolve) => left.close(resolve));
});

test('a path that is too long for a socket is refused with a reason', async () => {
  await expect(serve(join(tmpdir(), 'x'.repeat(110)))).rejects.toThrow(/107 bytes/);
});
