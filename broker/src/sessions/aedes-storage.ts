/**
 * What aedes takes for its storage: the places where it waits before it answers a client. Routing and delivery are not its business here (delivery.ts),
 * so that most of them have nothing to do. Written against aedes 1.2.0: persistence of its README, as called in lib/handlers.
 */
import { Readable } from 'node:stream';
import type { Message } from './outbox-machine.ts';
import type { Session } from './session.ts';
import type { SessionBook } from './session-book.ts';

/** A client of aedes, or what it hands over in its place. */
type Who = { id: string; conn?: object };
type Id = { messageId?: number; cmd?: string };

/** Stands for "there is a session" where aedes only asks for subscriptions; the rules never grant it. */
export const sessionMarker = '$tramhoc/session';

export function aedesStorage<Owner>({
  book,
  sessionOf,
  wasPresent,
  keepWill,
}: {
  book: SessionBook<Owner>;
  sessionOf(client: Who): Session<Owner> | undefined;
  /** The client that is connecting under this id has found a session [MQTT-3.2.2-2]. */
  wasPresent(clientId: string): boolean;
  keepWill(client: Who, will: Message): Promise<void>;
}): Record<string, unknown> {
  const nothing = async (): Promise<void> => undefined;
  const noStream = (): Readable => Readable.from([]);
  return {
    // aedes looks at the name of its constructor: it must be an async function
    async setup() {},
    subscriptionsByClient: async ({ id }: Who) => (wasPresent(id) ? [{ topic: sessionMarker, qos: 0 }] : []),
    subscriptionsByTopic: async () => [],
    addSubscriptions: nothing,
    async removeSubscriptions(client: Who, filters: string[]) {
      const session = sessionOf(client);
      if (session !== undefined) await book.unsubscribe(session, filters);
    },
    cleanSubscriptions: nothing,
    storeRetained: nothing,
    createRetainedStreamCombi: noStream,
    createRetainedStream: noStream,
    outgoingEnqueue: nothing,
    outgoingEnqueueCombi: nothing,
    outgoingStream: noStream,
    /** PUBREC: PUBREL goes when this settles. */
    async outgoingUpdate(client: Who, { messageId }: Id) {
      const session = sessionOf(client);
      if (session !== undefined) await book.received(session, messageId!);
    },
    /** PUBACK or PUBCOMP. */
    async outgoingClearMessageId(client: Who, { messageId, cmd }: Id) {
      const session = sessionOf(client);
      if (session !== undefined) book.done(session, messageId!, cmd === 'puback' ? 'puback' : 'pubcomp');
    },
    /** Asked for after a QoS 2 message was published and kept, and when PUBREL comes. */
    async incomingGetPacket(client: Who, { messageId }: Id) {
      const known = sessionOf(client)?.incoming.has(messageId!) === true;
      if (!known) throw new Error('no such packet');
      return { messageId };
    },
    incomingStorePacket: nothing,
    async incomingDelPacket(client: Who, { messageId }: Id) {
      const session = sessionOf(client);
      if (session !== undefined) await book.release(session, messageId!);
    },
    cleanIncoming: nothing,
    putWill: keepWill,
    getWill: nothing,
    // a will goes in the commit that publishes it, or at DISCONNECT
    delWill: nothing,
    streamWill: noStream,
    getClientList: noStream,
    destroy: nothing,
  };
}

/** aedes registers its own deliveries here and publishes its $SYS messages; nobody listens. */
export function noEmitter(): Record<string, unknown> {
  return {
    on: (_topic: string, _notify: unknown, done?: () => void) => void (done && setImmediate(done)),
    removeListener: (_topic: string, _notify: unknown, done?: () => void) => void (done && setImmediate(done)),
    emit: (_packet: unknown, done?: () => void) => done?.(),
    close: (done: () => void) => void setImmediate(done),
  };
}
