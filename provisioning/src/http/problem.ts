/** Every error that leaves the centre by HTTP is an RFC 9457 problem document with our code. */
import type { Log } from '@tramhoc/base/log';
import { type ErrorCode, isTramError, TramError } from '@tramhoc/protocol/errors';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import type { Problem } from '../api/contract.ts';

const statuses: Partial<Record<ErrorCode, number>> = {
  NOT_SIGNED_IN: 401,
  SIGN_IN_FAILED: 401,
  SIGN_IN_LOCKED: 429,
  PASSWORD_CHANGE_REQUIRED: 403,
  PASSWORD_TOO_WEAK: 400,
  NOT_ALLOWED: 403,
  NOT_FOUND: 404,
  INPUT_INVALID: 400,
  CONFLICT: 409,
  RATE_LIMITED: 429,
  CSV_INVALID: 400,
  PAYLOAD_TOO_LARGE: 413,
  PAYLOAD_MALFORMED: 400,
  EVENT_INVALID: 400,
  TWIN_INVALID: 400,
  TWIN_TOO_LARGE: 413,
  TWIN_VERSION_CONFLICT: 409,
  ENROL_CODE_MALFORMED: 400,
  ENROL_CODE_UNKNOWN: 404,
  ENROL_CODE_EXPIRED: 410,
  ENROL_DENIED: 403,
  ENROL_TOO_MANY_TRIES: 410,
  ENROL_KEY_MISMATCH: 409,
  CSR_INVALID: 400,
  CERT_NOT_OURS: 403,
  CERT_EXPIRED: 403,
  DEVICE_REVOKED: 403,
  SITE_REVOKED: 403,
  DISK_FULL: 507,
  DISK_FAILED: 503,
  STORE_FULL: 507,
  STORE_UNREACHABLE: 503,
  STORE_REFUSED: 503,
};

/** The document for any error. Of errors that are not ours nothing but the status goes out. */
export function problemOf(error: unknown): Problem {
  if (isTramError(error)) {
    const retryAfterS = error.details?.['retryAfterS'];
    const heldMark = error.details?.['heldMark'];
    return {
      ...base(statuses[error.code] ?? 500, error.code),
      detail: error.message,
      ...(typeof retryAfterS === 'number' ? { retryAfterS } : {}),
      // for the broker of a site; no answer of the console's API has it
      ...(typeof heldMark === 'string' ? { heldMark } : {}),
    };
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const fields: Record<string, string> = {};
    for (const { instancePath, message } of error.validation.slice(0, 20))
      fields[instancePath.replace(/^\//, '').replaceAll('/', '.') || 'value'] ??= message ?? '';
    const detail = Object.entries(fields)
      .map(([field, message]) => `${field}: ${message}`)
      .join('; ');
    return { ...base(400, 'INPUT_INVALID'), detail: `${detail}. Correct this and send it again.`, fields };
  }
  const { statusCode = 500, code = '' } = (error ?? {}) as Partial<FastifyError>;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return { ...base(413, 'PAYLOAD_TOO_LARGE'), detail: 'the body is larger than this address takes; send less.' };
  if (statusCode === 415)
    return { ...base(415, 'PAYLOAD_MALFORMED'), detail: 'this address does not take that content-type; see /api/docs.' };
  if (statusCode >= 400 && statusCode < 500)
    return {
      ...base(statusCode, statusCode === 404 ? 'NOT_FOUND' : 'PAYLOAD_MALFORMED'),
      detail: 'the request cannot be understood; see /api/docs.',
    };
  return { ...base(500, 'INTERNAL'), detail: 'the centre failed here; its log says why.' };
}

function base(status: number, code: ErrorCode): Pick<Problem, 'type' | 'title' | 'status' | 'code'> {
  return { type: `urn:tramhoc:problem:${code.toLowerCase().replaceAll('_', '-')}`, title: code, status, code };
}

/** Installs the answer to errors. */
export function answerErrors(app: FastifyInstance, log: Log): void {
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, log));
}

/** Installs the answer to unknown addresses. */
export function answerUnknown(app: FastifyInstance, log: Log): void {
  app.setNotFoundHandler((request, reply) => sendProblem(unknownAddress(request), request, reply, log));
}

export function unknownAddress(request: FastifyRequest): TramError {
  return new TramError('NOT_FOUND', `there is nothing at ${request.url.split('?')[0]!.slice(0, 200)}; see /api/docs.`);
}

export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Log): FastifyReply {
  const problem = problemOf(error);
  const path = request.url.split('?')[0]!.slice(0, 200);
  if (problem.status >= 500) log.error({ err: error, method: request.method, path, code: problem.code }, 'request failed');
  else log.debug({ method: request.method, path, code: problem.code }, 'request refused');
  if (problem.retryAfterS !== undefined) void reply.header('retry-after', String(problem.retryAfterS));
  return reply
    .code(problem.status)
    .type('application/problem+json; charset=utf-8')
    .serializer((payload: unknown) => JSON.stringify(payload))
    .send(problem);
}
