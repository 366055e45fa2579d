import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyFingerprint } from '@tramhoc/base/digest';
import { type FakeClock, fakeClock } from '@tramhoc/base/fake-clock';
import { type CentreAnswer, type CentreClient, publicKeyOf } from '@tramhoc/base/identity';
import { silentLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import { TramError } from '@tramhoc/protocol/errors';
import { afterEach, expect, test } from 'vitest';
import { type Enrolment, startEnrolment } from './enrolment.ts';
import { openIdentityStore } from './identity-store.ts';

const folders: string[] = [];
const open: Enrolment[] = [];
afterEach(async () => {
  for (const enrolment of open.splice(0)) await enrolment.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const grant = {
  deviceId: '11111111-1111-4111-8111-111111111111',
  siteId: 'thpt-demo',
  siteName: 'Trường demo',
  enrolToken: 't'.repeat(43),
  brokerUrl: 'mqtts://127.0.0.1:8883',
  cardKey: '0a'.repeat(32),
};
/** A certs-only CMS message without a certificate (RFC 5652, 5.1), base64. */
const noCertificates = Buffer.from('302506092a864886f70d010702a01830160201013100300b06092a864886f70d010701a0003100', 'hex').toString(
  'base64',
);
const problem = (status: number, code: string): [number, object] => [status, { code, detail: `${code}: do something.` }];

/** A centre that answers as the test says: by path, one answer after the other, the last one for ever. */
function device(answers: Record<string, ([number, object] | 'down')[]>, dataDir = mkdtempSync(join(tmpdir(), 'enrol-'))) {
  if (!folders.includes(dataDir)) folders.push(dataDir);
  const clock: FakeClock = fakeClock();
  const asked: { path: string; body: Record<string, string>; atMs: number }[] = [];
  const startMs = clock.monotonicMs();
  const centre: CentreClient = {
    async request({ path, body }): Promise<CentreAnswer> {
      const text = String(body ?? '');
      asked.push({
        path,
        body: text.startsWith('{') ? (JSON.parse(text) as Record<string, string>) : {},
        atMs: clock.monotonicMs() - startMs,
      });
      const list = answers[path] ?? ['down'];
      const answer = list.length > 1 ? list.shift()! : list[0]!;
      if (answer === 'down') throw new TramError('CENTRE_UNREACHABLE', 'the centre does not answer; check the network.');
      return { status: answer[0], headers: {}, body: Buffer.from(JSON.stringify(answer[1])) };
    },
    close: async () => undefined,
  };
  const store = openIdentityStore(dataDir);
  const enrolment = startEnrolment({
    store,
    centre,
    about: { name: 'Kiosk sảnh', model: 'm', serial: 's', agentVersion: '0.1.0' },
    onChange: () => undefined,
    onEnrolled: () => undefined,
    clock,
    random: seededRandom(5),
    log: silentLog,
  });
  open.push(enrolment);
  const paths = (path: string) => asked.filter((one) => one.path === path);
  return { clock, asked, paths, store, enrolment, dataDir };
}
const startedFor = (userCode: string): [number, object] => [
  200,
  {
    deviceCode: `device-code-for-${userCode}-long-enough`,
    userCode,
    fingerprint: '7K3M-9QXP-2DTR-W8HN',
    verificationUri: 'https://centre.example.vn/enrol',
    verificationUriComplete: `https://centre.example.vn/enrol?code=${userCode}`,
    expiresInS: 900,
    intervalS: 5,
  },
];
const pending = (error: string): [number, object] => [400, { error }];
const code = '/v1/enrolment';
const token = '/v1/enrolment/token';

test('the code that is shown stands for the key that is on disk, made once', async () => {
  const it = device({ [code]: [startedFor('BCD-FGH-JKX')], [token]: [pending('authorization_pending')] });
  await it.clock.advance(1);
  expect(it.enrolment.status()).toMatchObject({ state: 'waiting', userCode: 'BCD-FGH-JKX' });
  const sent = Buffer.from(it.asked[0]!.body['publicKey']!, 'base64');
  expect(keyFingerprint(sent)).toBe(keyFingerprint(publicKeyOf(it.store.keyPem())));
  const again = openIdentityStore(it.dataDir);
  expect(again.keyPem()).toBe(it.store.keyPem());
});

test('while the centre is away the device says so, asks less and less often, and goes on by itself', async () => {
  const it = device({ [code]: [...Array<'down'>(8).fill('down'), startedFor('BCD-FGH-JKX')], [token]: [pending('authorization_pending')] });
  await it.clock.advance(1);
  expect(it.enrolment.status()).toMatchObject({ state: 'unclaimed', code: 'CENTRE_UNREACHABLE' });
  await it.clock.advance(600_000);
  expect(it.enrolment.status().state).toBe('waiting');
  const times = it.paths(code).map(({ atMs }) => atMs);
  expect(times.at(-1)! - times.at(-2)!).toBeGreaterThan(20_000);
});

test('polling keeps the interval and slows down when asked', async () => {
  const it = device({
    [code]: [startedFor('BCD-FGH-JKX')],
    [token]: [pending('authorization_pending'), pending('slow_down'), pending('authorization_pending')],
  });
  await it.clock.advance(31_000);
  expect(it.paths(token).map(({ atMs }) => Math.round(atMs / 1_000))).toEqual([5, 10, 20, 30]);
});

test('a code that nobody used is replaced, a denied device waits for a person', async () => {
  const it = device({
    [code]: [startedFor('BCD-FGH-JKX'), startedFor('LMN-PQR-STV')],
    [token]: [...Array<[number, object]>(179).fill(pending('authorization_pending')), pending('access_denied')],
  });
  await it.clock.advance(899_000);
  expect(it.enrolment.status()).toMatchObject({ userCode: 'BCD-FGH-JKX' });
  await it.clock.advance(4_000);
  expect(it.enrolment.status()).toMatchObject({ userCode: 'LMN-PQR-STV' });
  await it.clock.advance(6_000);
  expect(it.enrolment.status()).toEqual({ state: 'denied' });
  const before = it.asked.length;
  await it.clock.advance(3_600_000);
  expect(it.asked).toHaveLength(before);
  it.enrolment.restart();
  await it.clock.advance(1);
  expect(it.enrolment.status().state).toBe('waiting');
});

test('an approval is on disk before the certificate is asked for, so that a power cut in between costs nothing', async () => {
  const before = device({ [code]: [startedFor('BCD-FGH-JKX')], [token]: [[200, grant]] });
  await before.clock.advance(5_001);
  expect(before.store.grant()).toMatchObject({ deviceId: grant.deviceId });
  await before.enrolment.close();
  const it = device({}, before.dataDir);
  await it.clock.advance(1);
  await expect.poll(() => it.asked.map(({ path }) => path)).toEqual(['/.well-known/est/cacerts']);
  expect(it.store.grant()).toBeDefined();
});

test('a grant that the centre does not take any more is thrown away and a new code asked for', async () => {
  const before = device({ [code]: [startedFor('BCD-FGH-JKX')], [token]: [[200, grant]] });
  await before.clock.advance(5_001);
  await before.enrolment.close();
  const it = device(
    {
      '/.well-known/est/cacerts': [[200, Object(noCertificates)]],
      '/.well-known/est/simpleenroll': [problem(409, 'CONFLICT')],
      [code]: [startedFor('LMN-PQR-STV')],
      [token]: [pending('authorization_pending')],
    },
    before.dataDir,
  );
  await it.clock.advance(1);
  const stateSoon = async (): Promise<string> => {
    await it.clock.advance(1_000);
    return it.enrolment.status().state;
  };
  await expect.poll(stateSoon).toBe('waiting');
  expect(it.store.grant()).toBeUndefined();
});

test('a key that was revoked is replaced by a new one', async () => {
  const it = device({ [code]: [problem(403, 'DEVICE_REVOKED'), startedFor('BCD-FGH-JKX')], [token]: [pending('authorization_pending')] });
  await it.clock.advance(10_000);
  const [first, second] = it.paths(code).map(({ body }) => body['publicKey']);
  expect(second).not.toBe(first);
  expect(it.enrolment.status().state).toBe('waiting');
});

test('key and grant can be read by their owner only', async () => {
  const it = device({ [code]: [startedFor('BCD-FGH-JKX')], [token]: [[200, grant]] });
  await it.clock.advance(5_001);
  const folder = join(it.dataDir, 'identity');
  for (const name of readdirSync(folder)) expect([name, statSync(join(folder, name)).mode & 0o077]).toEqual([name, 0]);
  expect(statSync(folder).mode & 0o077).toBe(0);
});
