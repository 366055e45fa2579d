/** What any client meets at the console's address: faults in one form, safe headers, pages, the description, the live stream. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorCodes } from '@tramhoc/protocol/errors';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LiveMessage, Problem, routes } from '../api/contract.ts';
import { siteA, siteB, type TestCentre, testCentre } from '../testing/test-centre.ts';
import { made } from '../testing/test-events.ts';

let hall: TestCentre;
let folder: string;
let bearer: Record<string, string>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tramhoc-console-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><html><head><title>Tramhoc</title></head><body></body></html>');
  writeFileSync(join(folder, 'assets/app-B1x9_aZq.js'), 'export {};');
  writeFileSync(join(folder, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  hall = await testCentre({ consoleFolder: folder });
  const { secret } = (await hall.ask({ method: 'POST', path: '/api/tokens', body: { name: 'test' } })) as { secret: string };
  bearer = { authorization: `Bearer ${secret}` };
});
afterAll(async () => {
  await hall.stop();
  rmSync(folder, { recursive: true, force: true });
});

test.each([
  ['an unknown address', 'GET', '/api/nothing', undefined, 404, 'NOT_FOUND'],
  ['a wrong method', 'DELETE', '/api/sites', undefined, 404, 'NOT_FOUND'],
  ['a body that is no JSON', 'POST', '/api/sites', '{"siteId":', 400, 'PAYLOAD_MALFORMED'],
  ['a body of another shape', 'POST', '/api/sites', '{"siteId":"X"}', 400, 'INPUT_INVALID'],
  ['a prototype in the body', 'POST', '/api/sites', '{"__proto__":{"a":1}}', 400, 'PAYLOAD_MALFORMED'],
  ['a body that is too large', 'POST', '/api/sites', `"${'x'.repeat(70_000)}"`, 413, 'PAYLOAD_TOO_LARGE'],
  ['an id that is none', 'GET', '/api/devices/nonsense', undefined, 400, 'INPUT_INVALID'],
  ['an address that cannot be decoded', 'GET', '/api/devices/%zz', undefined, 400, 'PAYLOAD_MALFORMED'],
  ['an address that is no page', 'GET', '/nothing', undefined, 404, 'NOT_FOUND'],
  ['a missing file', 'GET', '/assets/missing.js', undefined, 404, 'NOT_FOUND'],
  ['a way out of the folder', 'GET', '/..%2f..%2fetc/passwd.txt', undefined, 404, 'NOT_FOUND'],
])('%s is a problem document', async (_what, method, path, raw, status, code) => {
  const answer = await hall.http(method, path, { headers: bearer, ...(raw === undefined ? {} : { raw }) });
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  const problem = Problem.parse(answer.json);
  expect({ status: answer.status, code: problem.code }).toEqual({ status, code });
  expect(problem.status).toBe(status);
});

test('the fields of a form that are wrong are named', async () => {
  const answer = await hall.http('POST', '/api/sites', {
    headers: bearer,
    body: { siteId: 'Không Được', name: '', brokerHost: 'x', brokerPort: 99_999 },
  });
  expect(Object.keys(Problem.parse(answer.json).fields ?? {}).sort()).toEqual(['brokerPort', 'name', 'siteId']);
});

test('the description names every route of the contract and nothing in it points nowhere', async () => {
  const { text, json } = await hall.http('GET', '/api/openapi.json');
  const document = json as {
    openapi: string;
    paths: Record<string, Record<string, { operationId: string }>>;
    components: { schemas: Record<string, unknown> };
  };
  expect(document.openapi).toBe('3.1.0');
  const described = Object.values(document.paths).flatMap((operations) => Object.values(operations).map(({ operationId }) => operationId));
  expect(described.sort()).toEqual([...Object.keys(routes), 'live'].sort());
  const refs = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1]!);
  expect(refs.length).toBeGreaterThan(10);
  for (const ref of refs) expect(Object.keys(document.components.schemas)).toContain(ref.replace('#/components/schemas/', ''));
  expect(text).toContain(errorCodes[0]);
  const page = await hall.http('GET', '/api/docs');
  expect(page.text).toContain('/api/sites/{siteId}/cards');
  expect(page.text).not.toMatch(/https?:\/\/(?!127)/);
});

test('pages: the page at every address of its own, with a nonce for styles; hashed files for ever', async () => {
  for (const path of ['/', '/enrol?code=BCD-FGH-JKX', '/devices/some-id']) {
    const page = await hall.http('GET', path, { headers: { accept: 'text/html' } });
    expect(page.status).toBe(200);
    const nonce = /<meta property="csp-nonce" nonce="([^"]+)">/.exec(page.text)?.[1];
    expect(page.headers['content-security-policy']).toContain(`style-src 'self' 'nonce-${nonce}'`);
    expect(page.headers['cache-control']).toBe('no-cache');
  }
  // a browser gets the console there, which says that there is nothing
  const nowhere = await hall.http('GET', '/nothing', { headers: { accept: 'text/html,*/*;q=0.8' } });
  expect({ status: nowhere.status, page: nowhere.text.includes('<title>Tramhoc</title>') }).toEqual({ status: 404, page: true });
  expect((await hall.http('GET', '/devices')).status).toBe(200);
  expect((await hall.http('GET', '/assets/app-B1x9_aZq.js')).headers['cache-control']).toContain('immutable');
  expect((await hall.http('GET', '/favicon.svg')).headers['cache-control']).toBe('no-cache');
});

