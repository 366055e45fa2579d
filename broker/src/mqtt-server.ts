/**
 * aedes, in its one file. It speaks MQTT 3.1.1 with the clients: handshake, keep-alive, acknowledgements, wills. What it must decide it asks through
 * `MqttRules`; who hears a message and what is kept for whom is decided in sessions/, because aedes 1.2.0 acknowledges before it stores, delivers
 * wildcard and overlapping subscriptions with the wrong QoS, never sets DUP and has no window (docs/adr/0009). Settings that matter, each measured or
 * read in its source (1.2.0):
 * - `concurrency: 0`: with its queue one frozen subscriber stops the broker, then kills it by a stack overflow.
 * - PUBACK and PUBREC go out when `authorizePublish` calls back, before anything else happens: so everything that must be on disk waits in there.
 * - `clean` is always false for aedes, so that it asks the storage about every session; which of them are really kept is ours to know.
 */
import type { Duplex } from 'node:stream';
import { type Clock, every } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import { Aedes, type AedesOptions, type AuthenticateError, type Client } from 'aedes';
import type { MqttRules } from './mqtt-rules.ts';
import { aedesStorage, noEmitter, sessionMarker } from './sessions/aedes-storage.ts';
import { encodePublish, encodePubrel } from './sessions/codec.ts';
import type { Counted } from './sessions/delivery.ts';
import { type DeliveryLimits, deliveryLimits } from './sessions/delivery-limits.ts';
import { type Connection, createInbound, type Inbound } from './sessions/inbound.ts';
import type { Line, Qos } from './sessions/session.ts';
import { createSessionBook, type SessionBook } from './sessions/session-book.ts';
import { forgetfulStore, type SessionStore } from './sessions/session-store.ts';

export type { ConnectVerdict, GoneHow, MqttRules, Publish, PublishVerdict } from './mqtt-rules.ts';

export type MqttServer<Session> = {
  /** Takes over the connection. */
  serve(conn: Duplex, session: Session): void;
  /** QoS 1 to whoever has subscribed, now or in a session that is kept; remembered for later ones when retained. */
  publish(topic: string, payload: string, options: { retain: boolean }): Promise<void>;
  /** Retained for those who subscribe from now on; nobody is told. */
  remember(topic: string, payload: string): void;
  connectionCount(): number;
  readings: SessionBook<Session>['readings'];
  /** Ends every connection, and waits for what their wills write. */
  close(): Promise<void>;
};

export type MqttServerOptions = {
  log: Log;
  /** Without it kept sessions do not age. */
  clock?: Clock;
  /** Where kept sessions, retained messages and wills live; without it they last as long as the process. */
  store?: SessionStore;
  limits?: DeliveryLimits;
  connectTimeoutMs?: number;
  count?(what: Counted): void;
};

/** CONNECT follows the handshake at once; agents need milliseconds. */
const connectPatienceMs = 10_000;
/** A frozen subscriber is cut after this time; ingest does not wait for it. */
const drainTimeoutMs = 8_000;
/** Packets before CONNACK: a client that subscribes and publishes without waiting. */
const queueLimit = 42;
/** Our deepest topic has six levels. */
const maxTopicLevels = 8;
const hourMs = 3_600_000;

/** Return code of CONNACK: server unavailable. */
const unavailable = 3;

type Parts<Session> = {
  rules: MqttRules<Session>;
  book: SessionBook<Session>;
  inbound: Inbound<Session>;
  connectionOf(client: { conn?: object } | null): Connection<Session> | undefined;
  /** Clients that are connecting and have found their session. */
  returning: Set<string>;
};

