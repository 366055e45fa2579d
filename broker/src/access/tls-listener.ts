/**
 * The door for devices: TLS 1.2 or newer with a client certificate of the centre's authority. Who a device is stands in its certificate's URI
 * (urn:tramhoc:<site>:<device>); the common name means nothing. Revocation is asked here for every connection, resumed ones too, rather than
 * by a CRL: an expired or missing CRL would lock out every device.
 */
import type { X509Certificate } from 'node:crypto';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import type { Clock } from '@tramhoc/base/clock';
import { asListenFault } from '@tramhoc/base/config';
import type { Identity } from '@tramhoc/base/identity';
import { createRateLimiter, type RateLimit } from '@tramhoc/base/rate-limit';
import { type DeviceId, parseDeviceUrn, type SiteId } from '@tramhoc/protocol/ids';
import type { RefusalReason } from './access-rules.ts';
import { createAdmission } from './admission.ts';
import type { Refusals } from './refusals.ts';

export type Peer = { siteId: SiteId; deviceId: DeviceId; address: string; notAfterMs: number };

export type AccessLimits = {
  /** A site of 500 devices with two connections each; 71 KB of memory apiece. */
  maxConnections: number;
  /** The agent, its successor during a restart, and a technician's tool or two. */
  maxPerDevice: number;
  /** A handshake costs 2 ms of the processor: the whole site may come back at once, an attacker gets no more than a tenth of it. */
  handshakes: RateLimit;
  /** Sockets that wait for their handshake when everybody comes at once, and for how long; clients give up after 10 s themselves. */
  waitingSockets: number;
  waitMs: number;
  handshakesPerAddress: RateLimit;
  connectsPerDevice: RateLimit;
  /** From the first byte to a finished handshake, and from there to a whole CONNECT; an honest device needs a tenth of a second. */
  handshakeMs: number;
  connectMs: number;
};
export const accessLimits: AccessLimits = {
  maxConnections: 1_000,
  maxPerDevice: 6,
  handshakes: { burst: 1_000, perSecond: 100 },
  waitingSockets: 1_000,
  waitMs: 10_000,
  handshakesPerAddress: { burst: 300, perSecond: 20 },
  connectsPerDevice: { burst: 30, perSecond: 1 },
  handshakeMs: 10_000,
  connectMs: 10_000,
};

export type TlsListener = {
  readonly port: number;
  /** Cuts every connection of the device; the number of them. */
  disconnect(deviceId: DeviceId): number;
  /** New connections see the new certificate; the running ones go on. */
  replaceIdentity(identity: Identity): void;
  /** No new connections; the running ones are closed by their owner. */
  close(): Promise<void>;
};

/** A dead peer without MQTT keep-alive is noticed by TCP. */
const tcpKeepAliveMs = 60_000;

