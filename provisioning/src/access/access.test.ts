/** Signing in to the console, as a browser and as a script see it. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Answer, type TestCentre, testCentre } from '../testing/test-centre.ts';

let hall: TestCentre;
beforeEach(async () => {
  hall = await testCentre();
});
afterEach(() => hall.stop());

const goodPassword = 'bốn con trâu gặm cỏ ngoài đồng';
const cookieOf = (answer: Answer): string => String(answer.headers['set-cookie']?.[0] ?? '').split(';')[0]!;
const codeOf = (answer: Answer): string => `${answer.status} ${(answer.json as { code?: string }).code ?? ''}`.trim();
const signIn = (password: string, userName = 'admin') => hall.http('POST', '/api/session', { body: { userName, password } });
const as = (cookie: string, more: Record<string, string> = {}) => ({ headers: { cookie, ...more } });

/** Signed in, with the one-time password changed. */
async function settled(): Promise<string> {
  const first = await signIn(hall.centre.firstRunPassword!);
  const changed = await hall.http('POST', '/api/session/password', {
    ...as(cookieOf(first)),
    body: { oldPassword: hall.centre.firstRunPassword, newPassword: goodPassword },
  });
  expect(changed).toMatchObject({ status: 200, json: { userName: 'admin', passwordChangeRequired: false } });
  return cookieOf(changed);
}

test('without signing in nothing is readable but the health and the description', async () => {
  for (const path of [
    '/api/sites',
    '/api/devices',
    '/api/events',
    '/api/session',
    '/api/tokens',
    '/api/live',
    '/api/audit',
    '/api/enrolments',
  ])
    expect(codeOf(await hall.http('GET', path))).toBe('401 NOT_SIGNED_IN');
  expect(await hall.http('GET', '/api/health')).toMatchObject({ status: 200, json: { ok: true } });
  expect((await hall.http('GET', '/api/openapi.json')).status).toBe(200);
  expect(codeOf(await hall.http('GET', '/api/sites', { headers: { authorization: 'Bearer tram_made-up' } }))).toBe('401 NOT_SIGNED_IN');
});

test('the one-time password lets in only to change it, and is worth nothing afterwards', async () => {
  expect(hall.centre.firstRunPassword).toMatch(/^[0-9a-z]{4}(-[0-9a-z]{4}){3}$/);
  const first = await signIn(hall.centre.firstRunPassword!);
  expect(first).toMatchObject({ status: 200, json: { userName: 'admin', passwordChangeRequired: true } });
  expect(codeOf(await hall.http('GET', '/api/sites', as(cookieOf(first))))).toBe('403 PASSWORD_CHANGE_REQUIRED');
  expect(codeOf(await hall.http('GET', '/api/live', as(cookieOf(first))))).toBe('403 PASSWORD_CHANGE_REQUIRED');
  const cookie = await settled();
  expect((await hall.http('GET', '/api/sites', as(cookie))).status).toBe(200);
  expect(codeOf(await signIn(hall.centre.firstRunPassword!))).toBe('401 SIGN_IN_FAILED');
  // the session from before the change has ended
  expect(codeOf(await hall.http('GET', '/api/session', as(cookieOf(first))))).toBe('401 NOT_SIGNED_IN');
});

test('the one-time password is given on the very first start only', async () => {
  await hall.restart();
  expect(hall.centre.firstRunPassword).toBeUndefined();
});

test('weak passwords are refused with the reason', async () => {
  const cookie = cookieOf(await signIn(hall.centre.firstRunPassword!));
  const change = (newPassword: string) =>
    hall.http('POST', '/api/session/password', { ...as(cookie), body: { oldPassword: hall.centre.firstRunPassword, newPassword } });
  for (const weak of [
    'Password12345',
    'matkhau123456',
    'qwertyuiop12',
    'aaaaaaaaaaaa',
    'abcabcabcabc',
    'abcdefghijklm',
    'admin-bốn-con-trâu',
    '0912 345 678 90',
    hall.centre.firstRunPassword!,
  ])
    expect(`${weak} ${codeOf(await change(weak))}`).toBe(`${weak} 400 PASSWORD_TOO_WEAK`);
  expect(codeOf(await change('short'))).toBe('400 INPUT_INVALID');
});

test('the cookie cannot be read by scripts and is not sent from other pages', async () => {
  const [cookie] = (await signIn(hall.centre.firstRunPassword!)).headers['set-cookie'] as string[];
  expect(cookie).toMatch(/HttpOnly/);
  expect(cookie).toMatch(/SameSite=Strict/);
  expect(cookie).not.toMatch(/Secure/);
});

