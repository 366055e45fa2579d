/** Who has subscribed to what. */
import type { Qos, Session } from './session.ts';
import { createTopicTree } from './topic-tree.ts';

export type Subscriptions<Owner> = {
  add(session: Session<Owner>, filter: string, qos: Qos): void;
  remove(session: Session<Owner>, filter: string): void;
  /** Sessions that hear `topic`, each once, with the highest QoS of its matching filters [MQTT-3.3.5-1]. */
  hearers(topic: string): ReadonlyMap<Session<Owner>, Qos>;
};

const nobody: ReadonlyMap<never, never> = new Map<never, never>();

/** `deliver`: may the client of a session be told of a topic? */
export function createSubscriptions<Owner>(deliver: (owner: Owner, topic: string) => boolean): Subscriptions<Owner> {
  const byFilter = createTopicTree<Map<Session<Owner>, Qos>>();
  return {
    add(session, filter, qos) {
      const held = byFilter.get(filter) ?? new Map<Session<Owner>, Qos>();
      byFilter.set(filter, held.set(session, qos));
      session.filters.set(filter, qos);
    },
    remove(session, filter) {
      const held = byFilter.get(filter);
      held?.delete(session);
      if (held?.size === 0) byFilter.delete(filter);
      session.filters.delete(filter);
    },
    hearers(topic) {
      const found = byFilter.matching(topic);
      if (found.length === 0) return nobody;
      const all = new Map<Session<Owner>, Qos>();
      for (const held of found)
        for (const [session, qos] of held) if (qos >= (all.get(session) ?? 0) && deliver(session.owner, topic)) all.set(session, qos);
      return all;
    },
  };
}
