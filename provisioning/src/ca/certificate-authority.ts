/**
 * The department's certificate authority on disk, in <dataDir>/ca:
 *   root.pem, device-ca.pem            certificates, to be given to everybody
 *   device-ca-key.pem                  0600, signs every day
 *   offline/root-key.pem               0600, needed only to make a device CA; meant to be moved off this machine
 *   server.pem, server-key.pem         the centre's own certificate and chain
 */
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@tramhoc/base/clock';
import { asFileFault, writeFileAtomic } from '@tramhoc/base/config';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import { TramError } from '@tramhoc/protocol/errors';
import {
  dayMs,
  exportKeyPem,
  importKeyPem,
  type LeafUse,
  makeDeviceCa,
  makeLeaf,
  makeRoot,
  type NewCertificate,
  newKeyPair,
  type Signer,
} from './certificate-profile.ts';
import { rootKeyReadme } from './offline-root-readme.ts';
import * as x509 from './x509.ts';

/** The centre renews its own certificate when less than this is left. */
const renewServerMs = 30 * dayMs;

export type ServerIdentity = { key: string; cert: string; notAfterMs: number };
export type CertificateAuthority = {
  rootPem: string;
  deviceCaPem: string;
  rootCaFile: string;
  /** Root and device CA, DER, in this order. */
  chain: readonly Uint8Array[];
  deviceCa: X509Certificate;
  /** Signs for a public key (SubjectPublicKeyInfo, DER) whose owner was checked by the caller. */
  issue(request: { commonName: string; publicKey: Uint8Array; leaf: LeafUse }): Promise<NewCertificate>;
  /** The centre's own certificate and chain for `names`, made anew when it is missing, has other names or ends soon. */
  serverIdentity(names: readonly string[]): Promise<ServerIdentity>;
};

type Deps = { clock: Clock; random: Random; log: Log };

/** Opens the authority in `<dataDir>/ca`, or founds it on the first start. Throws STORE_CORRUPT, PERMISSION_MISSING, DISK_FULL. */
export async function openCertificateAuthority(dataDir: string, departmentName: string, deps: Deps): Promise<CertificateAuthority> {
  const folder = join(dataDir, 'ca');
  try {
    mkdirSync(join(folder, 'offline'), { recursive: true, mode: 0o700 });
    if (!existsSync(join(folder, 'device-ca.pem'))) await found(folder, departmentName, deps);
    return await load(folder, deps);
  } catch (cause) {
    throw asFileFault(cause, folder);
  }
}

/** Each file is written whole before the next; `device-ca.pem` comes last and says that all of them are there. */
async function found(folder: string, name: string, { clock, random, log }: Deps): Promise<void> {
  const root = existsSync(join(folder, 'root.pem')) ? await loadRoot(folder) : await foundRoot(folder, name, { clock, random });
  const keys = await newKeyPair();
  writeFileAtomic(join(folder, 'device-ca-key.pem'), await exportKeyPem(keys.privateKey), { mode: 0o600 });
  const certificate = await makeDeviceCa(root, { name, publicKey: keys.publicKey, nowMs: clock.wallMs(), random });
  writeFileAtomic(join(folder, 'device-ca.pem'), `${certificate.toString('pem')}\n`);
  log.info({ folder }, 'certificate authority founded; move offline/root-key.pem to a safe place');
}

async function foundRoot(folder: string, name: string, { clock, random }: Pick<Deps, 'clock' | 'random'>): Promise<Signer> {
  const keys = await newKeyPair();
  const certificate = await makeRoot({ name, keys, nowMs: clock.wallMs(), random });
  writeFileAtomic(join(folder, 'offline/README.md'), rootKeyReadme);
  writeFileAtomic(join(folder, 'offline/root-key.pem'), await exportKeyPem(keys.privateKey), { mode: 0o600 });
  writeFileAtomic(join(folder, 'root.pem'), `${certificate.toString('pem')}\n`);
  return { certificate, key: keys.privateKey };
}

