/** A publish of a client, from its arrival to its acknowledgement. Source: MQTT 3.1.1, 4.3. */
import type { MqttRules, Publish } from '../mqtt-rules.ts';
import type { DeliveryLimits } from './delivery-limits.ts';
import type { Message } from './outbox-machine.ts';
import type { Session } from './session.ts';
import type { SessionBook } from './session-book.ts';

/** Who sends; `session`: from the moment CONNECT was accepted. */
export type Sender<Peer> = { readonly peer: Peer; readonly session: Session<Peer> | undefined; readonly will: Message | undefined };

export type Inbound<Peer> = {
  /**
   * `messageId` is 0 for QoS 0 and wills. `isWill`: of a connection that was lost. Calls `done` when everything about the message that is kept is on disk; an
   * error ends the sender.
   */
  take(sender: Sender<Peer>, publish: Publish & { messageId: number; isWill: boolean }, done: (error?: Error | null) => void): void;
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

  const allow = (
    sender: Sender<Peer>,
    publish: Publish,
    from: { session: Session<Peer>; messageId: number } | undefined,
    isWill: boolean,
  ): Promise<void> => {
    const { topic, payload, qos, retain } = publish;
    return rules.publish(sender.peer, { topic, payload, qos, retain }).then((verdict) => {
      if (!verdict.allowed) throw new Error('topic not allowed');
      const { session, will } = sender;
      const dropper = isWill && session !== undefined && will !== undefined ? book.willDropper(session.clientId, will) : undefined;
      const message = { topic, payload, qos, retain: retain && verdict.retain };
      return book.publish(message, { ...(from === undefined ? {} : { from }), ...(dropper === undefined ? {} : { with: dropper }) });
    });
  };

  return {
    isIdle: () => working === 0,
    take(sender, publish, done) {
      const { session } = sender;
      if (session === undefined || isBrokersOwn(publish.topic)) {
        done(new Error('topic is reserved'));
        return;
      }
      const { incoming } = session;
      const from = publish.qos === 2 && publish.messageId !== 0 ? { session, messageId: publish.messageId } : undefined;
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
      const told = allow(sender, publish, from, publish.isWill);
      if (from !== undefined) incoming.set(from.messageId, told);
      told.then(
        () => {
          working -= 1;
          done(null);
        },
        (error: Error) => {
          working -= 1;
          if (from !== undefined) incoming.delete(from.messageId);
          if (publish.isWill && sender.will !== undefined) book.dropWill(session.clientId, sender.will);
          done(error);
        },
      );
    },
  };
}

/** What stands there the broker says of itself; of other topics that begin with $ the rules decide (MQTT 3.1.1, 4.7.2). */
const isBrokersOwn = (topic: string): boolean => topic === '$SYS' || topic.startsWith('$SYS/');