test('behind a TLS proxy the cookie is secure and its name says so', async () => {
  const other = await testCentre({ publicUrl: 'https://console.example.vn' });
  try {
    const answer = await other.http('POST', '/api/session', { body: { userName: 'admin', password: other.centre.firstRunPassword } });
    expect((answer.headers['set-cookie'] as string[])[0]).toMatch(/^__Host-tramhoc=.*; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
    expect(answer.headers['strict-transport-security']).toMatch(/max-age/);
  } finally {
    await other.stop();
  }
});

test('a page of another address cannot use the session, not even to sign in', async () => {
  const cookie = await settled();
  const site = { siteId: 'thpt-a1', name: 'A1', brokerHost: 'localhost', brokerPort: 8883 };
  const from = (headers: Record<string, string>) => hall.http('POST', '/api/sites', { ...as(cookie, headers), body: site });
  expect(codeOf(await from({ origin: 'https://evil.example' }))).toBe('403 NOT_ALLOWED');
  expect(codeOf(await from({ origin: 'null' }))).toBe('403 NOT_ALLOWED');
  expect(codeOf(await from({ 'sec-fetch-site': 'cross-site' }))).toBe('403 NOT_ALLOWED');
  expect(
    codeOf(
      await hall.http('POST', '/api/session', { headers: { origin: 'https://evil.example' }, body: { userName: 'admin', password: 'x' } }),
    ),
  ).toBe('403 NOT_ALLOWED');
  expect((await from({ origin: hall.centre.consoleUrl })).status).toBe(200);
});

test('guessing passwords locks the name for where they come from, longer each time; the right one does not help meanwhile', async () => {
  await settled();
  for (let guess = 0; guess < 5; guess += 1) expect(codeOf(await signIn(`wrong ${guess}`))).toBe('401 SIGN_IN_FAILED');
  const locked = await signIn(goodPassword);
  expect(codeOf(locked)).toBe('429 SIGN_IN_LOCKED');
  expect(locked.json).toMatchObject({ retryAfterS: 30 });
  expect(locked.headers['retry-after']).toBe('30');
  await hall.clock.advance(30_000);
  expect(codeOf(await signIn('wrong again'))).toBe('401 SIGN_IN_FAILED');
  expect((await signIn(goodPassword)).json).toMatchObject({ retryAfterS: 60 });
  await hall.clock.advance(60_000);
  expect((await signIn(goodPassword)).status).toBe(200);
});

test('a stranger who guesses locks only himself out; guesses sent at once each count, also for a name that does not exist', async () => {
  // behind a proxy on this machine, which says where a request came from
  const other = await testCentre({ publicUrl: 'https://console.example.vn' });
  try {
    const from = (address: string, password: string, userName = 'admin') =>
      other.http('POST', '/api/session', { headers: { 'x-forwarded-for': address }, body: { userName, password } });
    for (const [address, userName] of [
      ['198.51.100.1', 'admin'],
      ['198.51.100.2', 'nobody'],
    ] as const) {
      const answers = await Promise.all(Array.from({ length: 8 }, (_, guess) => from(address, `wrong ${guess}`, userName)));
      expect(answers.map(codeOf).sort()).toEqual([...Array(5).fill('401 SIGN_IN_FAILED'), ...Array(3).fill('429 SIGN_IN_LOCKED')]);
    }
    expect(codeOf(await from('198.51.100.1', other.centre.firstRunPassword!))).toBe('429 SIGN_IN_LOCKED');
    expect((await from('203.0.113.1', other.centre.firstRunPassword!)).status).toBe(200);
  } finally {
    await other.stop();
  }
});

test('the old password cannot be guessed either by who has the session, however many guesses are sent at once', async () => {
  const cookie = await settled();
  const change = (oldPassword: string) =>
    hall.http('POST', '/api/session/password', { ...as(cookie), body: { oldPassword, newPassword: `${goodPassword} và nghé` } });
  const answers = await Promise.all(Array.from({ length: 8 }, (_, guess) => change(`wrong ${guess}`)));
  expect(answers.map(codeOf).sort()).toEqual([...Array(5).fill('401 SIGN_IN_FAILED'), ...Array(3).fill('429 SIGN_IN_LOCKED')]);
  expect(codeOf(await change(goodPassword))).toBe('429 SIGN_IN_LOCKED');
  await hall.clock.advance(30_000);
  expect((await change(goodPassword)).status).toBe(200);
});

test('one address cannot try many names', async () => {
  for (let guess = 0; guess < 20; guess += 1) expect(codeOf(await signIn('x', `name${guess}`))).toBe('401 SIGN_IN_FAILED');
  expect(codeOf(await signIn('x', 'name21'))).toBe('429 RATE_LIMITED');
});

test('a session ends after 8 idle hours, after 24 hours in any case, and at sign-out', async () => {
  const cookie = await settled();
  const status = async (): Promise<number> => (await hall.http('GET', '/api/session', as(cookie))).status;
  hall.clock.jumpWall(7.9 * 3_600_000);
  expect(await status()).toBe(200);
  hall.clock.jumpWall(8 * 3_600_000);
  expect(await status()).toBe(401);
  const second = cookieOf(await signIn(goodPassword));
  for (let hours = 0; hours < 23; hours += 1) {
    hall.clock.jumpWall(3_600_000);
    expect((await hall.http('GET', '/api/session', as(second))).status).toBe(200);
  }
  hall.clock.jumpWall(3_600_000);
  expect((await hall.http('GET', '/api/session', as(second))).status).toBe(401);
  const third = cookieOf(await signIn(goodPassword));
  expect((await hall.http('DELETE', '/api/session', as(third))).status).toBe(200);
  expect((await hall.http('GET', '/api/session', as(third))).status).toBe(401);
});

test('a live view that is left open does not keep its session from ending, and ends with it', async () => {
  const cookie = await settled();
  const view = await fetch(new URL('/api/live', hall.centre.metricsUrl), { headers: { cookie } });
  expect(view.status).toBe(200);
  const ended = view.text();
  for (let passed = 0; passed < 2; passed += 1) {
    // what the page asks by itself when there is news is no use of the session either
    expect((await hall.http('GET', '/api/sites', as(cookie, { 'x-tramhoc-unattended': '1' }))).status).toBe(200);
    hall.clock.jumpWall(4 * 3_600_000);
    // it is asked with each heartbeat whether it may go on
    await hall.clock.advance(15_000);
  }
  expect(await ended).toContain('retry:');
  expect((await hall.http('GET', '/api/session', as(cookie))).status).toBe(401);
});

test('a script works with a token, which makes no tokens, and ends when it is deleted', async () => {
  const cookie = await settled();
  const made = await hall.http('POST', '/api/tokens', { ...as(cookie), body: { name: 'báo cáo' } });
  const { id, secret } = made.json as { id: string; secret: string };
  const bearer = { headers: { authorization: `Bearer ${secret}` } };
  expect((await hall.http('GET', '/api/sites', bearer)).status).toBe(200);
  expect(codeOf(await hall.http('POST', '/api/tokens', { ...bearer, body: { name: 'more' } }))).toBe('403 NOT_ALLOWED');
  expect(
    codeOf(
      await hall.http('POST', '/api/session/password', { ...bearer, body: { oldPassword: goodPassword, newPassword: `${goodPassword}!` } }),
    ),
  ).toBe('403 NOT_ALLOWED');
  const { tokens } = (await hall.http('GET', '/api/tokens', as(cookie))).json as { tokens: object[] };
  expect(JSON.stringify(tokens)).not.toContain(secret);
  expect((await hall.http('DELETE', `/api/tokens/${id}`, as(cookie))).status).toBe(200);
  expect(codeOf(await hall.http('GET', '/api/sites', bearer))).toBe('401 NOT_SIGNED_IN');
});

test('who did what is on record, without a secret in it', async () => {
  const cookie = await settled();
  await signIn('wrong');
  await hall.http('POST', '/api/sites', {
    ...as(cookie),
    body: { siteId: 'thpt-a1', name: 'A1', brokerHost: 'localhost', brokerPort: 8883 },
  });
  const { entries } = (await hall.http('GET', '/api/audit', as(cookie))).json as { entries: { action: string; actor: string }[] };
  expect(entries.map(({ actor, action }) => `${actor} ${action}`)).toEqual([
    'admin site-created',
    'admin sign-in-failed',
    'admin password-changed',
    'admin sign-in',
  ]);
  expect(JSON.stringify(entries)).not.toContain(goodPassword);
});

test('a password that was forgotten is replaced on the machine itself, and every session ends', async () => {
  const cookie = await settled();
  for (let guess = 0; guess < 5; guess += 1) await signIn(`forgotten ${guess}`);
  const { password } = (await hall.ask({ method: 'POST', path: '/api/local/password-reset', body: { userName: 'admin' } })) as {
    password: string;
  };
  expect((await hall.http('GET', '/api/session', as(cookie))).status).toBe(401);
  expect((await signIn(password)).json).toMatchObject({ passwordChangeRequired: true });
  // that way in exists on the socket only
  expect((await hall.http('POST', '/api/local/password-reset', { body: {} })).status).toBe(404);
});
