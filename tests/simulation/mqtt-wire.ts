/**
 * MQTT between a device and its broker, packet by packet: connect, publish, PUBACK, subscribe. What it decides it asks the broker's own rules; how it
 * connects again is like base/mqtt-link. Packets of one connection keep their order, as TCP has it; a connection can be cut, hang half open, be slow,
 * and a publish may arrive twice.
 */
import { backoffMs } from '@tramhoc/base/backoff';
import type { Timer } from '@tramhoc/base/clock';
import { type LinkMessage, type MqttLink, type MqttLinkOptions, matches } from '@tramhoc/base/mqtt-link';
import type { Peer } from '@tramhoc/broker/access/tls-listener';
import type { MqttRules } from '@tramhoc/broker/mqtt-server';
import { TramError } from '@tramhoc/protocol/errors';
import type { DeviceId } from '@tramhoc/protocol/ids';
import type { Program } from './computer.ts';
import type { Dice } from './dice.ts';
import type { Owner, VirtualLoop } from './virtual-loop.ts';

/** The cable between one device and its site. */
export type Cable = {
  /** Nobody gets through; connections that stand are not told. */
  down: boolean;
  slow: boolean;
  duplicate: number;
  connections: Set<Connection>;
};
export const newCable = (): Cable => ({ down: false, slow: false, duplicate: 0, connections: new Set() });

/** A socket on both sides. Each side learns of its end in its own time. */
type Connection = {
  /** Packets are lost from now on; both sides notice by their keep-alive. */
  hang(): void;
  /** Both sides notice at once. What is under way is lost, or still arrives. */
  cut(): void;
};
type Side = { owner: Owner; closed(): void };

/** What a broker shows to devices while it runs. */
export type BrokerPort = { owner: Program; accept(conn: BrokerEnd, peer: Peer): BrokerSide };
type BrokerSide = {
  connect(clientId: string, willTopic: string | undefined): void;
  publish(packet: Packet): void;
  subscribe(filter: string): void;
  closed(): void;
};
type Packet = { topic: string; payload: Buffer; retain: boolean; id: number };
type BrokerEnd = { connack(ok: boolean): void; puback(id: number): void; deliver(message: LinkMessage): void; close(): void };

const keepAliveS = 15;
/** The client misses its PINGRESP after a period, the broker waits one and a half. */
const clientNoticesMs = 15_000;
const brokerNoticesMs = 22_500;
const reconnect = { firstMs: 500, maxMs: 60_000 };
const connectTimeoutMs = 10_000;
const goodSessionMs = 10_000;
/** What the agent may have under way at a time: four batches of its drain, presence, questions. */
const maxUnderWay = 90;

export function delayOn(cable: { slow: boolean }, dice: Dice): number {
  return cable.slow ? dice.between(100, 4_000) : dice.between(0.5, 12);
}

export type DeviceWire = {
  loop: VirtualLoop;
  dice: Dice;
  cable: Cable;
  peer: Peer;
  /** The broker's port, while its program runs. */
  port(): BrokerPort | undefined;
  count(what: string): void;
  violation(what: string): void;
  /** A device that takes its own sending for the broker's word. */
  trustsSending?: boolean;
};