test('every answer keeps browsers from framing, sniffing and loading from elsewhere', async () => {
  for (const path of ['/', '/api/health', '/api/nothing', '/assets/app-B1x9_aZq.js']) {
    const { headers } = await hall.http('GET', path);
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer' });
    expect(headers['content-security-policy']).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers['content-security-policy']).not.toContain('unsafe');
  }
});

test('figures are for this machine, or for a token when a proxy asks', async () => {
  expect((await hall.http('GET', '/metrics')).text).toContain('tramhoc_centre_sites_online 0');
  expect((await hall.http('GET', '/metrics', { headers: { 'x-forwarded-for': '203.0.113.9' } })).status).toBe(403);
  expect((await hall.http('GET', '/metrics', { headers: { 'x-forwarded-for': '203.0.113.9', ...bearer } })).status).toBe(200);
});

test('noise on the sockets of both listeners disturbs nobody', async () => {
  const ports = [hall.centre.metricsUrl, hall.centre.devicesUrl].map((url) => Number(new URL(url).port));
  for (const port of ports) {
    await new Promise<void>((resolve) => {
      const socket = connect({ port, host: '127.0.0.1' }, () =>
        socket.write(Buffer.from(Array.from({ length: 2_000 }, (_, at) => (at * 37) % 256))),
      );
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
      socket.resume();
      socket.end();
    });
  }
  expect(await hall.http('GET', '/healthz')).toMatchObject({ status: 200, json: { ok: true, store: 'ok' } });
  expect((await hall.devices('GET', '/.well-known/est/cacerts')).status).toBe(200);
});

type Stream = { next(kind: string): Promise<LiveMessage>; kinds: string[]; ended: Promise<void>; close(): void };

/** The live stream as a browser reads it. */
async function live(path = '/api/live'): Promise<Stream> {
  const messages: LiveMessage[] = [];
  let wake = (): void => undefined;
  let taken = 0;
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    request(new URL(path, hall.centre.metricsUrl), { headers: bearer }, resolve).on('error', reject).end();
  });
  expect(response.headers['content-type']).toMatch(/^text\/event-stream/);
  expect(response.headers['x-content-type-options']).toBe('nosniff');
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1];
      text = text.slice(end + 2);
      if (data !== undefined) messages.push(LiveMessage.parse(JSON.parse(data)));
    }
    wake();
  });
  response.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => response.once('close', resolve));
  return {
    ended,
    get kinds() {
      return messages.map((message) => message.kind);
    },
    async next(kind) {
      for (;;) {
        const at = messages.findIndex((message, index) => index >= taken && message.kind === kind);
        if (at >= 0) {
          taken = at + 1;
          return messages[at]!;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    close: () => response.destroy(),
  };
}

test('an open console sees events, devices, sites and waiting devices as they come', async () => {
  const stream = await live();
  const broker = await hall.broker(siteA);
  expect(await stream.next('site')).toMatchObject({ site: { siteId: siteA } });
  const { deviceId } = await hall.agent(siteA);
  expect(await stream.next('enrolments')).toMatchObject({ pending: 1 });
  expect(await stream.next('enrolments')).toMatchObject({ pending: 0 });
  expect(await stream.next('device')).toMatchObject({ device: { deviceId } });
  await hall.send(broker, [made({ siteId: siteA, deviceId, seq: 1 })]);
  expect(await stream.next('event')).toMatchObject({ event: { deviceId, seq: 1, person: null } });
  stream.close();
});

test('a console that follows one site is not told of the others; a repeated event is not told again', async () => {
  const brokerB = await hall.broker(siteB);
  const { deviceId } = await hall.agent(siteB);
  const other = await live(`/api/live?site=${siteA}`);
  const own = await live(`/api/live?site=${siteB}`);
  const event = made({ siteId: siteB, deviceId, seq: 1 });
  await hall.send(brokerB, [event]);
  await own.next('event');
  await hall.send(brokerB, [event]);
  await hall.send(brokerB, [made({ siteId: siteB, deviceId, seq: 2 })]);
  expect(await own.next('event')).toMatchObject({ event: { seq: 2 } });
  expect(other.kinds).toEqual([]);
  other.close();
  own.close();
});

test('the live stream ends when the token that opened it is deleted', async () => {
  const { id, secret } = (await hall.ask({ method: 'POST', path: '/api/tokens', body: { name: 'short' } })) as {
    id: string;
    secret: string;
  };
  const before = bearer;
  bearer = { authorization: `Bearer ${secret}` };
  const stream = await live();
  bearer = before;
  await hall.ask({ method: 'DELETE', path: `/api/tokens/${id}` });
  await hall.clock.advance(15_000);
  await stream.ended;
});

test('pages that are built after the centre was started are there at once, with all that belongs to them', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'tramhoc-console-'));
  const later = await testCentre({ consoleFolder: join(parent, 'console') });
  try {
    const before = await later.http('GET', '/', { headers: { accept: 'text/html' } });
    expect([before.status, before.text.includes('Giao diện chưa được dựng')]).toEqual([503, true]);
    mkdirSync(join(parent, 'new', 'assets'), { recursive: true });
    writeFileSync(join(parent, 'new', 'index.html'), '<!doctype html><html><head></head><body>mới</body></html>');
    writeFileSync(join(parent, 'new', 'assets', 'app-B1x9_aZq.js'), 'export {};');
    renameSync(join(parent, 'new'), join(parent, 'console'));
    expect((await later.http('GET', '/', { headers: { accept: 'text/html' } })).text).toContain('mới');
    expect((await later.http('GET', '/assets/app-B1x9_aZq.js')).status).toBe(200);
  } finally {
    await later.stop();
    rmSync(parent, { recursive: true, force: true });
  }
});
