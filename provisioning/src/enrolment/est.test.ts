/** EST as others speak it: curl and openssl against the devices listener. */
import { execFile, execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeBackup } from '@tramhoc/base/backup';
import { restoreBackup } from '@tramhoc/base/restore';
import type { EnrolmentGrant, EnrolmentStarted } from '@tramhoc/protocol/enrolment';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PendingEnrolment } from '../api/contract.ts';
import { siteA, type TestCentre, testCentre } from '../testing/test-centre.ts';

let hall: TestCentre;
let folder: string;
beforeAll(async () => {
  hall = await testCentre();
  folder = mkdtempSync(join(tmpdir(), 'tramhoc-est-'));
  await hall.site(siteA);
});
afterAll(async () => {
  await hall.stop();
  rmSync(folder, { recursive: true, force: true });
});

const file = (name: string): string => join(folder, name);
const openssl = (...args: string[]): string =>
  execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const est = (path: string): string => `${hall.centre.devicesUrl}/.well-known/est/${path}`;

/** Body and status of a curl call that believes our root only. Asynchronous: the server runs in this process. */
async function curl(...args: string[]): Promise<{ status: number; body: string }> {
  return await new Promise((resolve, reject) => {
    execFile(
      'curl',
      ['-s', '--cacert', hall.centre.rootCaFile, '-w', '\n%{http_code}', ...args],
      { cwd: folder, encoding: 'utf8' },
      (error, out) => {
        if (error !== null) return reject(error);
        const cut = out.lastIndexOf('\n');
        return resolve({ body: out.slice(0, cut), status: Number(out.slice(cut + 1)) });
      },
    );
  });
}

