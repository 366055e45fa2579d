/** Who sent a request to the console: session cookie or bearer token. And whether a page of ours sent it. */
import { TramError } from '@tramhoc/protocol/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Access } from '../api/bind-api.ts';
import { unattendedHeader } from '../api/unattended.ts';
import type { AccessDesk } from './access-desk.ts';
import type { Principal } from './principal.ts';
import { sessionLifeMs } from './sessions.ts';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** `secure`: browsers reach us by https. `origins`: what our own pages may be called, besides the Host that was asked. */
export function consoleAccess(
  desk: AccessDesk,
  { secure, origins }: { secure: boolean; origins: () => readonly string[] },
): Access & { identify(request: FastifyRequest): Principal | undefined } {
  const cookieName = secure ? '__Host-tramhoc' : 'tramhoc';

  const identify = (request: FastifyRequest, watching = false): Principal | undefined => {
    const bearer = /^Bearer (\S{1,200})$/i.exec(request.headers.authorization ?? '')?.[1];
    if (bearer !== undefined) return desk.tokens.who(bearer);
    const secret = request.cookies[cookieName];
    return secret === undefined || secret.length > 200
      ? undefined
      : desk.sessions.who(secret, { watching: watching || request.headers[unattendedHeader] !== undefined });
  };

  /** A page elsewhere may make the browser send requests; browsers then name that page in Origin. Scripts send none. */
  const fromElsewhere = (request: FastifyRequest): boolean => {
    if (safeMethods.has(request.method) || request.headers.authorization !== undefined) return false;
    const { origin } = request.headers;
    if (origin === undefined) return (request.headers['sec-fetch-site'] ?? 'same-origin') !== 'same-origin';
    return !(origins().includes(origin) || origin === `${secure ? 'https' : 'http'}://${request.headers.host}`);
  };

  return {
    identify: (request) => identify(request),
    authenticate(request, { open, session, watching }) {
      if (fromElsewhere(request))
        throw new TramError('NOT_ALLOWED', 'this request came from a page of another address; open the console itself.');
      const who = identify(request, watching);
      if (open) return who;
      if (who === undefined) throw new TramError('NOT_SIGNED_IN', 'sign in first, or send Authorization: Bearer <token>.');
      if (who.kind === 'user' && who.mustChange && !session)
        throw new TramError('PASSWORD_CHANGE_REQUIRED', 'change the one-time password first (POST /api/session/password).');
      return who;
    },
    setSession(reply: FastifyReply, secret) {
      const options = { path: '/', httpOnly: true, sameSite: 'strict' as const, secure };
      if (secret === undefined) void reply.clearCookie(cookieName, options);
      else void reply.setCookie(cookieName, secret, { ...options, maxAge: sessionLifeMs / 1_000 });
    },
  };
}
