/**
 * Local administration: plain HTTP with the API's own routes on a Unix socket of mode 0600. Whoever may open it governs this centre; in the audit
 * trail that is `local`.
 */
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { asListenFault } from '@tramhoc/base/config';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import { TramError } from '@tramhoc/protocol/errors';
import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import type { AccessDesk } from '../access/access-desk.ts';
import { type Access, bindApi, type Handlers } from '../api/bind-api.ts';
import { httpApp } from '../http/http-app.ts';
import { answerUnknown } from '../http/problem.ts';
import { PasswordReset, PasswordResetDone, passwordResetPath } from './local-contract.ts';

/** sun_path of Linux holds 108 bytes with its final zero; macOS 104. */
const maxPathBytes = 103;

/** Throws CONFIG_INVALID (path too long), PORT_IN_USE (another centre has it open), PERMISSION_MISSING. */
export async function openAdminSocket({
  path,
  handlers,
  access,
  random,
  log,
}: {
  path: string;
  handlers: Handlers;
  access: AccessDesk;
  random: Random;
  log: Log;
}): Promise<FastifyInstance> {
  if (Buffer.byteLength(path) > maxPathBytes)
    throw new TramError('CONFIG_INVALID', `${path}: a socket's path has at most ${maxPathBytes} bytes; set adminSocket to a shorter one.`);
  await demandNoOther(path);
  const app = httpApp({ log, random });
  answerUnknown(app, log);
  const local: Access = { authenticate: () => ({ kind: 'local', userName: 'local' }), setSession: () => {} };
  bindApi(app, handlers, local);
  app.post<{ Body: z.output<typeof PasswordReset> }>(
    passwordResetPath,
    { schema: { body: PasswordReset, response: { 200: PasswordResetDone } } },
    async (request, reply) => {
      const { userName } = request.body;
      return await reply.send({ userName, password: await access.resetPassword(userName, { actor: 'local', address: 'local' }) });
    },
  );
  try {
    await app.listen({ path });
    chmodSync(path, 0o600);
  } catch (cause) {
    await app.close();
    throw asListenFault(cause, { host: path, port: 0 });
  }
  return app;
}

/** Throws PORT_IN_USE when a centre runs over this socket. A socket file outlives a centre that was killed; one that answers belongs to a centre that runs. */
export async function demandNoOther(path: string): Promise<void> {
  if (!existsSync(path)) return;
  const answers = await new Promise<boolean>((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
  if (answers) throw new TramError('PORT_IN_USE', `another centre is running over ${path}; stop it or choose another dataDir.`);
  rmSync(path, { force: true });
}
