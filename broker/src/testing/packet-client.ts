/** One MQTT client for tests, packet by packet: it sends what it is told and acknowledges when it is told to. Never used outside tests. */
import { connect, type Socket } from 'node:net';
import { systemClock } from '@tramhoc/base/clock';
import { generate, type IConnackPacket, type IConnectPacket, type IPublishPacket, type Packet, parser } from 'mqtt-packet';

type Qos = 0 | 1 | 2;
type PacketOf<Name extends Packet['cmd']> = Extract<Packet, { cmd: Name }>;

export type PacketClient = {
  socket: Socket;
  /** Return code and session present; undefined when the connection ended without. */
  connack: IConnackPacket | undefined;
  /** What has come and was not taken. */
  inbox: Packet[];
  send(packet: Packet): void;
  bytes(bytes: Uint8Array): void;
  /** The first packet of this kind not yet taken; rejects after 5 s. */
  take<Name extends Packet['cmd']>(cmd: Name): Promise<PacketOf<Name>>;
  /** Runs the whole flow of its QoS. False: the connection ended first. */
  publish(topic: string, payload: string | Uint8Array, options?: { qos?: Qos; retain?: boolean; id?: number }): Promise<boolean>;
  subscribe(...filters: [string, Qos][]): Promise<number[]>;
  unsubscribe(...filters: string[]): Promise<void>;
  /** The next PUBLISH, acknowledged as its QoS wants. */
  hear(): Promise<IPublishPacket>;
  /** Payloads that came before the sentinel that is published now to `topic`, which this client must have subscribed to. */
  heardUntilNow(topic: string): Promise<string[]>;
  closed: Promise<void>;
  /** Without DISCONNECT. */
  cut(): Promise<void>;
  disconnect(): Promise<void>;
};

const patienceMs = 5_000;
const clock = systemClock();

/** Unless `connect` is 'nothing' it waits for CONNACK or the end. */
export async function openPacketClient(
  port: number,
  { connect: fields = {} }: { connect?: Partial<IConnectPacket> | 'nothing' } = {},
): Promise<PacketClient> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => undefined);
  const packets = parser({ protocolVersion: 4 });
  const inbox: Packet[] = [];
  let ended = false;
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const look of [...waiting]) look();
  };
  packets.on('packet', (packet: Packet) => {
    inbox.push(packet);
    wake();
  });
  socket.on('data', (chunk: Buffer) => void packets.parse(chunk));
  const closed = new Promise<void>((resolve) =>
    socket.once('close', () => {
      ended = true;
      wake();
      resolve();
    }),
  );
  let lastId = 0;
  const nextId = (): number => {
    lastId += 1;
    return lastId;
  };
  /** Undefined when the connection ends first. */
  const find = async (matches: (packet: Packet) => boolean): Promise<Packet | undefined> => {
    const untilMs = clock.monotonicMs() + patienceMs;
    for (;;) {
      const at = inbox.findIndex(matches);
      if (at !== -1) return inbox.splice(at, 1)[0];
      if (ended) return undefined;
      const leftMs = untilMs - clock.monotonicMs();
      if (leftMs <= 0) throw new Error(`it did not come; there was ${inbox.map(({ cmd }) => cmd).join(', ') || 'nothing'}`);
      await new Promise<void>((resolve) => {
        const look = (): void => {
          late.cancel();
          waiting.delete(look);
          resolve();
        };
        const late = clock.after(leftMs, look);
        waiting.add(look);
      });
    }
  };
  const answer = (cmd: Packet['cmd'], id: number): Promise<Packet | undefined> =>
    find((packet) => packet.cmd === cmd && packet.messageId === id);
  const send = (packet: Packet): void => void (ended || socket.write(generate(packet)));

  const client: PacketClient = {
    ...{ socket, inbox, closed, send },
    connack: undefined,
    bytes: (bytes) => void socket.write(bytes),
    async take<Name extends Packet['cmd']>(cmd: Name) {
      const packet = await find((found) => found.cmd === cmd);
      if (packet === undefined) throw new Error(`the connection ended before ${cmd} came`);
      return packet as PacketOf<Name>;
    },
    async publish(topic, payload, { qos = 1, retain = false, id = nextId() } = {}) {
      send({ cmd: 'publish', topic, payload: Buffer.from(payload as string), qos, retain, dup: false, messageId: id });
      if (qos === 0) return true;
      if (qos === 1) return (await answer('puback', id)) !== undefined;
      if ((await answer('pubrec', id)) === undefined) return false;
      send({ cmd: 'pubrel', messageId: id });
      return (await answer('pubcomp', id)) !== undefined;
    },
    async subscribe(...filters) {
      const messageId = nextId();
      send({ cmd: 'subscribe', messageId, subscriptions: filters.map(([topic, qos]) => ({ topic, qos })) });
      return ((await answer('suback', messageId)) as PacketOf<'suback'> | undefined)?.granted as number[];
    },
    async unsubscribe(...unsubscriptions) {
      const messageId = nextId();
      send({ cmd: 'unsubscribe', messageId, unsubscriptions });
      await answer('unsuback', messageId);
    },
    async hear() {
      const packet = await client.take('publish');
      if (packet.qos === 1) send({ cmd: 'puback', messageId: packet.messageId! });
      if (packet.qos === 2) {
        send({ cmd: 'pubrec', messageId: packet.messageId! });
        await answer('pubrel', packet.messageId!);
        send({ cmd: 'pubcomp', messageId: packet.messageId! });
      }
      return packet;
    },
    async heardUntilNow(topic) {
      const sentinel = `sentinel ${nextId()}`;
      await client.publish(topic, sentinel);
      const heard: string[] = [];
      for (;;) {
        const payload = (await client.hear()).payload.toString();
        if (payload === sentinel) return heard;
        heard.push(payload);
      }
    },
    async cut() {
      socket.resetAndDestroy();
      await closed;
    },
    async disconnect() {
      send({ cmd: 'disconnect' });
      await closed;
    },
  };
  if (fields === 'nothing') return client;
  const connectPacket: IConnectPacket = {
    ...{ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clientId: 'test', clean: true, keepalive: 60 },
    ...fields,
  };
  send(connectPacket);
  client.connack = (await find(({ cmd }) => cmd === 'connack')) as IConnackPacket | undefined;
  return client;
}
