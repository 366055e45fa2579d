/**
 * A device's key and certificate, and how it gets them: PKCS#10 and EST (RFC 7030, 8951) over HTTPS to the centre. Used by agent and broker alike.
 * The centre is recognised by its root certificate, which is put on the computer when it is set up; there is no trust on first use.
 */
import 'reflect-metadata';
import { createPrivateKey, createPublicKey, generateKeyPairSync, webcrypto, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { type ErrorCode, errorCodes, TramError } from '@tramhoc/protocol/errors';
import { Agent, type Dispatcher, request } from 'undici';
import { z } from 'zod';
import { readConfig, readJsonFileIfAny, writeFileAtomic } from './config.ts';

x509.cryptoProvider.set(webcrypto as Crypto);
const signing = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** PEM texts. `chainPem`: leaf, then device CA. `caPem`: what peers are checked against. */
const Identity = z.object({ keyPem: z.string(), certificatePem: z.string(), chainPem: z.string(), caPem: z.string(), notAfterMs: z.int() });
export type Identity = z.infer<typeof Identity>;

export type Centre = {
  /** https://host:port of the devices listener */ url: string /** PEM file of the root certificate */;
  caFile: string;
};

export type CentreAnswer = { status: number; headers: Record<string, string | string[] | undefined>; body: Buffer };
export type CentreClient = {
  /** Throws TramError CENTRE_UNREACHABLE; every HTTP status is an answer. Answers over `maxBytes` (default 32 MiB) are given up. */
  request(options: {
    method: Dispatcher.HttpMethod;
    path: string;
    headers?: Record<string, string>;
    body?: Uint8Array | string;
    timeoutMs?: number;
    signal?: AbortSignal;
    maxBytes?: number;
  }): Promise<CentreAnswer>;
  close(): Promise<void>;
};

/** New P-256 key: PKCS#8 PEM and SubjectPublicKeyInfo DER. */
export function newKey(): { keyPem: string; spki: Uint8Array } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  return { keyPem, spki: publicKeyOf(keyPem) };
}

/** SubjectPublicKeyInfo, DER. */
export function publicKeyOf(keyPem: string): Uint8Array {
  return createPublicKey(createPrivateKey(keyPem)).export({ type: 'spki', format: 'der' });
}

/** PKCS#10, DER. `subject` becomes CN; `uri` a subjectAltName. */
export async function certificateRequest({ keyPem, subject, uri }: { keyPem: string; subject: string; uri?: string }): Promise<Uint8Array> {
  const pkcs8 = createPrivateKey(keyPem).export({ type: 'pkcs8', format: 'der' });
  const privateKey = await webcrypto.subtle.importKey('pkcs8', pkcs8, signing, true, ['sign']);
  const publicKey = await webcrypto.subtle.importKey('spki', publicKeyOf(keyPem), signing, true, ['verify']);
  const extensions = uri === undefined ? [] : [new x509.SubjectAlternativeNameExtension([{ type: 'url', value: uri }])];
  const made = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [subject] }],
    keys: { privateKey, publicKey } as CryptoKeyPair,
    signingAlgorithm: signing,
    extensions,
  });
  return new Uint8Array(made.rawData);
}

/** HTTPS towards the centre, connections kept alive; with `identity` it presents the certificate. */
export function centreClient(centre: Centre, identity?: Pick<Identity, 'keyPem' | 'chainPem'>): CentreClient {
  const root = readFileSync(centre.caFile, 'utf8');
  const agent = new Agent({
    connect: { ca: root, timeout: 10_000, ...(identity === undefined ? {} : { key: identity.keyPem, cert: identity.chainPem }) },
    keepAliveTimeout: 60_000,
    connections: 4,
  });
  return {
    async request({ method, path, headers, body, timeoutMs = 30_000, signal, maxBytes = 32 * 1024 * 1024 }) {
      const deadline = AbortSignal.timeout(timeoutMs);
      try {
        const answer = await request(new URL(path, centre.url), {
          dispatcher: agent,
          method,
          headers: headers ?? {},
          body: body ?? null,
          signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
        });
        return { status: answer.statusCode, headers: answer.headers, body: await readBody(answer.body, maxBytes) };
      } catch (cause) {
        if (signal?.aborted === true) throw signal.reason;
        throw unreachable(centre.url, cause);
      }
    },
    close: () => agent.destroy(),
  };
}