async function loadRoot(folder: string): Promise<Signer> {
  const keyFile = join(folder, 'offline/root-key.pem');
  if (!existsSync(keyFile))
    throw new TramError(
      'STORE_CORRUPT',
      `${folder} has a root certificate but no device CA; restore the folder from a backup, or put ${keyFile} back.`,
    );
  return {
    certificate: new x509.X509Certificate(readFileSync(join(folder, 'root.pem'), 'utf8')),
    key: await importKeyPem(readFileSync(keyFile, 'utf8')),
  };
}

async function load(folder: string, { clock, random, log }: Deps): Promise<CertificateAuthority> {
  const rootPem = readFileSync(join(folder, 'root.pem'), 'utf8');
  const deviceCaPem = readFileSync(join(folder, 'device-ca.pem'), 'utf8');
  const keyPem = readFileSync(join(folder, 'device-ca-key.pem'), 'utf8');
  chmodSync(join(folder, 'device-ca-key.pem'), 0o600);
  const root = new X509Certificate(rootPem);
  const deviceCa = new X509Certificate(deviceCaPem);
  if (!deviceCa.checkPrivateKey(createPrivateKey(keyPem)) || !deviceCa.verify(root.publicKey))
    throw new TramError('STORE_CORRUPT', `the files in ${folder} do not belong together; restore the folder from a backup.`);
  const signer: Signer = { certificate: new x509.X509Certificate(deviceCaPem), key: await importKeyPem(keyPem) };
  if (deviceCa.validToDate.getTime() - clock.wallMs() < 400 * dayMs)
    log.warn({ notAfter: deviceCa.validToDate.toISOString() }, 'the device CA ends within 400 days; make the next one with the root key');
  const issue: CertificateAuthority['issue'] = (request) => makeLeaf(signer, { ...request, nowMs: clock.wallMs(), random });
  return {
    rootPem,
    deviceCaPem,
    rootCaFile: join(folder, 'root.pem'),
    chain: [root.raw, deviceCa.raw],
    deviceCa,
    issue,
    serverIdentity: (names) => serverIdentity(folder, { names, deviceCa, deviceCaPem, issue, nowMs: clock.wallMs(), log }),
  };
}

type ServerIdentityNeeds = {
  names: readonly string[];
  deviceCa: X509Certificate;
  deviceCaPem: string;
  issue: CertificateAuthority['issue'];
  nowMs: number;
  log: Log;
};

async function serverIdentity(folder: string, needs: ServerIdentityNeeds): Promise<ServerIdentity> {
  const files = { key: join(folder, 'server-key.pem'), cert: join(folder, 'server.pem') };
  const kept = keptServerIdentity(files, needs);
  if (kept !== undefined) return kept;
  const keys = await newKeyPair();
  const key = await exportKeyPem(keys.privateKey);
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const made = await needs.issue({ commonName: needs.names[0]!, publicKey, leaf: { use: 'server', hosts: needs.names } });
  const cert = `${made.certificate.toString('pem')}\n${needs.deviceCaPem}`;
  writeFileAtomic(files.key, key, { mode: 0o600 });
  writeFileAtomic(files.cert, cert);
  needs.log.info({ serial: made.serial, notAfterMs: made.notAfterMs }, 'server certificate made');
  return { key, cert, notAfterMs: made.notAfterMs };
}

function keptServerIdentity(
  files: { key: string; cert: string },
  { names, deviceCa, nowMs }: ServerIdentityNeeds,
): ServerIdentity | undefined {
  if (!existsSync(files.key) || !existsSync(files.cert)) return undefined;
  try {
    const key = readFileSync(files.key, 'utf8');
    const cert = readFileSync(files.cert, 'utf8');
    const leaf = new X509Certificate(cert);
    const notAfterMs = leaf.validToDate.getTime();
    const usable =
      leaf.checkPrivateKey(createPrivateKey(key)) &&
      leaf.verify(deviceCa.publicKey) &&
      leaf.validFromDate.getTime() <= nowMs &&
      notAfterMs - nowMs > Math.min(renewServerMs, (notAfterMs - leaf.validFromDate.getTime()) / 2) &&
      names.every((name) => leaf.checkHost(name) !== undefined || leaf.checkIP(name) !== undefined);
    return usable ? { key, cert, notAfterMs } : undefined;
  } catch {
    // a damaged pair is made anew; nothing else depends on it
    return undefined;
  }
}
