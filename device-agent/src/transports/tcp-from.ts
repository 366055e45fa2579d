/**
 * A port to which one device connects by itself, as gates do that notify. Only the named device is let in; its newest connection counts, since a device
 * that restarts leaves the old one half open. The link is open as long as the port is: between two connections it is merely quiet.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { asListenFault } from '@tramhoc/base/config';
import { TramError } from '@tramhoc/protocol/errors';
import type { Opening } from './open-link.ts';

/** The device's own, and one that is being replaced; strangers are sent away before they count. */
const maxConnections = 4;
/** First probe of an idle connection. */
const keepAliveAfterMs = 10_000;

/** `opened` rejects with PORT_IN_USE, PERMISSION_MISSING or DRIVER_PORT_UNAVAILABLE. `host` is the device's IP address. */
export function openTcpFrom({ address, host, port }: { address: string; host: string; port: number }): Opening {
  const bind = host.includes(':') ? '::' : '0.0.0.0';
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveAfterMs });
  server.maxConnections = maxConnections;
  const opened = new Promise<Duplex>((resolve, reject) => {
    server.once('error', (cause) => reject(listenFault(cause, { address, host: bind, port })));
    server.listen({ host: bind, port, exclusive: true }, () => resolve(asLink(server, { address, host })));
  });
  return {
    opened,
    cancel() {
      server.on('error', () => undefined);
      server.close();
    },
  };
}

function listenFault(cause: Error, { address, host, port }: { address: string; host: string; port: number }): unknown {
  const fault = asListenFault(cause, { host, port });
  if (fault !== cause) return fault;
  return new TramError('DRIVER_PORT_UNAVAILABLE', `${address}: ${cause.message}; write another port.`, { cause });
}

function asLink(server: Server, { address, host }: { address: string; host: string }): Duplex {
  let current: Socket | undefined;
  const link = new Duplex({
    read() {
      current?.resume();
    },
    write(chunk: Uint8Array, _encoding, done) {
      // what is said to nobody is lost, as on a wire
      if (current === undefined || !current.writable) done();
      else current.write(chunk, () => done());
    },
    destroy(cause, done) {
      current?.destroy();
      server.close(() => done(cause));
    },
  });
  server.on('connection', (socket) => {
    socket.on('error', () => undefined);
    if (plain(socket.remoteAddress) !== plain(host) || link.destroyed) {
      socket.destroy();
      return;
    }
    current?.destroy();
    current = socket;
    socket.on('data', (chunk: Buffer) => {
      if (socket === current && !link.destroyed && !link.push(chunk)) socket.pause();
    });
    socket.on('close', () => {
      if (socket === current) current = undefined;
    });
  });
  server.on('error', (cause) => {
    if (!link.destroyed)
      link.destroy(new TramError('DRIVER_PORT_LOST', `${address} closed while open; it is opened again by itself.`, { cause }));
  });
  return link;
}

/** IPv4 addresses come in IPv6 clothing where both are spoken. */
function plain(address: string | undefined): string | undefined {
  return address?.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
}
