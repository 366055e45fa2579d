/**
 * aedes, in its one file. It speaks MQTT 3.1.1; everything it must decide it asks through `MqttRules`. Settings that matter, each measured or
 * read in its source (1.2.0):
 * - `concurrency: 0`: with its queue one frozen subscriber stops the broker, then kills it by a stack overflow.
 * - PUBACK goes out when `authorizePublish` calls back, before anything else happens: so the commit waits in there.
 * - Sessions are clean whatever the client asks: what comes down is retained or short-lived, and stored sessions grow in memory without limit.
 */
import type { Duplex } from 'node:stream';
import type { Log } from '@tramhoc/base/log';
import { Aedes, type AuthenticateError, type Client } from 'aedes';

export type Publish = { topic: string; payload: Uint8Array; qos: 0 | 1 | 2; retain: boolean };
/** `retain` may be taken away; a refused publish ends the connection, since MQTT 3.1.1 knows nothing gentler. */
export type PublishVerdict = { allowed: true; retain: boolean } | { allowed: false };
/** Return codes of CONNACK: 2 identifier rejected, 5 not authorised. */
export type ConnectVerdict = { allowed: true; clientId: string } | { allowed: false; returnCode: 2 | 5 };
export type GoneHow = 'closed' | 'lost' | 'taken-over';

export type MqttRules<Session> = {
  connect(session: Session, asked: { clientId: string; clean: boolean; keepAliveS: number; willTopic: string | undefined }): ConnectVerdict;
  /** Settles when the publish may be acknowledged; a rejection ends the connection unacknowledged. `will`: by the broker, for a lost client. */
  publish(session: Session, publish: Publish): Promise<PublishVerdict>;
  subscribe(session: Session, filter: string): boolean;
  deliver(session: Session, topic: string): boolean;
  arrived(session: Session): void;
  gone(session: Session, how: GoneHow): void;
};

export type MqttServer<Session> = {
  /** Takes over the connection. */
  serve(conn: Duplex, session: Session): void;
  /** QoS 1 to whoever has subscribed now, and kept for later ones when retained. */
  publish(topic: string, payload: string, options: { retain: boolean }): Promise<void>;
  connectionCount(): number;
  /** Ends every connection. */
  close(): Promise<void>;
};

/** CONNECT follows the handshake at once; agents need milliseconds. */
const connectTimeoutMs = 10_000;
/** A frozen subscriber is cut after this time; ingest does not wait for it. */
const drainTimeoutMs = 8_000;
/** Packets before CONNACK: a client that subscribes and publishes without waiting. */
const queueLimit = 42;
/** Of QoS 2, which nobody needs here: each holds up to 64 KiB. */
const maxInflightInbound = 20;
/** Our deepest topic has six levels. */
const maxTopicLevels = 8;

type Held<Session> = { session: Session; arrived: boolean; replaced: boolean };

export async function createMqttServer<Session>(rules: MqttRules<Session>, { log }: { log: Log }): Promise<MqttServer<Session>> {
  const held = new WeakMap<object, Held<Session>>();
  const of = (client: Client): Held<Session> | undefined => held.get(client.conn);
  /** Client id -> the client that runs under it, to tell a takeover from a loss. */
  const running = new Map<string, Client>();
  const refusedConnect = new WeakMap<object, 2 | 5>();

  const broker = await Aedes.createBroker({
    concurrency: 0,
    connectTimeout: connectTimeoutMs,
    drainTimeout: drainTimeoutMs,
    queueLimit,
    maxInflightInbound,
    maxTopicLevels,
    maxClientsIdLength: 200,
    heartbeatInterval: 60_000,

    preConnect(client, packet, done) {
      const holder = of(client);
      if (holder === undefined) {
        done(new Error('unknown connection'), false);
        return;
      }
      const verdict = rules.connect(holder.session, {
        clientId: packet.clientId,
        clean: packet.clean ?? true,
        keepAliveS: packet.keepalive ?? 0,
        willTopic: packet.will?.topic,
      });
      if (verdict.allowed) packet.clientId = verdict.clientId;
      else refusedConnect.set(client.conn, verdict.returnCode);
      packet.clean = true;
      done(null, true);
    },
    authenticate(client, _username, _password, done) {
      const returnCode = refusedConnect.get(client.conn);
      if (returnCode === undefined) done(null, true);
      else done(Object.assign(new Error('refused'), { returnCode }) as unknown as AuthenticateError, false);
    },
    authorizePublish(client, packet, done) {
      const holder = client === null ? undefined : of(client);
      if (holder === undefined) {
        done(new Error('unknown connection'));
        return;
      }
      const { topic, qos, retain } = packet;
      const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
      rules.publish(holder.session, { topic, payload, qos, retain: retain === true }).then(
        (verdict) => {
          packet.retain = verdict.allowed && verdict.retain;
          done(verdict.allowed ? null : new Error('topic not allowed'));
        },
        (error: Error) => done(error),
      );
    },
    authorizeSubscribe(client, subscription, done) {
      const holder = of(client);
      done(null, holder !== undefined && rules.subscribe(holder.session, subscription.topic) ? subscription : null);
    },
    authorizeForward(client, packet) {
      const holder = of(client);
      return holder !== undefined && rules.deliver(holder.session, packet.topic) ? packet : null;
    },
  });

  broker.on('client', (client) => {
    const holder = of(client);
    if (holder === undefined) return;
    const before = running.get(client.id);
    const replaced = before === undefined ? undefined : of(before);
    if (replaced !== undefined) replaced.replaced = true;
    running.set(client.id, client);
    holder.arrived = true;
    rules.arrived(holder.session);
  });
  // errors of connections are the weather; none of them may reach the process
  broker.on('clientError', (client, err) => log.debug({ client: client.id, err: err.message }, 'connection ended by a fault'));
  broker.on('connectionError', (_client, err) => log.debug({ err: err.message }, 'connection ended before CONNECT was accepted'));
  (broker as unknown as NodeJS.EventEmitter).on('error', (err: Error) => log.error({ err }, 'aedes reported a fault'));

  const left = (client: Client): void => {
    const holder = of(client);
    const current = running.get(client.id) === client;
    if (current) running.delete(client.id);
    if (holder === undefined || !holder.arrived) return;
    holder.arrived = false;
    // aedes keeps whether a DISCONNECT came in a field of its own
    const clean = (client as unknown as { _disconnected: boolean })._disconnected;
    rules.gone(holder.session, clean ? 'closed' : holder.replaced || !current ? 'taken-over' : 'lost');
  };

  return {
    serve(conn, session) {
      held.set(conn, { session, arrived: false, replaced: false });
      const client = broker.handle(conn);
      conn.once('close', () => left(client));
    },
    publish: (topic, payload, { retain }) =>
      new Promise((resolve, reject) =>
        broker.publish({ cmd: 'publish', topic, payload: Buffer.from(payload), qos: 1, retain, dup: false }, (error) =>
          error === undefined || error === null ? resolve() : reject(error),
        ),
      ),
    connectionCount: () => running.size,
    close: () => new Promise((resolve) => broker.close(() => resolve())),
  };
}
