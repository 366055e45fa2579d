/**
 * A small certificate authority for tests: P-256 and X.509 v3 written in DER by hand (RFC 5280), so that the broker is tested against
 * certificates that no code of the product made. Never used outside tests.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { Identity } from '@tramhoc/base/identity';

const der = (tag: number, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  const length =
    body.length < 0x80
      ? Buffer.from([body.length])
      : body.length < 0x100
        ? Buffer.from([0x81, body.length])
        : Buffer.from([0x82, body.length >> 8, body.length & 0xff]);
  return Buffer.concat([Buffer.from([tag]), length, body]);
};
const sequence = (...parts: Uint8Array[]): Buffer => der(0x30, ...parts);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const octets = (inner: Uint8Array): Buffer => der(0x04, inner);
const bits = (inner: Uint8Array): Buffer => der(0x03, Buffer.from([0]), inner);
/** One byte below 128, or exactly four with the top bit clear: DER wants the shortest form. */
const integer = (value: number): Buffer => der(0x02, Buffer.from(value.toString(16).padStart(value < 0x80 ? 2 : 8, '0'), 'hex'));
/** GeneralizedTime, seconds. */
const time = (ms: number): Buffer => der(0x18, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]|\..*/g, '')}Z`));
const commonName = (name: string): Buffer => sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(name)))));
const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));
const pem = (label: string, bytes: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(bytes)
    .toString('base64')
    .replace(/(.{64})(?=.)/g, '$1\n')}\n-----END ${label}-----\n`;

const basicConstraints = (isCa: boolean): Buffer =>
  sequence(oid('551d13'), der(0x01, Buffer.from([0xff])), octets(isCa ? sequence(der(0x01, Buffer.from([0xff]))) : sequence()));
/** serverAuth and clientAuth. */
const extendedKeyUsage = sequence(oid('551d25'), octets(sequence(oid('2b06010505070301'), oid('2b06010505070302'))));

export type AltNames = { uris?: string[]; dns?: string[]; loopback?: boolean };
const altName = ({ uris = [], dns = [], loopback = false }: AltNames): Buffer =>
  sequence(
    oid('551d11'),
    octets(
      sequence(
        ...uris.map((uri) => der(0x86, Buffer.from(uri))),
        ...dns.map((name) => der(0x82, Buffer.from(name))),
        ...(loopback ? [der(0x87, Buffer.from([127, 0, 0, 1]))] : []),
      ),
    ),
  );

/** The SubjectPublicKeyInfo within a PKCS#10 request (RFC 2986): third field of its first field. */
function spkiOf(request: Uint8Array): Buffer {
  const bytes = Buffer.from(request);
  const header = (at: number): { body: number; end: number } => {
    const first = bytes[at + 1]!;
    const width = first < 0x80 ? 0 : first & 0x7f;
    const length = width === 0 ? first : bytes.readUIntBE(at + 2, width);
    return { body: at + 2 + width, end: at + 2 + width + length };
  };
  const version = header(header(header(0).body).body);
  const subject = header(version.end);
  return bytes.subarray(subject.end, header(subject.end).end);
}

/** A certs-only CMS message (RFC 5652, RFC 7030 4.1.3) in base64, from PEM texts. */
function certsOnly(pems: string): string {
  const certificates = [...pems.matchAll(/-----BEGIN CERTIFICATE-----([^-]+)-----END/g)].map(([, base64]) =>
    Buffer.from(base64!, 'base64'),
  );
  const signedData = sequence(integer(1), der(0x31), sequence(oid('2a864886f70d010701')), der(0xa0, ...certificates), der(0x31));
  return sequence(oid('2a864886f70d010702'), der(0xa0, signedData)).toString('base64');
}

type Issuer = { name: string; key: KeyObject };
let serial = 0x4000_0000;

function certificate(o: { subject: string; spki: Uint8Array; issuer: Issuer; fromMs: number; toMs: number; extensions: Buffer[] }): string {
  const tbs = sequence(
    der(0xa0, integer(2)),
    integer(serial++),
    ecdsaWithSha256,
    commonName(o.issuer.name),
    sequence(time(o.fromMs), time(o.toMs)),
    commonName(o.subject),
    o.spki,
    der(0xa3, sequence(...o.extensions)),
  );
  return pem('CERTIFICATE', sequence(tbs, ecdsaWithSha256, bits(sign('sha256', tbs, o.issuer.key))));
}

const newKey = (): KeyObject =>
  createPrivateKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }));
const spki = (key: KeyObject): Buffer => createPublicKey(key).export({ type: 'spki', format: 'der' });
const dayMs = 86_400_000;

export type TestCa = {
  rootPem: string;
  issue(options: { subject?: string; names: AltNames; fromMs?: number; toMs?: number }): Identity;
  /** EST: the bodies of simpleenroll (for a PKCS#10 request in base64) and of cacerts. */
  enroll(request: string, names: AltNames): string;
  cacerts(): string;
};

/** Root and device CA as the centre has them. `nowMs` is the time around which certificates are valid. */
export function createTestCa(nowMs: number): TestCa {
  const root: Issuer = { name: 'Test root', key: newKey() };
  const authority: Issuer = { name: 'Test device CA', key: newKey() };
  const life = { fromMs: nowMs - dayMs, toMs: nowMs + 365 * dayMs };
  const authorityCertificate = ({ name, key }: Issuer): string =>
    certificate({ ...life, subject: name, spki: spki(key), issuer: root, extensions: [basicConstraints(true)] });
  const rootPem = authorityCertificate(root);
  const caPem = authorityCertificate(authority);
  const leaf = (subject: string, publicKey: Uint8Array, names: AltNames, times: { fromMs: number; toMs: number }): string =>
    certificate({
      ...times,
      subject,
      spki: publicKey,
      issuer: authority,
      extensions: [basicConstraints(false), extendedKeyUsage, altName(names)],
    });
  return {
    rootPem,
    issue({ subject = 'test', names, fromMs = life.fromMs, toMs = life.toMs }) {
      const key = newKey();
      const certificatePem = leaf(subject, spki(key), names, { fromMs, toMs });
      return {
        keyPem: key.export({ type: 'pkcs8', format: 'pem' }) as string,
        certificatePem,
        chainPem: certificatePem + caPem,
        caPem: rootPem + caPem,
        notAfterMs: toMs,
      };
    },
    enroll: (request, names) => certsOnly(leaf('enrolled', spkiOf(Buffer.from(request, 'base64')), names, life)),
    cacerts: () => certsOnly(rootPem + caPem),
  };
}
