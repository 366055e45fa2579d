import { expect, test } from 'vitest';
import type { PageClock } from '../page-clock.ts';
import { AskError, createApi, requestOf } from './ask.ts';
import { faultText } from './fault-text.ts';

const never: PageClock = { wallMs: () => 0, after: () => ({ cancel: () => undefined }) };
const answering = (status: number, body: unknown, told: string[] = []) =>
  createApi({ clock: never, fetch: async () => new Response(JSON.stringify(body), { status }), onSession: (code) => told.push(code) });
const faultOf = async (asked: Promise<unknown>) => {
  const error = await asked.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(AskError);
  return (error as AskError).fault;
};
const problem = (code: string, more: object = {}) => ({
  type: 'about:blank',
  title: 'x',
  status: 400,
  code,
  detail: 'do this next',
  ...more,
});

test('path parameters are filled in and empty filters left out', () => {
  const { url, init } = requestOf(
    { method: 'GET', path: '/api/devices/:deviceId/desired' },
    { params: { deviceId: 'a/b' }, query: { site: '', limit: 5 } },
  );
  expect(url).toBe('/api/devices/a%2Fb/desired?limit=5');
  expect(init.method).toBe('GET');
});

test('a list of cards is sent as text, everything else as JSON', () => {
  const types = (options: object) =>
    (requestOf({ method: 'POST', path: '/x' }, options).init.headers as Record<string, string>)['content-type'];
  expect(types({ csv: 'a,b' })).toContain('text/csv');
  expect(types({ body: {} })).toBe('application/json');
  expect(types({})).toBeUndefined();
});

test('an answer that is not what the contract says is a fault, not a half-drawn page', async () => {
  expect(await faultOf(answering(200, { sites: [{ siteId: 7 }] }).ask('listSites', {}))).toEqual({ kind: 'unreadable', status: 200 });
});

test('no network, and a proxy without a centre behind it, are told as no connection', async () => {
  const api = createApi({ clock: never, fetch: () => Promise.reject(new TypeError('Failed to fetch')), onSession: () => undefined });
  expect(await faultOf(api.ask('listSites', {}))).toEqual({ kind: 'network' });
  expect(await faultOf(answering(502, '<html>').ask('listSites', {}))).toEqual({ kind: 'network' });
});

test('a centre that does not answer in time is told as that; who goes away before is told nothing', async () => {
  const timers: { delayMs: number; fire(): void; cancelled: boolean }[] = [];
  const clock: PageClock = {
    wallMs: () => 0,
    after(delayMs, fire) {
      const timer = { delayMs, fire, cancelled: false };
      timers.push(timer);
      return {
        cancel() {
          timer.cancelled = true;
        },
      };
    },
  };
  const fetch = (_: unknown, init?: RequestInit): Promise<Response> =>
    new Promise((_resolve, reject) => init!.signal!.addEventListener('abort', () => reject(new DOMException('', 'AbortError'))));
  const api = createApi({ clock, fetch: fetch as typeof globalThis.fetch, onSession: () => undefined });
  const asked = faultOf(api.ask('listSites', {}));
  expect(timers.map(({ delayMs }) => delayMs)).toEqual([15_000]);
  timers[0]!.fire();
  expect(await asked).toEqual({ kind: 'silent' });
  const abort = new AbortController();
  const left = api.ask('listSites', { signal: abort.signal }).catch((error: unknown) => error);
  abort.abort();
  expect(await left).not.toBeInstanceOf(AskError);
  expect(timers.map(({ cancelled }) => cancelled)).toEqual([true, true]);
});

test('a session that is over leads to the sign-in page wherever one is', async () => {
  const told: string[] = [];
  await faultOf(answering(401, problem('NOT_SIGNED_IN'), told).ask('listSites', {}));
  expect(told).toEqual(['NOT_SIGNED_IN']);
});

test('faults are told in the language of the screen; what has no translation keeps the centre’s own sentence', async () => {
  const fault = await faultOf(
    answering(429, problem('SIGN_IN_LOCKED', { retryAfterS: 300 })).ask('signIn', { body: { userName: 'a', password: 'b' } }),
  );
  expect(faultText(fault, 'vi')).toBe('Đã sai quá nhiều lần. Thử lại sau 5:00 phút.');
  expect(faultText(fault, 'en')).toContain('5:00');
  const rare = await faultOf(answering(400, problem('CSR_INVALID')).ask('listSites', {}));
  expect(faultText(rare, 'vi')).toBe('do this next');
});
