/** Listens for kiosks on this computer: a Unix socket or a named pipe, never a network port. */
import { chmodSync, lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { dirname } from 'node:path';
import { asFileFault } from '@tramhoc/base/config';
import type { Log } from '@tramhoc/base/log';
import { TramError } from '@tramhoc/protocol/errors';
import type { AgentNotice } from '@tramhoc/protocol/local-link';
import { type AgentHandlers, type KioskConnection, serveKiosk } from './kiosk-connection.ts';

export type LocalLinkServer = {
  /** To every kiosk. */
  tell(notice: AgentNotice): void;
  close(): Promise<void>;
};

/** One screen, one browser host, somebody with a terminal, and room for those that are going. */
const maxKiosks = 8;
/** sun_path of Linux, without the closing zero. */
const maxPathBytes = 107;
const ownerOnly = 0o600;
const ownerAndGroup = 0o660;

/**
 * A socket that a killed agent left is replaced; one that answers belongs to an agent that runs. Each new kiosk first gets `status`.
 * Throws LOCAL_LINK_UNAVAILABLE, PERMISSION_MISSING.
 */
export async function openLocalLink({
  path,
  groupAccess,
  handlers,
  log,
}: {
  path: string;
  groupAccess: boolean;
  handlers: AgentHandlers;
  log: Log;
}): Promise<LocalLinkServer> {
  const isPipe = path.startsWith('\\\\');
  if (!isPipe && Buffer.byteLength(path) > maxPathBytes)
    throw unavailable(`${path} is longer than the ${maxPathBytes} bytes a socket's path may have; choose a shorter one.`);
  const kiosks = new Set<KioskConnection>();
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    if (kiosks.size >= maxKiosks) {
      log.warn({ maxKiosks }, 'too many kiosks on the local link');
      socket.destroy();
      return;
    }
    const kiosk = serveKiosk(socket, { handlers, log });
    kiosks.add(kiosk);
    socket.once('close', () => kiosks.delete(kiosk));
    kiosk.send({ notice: 'status', status: handlers['status.get']({}) });
  });
  if (!isPipe) await clearPath(path);
  await listen(server, path);
  if (!isPipe) chmodSync(path, groupAccess ? ownerAndGroup : ownerOnly);
  return {
    tell(notice) {
      for (const kiosk of kiosks) kiosk.send(notice);
    },
    close() {
      for (const kiosk of kiosks) kiosk.close();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

const unavailable = (message: string, cause?: unknown): TramError => new TramError('LOCAL_LINK_UNAVAILABLE', message, { cause });

/** Makes the folder (for the owner only), and removes a socket that nobody answers. Anything else at that path is left alone. */
async function clearPath(path: string): Promise<void> {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) return;
    if (!found.isSocket()) throw unavailable(`${path} is there and is not a socket; move it away or choose another path.`);
    if (await answers(path)) throw unavailable(`an agent is listening at ${path} already; stop it or choose another path.`);
    unlinkSync(path);
  } catch (cause) {
    throw cause instanceof TramError ? cause : asFileFault(cause, path);
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const fault = asFileFault(cause, path);
      reject(
        fault instanceof TramError
          ? fault
          : unavailable(`nobody can listen at ${path}: ${(cause as Error).message}; choose another.`, cause),
      );
    });
    server.listen(path, resolve);
  });
}
