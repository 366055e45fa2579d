/** MQTT 3.1.1 over mutual TLS, reconnecting for ever. The only user of the mqtt package. */
import { isIP } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { ErrorCode } from '@tramhoc/protocol/errors';
import { TramError } from '@tramhoc/protocol/errors';
import { maxMqttPayloadBytes } from '@tramhoc/protocol/limits';
import { type IClientOptions, MqttClient } from 'mqtt';
import { backoffMs } from './backoff.ts';
import type { Clock, Timer } from './clock.ts';
import type { Identity } from './identity.ts';
import type { Log } from './log.ts';
import type { Random } from './random.ts';

/** `code`: BROKER_REFUSED when the broker itself answered CONNECT with a refusal, else BROKER_UNREACHABLE. */
export type LinkState = { connected: boolean; reason?: string; code?: ErrorCode };
export type LinkMessage = { topic: string; payload: Buffer; retained: boolean };

export type MqttLink = {
  readonly connected: boolean;
  /** QoS 1. Resolves on PUBACK. Rejects LINK_CLOSED when the connection goes first: the caller sends again. PAYLOAD_TOO_LARGE is final. */
  publish(topic: string, payload: Uint8Array | string, options?: { retain?: boolean; signal?: AbortSignal }): Promise<void>;
  /** QoS 1, renewed after each reconnect. Resolves when first granted or when the link is down (it will be asked for on connect). */
  subscribe(filter: string, onMessage: (message: LinkMessage) => void): Promise<void>;
  /** A clean DISCONNECT: the broker does not publish the will. At most 2 s. */
  close(): Promise<void>;
};

export type MqttLinkOptions = {
  /** mqtts://host:port */
  url: string;
  clientId: string;
  identity: Pick<Identity, 'keyPem' | 'chainPem' | 'caPem'>;
  keepAliveS?: number;
  will?: { topic: string; payload: string; retain: boolean };
  onState(state: LinkState): void;
  clock: Clock;
  random: Random;
  log: Log;
};

/** From half a second, so that a restarted broker is found soon, to a minute, so that 5,000 devices do not knock it over. */
const reconnect = { firstMs: 500, maxMs: 60_000 };
const connectTimeoutMs = 10_000;
const closeTimeoutMs = 2_000;
const mqttsPort = 8883;
/** A session that lasted this long was a good one: the next loss starts the backoff anew. */
const goodSessionMs = 10_000;
/** CONNACK return code 3 (MQTT 3.1.1, 3.2.2.3). */
const serverUnavailable = 3;

type Subscription = { filter: string; onMessage(message: LinkMessage): void };

