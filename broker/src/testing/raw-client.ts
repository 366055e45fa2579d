/** An MQTT client for tests that does exactly what it is told, right or wrong: mqtt-packet over a TLS socket. Never used outside tests. */
import { connect, type TLSSocket } from 'node:tls';
import type { Clock } from '@tramhoc/base/clock';
import type { Identity } from '@tramhoc/base/identity';
import { generate, type IPublishPacket, type Packet, parser } from 'mqtt-packet';

export type RawClient = {
  socket: TLSSocket;
  /** Return code of CONNACK; undefined when the connection ended without one. */
  returnCode: number | undefined;
  sessionPresent: boolean | undefined;
  received: IPublishPacket[];
  publish(topic: string, payload: string | Uint8Array, options?: { qos?: 0 | 1; retain?: boolean }): Promise<'acknowledged' | 'ended'>;
  /** Granted QoS, or 128; undefined when the connection ended. */
  subscribe(filter: string): Promise<number | undefined>;
  /** The first message on `topic` not yet taken; rejects after 5 s. */
  next(topic: string): Promise<IPublishPacket>;
  send(packet: Packet): void;
  /** The TLS session was resumed. */
  resumed: boolean;
  /** Session tickets as they came, for resuming. */
  tickets: Buffer[];
  ended: Promise<void>;
  end(): Promise<void>;
};

export type RawClientOptions = {
  port: number;
  identity: Pick<Identity, 'keyPem' | 'chainPem' | 'caPem'>;
  clock: Clock;
  clientId?: string;
  clean?: boolean;
  keepalive?: number;
  protocolVersion?: 4 | 5;
  will?: { topic: string; payload: string; retain: boolean };
  session?: Buffer;
  maxVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** Where it connects from. */
  localAddress?: string;
  /** Bytes instead of CONNECT. */
  bytes?: Uint8Array;
};

const patienceMs = 5_000;

export async function openRawClient(options: RawClientOptions): Promise<RawClient> {
  const { identity, clock } = options;
  const socket = connect({
    host: '127.0.0.1',
    port: options.port,
    key: identity.keyPem,
    cert: identity.chainPem,
    ca: identity.caPem,
    ...(options.session === undefined ? {} : { session: options.session }),
    ...(options.maxVersion === undefined ? {} : { maxVersion: options.maxVersion }),
    ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
  });
  const tickets: Buffer[] = [];
  socket.on('session', (ticket: Buffer) => tickets.push(ticket));
  socket.on('error', () => undefined);
  const waiting = new Map<string, (packet: Packet) => void>();
  const received: IPublishPacket[] = [];
  const packets = parser({ protocolVersion: options.protocolVersion ?? 4 });
  let messageId = 0;
  packets.on('packet', (packet: Packet) => {
    if (packet.cmd === 'publish') {
      received.push(packet);
      if (packet.qos === 1) client.send({ cmd: 'puback', messageId: packet.messageId! });
    }
    waiting.get(`${packet.cmd} ${packet.messageId ?? ''}`)?.(packet);
  });
  socket.on('data', (chunk: Buffer) => void packets.parse(chunk));
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const answered = <P extends Packet>(key: string): Promise<P | undefined> =>
    Promise.race([new Promise<P>((resolve) => waiting.set(key, resolve as (packet: Packet) => void)), ended.then(() => undefined)]);

  const client: RawClient = {
    socket,
    returnCode: undefined,
    sessionPresent: undefined,
    received,
    resumed: false,
    tickets,
    ended,
    send: (packet) => void (socket.destroyed || socket.write(generate(packet))),
    async publish(topic, payload, { qos = 1, retain = false } = {}) {
      messageId += 1;
      const id = messageId;
      const acknowledged = answered(`puback ${id}`);
      client.send({
        cmd: 'publish',
        topic,
        payload: Buffer.from(payload as string),
        qos,
        retain,
        dup: false,
        ...(qos === 0 ? {} : { messageId: id }),
      });
      if (qos === 0) return 'acknowledged';
      return (await acknowledged) === undefined ? 'ended' : 'acknowledged';
    },
    async subscribe(filter) {
      messageId += 1;
      const id = messageId;
      const granted = answered<Packet & { cmd: 'suback' }>(`suback ${id}`);
      client.send({ cmd: 'subscribe', messageId: id, subscriptions: [{ topic: filter, qos: 1 }] });
      return (await granted)?.granted[0] as number | undefined;
    },
    async next(topic) {
      const untilMs = clock.monotonicMs() + patienceMs;
      for (;;) {
        const at = received.findIndex((packet) => packet.topic === topic);
        if (at !== -1) return received.splice(at, 1)[0]!;
        if (clock.monotonicMs() > untilMs || socket.destroyed) throw new Error(`nothing came on ${topic}`);
        await clock.sleep(10);
      }
    },
    async end() {
      client.send({ cmd: 'disconnect' });
      socket.end();
      await ended;
    },
  };

  await Promise.race([new Promise<void>((resolve) => socket.once('secureConnect', () => resolve())), ended]);
  client.resumed = !socket.destroyed && socket.isSessionReused();
  if (options.bytes !== undefined) {
    socket.write(options.bytes);
    return client;
  }
  const connack = answered<Packet & { cmd: 'connack' }>('connack ');
  const { clientId = 'test', clean = true, keepalive = 15, protocolVersion = 4, will } = options;
  client.send({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion,
    clientId,
    clean,
    keepalive,
    ...(will === undefined ? {} : { will: { ...will, payload: Buffer.from(will.payload), qos: 1 } }),
  } as Packet);
  const { returnCode, sessionPresent } = (await connack) ?? {};
  Object.assign(client, { returnCode, sessionPresent });
  return client;
}