async function readBody(body: Dispatcher.ResponseData['body'], maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += (chunk as Buffer).length;
    if (bytes > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function unreachable(url: string, cause: unknown): TramError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new TramError(
    'CENTRE_UNREACHABLE',
    `the centre at ${url} does not answer (${code ?? message}); check the network and that the centre runs. It is tried again by itself.`,
    { cause },
  );
}

/**
 * EST simpleenroll with Basic credentials, or simplereenroll with the client's certificate when `basic` is absent.
 * Throws CENTRE_UNREACHABLE, or CENTRE_REFUSED with `details: { status, code }` where code is the centre's own (ENROL_KEY_MISMATCH, DEVICE_REVOKED, ...).
 */
export async function enrol(
  client: CentreClient,
  { keyPem, subject, uri, basic }: { keyPem: string; subject: string; uri?: string; basic?: { user: string; password: string } },
): Promise<Identity> {
  // first what can fail without costing a token
  const cacerts = await client.request({ method: 'GET', path: '/.well-known/est/cacerts' });
  if (cacerts.status !== 200) throw refused(cacerts);
  const authorities = certificatesIn(cacerts.body.toString('latin1'));
  const csr = await certificateRequest({ keyPem, subject, ...(uri === undefined ? {} : { uri }) });
  const answer = await client.request({
    method: 'POST',
    path: basic === undefined ? '/.well-known/est/simplereenroll' : '/.well-known/est/simpleenroll',
    headers: {
      'content-type': 'application/pkcs10',
      ...(basic === undefined ? {} : { authorization: `Basic ${Buffer.from(`${basic.user}:${basic.password}`).toString('base64')}` }),
    },
    body: Buffer.from(csr).toString('base64'),
  });
  if (answer.status !== 200) throw refused(answer);
  const issued = certificatesIn(answer.body.toString('latin1'));
  const own = Buffer.from(publicKeyOf(keyPem));
  const leaf = issued.find((certificate) => own.equals(certificate.publicKey.export({ type: 'spki', format: 'der' })));
  if (leaf === undefined)
    throw new TramError('CENTRE_REFUSED', 'the centre sent no certificate for our key; look at its log, then enrol again.');
  const issuer = authorities.find((authority) => leaf.checkIssued(authority));
  if (issuer === undefined || !leaf.verify(issuer.publicKey))
    throw new TramError(
      'CENTRE_REFUSED',
      'the centre sent a certificate that its own authorities did not sign; look at its log, then enrol again.',
    );
  return {
    keyPem,
    certificatePem: leaf.toString(),
    chainPem: leaf.toString() + issuer.toString(),
    caPem: authorities.map((authority) => authority.toString()).join(''),
    notAfterMs: Date.parse(leaf.validTo),
  };
}

/** A certs-only CMS message in base64 to its certificates. */
function certificatesIn(base64: string): X509Certificate[] {
  try {
    const certificates = new x509.X509Certificates();
    certificates.import(Buffer.from(base64.replace(/\s/g, ''), 'base64'));
    return certificates.map((certificate) => new X509Certificate(Buffer.from(certificate.rawData)));
  } catch (cause) {
    throw new TramError(
      'CENTRE_REFUSED',
      'the centre sent something that is no list of certificates; check that the address is the devices listener.',
      { cause },
    );
  }
}

function refused(answer: CentreAnswer): TramError {
  let code: ErrorCode = 'CENTRE_REFUSED';
  let detail = `HTTP ${answer.status}`;
  try {
    const problem = JSON.parse(answer.body.toString('utf8')) as { code?: string; detail?: string };
    code = errorCodes.find((known) => known === problem.code) ?? code;
    detail = problem.detail ?? detail;
  } catch {
    // not a problem document: the status says what there is to say
  }
  return new TramError('CENTRE_REFUSED', `the centre refused: ${detail}`, { details: { status: answer.status, code } });
}

const fileOf = (folder: string): string => join(folder, 'identity.json');

/** undefined when there is none yet. Throws CONFIG_INVALID when the file is damaged. */
export function loadIdentity(folder: string): Identity | undefined {
  return readJsonFileIfAny(fileOf(folder)) === undefined ? undefined : readConfig(fileOf(folder), Identity);
}

/** Readable by its owner only; replaced whole. */
export function saveIdentity(folder: string, identity: Identity): void {
  writeFileAtomic(fileOf(folder), `${JSON.stringify(identity, null, 2)}\n`, { mode: 0o600 });
}
