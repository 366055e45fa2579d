/**
 * The MQTT 3.1.1 server. A connection reads, checks and answers packets (mqtt/); what it must decide it asks through `MqttRules`; who hears a message
 * and what is kept for whom is decided in sessions/. Why this is ours: docs/adr/0014.
 */
import { type Clock, every } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import { type ClientConnection, type LineFault, type ServerParts, serveConnection } from './mqtt/connection.ts';
import type { ByteSocket } from './mqtt/outgoing.ts';
import type { MqttRules } from './mqtt-rules.ts';
import type { Counted } from './sessions/delivery.ts';
import { type DeliveryLimits, deliveryLimits } from './sessions/delivery-limits.ts';
import { createInbound } from './sessions/inbound.ts';
import { createSessionBook, type SessionBook } from './sessions/session-book.ts';
import { forgetfulStore, type SessionStore } from './sessions/session-store.ts';

export type { LineFault } from './mqtt/connection.ts';
export type { ByteSocket } from './mqtt/outgoing.ts';
export type { ConnectVerdict, Credentials, GoneHow, MqttRules, Publish, PublishVerdict } from './mqtt-rules.ts';

export type ServeOptions = {
  /** Why the connection is ended, when the client is to blame. Called once at most. */
  onFault(fault: LineFault): void;
  /** How long a client may take nothing while there is something for it. */
  patienceMs?: number;
  /** Of one message; asked for each packet, since who the client is is known only after its CONNECT. */
  maxPayloadBytes?: () => number;
};
export type MqttServer<Peer> = {
  /** Takes over the connection. */
  serve(socket: ByteSocket, peer: Peer, options: ServeOptions): void;
  /** QoS 1 to whoever has subscribed, now or in a session that is kept; remembered for later ones when retained. */
  publish(topic: string, payload: string, options: { retain: boolean }): Promise<void>;
  /** Retained for those who subscribe from now on; nobody is told. */
  remember(topic: string, payload: string): void;
  connectionCount(): number;
  readings: SessionBook<Peer>['readings'];
  /** Ends every connection, and waits for what their wills write. */
  close(): Promise<void>;
};

export type MqttServerOptions = {
  log: Log;
  clock: Clock;
  /** Where kept sessions, retained messages and wills live; without it they last as long as the process. */
  store?: SessionStore;
  limits?: DeliveryLimits;
  connectTimeoutMs?: number;
  count?(what: Counted): void;
};

/** CONNECT follows the handshake at once; agents need milliseconds. */
const connectPatienceMs = 10_000;
const hourMs = 3_600_000;

export async function createMqttServer<Peer>(rules: MqttRules<Peer>, options: MqttServerOptions): Promise<MqttServer<Peer>> {
  const { log, clock, limits = deliveryLimits } = options;
  const book = createSessionBook<Peer>({
    store: options.store ?? forgetfulStore(),
    limits,
    deliver: rules.deliver,
    ownerOf: (clientId) => rules.absent?.(clientId),
    takeWill: (owner, { topic, payload, qos, retain }) => rules.publish(owner, { topic, payload, qos, retain }),
    onOverflow: (session) => rules.overflowed?.(session),
    count: (what) => options.count?.(what),
  });
  await book.restore();
  const inbound = createInbound({ book, rules, limits });
  const running = new Map<string, ClientConnection>();
  const all = new Set<ClientConnection>();
  const parts: ServerParts<Peer> = {
    ...{ rules, book, inbound, clock, log, running },
    connectTimeoutMs: options.connectTimeoutMs ?? connectPatienceMs,
  };
  const ageing = every(clock, hourMs, book.age);
  let onEmpty: () => void = () => undefined;

  return {
    serve(socket, peer, serveOptions) {
      const onGone = (self: ClientConnection): void => {
        all.delete(self);
        if (all.size === 0) onEmpty();
      };
      all.add(serveConnection(socket, peer, parts, { ...serveOptions, onGone }));
    },
    // a retained document of ours is stored by whoever publishes it
    publish: async (topic, payload, { retain }) =>
      book.publish({ topic, payload: Buffer.from(payload), qos: 1, retain }, { stored: false }),
    remember: (topic, payload) => book.remember(topic, Buffer.from(payload)),
    connectionCount: () => running.size,
    readings: book.readings,
    async close() {
      ageing.cancel();
      for (const connection of [...all]) connection.end();
      if (all.size > 0)
        await new Promise<void>((resolve) => {
          onEmpty = resolve;
        });
      while (!inbound.isIdle() || !book.isIdle()) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
