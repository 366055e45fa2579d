/**
 * The cable between a device and its broker, packet by packet. Packets of one connection keep their order, as TCP has it; a connection can be cut, hang
 * half open, be slow, and a publish may arrive twice.
 */
import type { LinkMessage } from '@tramhoc/base/mqtt-link';
import type { Peer } from '@tramhoc/broker/access/tls-listener';
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
export type BrokerSide = {
  connect(clientId: string, willTopic: string | undefined): void;
  publish(packet: Packet): void;
  subscribe(filter: string): void;
  closed(): void;
};
export type Packet = { topic: string; payload: Buffer; retain: boolean; id: number };
export type BrokerEnd = { connack(ok: boolean): void; puback(id: number): void; deliver(message: LinkMessage): void; close(): void };

/** The client misses its PINGRESP after a period, the broker waits one and a half. */
const clientNoticesMs = 15_000;
const brokerNoticesMs = 22_500;

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
  /** How often the site's disk was exchanged. */
  siteDisks(): number;
  /** An acknowledgement arrives of a disk that was exchanged while it was under way. */
  outlived(payload: Buffer): void;
  /** A device that takes its own sending for the broker's word. */
  trustsSending?: boolean;
};

export type Answers = { connack(ok: boolean): void; puback(id: number): void; deliver(message: LinkMessage): void; closed(): void };

/** One attempt to connect; the functions put packets on the wire. */
export function dial(wire: DeviceWire, program: Program, answers: Answers) {
  const { loop, dice, cable, peer } = wire;
  const device: Side = { owner: program, closed: answers.closed };
  let broker: (Side & { side: BrokerSide }) | undefined;
  let state: 'open' | 'emptying' | 'over' = 'open';
  const lastAt = { up: 0, down: 0 };
  /** What was published on this connection, for whoever must know what an acknowledgement speaks of. */
  const sent = new Map<number, Buffer>();
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
        puback(id) {
          const leftDisk = wire.siteDisks();
          travel('down', () => {
            if (wire.siteDisks() !== leftDisk) wire.outlived(sent.get(id)!);
            answers.puback(id);
          });
        },
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
      sent.set(packet.id, packet.payload);
      arrive((at) => at.publish(packet));
      if (!dice.chance(cable.duplicate)) return;
      wire.count('publishes that arrived twice');
      arrive((at) => at.publish(packet));
    },
    subscribe: (filter: string) => arrive((at) => at.subscribe(filter)),
    close: (clean: boolean) => over({ device: 0, broker: clean ? dice.between(1, 10) : dice.between(1, 50) }, clean),
  };
}