/** What the agent opens instead of base/mqtt-link. */
export function openWiredLink(options: MqttLinkOptions, program: Program, wire: DeviceWire): MqttLink {
  const { clock } = program;
  const subscriptions: { filter: string; onMessage(message: LinkMessage): void }[] = [];
  let session: { end(clean: boolean): void; send: ReturnType<typeof dial> } | undefined;
  let underWay = new Map<number, { resolve(): void; reject(error: TramError): void }>();
  let connected = false;
  let closed = false;
  let attempt = 0;
  let nextId = 1;
  let retry: Timer | undefined;
  const lost = (): TramError => new TramError('LINK_CLOSED', 'the connection to the broker ended; it is sent again after reconnecting.');

  const open = (): void => {
    const startedMs = clock.monotonicMs();
    let over = false;
    const late = clock.after(connectTimeoutMs, () => {
      send.close(false);
      gone();
    });
    const gone = (): void => {
      if (over) return;
      over = true;
      late.cancel();
      const was = connected;
      wire.loop.trace.say(program.name, was ? '  connection lost' : '  no connection');
      connected = false;
      session = undefined;
      const waiting = underWay;
      underWay = new Map();
      for (const { reject } of waiting.values()) reject(lost());
      if (closed) return;
      attempt = was && clock.monotonicMs() - startedMs > goodSessionMs ? 1 : attempt + 1;
      options.onState({ connected: false, code: 'BROKER_UNREACHABLE' });
      retry = clock.after(backoffMs({ attempt, fraction: program.dice.fraction() }, reconnect), open);
    };
    const send = dial(wire, program, {
      connack(ok) {
        if (over) return;
        if (!ok) return gone();
        late.cancel();
        connected = true;
        wire.loop.trace.say(program.name, '  connected');
        for (const { filter } of subscriptions) send.subscribe(filter);
        options.onState({ connected: true });
      },
      puback(id) {
        const waiting = underWay.get(id);
        wire.loop.trace.say(program.name, `  PUBACK ${id}`);
        underWay.delete(id);
        waiting?.resolve();
      },
      deliver(message) {
        for (const { filter, onMessage } of subscriptions) if (matches(filter, message.topic)) onMessage(message);
      },
      closed: gone,
    });
    session = {
      send,
      end(clean) {
        send.close(clean);
        gone();
      },
    };
    send.connect(options.clientId, options.will?.topic);
  };
  open();
  return {
    get connected() {
      return connected;
    },
    publish(topic, payload, { retain = false } = {}) {
      if (session === undefined || !connected) return Promise.reject(lost());
      const id = nextId++;
      wire.loop.trace.say(program.name, `  publish ${id} ${topic.slice(topic.lastIndexOf('/') + 1)}`);
      if (underWay.size >= maxUnderWay) wire.violation(`${program.name} has ${underWay.size} publishes under way`);
      session.send.publish({ topic, payload: Buffer.from(payload), retain, id });
      if (wire.trustsSending === true) return Promise.resolve();
      return new Promise((resolve, reject) => underWay.set(id, { resolve, reject }));
    },
    subscribe(filter, onMessage) {
      subscriptions.push({ filter, onMessage });
      if (connected) session?.send.subscribe(filter);
      return Promise.resolve();
    },
    close() {
      closed = true;
      retry?.cancel();
      session?.end(true);
      return Promise.resolve();
    },
  };
}

type Answers = { connack(ok: boolean): void; puback(id: number): void; deliver(message: LinkMessage): void; closed(): void };

/** One attempt to connect; the functions put packets on the wire. */
function dial(wire: DeviceWire, program: Program, answers: Answers) {
  const { loop, dice, cable, peer } = wire;
  const device: Side = { owner: program, closed: answers.closed };
  let broker: (Side & { side: BrokerSide }) | undefined;
  let state: 'open' | 'emptying' | 'over' = 'open';
  const lastAt = { up: 0, down: 0 };
  const travel = (way: 'up' | 'down', fire: () => void): void => {
    if (state !== 'open') return;
    if (cable.down) {
      connection.hang();
      return;
    }
    // one after the other: TCP
    const [from, to] = way === 'up' ? [program, broker?.owner] : [broker?.owner, program];
    if (from === undefined || to === undefined) return;
    const atMs = Math.max(lastAt[way], loop.nowMs + loop.busyMs(from) + delayOn(cable, dice));
    lastAt[way] = atMs;
    loop.at(to, atMs - loop.nowMs, 'packet', () => {
      if (state !== 'over') fire();
    });
  };
  /** Nothing more is sent; what is under way arrives or not. */
  const over = (noticeMs: { device: number; broker: number }, arrives = false): void => {
    if (state !== 'open') return;
    state = arrives ? 'emptying' : 'over';
    cable.connections.delete(connection);
    const restMs = (way: 'up' | 'down'): number => (arrives ? Math.max(0, lastAt[way] - loop.nowMs) : 0);
    if (program.alive) loop.at(program, restMs('down') + noticeMs.device, 'closed', device.closed);
    if (broker?.owner.alive === true) loop.at(broker.owner, restMs('up') + noticeMs.broker, 'closed', broker.closed);
  };
  const connection: Connection = {
    hang() {
      if (state !== 'open') return;
      wire.count('connections half open');
      over({ device: dice.between(0.3, 1) * clientNoticesMs, broker: dice.between(0.6, 1) * brokerNoticesMs });
    },
    cut: () => over({ device: dice.between(0, 50), broker: dice.between(0, 50) }, dice.chance(0.5)),
  };
  cable.connections.add(connection);
  const arrive = (call: (side: BrokerSide) => void): void => travel('up', () => broker !== undefined && call(broker.side));

  return {
    connect(clientId: string, willTopic: string | undefined) {
      const port = wire.port();
      if (cable.down) {
        // nobody says anything: the agent's own time-out ends it
        state = 'over';
        cable.connections.delete(connection);
        return;
      }
      if (port === undefined) {
        over({ device: dice.between(1, 20), broker: 0 });
        return;
      }
      const end: BrokerEnd = {
        connack: (ok) => travel('down', () => answers.connack(ok)),
        puback: (id) => travel('down', () => answers.puback(id)),
        deliver: (message) => travel('down', () => answers.deliver(message)),
        close: () => over({ device: dice.between(1, 30), broker: 0 }, true),
      };
      const side = port.accept(end, peer);
      broker = { owner: port.owner, side, closed: side.closed };
      // a dead program's kernel may still send what it was given, and says that it is over, unless the power went
      port.owner.onEnd.push(() => over({ device: dice.chance(0.7) ? dice.between(1, 50) : clientNoticesMs, broker: 0 }, dice.chance(0.5)));
      program.onEnd.push(() => over({ device: 0, broker: dice.chance(0.7) ? dice.between(1, 50) : brokerNoticesMs }, dice.chance(0.5)));
      arrive((at) => at.connect(clientId, willTopic));
    },
    publish(packet: Packet) {
      arrive((at) => at.publish(packet));
      if (!dice.chance(cable.duplicate)) return;
      wire.count('publishes that arrived twice');
      arrive((at) => at.publish(packet));
    },
    subscribe: (filter: string) => arrive((at) => at.subscribe(filter)),
    close: (clean: boolean) => over({ device: 0, broker: clean ? dice.between(1, 10) : dice.between(1, 50) }, clean),
  };
}