export async function createMqttServer<Session>(rules: MqttRules<Session>, options: MqttServerOptions): Promise<MqttServer<Session>> {
  const { log, clock, limits = deliveryLimits } = options;
  const connections = new WeakMap<object, Connection<Session>>();
  const book = createSessionBook<Session>({
    store: options.store ?? forgetfulStore(),
    limits,
    deliver: rules.deliver,
    ownerOf: (clientId) => rules.absent?.(clientId),
    onOverflow: (session) => rules.overflowed?.(session),
    count: (what) => options.count?.(what),
  });
  await book.restore();
  const inbound = createInbound({ book, rules, limits });
  const parts: Parts<Session> = {
    ...{ rules, book, inbound },
    connectionOf: (client) => (client?.conn === undefined ? undefined : connections.get(client.conn)),
    returning: new Set(),
  };
  const broker = await Aedes.createBroker({
    concurrency: 0,
    connectTimeout: options.connectTimeoutMs ?? connectPatienceMs,
    drainTimeout: drainTimeoutMs,
    queueLimit,
    maxTopicLevels,
    maxClientsIdLength: 200,
    heartbeatInterval: hourMs,
    mq: noEmitter(),
    ...hooks(parts),
  });
  // what a client publishes has been told by the time aedes would do it (authorizePublish); its own $SYS messages interest nobody
  Object.assign(broker, {
    publish(_packet: unknown, client: unknown, done?: () => void) {
      const then = typeof client === 'function' ? client : done;
      then?.();
    },
  });
  const { count, left } = followClients(broker, parts);
  // errors of connections are the weather; none of them may reach the process
  broker.on('clientError', (client, err) => log.debug({ client: client.id, err: err.message }, 'connection ended by a fault'));
  broker.on('connectionError', (_client, err) => log.debug({ err: err.message }, 'connection ended before CONNECT was accepted'));
  (broker as unknown as NodeJS.EventEmitter).on('error', (err: Error) => log.error({ err }, 'aedes reported a fault'));
  const ageing = clock === undefined ? undefined : every(clock, hourMs, book.age);

  return {
    serve(conn, peer) {
      const asked = { kept: false, ownerName: '', refused: undefined };
      connections.set(conn, { peer, arrived: false, replaced: false, asked, session: undefined, line: undefined, will: undefined });
      const client = broker.handle(conn);
      conn.once('close', () => left(client));
    },
    // a retained document of ours is stored by whoever publishes it
    publish: async (topic, payload, { retain }) =>
      book.publish({ topic, payload: Buffer.from(payload), qos: 1, retain }, { stored: false }),
    remember: (topic, payload) => book.remember(topic, Buffer.from(payload)),
    connectionCount: count,
    readings: book.readings,
    async close() {
      ageing?.cancel();
      await new Promise<void>((resolve) => broker.close(() => resolve()));
      while (!inbound.isIdle() || !book.isIdle()) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/** What aedes asks. */
function hooks<Session>({ rules, book, inbound, connectionOf, returning }: Parts<Session>): AedesOptions {
  const open = async (client: Client, connection: Connection<Session>): Promise<void> => {
    const { kept, ownerName } = connection.asked;
    const { session, present } = await book.open({ clientId: client.id, kept, owner: connection.peer, ownerName });
    connection.session = session;
    if (present) returning.add(client.id);
    else returning.delete(client.id);
  };
  return {
    persistence: aedesStorage({
      book,
      sessionOf: (client) => connectionOf(client)?.session,
      wasPresent: (clientId) => returning.delete(clientId),
      async keepWill(client, will) {
        const connection = connectionOf(client);
        if (connection === undefined) return;
        connection.will = will;
        await book.keepWill(client.id, will);
      },
    }),
    preConnect(client, packet, done) {
      const connection = connectionOf(client);
      if (connection === undefined) {
        done(new Error('unknown connection'), false);
        return;
      }
      const clean = packet.clean ?? true;
      const asked = { clientId: packet.clientId, clean, keepAliveS: packet.keepalive ?? 0, willTopic: packet.will?.topic };
      const verdict = rules.connect(connection.peer, asked);
      if (verdict.allowed) {
        packet.clientId = verdict.clientId;
        connection.asked = { kept: !clean && rules.absent !== undefined, ownerName: verdict.owner ?? verdict.clientId, refused: undefined };
      } else connection.asked.refused = verdict.returnCode;
      packet.clean = false;
      done(null, true);
    },
    authenticate(client, _username, _password, done) {
      const connection = connectionOf(client);
      const refuse = (returnCode: number): void =>
        done(Object.assign(new Error('refused'), { returnCode }) as unknown as AuthenticateError, false);
      if (connection === undefined) refuse(unavailable);
      else if (connection.asked.refused !== undefined) refuse(connection.asked.refused);
      else
        open(client, connection).then(
          () => done(null, true),
          () => refuse(unavailable),
        );
    },
    authorizePublish(client, packet, done) {
      const connection = connectionOf(client);
      if (connection === undefined) {
        done(new Error('unknown connection'));
        return;
      }
      const { topic, qos, retain, messageId } = packet as typeof packet & { messageId?: number };
      const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
      const isWill = (packet as unknown) === connection.will;
      inbound.take(connection, { topic, payload, qos, retain: retain === true, messageId, isWill }, done);
    },
    authorizeSubscribe(client, subscription, done) {
      const connection = connectionOf(client);
      const { topic, qos } = subscription;
      if (connection?.session === undefined || topic === sessionMarker || !rules.subscribe(connection.peer, topic)) {
        done(null, null);
        return;
      }
      book.subscribe(connection.session, topic, qos).then(
        (granted) => done(null, granted ? subscription : null),
        (error: Error) => done(error),
      );
    },
  };
}

/** Comings and goings: whose the session is, and how each connection ended. */
function followClients<Session>(
  broker: Aedes,
  { rules, book, connectionOf }: Parts<Session>,
): { count(): number; left(client: Client): void } {
  /** Client id -> the client that runs under it, to tell a takeover from a loss. */
  const running = new Map<string, Client>();

  broker.on('client', (client) => {
    const connection = connectionOf(client);
    if (connection === undefined) return;
    const before = running.get(client.id);
    const replaced = before === undefined ? undefined : connectionOf(before);
    if (replaced !== undefined) replaced.replaced = true;
    running.set(client.id, client);
    connection.arrived = true;
    rules.arrived(connection.peer);
  });
  broker.on('connackSent', (connack, client) => {
    const connection = connectionOf(client);
    if (connection?.session === undefined || connack.returnCode !== 0) return;
    connection.line = lineTo(client.conn);
    if (!book.attach(connection.session, connection.line)) connection.line.cut();
  });
  // after SUBACK
  broker.on('subscribe', (subscriptions, client) => {
    const session = connectionOf(client)?.session;
    if (session === undefined) return;
    for (const { topic, qos } of subscriptions) if ((qos as number) <= 2) book.sendRetained(session, topic, qos as Qos);
  });

  return {
    count: () => running.size,
    left(client) {
      const connection = connectionOf(client);
      const current = running.get(client.id) === client;
      if (current) running.delete(client.id);
      if (connection === undefined) return;
      const { session, line, will, peer } = connection;
      // aedes keeps whether a DISCONNECT came in a field of its own
      const clean = (client as unknown as { _disconnected: boolean })._disconnected;
      if (session !== undefined) {
        if (clean && will !== undefined) book.dropWill(session.clientId, will);
        book.detach(session, line);
      }
      if (!connection.arrived) return;
      connection.arrived = false;
      rules.gone(peer, clean ? 'closed' : connection.replaced || !current ? 'taken-over' : 'lost');
    },
  };
}

function lineTo(conn: Duplex): Line {
  const write = (bytes: Uint8Array): void => void (conn.destroyed || conn.writableEnded || conn.write(bytes));
  return {
    publish: (packet) => write(encodePublish(packet)),
    release: (messageId) => write(encodePubrel(messageId)),
    waitingBytes: () => conn.writableLength,
    cut: () => void conn.destroy(new Error('cut')),
  };
}
