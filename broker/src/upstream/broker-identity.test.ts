import { X509Certificate } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { loadIdentity } from '@tramhoc/base/identity';
import { silentLog } from '@tramhoc/base/log';
import { DeviceId, deviceUrn, SiteId } from '@tramhoc/protocol/ids';
import { afterEach, expect, test } from 'vitest';
import { createTestCa } from '../testing/test-ca.ts';
import { startTestCentre, type TestCentre } from '../testing/test-centre.ts';
import { makeTestFolder, startTestSite, testSiteId } from '../testing/test-site.ts';
import { keepRenewed, obtainIdentity } from './broker-identity.ts';
import { openCentreLink } from './centre-link.ts';

const dayMs = 86_400_000;
const deviceId = DeviceId.parse('00000000-0000-4000-8000-00000000b0b1');
const claim = { deviceId, token: 'a-token-of-more-than-20-characters' };
const names = { uris: [deviceUrn({ siteId: testSiteId, deviceId })], dns: ['localhost'], loopback: true };
const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});

async function start() {
  const clock = fakeClock({ wallMs: Date.now() });
  const ca = createTestCa(clock.wallMs());
  const centre: TestCentre = await startTestCentre(ca, { siteId: testSiteId });
  centre.enrolNames = names;
  const made = makeTestFolder({ clock, ca, centreUrl: centre.url });
  rmSync(join(made.folder, 'identity.json'));
  cleanUp.push(made.remove, () => centre.close());
  return { clock, ca, centre, made, config: { ...made.config, claim } };
}

test('a new broker claims its site once and starts without the centre from then on', async () => {
  const { centre, made, config } = await start();
  const first = await obtainIdentity(config, silentLog);
  expect(first).toMatchObject({ siteId: testSiteId, deviceId });
  const basic = `Basic ${Buffer.from(`${deviceId}:${claim.token}`).toString('base64')}`;
  expect(centre.enrolled).toEqual([{ authorization: basic, withCertificate: false }]);
  await centre.close();
  expect(await obtainIdentity(config, silentLog)).toEqual(first);
  expect(existsSync(join(made.folder, 'pending-key.pem'))).toBe(false);
});

test('a claim whose answer was lost is repeated with the same key', async () => {
  const { centre, made, config } = await start();
  await centre.close();
  await expect(obtainIdentity(config, silentLog)).rejects.toMatchObject({ code: 'CENTRE_UNREACHABLE' });
  expect(existsSync(join(made.folder, 'pending-key.pem'))).toBe(true);
});

test('without identity and claim the fault says what to do', async () => {
  const { made } = await start();
  await expect(obtainIdentity(made.config, silentLog)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('claim'),
  });
});

test('a certificate is renewed with a new key when less than 120 days are left, and stays when the centre errs', async () => {
  const { clock, centre, made, config } = await start();
  const current = await obtainIdentity(config, silentLog);
  const link = openCentreLink(config.centre, current.identity, { onReplaced: (old) => void old.close() });
  cleanUp.push(() => link.close());
  const renewed: string[] = [];
  const renewal = keepRenewed({
    dataDir: made.folder,
    current,
    centre: link,
    clock,
    log: silentLog,
    onRenewed: ({ certificatePem }) => renewed.push(certificatePem),
  });
  cleanUp.push(() => renewal.close());
  await renewal.check();
  expect(renewed).toEqual([]);

  clock.jumpWall(250 * dayMs);
  centre.enrolNames = { uris: [deviceUrn({ siteId: SiteId.parse('thpt-khac'), deviceId })] };
  await renewal.check();
  expect(renewed).toEqual([]);
  expect(loadIdentity(made.folder)).toEqual(current.identity);

  centre.enrolNames = names;
  await renewal.check();
  expect(renewed).toHaveLength(1);
  expect(centre.enrolled.at(-1)).toEqual({ authorization: undefined, withCertificate: true });
  const stored = loadIdentity(made.folder)!;
  expect(stored.keyPem).not.toBe(current.identity.keyPem);
  expect(renewal.identity()).toEqual(stored);
});

test('devices see the new certificate without the broker being restarted', async () => {
  const clock = fakeClock({ wallMs: Date.now() });
  const ca = createTestCa(clock.wallMs());
  const centre = await startTestCentre(ca, { siteId: testSiteId });
  const brokerId = DeviceId.parse('00000000-0000-4000-8000-00000000b0b0');
  centre.enrolNames = { ...names, uris: [deviceUrn({ siteId: testSiteId, deviceId: brokerId })] };
  const site = await startTestSite({ ca, centreUrl: centre.url, clock });
  cleanUp.push(
    () => centre.close(),
    () => site.close(),
  );
  const device = site.device();
  const seen = async (clientId: string): Promise<string> => {
    const client = await device.open({ clientId });
    const raw = new X509Certificate(client.socket.getPeerCertificate().raw);
    client.socket.destroy();
    return raw.serialNumber;
  };
  const before = await seen('before');
  clock.jumpWall(250 * dayMs);
  await clock.advance(3_600_001);
  let after = before;
  for (let round = 0; after === before && round < 20; round += 1) after = await seen(`after-${round}`);
  expect(after).not.toBe(before);
});
