import { execFileSync } from 'node:child_process';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { newKey } from '@tramhoc/base/identity';
import { silentLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openCertificateAuthority } from './certificate-authority.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tramhoc-ca-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const dayMs = 86_400_000;
const clock = fakeClock({ wallMs: Date.now() });
const deps = { clock, random: systemRandom(), log: silentLog };
const open = () => openCertificateAuthority(dataDir, 'Sở Giáo dục', deps);
const path = (name: string): string => join(dataDir, 'ca', name);
const openssl = (...args: string[]): string =>
  execFileSync('openssl', args, { cwd: dataDir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

test('openssl agrees with the whole chain and with what each certificate may do', async () => {
  const authority = await open();
  const { spki } = newKey();
  const urn = 'urn:tramhoc:thpt-a1:11111111-1111-4111-8111-111111111111';
  const { certificate, serial } = await authority.issue({
    commonName: 'x',
    publicKey: spki,
    leaf: { use: 'broker', urn, hosts: ['broker.school.vn', '10.0.0.5', '::1'] },
  });
  writeFileSync(join(dataDir, 'leaf.pem'), certificate.toString('pem'));
  for (const purpose of ['sslclient', 'sslserver'])
    expect(
      openssl('verify', '-x509_strict', '-CAfile', path('root.pem'), '-untrusted', path('device-ca.pem'), '-purpose', purpose, 'leaf.pem'),
    ).toContain('OK');
  const leaf = new X509Certificate(certificate.toString('pem'));
  expect(leaf.subjectAltName).toBe(`URI:${urn}, DNS:broker.school.vn, IP Address:10.0.0.5, IP Address:0:0:0:0:0:0:0:1`);
  expect(leaf.serialNumber).toBe(serial);
  expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
  expect(openssl('x509', '-in', path('root.pem'), '-noout', '-ext', 'basicConstraints')).toContain('pathlen:1');
  expect(openssl('x509', '-in', path('device-ca.pem'), '-noout', '-ext', 'basicConstraints')).toContain('pathlen:0');
  const years = (name: string): number => {
    const read = new X509Certificate(readFileSync(path(name)));
    return (read.validToDate.getTime() - read.validFromDate.getTime()) / (365 * dayMs);
  };
  expect([Math.round(years('root.pem')), Math.round(years('device-ca.pem'))]).toEqual([20, 5]);
  expect(leaf.publicKey.export({ type: 'spki', format: 'der' })).toEqual(
    createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }).export({ type: 'spki', format: 'der' }),
  );
});

test('keys are readable by their owner only, and the centre runs on without the root key', async () => {
  const first = await open();
  for (const key of ['offline/root-key.pem', 'device-ca-key.pem']) expect(statSync(path(key)).mode & 0o777).toBe(0o600);
  expect(readFileSync(path('offline/README.md'), 'utf8')).toContain('Delete');
  rmSync(path('offline'), { recursive: true });
  const second = await open();
  expect(second.rootPem).toBe(first.rootPem);
  expect((await second.issue({ commonName: 'x', publicKey: newKey().spki, leaf: { use: 'device', urn: 'urn:x:y' } })).serial).toHaveLength(
    32,
  );
});

test('a start that was cut off half-way is finished by the next one', async () => {
  const first = await open();
  rmSync(path('device-ca.pem'));
  const second = await open();
  expect(second.rootPem).toBe(first.rootPem);
  rmSync(path('device-ca.pem'));
  rmSync(path('offline/root-key.pem'));
  await expect(open()).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
});

test('files that do not belong together stop the start', async () => {
  await open();
  writeFileSync(path('device-ca-key.pem'), newKey().keyPem);
  await expect(open()).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
});

test('its own certificate is kept while it is good, and made anew before it ends or for another name', async () => {
  const authority = await open();
  const first = await authority.serverIdentity(['localhost', '127.0.0.1']);
  expect(await authority.serverIdentity(['localhost', '127.0.0.1'])).toEqual(first);
  const renamed = await authority.serverIdentity(['centre.edu.vn']);
  expect(renamed.cert).not.toBe(first.cert);
  clock.jumpWall(336 * dayMs);
  const later = await authority.serverIdentity(['centre.edu.vn']);
  expect(later.notAfterMs).toBeGreaterThan(renamed.notAfterMs);
  clock.jumpWall(-336 * dayMs);
});

test('no certificate outlives the authority that signed it', async () => {
  const authority = await open();
  clock.jumpWall(5 * 365 * dayMs - 30 * dayMs);
  const { notAfterMs } = await authority.issue({ commonName: 'x', publicKey: newKey().spki, leaf: { use: 'device', urn: 'urn:x:y' } });
  clock.jumpWall(-(5 * 365 * dayMs - 30 * dayMs));
  expect(notAfterMs).toBeLessThanOrEqual(authority.deviceCa.validToDate.getTime());
  expect(existsSync(path('root.pem'))).toBe(true);
});