/** The broker's side: what aedes does between the socket and the rules. */
export function createBrokerPort(
  rules: MqttRules<Peer>,
  { owner, beforePuback }: { owner: Program; beforePuback(peer: Peer, payload: Buffer): void },
): BrokerPort & {
  publish(topic: string, payload: string, options: { retain: boolean }): Promise<void>;
  disconnect(device: DeviceId): number;
  connectionCount(): number;
  closeAll(): void;
} {
  type Client = { peer: Peer; conn: BrokerEnd; filters: Set<string>; replaced: boolean; arrived: boolean; refused: boolean };
  const running = new Map<string, Client>();
  const retained = new Map<string, Buffer>();
  return {
    owner,
    accept(conn, peer) {
      const client: Client = { peer, conn, filters: new Set(), replaced: false, arrived: false, refused: false };
      let clientId: string | undefined;
      const refuse = (): void => {
        client.refused = true;
        conn.close();
      };
      return {
        connect(asked, willTopic) {
          const verdict = rules.connect(peer, { clientId: asked, clean: true, keepAliveS, willTopic });
          conn.connack(verdict.allowed);
          if (!verdict.allowed) return conn.close();
          clientId = verdict.clientId;
          const before = running.get(clientId);
          running.set(clientId, client);
          client.arrived = true;
          rules.arrived(peer);
          if (before === undefined) return;
          before.replaced = true;
          before.conn.close();
        },
        publish({ id, topic, payload, retain }) {
          if (!client.arrived || client.replaced || client.refused) return;
          rules.publish(peer, { topic, payload, qos: 1, retain }).then((verdict) => {
            if (!owner.alive) return;
            if (client.refused) return;
            if (!verdict.allowed) return refuse();
            if (verdict.retain) retained.set(topic, payload);
            beforePuback(peer, payload);
            conn.puback(id);
          }, refuse);
        },
        subscribe(filter) {
          if (!client.arrived || !rules.subscribe(peer, filter)) return;
          client.filters.add(filter);
          for (const [topic, payload] of retained)
            if (matches(filter, topic) && rules.deliver(peer, topic)) conn.deliver({ topic, payload, retained: true });
        },
        closed() {
          if (!client.arrived) return;
          client.arrived = false;
          const current = clientId !== undefined && running.get(clientId) === client;
          if (current) running.delete(clientId!);
          rules.gone(peer, client.replaced || !current ? 'taken-over' : 'lost');
        },
      };
    },
    publish(topic, text, { retain }) {
      const payload = Buffer.from(text);
      if (retain) retained.set(topic, payload);
      for (const { peer, conn, filters, replaced } of running.values())
        if (!replaced && [...filters].some((filter) => matches(filter, topic)) && rules.deliver(peer, topic))
          conn.deliver({ topic, payload, retained: false });
      return Promise.resolve();
    },
    disconnect(device) {
      const mine = [...running.values()].filter(({ peer }) => peer.deviceId === device);
      for (const { conn } of mine) conn.close();
      return mine.length;
    },
    connectionCount: () => running.size,
    closeAll() {
      for (const { conn } of running.values()) conn.close();
    },
  };
}
