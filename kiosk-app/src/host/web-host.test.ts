import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@tramhoc/base/clock';
import { silentLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type ScriptedAgent, startScriptedAgent } from './scripted-agent.ts';
import { bridgeProtocol, startWebHost, type WebHost } from './web-host.ts';

let folder: string;
let agent: ScriptedAgent;
let host: WebHost;
const deps = { clock: systemClock(), random: systemRandom(), log: silentLog };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tramhoc-kiosk-'));
  mkdirSync(join(folder, 'page/assets'), { recursive: true });
  writeFileSync(join(folder, 'page/index.html'), '<!doctype html><html><head><title>Kiosk</title></head></html>');
  writeFileSync(join(folder, 'page/assets/page.js'), 'void 0');
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  agent = await startScriptedAgent({ socketPath: join(folder, 'agent.sock') });
  host = await startWebHost(
    { agentSocket: join(folder, 'agent.sock'), host: '127.0.0.1', port: 0, distFolder: join(folder, 'page') },
    deps,
  );
});
afterEach(async () => {
  await host.close();
  await agent.stop();
  rmSync(folder, { recursive: true });
});

const bootOf = async (): Promise<{ token: string }> => {
  const html = await (await fetch(host.url)).text();
  const content = /name="tramhoc-boot" content="([^"]*)"/.exec(html)![1]!;
  return JSON.parse(content.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code))));
};

function dial({
  token,
  origin = host.url.slice(0, -1),
  headers = {},
}: {
  token: string;
  origin?: string;
  headers?: Record<string, string>;
}) {
  const socket = new WebSocket(`${host.url.replace('http', 'ws')}bridge`, [bridgeProtocol, `token.${token}`], { origin, headers });
  const frames: unknown[] = [];
  socket.on('message', (data) => frames.push(JSON.parse(String(data))));
  const outcome = new Promise<string>((resolve) => {
    socket.on('open', () => resolve('open'));
    socket.on('unexpected-response', (_, response) => resolve(String(response.statusCode)));
    socket.on('error', () => resolve('error'));
  });
  return { socket, frames, outcome };
}

/** fetch does not let a test choose the Host header or an unclean path. */
function raw(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(host.url);
    request({ hostname, port, path, method, headers: { host: `${hostname}:${port}`, ...headers } }, (response) => {
      let body = '';
      response.on('data', (chunk) => (body += chunk)).on('end', () => resolve({ status: response.statusCode!, body }));
    })
      .on('error', reject)
      .end();
  });
}

test('the page comes with a policy that lets it talk to nobody but its host', async () => {
  const answer = await fetch(host.url);
  const policy = answer.headers.get('content-security-policy')!;
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe|https:|\*/);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
});

test.each(['/../secret.txt', '/%2e%2e/secret.txt', '/assets/..%2f..%2fsecret.txt', '/%', '/assets/none.js'])(
  '%s is not found',
  async (path) => {
    const answer = await raw(path);
    expect(answer.status).toBe(404);
    expect(answer.body).not.toContain('secret');
  },
);

test('another name for this computer is refused, so that a rebound DNS name reads nothing', async () => {
  expect((await raw('/', { host: 'evil.example' })).status).toBe(421);
});

test('only reading is offered', async () => expect((await raw('/', {}, 'POST')).status).toBe(405));

test('without a build the page says what to do', async () => {
  rmSync(join(folder, 'page'), { recursive: true });
  const answer = await fetch(host.url);
  expect(answer.status).toBe(503);
  expect(await answer.text()).toContain('node kiosk-app/build.ts');
});

test('the page that this host handed out is connected and hears the agent', async () => {
  const { frames, socket, outcome } = dial(await bootOf());
  expect(await outcome).toBe('open');
  await vi.waitFor(() => expect(frames).toContainEqual({ news: { news: 'agent', connected: true } }));
  agent.say({ notice: 'tap.repeated', slot: 'gate-reader' });
  await vi.waitFor(() =>
    expect(frames.at(-1)).toEqual({ news: { news: 'notice', notice: { notice: 'tap.repeated', slot: 'gate-reader' } } }),
  );
  socket.close();
});

test('a call is answered by its number', async () => {
  const { frames, socket, outcome } = dial(await bootOf());
  await outcome;
  const params = { category: 'safety', text: 'Cổng trường thiếu đèn', language: 'vi' };
  socket.send(JSON.stringify({ id: 7, call: { call: 'submitFeedback', params } }));
  await vi.waitFor(() => expect(frames).toContainEqual({ id: 7, answer: { ok: true, result: { trackingCode: expect.any(String) } } }));
  expect(agent.feedback).toEqual([params]);
  socket.close();
});

test('another site, another start, another program: no bridge', async () => {
  const { token } = await bootOf();
  expect(await dial({ token, origin: 'https://evil.example' }).outcome).toBe('403');
  expect(await dial({ token: 'x'.repeat(token.length) }).outcome).toBe('403');
  expect(await dial({ token: '' }).outcome).toBe('403');
  expect(await dial({ token, headers: { host: 'evil.example' } }).outcome).toBe('421');
});

test('a program that resets its connection, or asks for what is no address, does not end the kiosk', async () => {
  const authority = new URL(host.url).host;
  const ask = (path: string, origin: string): Promise<void> =>
    new Promise((resolve) => {
      const lines = [
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      ];
      const socket = connect(Number(new URL(host.url).port), '127.0.0.1', () => {
        socket.write([`GET ${path} HTTP/1.1`, `Host: ${authority}`, `Origin: ${origin}`, ...lines, '', ''].join('\r\n'));
        setImmediate(() => socket.resetAndDestroy());
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
    });
  for (let times = 0; times < 10; times += 1) await ask('/bridge', 'http://evil.example');
  await ask('//', `http://${authority}`);
  expect(await rawGet('//')).toMatch(/^HTTP\/1\.1 400 /);
  expect((await fetch(host.url)).status).toBe(200);
});

/** `fetch` would mend the path. */
function rawGet(path: string): Promise<string> {
  const { host: authority, port } = new URL(host.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () =>
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${authority}\r\nConnection: close\r\n\r\n`),
    );
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.once('end', () => resolve(text));
    socket.once('error', reject);
  });
}

test.each(['{', '{"id":1,"call":{"call":"status.get","params":{}}}', `{"id":1,"call":${'['.repeat(40_000)}`])(
  'a page that sends %.40s is disconnected and nothing reaches the agent',
  async (text) => {
    const { socket, outcome } = dial(await bootOf());
    await outcome;
    const closed = new Promise<number>((resolve) => socket.on('close', resolve));
    socket.on('error', () => undefined);
    socket.send(text);
    expect([1008, 1009]).toContain(await closed);
    expect(agent.feedback).toEqual([]);
  },
);

test('a port in use is one clear fault', async () => {
  const port = Number(new URL(host.url).port);
  await expect(startWebHost({ agentSocket: 'x', host: '127.0.0.1', port, distFolder: folder }, deps)).rejects.toMatchObject({
    code: 'PORT_IN_USE',
  });
});