function newKeyAndCsr(name: string, subject: string, ...more: string[]): void {
  openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`);
  newCsr(name, subject, ...more);
}
function newCsr(name: string, subject: string, ...more: string[]): void {
  openssl('req', '-new', '-key', `${name}.key`, '-subj', `/CN=${subject}`, '-outform', 'DER', '-out', `${name}.csr`, ...more);
  writeFileSync(file(`${name}.csr64`), readFileSync(file(`${name}.csr`)).toString('base64'));
}

/** A device whose key openssl made, approved by a person. */
async function approved(name: string): Promise<EnrolmentGrant> {
  newKeyAndCsr(name, 'anything');
  const publicKey = execFileSync('openssl', ['ec', '-in', `${name}.key`, '-pubout', '-outform', 'DER'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  }).toString('base64');
  const about = { publicKey, name, model: 'm', serial: 's', agentVersion: '1' };
  const started = (await hall.devices('POST', '/v1/enrolment', { body: about })).json as EnrolmentStarted;
  const found = (await hall.ask({ method: 'POST', path: '/api/enrolments/lookup', body: { code: started.userCode } })) as PendingEnrolment;
  await hall.ask({
    method: 'POST',
    path: `/api/enrolments/${found.enrolmentId}/approve`,
    body: { siteId: siteA, name, fingerprint: started.fingerprint },
  });
  return (await hall.devices('POST', '/v1/enrolment/token', { body: { deviceCode: started.deviceCode } })).json as EnrolmentGrant;
}

/** Base64 certs-only CMS, as openssl reads it, to a PEM file; gives the subjects. */
function certificatesOf(base64: string, name: string): string[] {
  writeFileSync(file(`${name}.p7`), Buffer.from(base64, 'base64'));
  const printed = openssl('pkcs7', '-inform', 'DER', '-in', `${name}.p7`, '-print_certs');
  writeFileSync(file(`${name}.pem`), printed);
  return [...printed.matchAll(/^subject=(.*)$/gm)].map((match) => match[1]!.trim());
}

const enrolWith = (grant: { deviceId: string; enrolToken: string }, name: string) =>
  curl(
    '-u',
    `${grant.deviceId}:${grant.enrolToken}`,
    '-H',
    'Content-Type: application/pkcs10',
    '--data-binary',
    `@${name}.csr64`,
    est('simpleenroll'),
  );

test('openssl reads the authorities: root, then device CA', async () => {
  const { status, body } = await curl(est('cacerts'));
  expect(status).toBe(200);
  expect(body).not.toMatch(/\s/);
  expect(certificatesOf(body, 'cacerts')).toEqual([expect.stringContaining('root CA'), expect.stringContaining('device CA')]);
});

test('csrattrs asks for ECDSA with SHA-256 over P-256', async () => {
  const { body } = await curl(est('csrattrs'));
  writeFileSync(file('attrs.der'), Buffer.from(body, 'base64'));
  const parsed = openssl('asn1parse', '-inform', 'DER', '-in', 'attrs.der');
  expect(parsed).toContain('ecdsa-with-SHA256');
  expect(parsed).toContain('prime256v1');
});

test('a device that was approved gets its certificate with curl and openssl, and renews it with it', async () => {
  const grant = await approved('hall');
  const { status, body } = await enrolWith(grant, 'hall');
  expect(status).toBe(200);
  expect(certificatesOf(body, 'hall')).toEqual([expect.stringContaining(grant.deviceId)]);
  const { body: ca } = await curl(est('cacerts'));
  certificatesOf(ca, 'cacerts');
  expect(openssl('verify', '-CAfile', 'cacerts.pem', '-purpose', 'sslclient', 'hall.pem')).toContain('OK');
  const leaf = new X509Certificate(readFileSync(file('hall.pem')));
  expect(leaf.subjectAltName).toBe(`URI:urn:tramhoc:${siteA}:${grant.deviceId}`);
  expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  expect((leaf.validToDate.getTime() - leaf.validFromDate.getTime()) / 86_400_000).toBeCloseTo(365, 1);

  newCsr('hall', grant.deviceId);
  writeFileSync(file('hall.chain.pem'), readFileSync(file('hall.pem'), 'utf8') + readFileSync(file('cacerts.pem'), 'utf8'));
  const mine = ['--cert', 'hall.chain.pem', '--key', 'hall.key', '-H', 'Content-Type: application/pkcs10', '--data-binary'];
  const renewed = await curl(...mine, '@hall.csr64', est('simplereenroll'));
  expect(renewed.status).toBe(200);
  certificatesOf(renewed.body, 'renewed');
  expect(new X509Certificate(readFileSync(file('renewed.pem'))).serialNumber).not.toBe(leaf.serialNumber);

  newCsr('hall', 'somebody-else');
  expect(await curl(...mine, '@hall.csr64', est('simplereenroll'))).toMatchObject({
    status: 400,
    body: expect.stringContaining('CSR_INVALID'),
  });
  newCsr('hall', grant.deviceId, '-addext', `subjectAltName=URI:urn:tramhoc:${siteA}:00000000-0000-4000-8000-000000000000`);
  expect(await curl(...mine, '@hall.csr64', est('simplereenroll'))).toMatchObject({ status: 400 });
});

test('a request in PEM, or cut into lines, is understood', async () => {
  const grant = await approved('lines');
  writeFileSync(file('lines.csr64'), openssl('req', '-inform', 'DER', '-in', 'lines.csr', '-outform', 'PEM'));
  expect(await enrolWith(grant, 'lines')).toMatchObject({ status: 200 });
});

test('the token does not help somebody with another key', async () => {
  const grant = await approved('honest');
  newKeyAndCsr('other', 'x');
  expect(await enrolWith(grant, 'other')).toMatchObject({ status: 409, body: expect.stringContaining('ENROL_KEY_MISMATCH') });
  expect(await enrolWith(grant, 'honest')).toMatchObject({ status: 200 });
});

test('no credentials, a wrong token, and rubbish are refused in words', async () => {
  const grant = await approved('words');
  const send = ['-H', 'Content-Type: application/pkcs10', '--data-binary'];
  const none = await curl('-i', ...send, '@words.csr64', est('simpleenroll'));
  expect(none.status).toBe(401);
  expect(none.body).toMatch(/www-authenticate: Basic/i);
  expect(await enrolWith({ ...grant, enrolToken: 'wrong' }, 'words')).toMatchObject({
    status: 403,
    body: expect.stringContaining('ENROL_DENIED'),
  });
  expect(await curl('-u', `${grant.deviceId}:${grant.enrolToken}`, ...send, 'rubbish', est('simpleenroll'))).toMatchObject({ status: 400 });
  openssl('req', '-new', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'rsa.key', '-subj', '/CN=x', '-outform', 'DER', '-out', 'rsa.csr');
  writeFileSync(file('rsa.csr64'), readFileSync(file('rsa.csr')).toString('base64'));
  expect(await enrolWith(grant, 'rsa')).toMatchObject({ status: 400, body: expect.stringContaining('CSR_INVALID') });
});

test('a certificate that somebody signed with our names and a key of their own is not believed, expired or not', async () => {
  const grant = await approved('forged');
  await enrolWith(grant, 'forged');
  const subject = (path: string): string =>
    openssl('x509', '-in', path, '-noout', '-subject', '-nameopt', 'oneline').replace('subject=', '').trim();
  const name = subject(join(hall.dataDir, 'ca/device-ca.pem'))
    .replace(/\s*=\s*/g, '=')
    .replace(/,\s*/g, '/');
  openssl(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-keyout',
    'evil-ca.key',
    '-out',
    'evil-ca.pem',
    '-subj',
    `/${name}`,
    '-days',
    '9999',
  );
  writeFileSync(file('evil.cnf'), `subjectAltName=URI:urn:tramhoc:${siteA}:${grant.deviceId}\nextendedKeyUsage=clientAuth\n`);
  newKeyAndCsr('evil', grant.deviceId);
  for (const days of ['10', '-1']) {
    const dates = days === '10' ? ['-days', '10'] : ['-days', '-1'];
    openssl(
      'x509',
      '-req',
      '-inform',
      'DER',
      '-in',
      'evil.csr',
      '-CA',
      'evil-ca.pem',
      '-CAkey',
      'evil-ca.key',
      '-CAcreateserial',
      ...dates,
      '-extfile',
      'evil.cnf',
      '-out',
      'evil.pem',
    );
    const answer = await curl(
      '--cert',
      'evil.pem',
      '--key',
      'evil.key',
      '-H',
      'Content-Type: application/pkcs10',
      '--data-binary',
      '@evil.csr64',
      est('simplereenroll'),
    );
    expect(answer).toMatchObject({ status: 403, body: expect.stringContaining(days === '10' ? 'CERT_NOT_OURS' : 'CERT_EXPIRED') });
  }
});

test('a revoked device renews nothing', async () => {
  const grant = await approved('lostkiosk');
  certificatesOf((await enrolWith(grant, 'lostkiosk')).body, 'lostkiosk');
  newCsr('lostkiosk', grant.deviceId);
  await hall.ask({ method: 'POST', path: `/api/devices/${grant.deviceId}/revoke`, body: { reason: 'stolen' } });
  const { body: ca } = await curl(est('cacerts'));
  certificatesOf(ca, 'cacerts');
  writeFileSync(file('lostkiosk.chain.pem'), readFileSync(file('lostkiosk.pem'), 'utf8') + readFileSync(file('cacerts.pem'), 'utf8'));
  const answer = await curl(
    '--cert',
    'lostkiosk.chain.pem',
    '--key',
    'lostkiosk.key',
    '-H',
    'Content-Type: application/pkcs10',
    '--data-binary',
    '@lostkiosk.csr64',
    est('simplereenroll'),
  );
  expect(answer).toMatchObject({ status: 403, body: expect.stringContaining('DEVICE_REVOKED') });
});

test('when the answer was lost the same key gets the same certificate again, another key gets none', async () => {
  const grant = await approved('lost');
  const first = await enrolWith(grant, 'lost');
  newCsr('lost', 'again');
  expect(await enrolWith(grant, 'lost')).toEqual(first);
  newKeyAndCsr('thief', 'x');
  expect(await enrolWith(grant, 'thief')).toMatchObject({ status: 409, body: expect.stringContaining('ENROL_KEY_MISMATCH') });
  await hall.clock.advance(10 * 60_000);
  expect(await enrolWith(grant, 'lost')).toMatchObject({ status: 409, body: expect.stringContaining('CONFLICT') });
});

test('a device that lay in a cupboard beyond the end of its certificate renews it; one that lay there for years does not', async () => {
  const yearMs = 366 * 86_400_000;
  // the handshake judges by the real clock: this centre begins in the past and then catches up
  const old = await testCentre({ wallMs: Date.now() - yearMs });
  try {
    const { claimUser, claimToken } = await old.site(siteA);
    newKeyAndCsr('cupboard', claimUser);
    const send = ['-H', 'Content-Type: application/pkcs10', '--data-binary', '@cupboard.csr64'];
    const base = (): string => `${old.centre.devicesUrl}/.well-known/est`;
    const first = await curl('-k', '-u', `${claimUser}:${claimToken}`, ...send, `${base()}/simpleenroll`);
    certificatesOf(first.body, 'cupboard');
    expect(new X509Certificate(readFileSync(file('cupboard.pem'))).validToDate.getTime()).toBeLessThan(Date.now());
    old.clock.jumpWall(yearMs);
    await old.restart();
    const trust = ['--cacert', old.centre.rootCaFile, '--cert', 'cupboard.pem', '--key', 'cupboard.key'];
    expect(await curl(...trust, `${old.centre.devicesUrl}/v1/site`)).toMatchObject({
      status: 403,
      body: expect.stringContaining('CERT_EXPIRED'),
    });
    const renewed = await curl(...trust, ...send, `${base()}/simplereenroll`);
    expect(renewed.status).toBe(200);
    certificatesOf(renewed.body, 'renewed');
    expect(new X509Certificate(readFileSync(file('renewed.pem'))).validToDate.getTime()).toBeGreaterThan(Date.now());
    old.clock.jumpWall(2 * yearMs);
    expect(await curl(...trust, ...send, `${base()}/simplereenroll`)).toMatchObject({
      status: 403,
      body: expect.stringContaining('CERT_EXPIRED'),
    });
  } finally {
    await old.stop();
  }
});

test('a certificate that ended and that a restored centre does not know renews nothing', async () => {
  const yearMs = 366 * 86_400_000;
  const old = await testCentre({ wallMs: Date.now() - yearMs });
  try {
    const { claimUser, claimToken } = await old.site(siteA);
    const copy = makeBackup({ dataDir: old.dataDir, to: file('copies'), version: 'test', wallMs: old.clock.wallMs() }).folder;
    newKeyAndCsr('forgotten', claimUser);
    const send = ['-H', 'Content-Type: application/pkcs10', '--data-binary', '@forgotten.csr64'];
    const base = (): string => `${old.centre.devicesUrl}/.well-known/est`;
    const first = await curl('-k', '-u', `${claimUser}:${claimToken}`, ...send, `${base()}/simpleenroll`);
    certificatesOf(first.body, 'forgotten');
    await old.centre.close();
    restoreBackup({ from: copy, dataDir: old.dataDir, replace: true, wallMs: old.clock.wallMs() });
    old.clock.jumpWall(yearMs);
    await old.restart();
    const mine = ['--cacert', old.centre.rootCaFile, '--cert', 'forgotten.pem', '--key', 'forgotten.key'];
    expect(await curl(...mine, ...send, `${base()}/simplereenroll`)).toMatchObject({
      status: 403,
      body: expect.stringContaining('CERT_NOT_OURS'),
    });
  } finally {
    await old.stop();
  }
});
