/** The certificates this centre makes: P-256 and SHA-256 throughout, root -> device CA -> leaf. */
import { webcrypto, type X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { Random } from '@tramhoc/base/random';
import * as x509 from './x509.ts';

export const dayMs = 86_400_000;
export const rootLifeDays = 20 * 365;
export const deviceCaLifeDays = 5 * 365;
/** Longer than the three months of summer in which school devices are switched off. */
export const leafLifeDays = 365;
/** Devices with a slow clock must be able to use a certificate at once. */
const notBeforeSlackMs = 5 * 60_000;

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const { subtle } = webcrypto;

/** What a leaf is for: `device` opens connections, `broker` also answers them, `server` is the centre itself. */
export type LeafUse =
  | { use: 'device'; urn: string }
  | { use: 'broker'; urn: string; hosts: readonly string[] }
  | { use: 'server'; hosts: readonly string[] };
export type Signer = { certificate: x509.X509Certificate; key: CryptoKey };
export type NewCertificate = { certificate: x509.X509Certificate; serial: string; notAfterMs: number };

export async function newKeyPair(): Promise<CryptoKeyPair> {
  return (await subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair;
}

export async function exportKeyPem(key: CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

export async function importKeyPem(pem: string): Promise<CryptoKey> {
  const der = x509.PemConverter.decode(pem)[0];
  if (der === undefined) throw new Error('no PRIVATE KEY in the file');
  return (await subtle.importKey('pkcs8', der, algorithm, false, ['sign'])) as CryptoKey;
}

export async function makeRoot({
  name,
  keys,
  nowMs,
  random,
}: {
  name: string;
  keys: CryptoKeyPair;
  nowMs: number;
  random: Random;
}): Promise<x509.X509Certificate> {
  return await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(random),
    name: [{ O: [name] }, { CN: [`${name} root CA`] }],
    notBefore: new Date(nowMs - notBeforeSlackMs),
    notAfter: new Date(nowMs + rootLifeDays * dayMs),
    keys,
    signingAlgorithm: algorithm,
    extensions: await authorityExtensions(keys.publicKey, { pathLength: 1 }),
  });
}

export async function makeDeviceCa(
  root: Signer,
  { name, publicKey, nowMs, random }: { name: string; publicKey: CryptoKey; nowMs: number; random: Random },
): Promise<x509.X509Certificate> {
  return await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(random),
    subject: [{ O: [name] }, { CN: [`${name} device CA`] }],
    issuer: root.certificate.subjectName,
    notBefore: new Date(nowMs - notBeforeSlackMs),
    notAfter: new Date(nowMs + deviceCaLifeDays * dayMs),
    publicKey,
    signingKey: root.key,
    signingAlgorithm: algorithm,
    extensions: [
      ...(await authorityExtensions(publicKey, { pathLength: 0 })),
      await x509.AuthorityKeyIdentifierExtension.create(root.certificate.publicKey),
    ],
  });
}

/** `publicKey`: SubjectPublicKeyInfo, DER. `commonName` is for people; identity is the URI in the subject alternative name. */
export async function makeLeaf(
  issuer: Signer,
  {
    commonName,
    publicKey,
    leaf,
    nowMs,
    random,
  }: { commonName: string; publicKey: Uint8Array; leaf: LeafUse; nowMs: number; random: Random },
): Promise<NewCertificate> {
  const serial = newSerial(random);
  const key = new x509.PublicKey(Uint8Array.from(publicKey));
  // the leaf may not outlive its issuer: a verifier would refuse the chain on a day nobody expects
  const notAfterMs = Math.floor(Math.min(nowMs + leafLifeDays * dayMs, issuer.certificate.notAfter.getTime()) / 1_000) * 1_000;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial,
    subject: [{ CN: [commonName] }],
    issuer: issuer.certificate.subjectName,
    notBefore: new Date(nowMs - notBeforeSlackMs),
    notAfter: new Date(notAfterMs),
    publicKey: key,
    signingKey: issuer.key,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(purposes(leaf)),
      new x509.SubjectAlternativeNameExtension(alternativeNames(leaf)),
      await x509.SubjectKeyIdentifierExtension.create(key),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.certificate.publicKey),
    ],
  });
  return { certificate, serial: serial.toUpperCase(), notAfterMs };
}

/** To the second; `certificate`: a leaf that `makeLeaf` made. */
export const issuedAtMs = (certificate: X509Certificate): number => certificate.validFromDate.getTime() + notBeforeSlackMs;

/** 16 random bytes with the top bit clear (a positive INTEGER) and the next one set (no leading zero bytes to lose). */
export function newSerial(random: Random): string {
  const bytes = Uint8Array.from(random.bytes(16));
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}

async function authorityExtensions(publicKey: CryptoKey, { pathLength }: { pathLength: number }): Promise<x509.Extension[]> {
  return [
    new x509.BasicConstraintsExtension(true, pathLength, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    await x509.SubjectKeyIdentifierExtension.create(publicKey),
  ];
}

function purposes({ use }: LeafUse): x509.ExtendedKeyUsage[] {
  switch (use) {
    case 'device':
      return [x509.ExtendedKeyUsage.clientAuth];
    case 'broker':
      return [x509.ExtendedKeyUsage.clientAuth, x509.ExtendedKeyUsage.serverAuth];
    case 'server':
      return [x509.ExtendedKeyUsage.serverAuth];
    default:
      return use satisfies never;
  }
}

function alternativeNames(leaf: LeafUse): x509.JsonGeneralNames {
  const hosts =
    leaf.use === 'device' ? [] : leaf.hosts.map((host): x509.JsonGeneralName => ({ type: isIP(host) === 0 ? 'dns' : 'ip', value: host }));
  return leaf.use === 'server' ? hosts : [{ type: 'url', value: leaf.urn }, ...hosts];
}
