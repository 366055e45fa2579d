/** Enrolment from both sides: the device at its address, the person in the console. */
import { newKey } from '@tramhoc/base/identity';
import { codeAlphabet, type EnrolmentGrant, type EnrolmentStarted, formatCode } from '@tramhoc/protocol/enrolment';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PendingEnrolment } from '../api/contract.ts';
import { siteA, type TestCentre, testCentre } from '../testing/test-centre.ts';

let hall: TestCentre;
beforeEach(async () => {
  hall = await testCentre();
  await hall.site();
});
afterEach(() => hall.stop());

const keyOf = (spki: Uint8Array): string => Buffer.from(spki).toString('base64');
const about = { name: 'Kiosk', model: 'm', serial: 's', agentVersion: '1' };
const askFor = async (publicKey = keyOf(newKey().spki)) => {
  const answer = await hall.devices('POST', '/v1/enrolment', { body: { publicKey, ...about } });
  expect(answer.status).toBe(200);
  return answer.json as EnrolmentStarted;
};
const poll = async ({ deviceCode }: EnrolmentStarted) => {
  await hall.clock.advance(5_000);
  return (await hall.devices('POST', '/v1/enrolment/token', { body: { deviceCode } })).json;
};
const lookup = (code: string) => hall.ask({ method: 'POST', path: '/api/enrolments/lookup', body: { code } }) as Promise<PendingEnrolment>;
const decide = (enrolmentId: string, what: 'approve' | 'deny', fingerprint = '') =>
  hall.ask({
    method: 'POST',
    path: `/api/enrolments/${enrolmentId}/${what}`,
    ...(what === 'approve' ? { body: { siteId: siteA, name: 'Sảnh', fingerprint } } : {}),
  });
const pending = async () => ((await hall.ask({ method: 'GET', path: '/api/enrolments' })) as { pending: PendingEnrolment[] }).pending;
/** A well-formed code that is not `code`. */
const otherThan = (code: string): string => {
  const letters = code.replaceAll('-', '').slice(0, 8);
  const last = codeAlphabet[(codeAlphabet.indexOf(letters[7]!) + 1) % codeAlphabet.length]!;
  return formatCode(letters.slice(0, 7) + last);
};

test('a device asks, a person compares and approves, the device is told where it belongs', async () => {
  const started = await askFor();
  expect(started).toMatchObject({ expiresInS: 900, intervalS: 5, verificationUri: `${hall.centre.consoleUrl}/enrol` });
  expect(started.verificationUriComplete).toBe(`${started.verificationUri}?code=${started.userCode}`);
  expect(await poll(started)).toEqual({ error: 'authorization_pending' });
  const found = await lookup(started.userCode.toLowerCase().replaceAll('-', ' '));
  expect(found).toMatchObject({ name: 'Kiosk', fingerprint: started.fingerprint });
  const { deviceId } = (await decide(found.enrolmentId, 'approve', started.fingerprint)) as { deviceId: string };
  const grant = (await poll(started)) as EnrolmentGrant;
  expect(grant).toMatchObject({ deviceId, siteId: siteA, brokerUrl: 'mqtts://localhost:8883', siteName: `Trường ${siteA}` });
  // its answer may get lost: the grant is given again, with another token
  const again = (await poll(started)) as EnrolmentGrant;
  expect({ ...again, enrolToken: '' }).toEqual({ ...grant, enrolToken: '' });
  expect(again.enrolToken).not.toBe(grant.enrolToken);
});

test('denied and unknown devices are told so', async () => {
  const started = await askFor();
  await decide((await lookup(started.userCode)).enrolmentId, 'deny');
  expect(await poll(started)).toEqual({ error: 'access_denied' });
  expect(await poll({ ...started, deviceCode: 'made-up' })).toEqual({ error: 'expired_token' });
});

test('a code lives 15 minutes', async () => {
  const started = await askFor();
  await hall.clock.advance(15 * 60_000);
  await expect(lookup(started.userCode)).rejects.toMatchObject({ code: 'ENROL_CODE_EXPIRED' });
  expect(await poll(started)).toEqual({ error: 'expired_token' });
  expect(await pending()).toEqual([]);
});

