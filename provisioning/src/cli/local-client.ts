/** Asks the running centre over its admin socket. */
import { request } from 'node:http';
import { TramError } from '@tramhoc/protocol/errors';
import { Problem } from '../api/contract.ts';

/** Answers larger than this are a fault: the largest list is some MiB. */
const maxAnswerBytes = 64 * 1024 * 1024;
const timeoutMs = 30_000;

export type LocalCall = { method: 'GET' | 'POST' | 'PUT' | 'DELETE'; path: string; body?: unknown; csv?: Uint8Array };

/** The JSON of the answer. Throws what the centre says, or CENTRE_UNREACHABLE when no centre is there. */
export async function askCentre(socketPath: string, { method, path, body, csv }: LocalCall): Promise<unknown> {
  const payload = csv ?? (body === undefined ? undefined : Buffer.from(JSON.stringify(body)));
  const headers =
    payload === undefined ? {} : { 'content-type': csv === undefined ? 'application/json' : 'text/csv', 'content-length': payload.length };
  const { status, text } = await new Promise<{ status: number; text: string }>((resolve, reject) => {
    const sent = request({ socketPath, method, path, headers, timeout: timeoutMs, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxAnswerBytes) answer.destroy(new Error('the answer is too large'));
        chunks.push(chunk);
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }));
      answer.on('error', reject);
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${timeoutMs / 1_000} s`)));
    sent.on('error', reject);
    sent.end(payload);
  }).catch((cause: NodeJS.ErrnoException) => {
    throw unreachable(socketPath, cause);
  });
  if (status === 200) return JSON.parse(text);
  const problem = Problem.safeParse(JSON.parse(text));
  if (problem.success) throw new TramError(problem.data.code, problem.data.detail);
  throw new TramError('CENTRE_REFUSED', `the centre answered ${status}; look at its log.`);
}

function unreachable(socketPath: string, cause: NodeJS.ErrnoException): TramError {
  if (cause.code === 'EACCES' || cause.code === 'EPERM')
    return new TramError('PERMISSION_MISSING', `${socketPath} may not be opened by this user; run this as the user of the centre.`, {
      cause,
    });
  return new TramError(
    'CENTRE_UNREACHABLE',
    `no centre answers at ${socketPath} (${cause.code ?? cause.message}); start it, or give its --socket.`,
    { cause },
  );
}
