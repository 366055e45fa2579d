/** EST on the wire (RFC 7030, RFC 8951): base64 in one line without Content-Transfer-Encoding, which strongSwan 5.9 needs. */
import type { TLSSocket } from 'node:tls';
import { isTramError, TramError } from '@tramhoc/protocol/errors';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { CertificateAuthority } from '../ca/certificate-authority.ts';
import { certsOnly, csrAttributes } from '../ca/cms-der.ts';
import { maxCsrBytes } from '../ca/csr.ts';
import type { IdentityCheck } from './device-identity.ts';
import type { EstDesk } from './est-desk.ts';

const base = '/.well-known/est';

export function estRoutes(
  app: FastifyInstance,
  { desk, authority, identity }: { desk: EstDesk; authority: CertificateAuthority; identity: IdentityCheck },
): void {
  app.addContentTypeParser('application/pkcs10', { parseAs: 'string', bodyLimit: maxCsrBytes }, (_request, body, done) => done(null, body));

  app.get(`${base}/cacerts`, (_request, reply) => sendPkcs7(reply, certsOnly(authority.chain)));
  app.get(`${base}/csrattrs`, (_request, reply) => reply.type('application/csrattrs').send(Buffer.from(csrAttributes).toString('base64')));

  app.post(`${base}/simpleenroll`, { bodyLimit: maxCsrBytes }, async (request, reply) => {
    const credentials = basicCredentials(request.headers.authorization);
    if (credentials === undefined) {
      void reply.header('www-authenticate', 'Basic realm="tramhoc enrolment", charset="UTF-8"');
      throw new TramError('NOT_SIGNED_IN', 'send HTTP Basic <deviceId>:<enrolToken> as given when the device was approved.');
    }
    try {
      const certificate = await desk.enrol(
        { deviceId: credentials.user, token: credentials.password, csr: csrOf(request.body) },
        request.ip,
      );
      return sendPkcs7(reply, certsOnly([certificate]), 'application/pkcs7-mime; smime-type=certs-only');
    } catch (error) {
      if (isTramError(error, 'ENROL_DENIED')) void reply.header('www-authenticate', 'Basic realm="tramhoc enrolment", charset="UTF-8"');
      throw error;
    }
  });

  app.post(`${base}/simplereenroll`, { bodyLimit: maxCsrBytes }, async (request, reply) => {
    const who = identity.forRenewal(request.raw.socket as TLSSocket);
    const certificate = await desk.reenrol(who, csrOf(request.body), request.ip);
    return sendPkcs7(reply, certsOnly([certificate]), 'application/pkcs7-mime; smime-type=certs-only');
  });
}

function csrOf(body: unknown): string {
  if (typeof body === 'string') return body;
  throw new TramError('CSR_INVALID', 'send the request as base64 with content-type application/pkcs10.');
}

function sendPkcs7(reply: FastifyReply, der: Uint8Array, type = 'application/pkcs7-mime'): FastifyReply {
  return reply.type(type).send(Buffer.from(der).toString('base64'));
}

function basicCredentials(header: string | undefined): { user: string; password: string } | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/=]{1,400})$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