test('slips of the finger cost nothing; guessing ends the codes of all who wait after five tries', async () => {
  const started = await askFor();
  for (let slip = 0; slip < 10; slip += 1)
    await expect(lookup(`${started.userCode.slice(0, -1)}A`)).rejects.toMatchObject({ code: 'ENROL_CODE_MALFORMED' });
  for (let guess = 0; guess < 5; guess += 1)
    await expect(lookup(otherThan(started.userCode))).rejects.toMatchObject({ code: 'ENROL_CODE_UNKNOWN' });
  await expect(lookup(started.userCode)).rejects.toMatchObject({ code: 'ENROL_TOO_MANY_TRIES' });
  expect(await poll(started)).toEqual({ error: 'expired_token' });
});

test('a fingerprint that is not the one of the device is not approved', async () => {
  const started = await askFor();
  const other = await askFor();
  const { enrolmentId } = await lookup(started.userCode);
  await expect(decide(enrolmentId, 'approve', other.fingerprint)).rejects.toMatchObject({ code: 'ENROL_KEY_MISMATCH' });
  expect(await poll(started)).toEqual({ error: 'authorization_pending' });
});

test('a device that polls too fast is told to slow down, and gets 5 s more each time', async () => {
  const started = await askFor();
  await poll(started);
  const body = { deviceCode: started.deviceCode };
  const atOnce = async () => (await hall.devices('POST', '/v1/enrolment/token', { body })).json;
  expect(await atOnce()).toEqual({ error: 'slow_down' });
  expect(await poll(started)).toEqual({ error: 'slow_down' });
  await hall.clock.advance(10_000);
  expect(await poll(started)).toEqual({ error: 'authorization_pending' });
});

test('a device that asks again with the same key gives its earlier code up', async () => {
  const publicKey = keyOf(newKey().spki);
  const first = await askFor(publicKey);
  const second = await askFor(publicKey);
  await expect(lookup(first.userCode)).rejects.toMatchObject({ code: 'ENROL_CODE_EXPIRED' });
  expect((await pending()).map((row) => row.fingerprint)).toEqual([second.fingerprint]);
});

test('a key that comes back to its site keeps its identity; a revoked key is turned away', async () => {
  const publicKey = keyOf(newKey().spki);
  const enrolOnce = async () => {
    const started = await askFor(publicKey);
    return ((await decide((await lookup(started.userCode)).enrolmentId, 'approve', started.fingerprint)) as { deviceId: string }).deviceId;
  };
  const deviceId = await enrolOnce();
  expect(await enrolOnce()).toBe(deviceId);
  await hall.ask({ method: 'POST', path: `/api/devices/${deviceId}/revoke`, body: { reason: 'lost' } });
  expect(await hall.devices('POST', '/v1/enrolment', { body: { publicKey, ...about } })).toMatchObject({
    status: 403,
    json: { code: 'DEVICE_REVOKED' },
  });
});

test('what is no P-256 key, too long or of the wrong shape is refused in words', async () => {
  const refused = async (body: unknown) => {
    const { status, json } = await hall.devices('POST', '/v1/enrolment', { body });
    return `${status} ${(json as { code: string }).code}`;
  };
  expect(await refused({ publicKey: 'AAAA', ...about })).toBe('400 CSR_INVALID');
  expect(await refused({ publicKey: keyOf(newKey().spki), ...about, name: 'x'.repeat(81) })).toBe('400 INPUT_INVALID');
  expect(await refused({ publicKey: keyOf(newKey().spki) })).toBe('400 INPUT_INVALID');
  expect(await refused({ junk: 'x'.repeat(5_000) })).toBe('413 PAYLOAD_TOO_LARGE');
});

test('one address cannot flood the list', async () => {
  const publicKey = keyOf(newKey().spki);
  for (let request = 0; request < 60; request += 1) await askFor(publicKey);
  const answer = await hall.devices('POST', '/v1/enrolment', { body: { publicKey, ...about } });
  expect(answer).toMatchObject({ status: 429, json: { code: 'RATE_LIMITED' } });
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  await hall.clock.advance(15_000);
  await askFor(publicKey);
});
