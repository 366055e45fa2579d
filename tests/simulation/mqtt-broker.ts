/** The broker's end of the cables: what the MQTT server does between the socket and the rules of the product. */
import { matches } from '@tramhoc/base/mqtt-link';
import type { Peer } from '@tramhoc/broker/access/tls-listener';
import type { MqttRules } from '@tramhoc/broker/mqtt-server';
import type { DeviceId } from '@tramhoc/protocol/ids';
import type { Program } from './computer.ts';
import type { BrokerEnd, BrokerPort } from './mqtt-cable.ts';

const keepAliveS = 15;

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
