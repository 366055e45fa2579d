/**
 * A device's key and certificate, and how it gets them: PKCS#10 and EST (RFC 7030, 8951) over HTTPS to the centre. Used by agent and broker alike.
 * The centre is recognised by its root certificate, which is put on the computer when it is set up; there is no trust on first use.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ErrorCode, errorCodes, TramError } from '@tramhoc/protocol/errors';
import type { Agent, Dispatcher } from 'undici';
import { z } from 'zod';
import { readConfig, readJsonFileIfAny, writeFileAtomic } from './config.ts';

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

/** HTTPS towards the centre, connections kept alive; with `identity` it presents the certificate. */
export function centreClient(centre: Centre, identity?: Pick<Identity, 'keyPem' | 'chainPem'>): CentreClient {
  const root = readFileSync(centre.caFile, 'utf8');
  let agent: Agent | undefined;
  let closed = false;
  // an enrolled device asks its centre for nothing in months: the library is loaded with the first question
  const opened = async (): Promise<{ dispatcher: Agent; undici: typeof import('undici') }> => {
    const undici = await import('undici');
    agent ??= new undici.Agent({
      connect: { ca: root, timeout: 10_000, ...(identity === undefined ? {} : { key: identity.keyPem, cert: identity.chainPem }) },
      keepAliveTimeout: 60_000,
      connections: 4,
    });
    if (closed) await agent.destroy();
    return { dispatcher: agent, undici };
  };
  return {
    async request({ method, path, headers, body, timeoutMs = 30_000, signal, maxBytes = 32 * 1024 * 1024 }) {
      const deadline = AbortSignal.timeout(timeoutMs);
      try {
        const { dispatcher, undici } = await opened();
        const answer = await undici.request(new URL(path, centre.url), {
          dispatcher,
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
    async close() {
      closed = true;
      await agent?.destroy();
    },
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
  const { certificateRequest, certificatesIn } = await import('./certificate-request.ts');
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
