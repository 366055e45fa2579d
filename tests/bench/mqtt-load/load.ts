/** Publishers and a subscriber in one process, as light as they can be: raw packets on raw sockets. */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Latencies } from '../median.ts';
import { connectPacket, packetCutter, pubackOf, publishPacket, subscribePacket } from './packets.ts';

export type Publisher = { clientId: string; topic: string; tls?: { key: string; cert: string; ca: string } };
export type LoadOrder = {
  port: number;
  publishers: Publisher[];
  /** One event as a device sends it; `seq`, `id` and the text `@device` are replaced in each. */
  event: Record<string, unknown>;
  /** Unacknowledged publishes of one client. */
  window: number;
  /** Publishes a second over all clients; 0: as fast as they are acknowledged. */
  rate: number;
  warmUpMs: number;
  measureMs: number;
  /** Reads everything that is published, acknowledging it. */
  subscribe?: { clientId: string; filter: string };
};
export type LoadResult = { acknowledged: number; perSecond: number; p50Ms: number; p99Ms: number; forwarded: number };

type Client = { socket: Socket; seq: number; inFlight: Map<number, number>; nextId: number; send(): void };

export async function runLoad(order: LoadOrder): Promise<LoadResult> {
  const latencies = new Latencies();
  let measuring = false;
  let running = true;
  let forwarded = 0;
  const sockets: Socket[] = [];
  if (order.subscribe !== undefined) {
    const reader = await open(order.port, { clientId: order.subscribe.clientId, topic: '' }, (socket, type, body) => {
      if (type >> 4 !== 3) return;
      forwarded += 1;
      if ((type & 6) === 2) {
        const topicBytes = body.readUInt16BE(0);
        socket.write(pubackOf(body.readUInt16BE(2 + topicBytes)));
      }
    });
    sockets.push(reader);
    reader.write(subscribePacket(order.subscribe.filter));
  }
  const clients: Client[] = [];
  for (const publisher of order.publishers) {
    const client = await openPublisher(order, publisher, (sentMs) => {
      if (measuring) latencies.add(performance.now() - sentMs);
    });
    clients.push(client);
    sockets.push(client.socket);
  }
  const pump = (client: Client): void => {
    if (!running) return;
    while (client.inFlight.size < order.window) client.send();
  };
  let pacer: NodeJS.Timeout | undefined;
  if (order.rate === 0) {
    for (const client of clients) {
      client.socket.on('data', () => pump(client));
      pump(client);
    }
  } else pacer = pace(order, clients);
  await sleep(order.warmUpMs);
  const forwardedBefore = forwarded;
  measuring = true;
  const startMs = performance.now();
  await sleep(order.measureMs);
  measuring = false;
  const seconds = (performance.now() - startMs) / 1_000;
  running = false;
  clearInterval(pacer);
  const result = {
    acknowledged: latencies.count,
    perSecond: latencies.count / seconds,
    p50Ms: latencies.percentile(0.5),
    p99Ms: latencies.percentile(0.99),
    forwarded: forwarded - forwardedBefore,
  };
  for (const socket of sockets) socket.destroy();
  return result;
}

/** Every 2 ms what is due; a client whose window is full is passed over. */
function pace({ rate, window }: LoadOrder, clients: readonly Client[]): NodeJS.Timeout {
  const startMs = performance.now();
  let sent = 0;
  let turn = 0;
  return setInterval(() => {
    const due = ((performance.now() - startMs) / 1_000) * rate;
    for (let tried = 0; sent < due && tried < clients.length; tried += 1) {
      const client = clients[turn++ % clients.length]!;
      if (client.inFlight.size >= window) continue;
      client.send();
      sent += 1;
      tried = 0;
    }
  }, 2);
}

async function openPublisher({ port, event }: LoadOrder, publisher: Publisher, onAck: (sentMs: number) => void): Promise<Client> {
  const inFlight = new Map<number, number>();
  const socket = await open(port, publisher, (_socket, type, body) => {
    if (type !== 0x40) return;
    const id = body.readUInt16BE(0);
    const sentMs = inFlight.get(id);
    if (sentMs === undefined) return;
    inFlight.delete(id);
    onAck(sentMs);
  });
  const whole = JSON.stringify([{ ...event, id: '@id', seq: '@seq' }]).replaceAll('@device', publisher.clientId);
  const client: Client = {
    socket,
    seq: 0,
    inFlight,
    nextId: 1,
    send() {
      client.seq += 1;
      const id = client.nextId;
      client.nextId = id === 65_535 ? 1 : id + 1;
      const { packet, idAt } = publishPacket(publisher.topic, Buffer.from(numbered(whole, client.seq)));
      packet.writeUInt16BE(id, idAt);
      inFlight.set(id, performance.now());
      socket.write(packet);
    },
  };
  return client;
}

let uuidCounter = 0;
const uuidStart = Math.floor(Math.random() * 0xffff_ffff)
  .toString(16)
  .padStart(8, '0');

/** The event with its seq and an id of its own; made of text, because the load must be cheaper than what it measures. */
function numbered(whole: string, seq: number): string {
  uuidCounter += 1;
  const id = `${uuidStart}-0000-4000-8000-${uuidCounter.toString(16).padStart(12, '0')}`;
  return whole.replace('"@seq"', String(seq)).replace('@id', id);
}

function open(port: number, { clientId, tls }: Publisher, onPacket: (socket: Socket, type: number, body: Buffer) => void): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const onOpen = (): void => void socket.write(connectPacket(clientId));
    const socket: Socket =
      tls === undefined
        ? connectTcp({ port, host: '127.0.0.1', noDelay: true }, onOpen)
        : connectTls({ port, host: '127.0.0.1', ...tls }, onOpen);
    socket.setNoDelay(true);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error(`the broker closed ${clientId}`)));
    let connected = false;
    socket.on(
      'data',
      packetCutter((type, body) => {
        if (connected) onPacket(socket, type, body);
        else if (type === 0x20 && body[1] === 0) {
          connected = true;
          resolve(socket);
        } else reject(new Error(`CONNACK ${body[1]} for ${clientId}`));
      }),
    );
  });
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
