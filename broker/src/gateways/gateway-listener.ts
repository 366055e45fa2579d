/** The door for gateways: TCP on the site's network, with TLS when the config says so. Who comes is known only by the CONNECT that follows. */
import { createServer as createTcpServer, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import type { Clock } from '@tramhoc/base/clock';
import { asListenFault } from '@tramhoc/base/config';
import type { Identity } from '@tramhoc/base/identity';
import { createRateLimiter, type RateLimit } from '@tramhoc/base/rate-limit';
import type { Refusals } from '../access/refusals.ts';

export type GatewayLimits = {
  /** Every gadget of a school with a connection of its own; each may have a large message under way. */
  maxConnections: number;
  /** A hub runs several programs. */
  maxPerAddress: number;
  connectsPerAddress: RateLimit;
  /** From the first byte to a whole CONNECT, and with TLS to a finished handshake. */
  connectMs: number;
};
export const gatewayLimits: GatewayLimits = {
  maxConnections: 200,
  maxPerAddress: 32,
  connectsPerAddress: { burst: 60, perSecond: 2 },
  connectMs: 10_000,
};

export type GatewayListener = { readonly port: number; replaceIdentity(identity: Identity): void; close(): Promise<void> };

/** A dead peer without MQTT keep-alive is noticed by TCP. */
const tcpKeepAliveMs = 60_000;

/** Throws PORT_IN_USE, PERMISSION_MISSING. */
export async function listenForGateways(options: {
  host: string;
  port: number;
  tls: boolean;
  identity: Identity;
  limits: GatewayLimits;
  clock: Clock;
  refusals: Refusals;
  onHandshakeFault(): void;
  onConnection(socket: Socket, address: string): void;
}): Promise<GatewayListener> {
  const { limits, clock, refusals } = options;
  const perAddress = createRateLimiter(limits.connectsPerAddress, { maxKeys: 4_096, nowMs: () => clock.monotonicMs() });
  const live = new Map<string, number>();
  let liveCount = 0;
  const tlsOptions = ({ keyPem, chainPem }: Identity): TlsOptions => ({
    ...{ key: keyPem, cert: chainPem, minVersion: 'TLSv1.2', handshakeTimeout: limits.connectMs },
  });
  const tls = options.tls ? createTlsServer(tlsOptions(options.identity)) : undefined;
  tls?.on('tlsClientError', (_error, socket) => {
    options.onHandshakeFault();
    socket.destroy();
  });
  tls?.on('secureConnection', (socket) => {
    socket.on('error', () => socket.destroy());
    options.onConnection(socket, socket.remoteAddress ?? '');
  });

  const door = createTcpServer({
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: tcpKeepAliveMs,
    pauseOnConnect: tls !== undefined,
  });
  door.on('connection', (socket: Socket) => {
    const who = socket.remoteAddress ?? '';
    socket.on('error', () => socket.destroy());
    const here = live.get(who) ?? 0;
    const isFull = liveCount >= limits.maxConnections || here >= limits.maxPerAddress;
    if (isFull || !perAddress.take(who)) {
      const advice = isFull
        ? 'too many connections at once; look at what this address runs'
        : 'it connects again and again; look at its log';
      refusals.note({ reason: isFull ? 'connection-limit' : 'rate-limit', who, advice });
      socket.destroy();
      return;
    }
    live.set(who, here + 1);
    liveCount += 1;
    socket.once('close', () => {
      liveCount -= 1;
      const left = live.get(who)! - 1;
      if (left === 0) live.delete(who);
      else live.set(who, left);
    });
    if (tls === undefined) options.onConnection(socket, who);
    else tls.emit('connection', socket);
  });

  await new Promise<void>((resolve, reject) => {
    door.once('error', (cause) => reject(asListenFault(cause, options)));
    door.listen(options.port, options.host, resolve);
  });
  return {
    port: (door.address() as { port: number }).port,
    replaceIdentity: (identity) => tls?.setSecureContext(tlsOptions(identity)),
    close: () => new Promise((resolve) => void door.close(() => resolve())),
  };
}
