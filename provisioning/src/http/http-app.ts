/** A Fastify app as every listener of the centre needs it: zod schemas, problem documents, strict bodies, bounded sizes. What unknown addresses answer is set by each. */
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { answerErrors, sendProblem } from './problem.ts';

/** Bodies of the JSON API: the largest is a desired document of 16 KiB in its envelope. */
export const maxJsonBytes = 64 * 1024;
/** A request must be there whole within this time; answers may take longer (long poll, live stream). */
const requestTimeoutMs = 30_000;
/** Longer than the proxies in front of us keep idle connections, so that they close first. */
const keepAliveTimeoutMs = 72_000;

export type Tls = { key: string; cert: string; ca: string[] };

/** `trustProxy`: take the client's address from X-Forwarded-For when a proxy on this machine sent it. */
export function httpApp({
  log,
  random,
  tls,
  trustProxy = false,
}: {
  log: Log;
  random: Random;
  tls?: Tls;
  trustProxy?: boolean;
}): FastifyInstance {
  const options = {
    logger: false,
    bodyLimit: maxJsonBytes,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    trustProxy: trustProxy ? 'loopback' : false,
    genReqId: () => random.uuid(),
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200 },
    // an address that cannot be decoded never reaches the error handler
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => void sendProblem(error, request, reply, log),
  };
  const https =
    tls === undefined
      ? undefined
      : { ...tls, requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.2' as const, handshakeTimeout: 10_000 };
  const app = (https === undefined ? Fastify(options) : Fastify({ ...options, https })) as unknown as FastifyInstance;
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  // a DELETE or POST without a body is fine even when it says it is JSON; `__proto__` is not
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) done(null, undefined);
    else parseJson(request, body as string, done);
  });
  answerErrors(app, log);
  return app;
}
