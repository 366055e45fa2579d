/** A publish of a client, from its arrival to its acknowledgement. Source: MQTT 3.1.1, 4.3. */
import type { MqttRules, Publish } from '../mqtt-rules.ts';
import type { DeliveryLimits } from './delivery-limits.ts';
import type { Message } from './outbox-machine.ts';
import type { Line, Session } from './session.ts';
import type { SessionBook } from './session-book.ts';

/** A connection of a client. */
export type Connection<Peer> = {
  readonly peer: Peer;
  arrived: boolean;
  replaced: boolean;
  /** What CONNECT asked for; `refused`: and did not get. */
  asked: { kept: boolean; ownerName: string; refused: 2 | 5 | undefined };
  /** From the moment CONNECT was accepted. */
  session: Session<Peer> | undefined;
  /** From CONNACK on. */
  line: Line | undefined;
  will: Message | undefined;
};

export type Inbound<Peer> = {
  /**
   * `messageId` of QoS 1 and 2. `isWill`: of a connection that was lost. Calls `done` when everything about the message that is kept is on disk; an
   * error ends the connection.
   */
  take(
    connection: Connection<Peer>,
    publish: Publish & { messageId: number | undefined; isWill: boolean },
    done: (error?: Error | null) => void,
  ): void;
  /** Every publish has had its answer. */
  isIdle(): boolean;
};

export function createInbound<Peer>({
  book,
  rules,
  limits,
}: {
  book: SessionBook<Peer>;
  rules: MqttRules<Peer>;
  limits: DeliveryLimits;
}): Inbound<Peer> {
  let working = 0;

  const allow = async (
    connection: Connection<Peer>,
    publish: Publish,
    from: { session: Session<Peer>; messageId: number } | undefined,
    isWill: boolean,
  ): Promise<void> => {
    const { topic, payload, qos } = publish;
    const verdict = await rules.publish(connection.peer, { topic, payload, qos, retain: publish.retain });
    if (!verdict.allowed) throw new Error('topic not allowed');
    const { session, will } = connection;
    const dropper = isWill && session !== undefined && will !== undefined ? book.willDropper(session.clientId, will) : undefined;
    const message = { topic, payload, qos, retain: publish.retain && verdict.retain };
    const told = book.publish(message, { ...(from === undefined ? {} : { from }), ...(dropper === undefined ? {} : { with: dropper }) });
    if (told !== undefined) await told;
  };

  return {
    isIdle: () => working === 0,
    take(connection, publish, done) {
      const { session } = connection;
      // topics that begin with $ are the broker's own [MQTT-4.7.2-1]
      if (session === undefined || publish.topic.startsWith('$')) {
        done(new Error('topic is reserved'));
        return;
      }
      const { incoming } = session;
      const from = publish.qos === 2 && publish.messageId !== undefined ? { session, messageId: publish.messageId } : undefined;
      const known = from === undefined ? undefined : incoming.get(from.messageId);
      if (known !== undefined) {
        // the same again, since its PUBREC was lost: it is answered and not published [MQTT-4.3.3-2]
        known.then(() => done(null), done);
        return;
      }
      if (from !== undefined && incoming.size >= limits.incoming) {
        done(new Error('too many QoS 2 messages without PUBREL'));
        return;
      }
      working += 1;
      const told = allow(connection, publish, from, publish.isWill);
      if (from !== undefined) incoming.set(from.messageId, told);
      told.then(
        () => {
          working -= 1;
          done(null);
        },
        (error: Error) => {
          working -= 1;
          if (from !== undefined) incoming.delete(from.messageId);
          if (publish.isWill && connection.will !== undefined) book.dropWill(session.clientId, connection.will);
          done(error);
        },
      );
    },
  };
}