export async function listenTls(options: {
  host: string;
  port: number;
  siteId: SiteId;
  identity: Identity;
  isRevoked(deviceId: DeviceId): boolean;
  limits: AccessLimits;
  clock: Clock;
  refusals: Refusals;
  onHandshakeFault(): void;
  onConnection(socket: TLSSocket, peer: Peer): void;
}): Promise<TlsListener> {
  const { limits, clock, refusals } = options;
  const live = new Map<DeviceId, Set<TLSSocket>>();
  let liveCount = 0;
  const nowMs = (): number => clock.monotonicMs();
  const admission = createAdmission({ ...limits.handshakes, waiting: limits.waitingSockets, waitMs: limits.waitMs }, clock);
  const perAddress = createRateLimiter(limits.handshakesPerAddress, { maxKeys: 4_096, nowMs });
  const perDevice = createRateLimiter(limits.connectsPerDevice, { maxKeys: 4_096, nowMs });

  const refuse = (socket: { destroy(): void }, refusal: { reason: RefusalReason; who: string; advice: string; detail?: string }): void => {
    refusals.note(refusal);
    socket.destroy();
  };

  const server = createServer(tlsOptions(options.identity, limits));
  // before the handshake, which is what costs; nothing is read from a socket that waits
  const door = createTcpServer({ pauseOnConnect: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: tcpKeepAliveMs });
  door.on('connection', (socket: Socket) => {
    const who = socket.remoteAddress ?? '';
    const advice = 'too many connections in a short time; look at what this address runs';
    const sendAway = (): void => refuse(socket, { reason: 'rate-limit', who, advice });
    socket.on('error', () => socket.destroy());
    if (!perAddress.take(who)) sendAway();
    else admission.ask({ enter: () => void server.emit('connection', socket), refuse: sendAway, gone: () => socket.destroyed });
  });
  server.on('tlsClientError', (error, socket) => {
    options.onHandshakeFault();
    refusals.note({
      reason: 'no-identity',
      who: socket.remoteAddress ?? '',
      advice: 'no TLS with a valid client certificate; enrol the device or look at its clock',
      detail: (error as NodeJS.ErrnoException).code ?? error.message,
    });
    socket.destroy();
  });

  server.on('secureConnection', (socket) => {
    socket.on('error', () => socket.destroy());
    const peer = peerOf(socket);
    if (peer === undefined) {
      refuse(socket, {
        reason: 'no-identity',
        who: socket.remoteAddress ?? '',
        advice: 'the certificate names no device of ours; enrol it again',
      });
      return;
    }
    const who = peer.deviceId;
    if (peer.siteId !== options.siteId)
      refuse(socket, {
        reason: 'other-site',
        who,
        advice: 'the device belongs to another site; move it in the console',
        detail: peer.siteId,
      });
    else if (options.isRevoked(peer.deviceId)) {
      refusals.note({ reason: 'revoked', who, advice: 'the device was revoked in the console; enrol it again if it is still ours' });
      sayNotAuthorized(socket, clock);
    } else if (peer.notAfterMs < clock.wallMs())
      // a resumed session brings the certificate of its first handshake
      refuse(socket, { reason: 'certificate-expired', who, advice: 'the certificate has run out; the device must renew it' });
    else if (!perDevice.take(who))
      refuse(socket, { reason: 'rate-limit', who, advice: 'the device connects again and again; look at its log' });
    else if (liveCount >= limits.maxConnections || (live.get(who)?.size ?? 0) >= limits.maxPerDevice)
      refuse(socket, { reason: 'connection-limit', who, advice: 'too many connections at once; look at what the device runs' });
    else {
      track(socket, peer.deviceId);
      options.onConnection(socket, peer);
    }
  });

  const track = (socket: TLSSocket, deviceId: DeviceId): void => {
    const sockets = live.get(deviceId) ?? new Set();
    live.set(deviceId, sockets.add(socket));
    liveCount += 1;
    socket.once('close', () => {
      liveCount -= 1;
      sockets.delete(socket);
      if (sockets.size === 0 && live.get(deviceId) === sockets) live.delete(deviceId);
    });
  };

  await new Promise<void>((resolve, reject) => {
    door.once('error', (cause) => reject(asListenFault(cause, options)));
    door.listen(options.port, options.host, resolve);
  });
  return {
    port: (door.address() as { port: number }).port,
    disconnect(deviceId) {
      const sockets = [...(live.get(deviceId) ?? [])];
      for (const socket of sockets) socket.destroy();
      return sockets.length;
    },
    replaceIdentity: (identity) => server.setSecureContext(tlsOptions(identity, limits)),
    close: () => {
      admission.close();
      return new Promise((resolve) => void door.close(() => resolve()));
    },
  };
}

/** Throws PORT_IN_USE, PERMISSION_MISSING. For who has something to do before it listens that must not be done twice. */
export async function demandFreePort(where: { host: string; port: number }): Promise<void> {
  const probe = createTcpServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', (cause) => reject(asListenFault(cause, where)));
    probe.listen(where.port, where.host, resolve);
  });
  await new Promise((resolve) => probe.close(resolve));
}

function tlsOptions(identity: Identity, { handshakeMs }: Pick<AccessLimits, 'handshakeMs'>): TlsOptions {
  return {
    key: identity.keyPem,
    cert: identity.chainPem,
    ca: identity.caPem,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    handshakeTimeout: handshakeMs,
  };
}

function peerOf(socket: TLSSocket): Peer | undefined {
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
  const owner = certificate === undefined ? undefined : ownerOf(certificate);
  if (certificate === undefined || owner === undefined) return undefined;
  return { ...owner, address: socket.remoteAddress ?? '', notAfterMs: Date.parse(certificate.validTo) };
}

/** Site and device of a certificate: its one subjectAltName URI of ours. Values that need quoting (node writes them in "") never match. */
export function ownerOf(certificate: X509Certificate): { siteId: SiteId; deviceId: DeviceId } | undefined {
  const uris = (certificate.subjectAltName ?? '')
    .split(', ')
    .filter((name) => name.startsWith('URI:'))
    .map((name) => name.slice(4));
  return uris.length === 1 ? parseDeviceUrn(uris[0]!) : undefined;
}

/** CONNACK with return code 5, not authorized (MQTT 3.1.1, 3.2.2.3). */
const notAuthorized = Uint8Array.of(0x20, 0x02, 0x00, 0x05);
const lastWordsMs = 2_000;

/** Answers the CONNECT and nothing else, so that a revoked device can tell this from a broken line. Its bytes reach no parser. */
function sayNotAuthorized(socket: TLSSocket, clock: Clock): void {
  const late = clock.after(lastWordsMs, () => socket.destroy(), { background: true });
  socket.once('close', () => late.cancel());
  socket.once('data', () => socket.end(notAuthorized));
}