/** Connects at once. A black-holed connection is noticed by keep-alive (1.5 periods). */
export function openMqttLink(options: MqttLinkOptions): MqttLink {
  const { clock, random, log } = options;
  const subscriptions: Subscription[] = [];
  const waiting = new Set<(error: TramError) => void>();
  let client: MqttClient | undefined;
  let connected = false;
  let closed = false;
  let attempt = 0;
  let retry: Timer | undefined;
  let reason: string | undefined;

  const lost = (): TramError =>
    new TramError(
      'LINK_CLOSED',
      `the connection to the broker ended${reason === undefined ? '' : ` (${reason})`}; it is sent again after reconnecting.`,
    );

  const open = (): void => {
    const startedMs = clock.monotonicMs();
    const current: MqttClient = new MqttClient(() => openTls(options, (error) => current.emit('error', error)), connectOptions(options));
    client = current;
    current.on('connect', () => {
      connected = true;
      reason = undefined;
      log.info({ url: options.url }, 'connected to the broker');
      for (const { filter } of subscriptions) current.subscribe(filter, { qos: 1 });
      options.onState({ connected: true });
    });
    current.on('message', (topic, payload, packet) => {
      for (const { filter, onMessage } of subscriptions) if (matches(filter, topic)) onMessage({ topic, payload, retained: packet.retain });
    });
    let refused = false;
    current.on('error', (error) => {
      const code: unknown = (error as { code?: unknown }).code;
      // a number is the CONNACK's return code: the broker is there, knows who we are and does not want us (3: it is only busy)
      refused = typeof code === 'number' && code !== serverUnavailable;
      reason = typeof code === 'string' ? code : error.message;
    });
    current.once('close', () => {
      const was = connected;
      connected = false;
      if (client === current) client = undefined;
      current.end(true);
      for (const reject of [...waiting]) reject(lost());
      if (closed) return;
      attempt = was && clock.monotonicMs() - startedMs > goodSessionMs ? 1 : attempt + 1;
      const delayMs = backoffMs({ attempt, fraction: random.fraction() }, reconnect);
      log.warn({ url: options.url, attempt, delayMs: Math.round(delayMs), reason }, 'no connection to the broker');
      options.onState({
        connected: false,
        code: refused ? 'BROKER_REFUSED' : 'BROKER_UNREACHABLE',
        ...(reason === undefined ? {} : { reason }),
      });
      retry = clock.after(delayMs, open);
    });
  };
  open();

  return {
    get connected() {
      return connected;
    },
    publish(topic, payload, { retain = false, signal } = {}) {
      const bytes = typeof payload === 'string' ? Buffer.from(payload) : Buffer.from(payload);
      if (bytes.length > maxMqttPayloadBytes)
        return Promise.reject(
          new TramError('PAYLOAD_TOO_LARGE', `${bytes.length} bytes for ${topic}; at most ${maxMqttPayloadBytes}. Send it in parts.`),
        );
      return new Promise<void>((resolve, reject) => {
        if (client === undefined || !connected) {
          reject(lost());
          return;
        }
        const settle = (error?: Error): void => {
          waiting.delete(settle);
          signal?.removeEventListener('abort', onAbort);
          if (error === undefined) resolve();
          else reject(error instanceof TramError ? error : lost());
        };
        const onAbort = (): void => settle(new TramError('LINK_CLOSED', 'given up by the caller.'));
        waiting.add(settle);
        signal?.addEventListener('abort', onAbort, { once: true });
        client.publish(topic, bytes, { qos: 1, retain }, (error) => settle(error ?? undefined));
      });
    },
    subscribe(filter, onMessage) {
      subscriptions.push({ filter, onMessage });
      const current = client;
      if (current === undefined || !connected) return Promise.resolve();
      return new Promise((resolve) => current.subscribe(filter, { qos: 1 }, () => resolve()));
    },
    close() {
      closed = true;
      retry?.cancel();
      const current = client;
      if (current === undefined) return Promise.resolve();
      return new Promise((resolve) => {
        const force = clock.after(closeTimeoutMs, () => {
          current.end(true);
          resolve();
        });
        current.end(!connected, () => {
          force.cancel();
          resolve();
        });
      });
    },
  };
}

/** Not by connect() of mqtt, which loads what it needs for WebSockets and proxies as well: a tenth of the time that an agent takes to start. */
function openTls({ url, identity }: MqttLinkOptions, onFault: (error: Error) => void): TLSSocket {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const socket = connectTls({
    ...{
      host,
      port: Number(port || mqttsPort),
      key: identity.keyPem,
      cert: identity.chainPem,
      ca: identity.caPem,
      rejectUnauthorized: true,
    },
    ...(isIP(host) === 0 ? { servername: host } : {}),
  });
  socket.on('error', onFault);
  socket.once('secureConnect', () => socket.removeListener('error', onFault));
  return socket;
}

function connectOptions({ clientId, keepAliveS = 15, will }: MqttLinkOptions): IClientOptions {
  return {
    clientId,
    protocolVersion: 4,
    clean: true,
    keepalive: keepAliveS,
    connectTimeout: connectTimeoutMs,
    // we reconnect ourselves: with jitter, and with every unacknowledged publish given back to its owner
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    // else it makes a Buffer for each of the 65,536 packet ids before the first packet: 7 MB that nothing gains from
    writeCache: false,
    ...(will === undefined ? {} : { will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: will.retain } }),
  };
}

/** MQTT 3.1.1, 4.7: `+` is one level, `#` the rest. */
export function matches(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  for (const [at, level] of wanted.entries()) {
    if (level === '#') return true;
    if (at >= levels.length || (level !== '+' && level !== levels[at])) return false;
  }
  return wanted.length === levels.length;
}
