/**
 * One message to everybody who hears it. What is kept for somebody is on disk before the publisher is answered and before anybody is told; what is
 * kept for nobody goes at once. Source: MQTT 3.1.1, 3.3 and 4.6.
 */
import type { DeliveryLimits } from './delivery-limits.ts';
import type { Entry, Message, Total } from './outbox-machine.ts';
import type { RetainedMessages } from './retained-messages.ts';
import { type Qos, type Session, send, start } from './session.ts';
import type { SessionRows, SessionStore } from './session-store.ts';
import type { Subscriptions } from './subscriptions.ts';

export type Write = (rows: SessionRows) => void;
export type Counted = 'evicted' | 'dropped-qos0' | 'expired' | 'not-retained';

export type PublishOptions<Owner> = {
  /** The QoS 2 id under which a client sent it: kept within the same commit. */
  from?: { session: Session<Owner>; messageId: number };
  /** Retained messages are stored unless somebody else stores them. */
  stored?: boolean;
  /** More that belongs to the same commit. */
  with?: Write;
};

export type Delivery<Owner> = {
  /** Undefined: done. A promise settles when all that is kept of it is on disk; when it rejects nobody was told. */
  publish(message: Message, options?: PublishOptions<Owner>): Promise<void> | undefined;
  /** The retained messages that a new subscription brings, marked as such [MQTT-3.3.1-6] [MQTT-3.3.1-8]. */
  sendRetained(session: Session<Owner>, filter: string, granted: Qos): void;
  /** Sends `entries` after `write` is on disk; a session that is not kept does not wait. When it fails the connection ends, and all comes again. */
  sendAfter(session: Session<Owner>, entries: readonly Entry[], write: Write): void;
  commit(write: Write): Promise<void>;
  /** Nothing waits for the disk. */
  isIdle(): boolean;
};

export function createDelivery<Owner>(parts: {
  store: SessionStore;
  limits: DeliveryLimits;
  total: Total;
  subscriptions: Subscriptions<Owner>;
  retained: RetainedMessages;
  sessions(): Iterable<Session<Owner>>;
  deliver(owner: Owner, topic: string): boolean;
  /** The client does not keep up, and its connection is cut. */
  onOverflow(owner: Owner): void;
  count(what: Counted): void;
}): Delivery<Owner> {
  const { limits, retained, subscriptions, total } = parts;
  /** While anything waits for the disk everything goes the same way, so that nothing overtakes [MQTT-4.6.0-6]. */
  let pending = 0;

  const commit = async (write: Write): Promise<void> => {
    pending += 1;
    try {
      await parts.store.commit(write);
    } finally {
      pending -= 1;
    }
  };

  const sendAfter: Delivery<Owner>['sendAfter'] = (session, entries, write) => {
    if (!session.kept) send(session, entries);
    else
      commit(write).then(
        () => send(session, entries),
        () => session.line?.cut(),
      );
  };

  const overflow = (session: Session<Owner>): void => {
    parts.onOverflow(session.owner);
    session.outbox.clear();
    session.line?.cut();
  };
  const evictFrom = (session: Session<Owner>, writes: Write[]): boolean => {
    const gone = session.outbox.evict();
    if (gone === undefined) return false;
    parts.count('evicted');
    writes.push((rows) => rows.dropEntry(session.clientId, gone.position));
    return true;
  };
  /** The oldest goes when a kept session holds too much; another one is cut, and asks for what it needs when it is back. */
  const makeRoom = (session: Session<Owner>, writes: Write[]): void => {
    const { outbox } = session;
    while (outbox.count > limits.sessionMessages || outbox.bytes > limits.sessionBytes) {
      if (!session.kept) overflow(session);
      else if (!evictFrom(session, writes)) break;
    }
    while (total.bytes > limits.totalBytes) {
      const most = fullest(parts.sessions());
      if (most === undefined) break;
      if (!most.kept) overflow(most);
      else if (!evictFrom(most, writes)) break;
    }
  };
  /** The entry of `message`, and those that may go once `writes` are on disk. */
  const add = (session: Session<Owner>, message: Message, writes: Write[]): { session: Session<Owner>; entry: Entry; started: Entry[] } => {
    const entry = session.outbox.add(message);
    const started = start(session);
    if (session.kept) {
      writes.push((rows) => rows.keepEntry(session.clientId, entry));
      for (const other of started) if (other !== entry) writes.push((rows) => rows.keepEntry(session.clientId, other));
    }
    makeRoom(session, writes);
    return { session, entry, started };
  };
  const sendQos0 = ({ line }: Session<Owner>, message: Message): void => {
    if (line === undefined) return;
    if (line.waitingBytes() > limits.waitingBytes) parts.count('dropped-qos0');
    else line.publish({ message, qos: 0, messageId: 0, dup: false });
  };

  /** What is written for a message that is to be kept. It counts at once: who subscribes from now on gets it. */
  const retain = (message: Message, stored: boolean, writes: Write[]): void => {
    if (!retained.put(message)) parts.count('not-retained');
    else if (stored) writes.push((rows) => (message.payload.length === 0 ? rows.dropRetained(message.topic) : rows.keepRetained(message)));
  };

  const publish: Delivery<Owner>['publish'] = (received, { from, stored = true, with: more } = {}) => {
    const hearers = subscriptions.hearers(received.topic);
    if (hearers.size === 0 && !received.retain && from === undefined && more === undefined && pending === 0) return undefined;
    // a payload is a window on everything that came with it: what may stay must not keep that alive
    const message = received.retain || received.qos > 0 ? { ...received, payload: Buffer.from(received.payload) } : received;
    const writes: Write[] = more === undefined ? [] : [more];
    const before = message.retain ? retained.get(message.topic) : undefined;
    if (message.retain) retain(message, stored, writes);
    if (from?.session.kept === true) {
      const { clientId } = from.session;
      writes.push((rows) => rows.keepIncoming(clientId, from.messageId));
    }
    const now: { session: Session<Owner>; copy: Message }[] = [];
    const kept: ReturnType<typeof add>[] = [];
    for (const [session, granted] of hearers) {
      // to those who had subscribed already it is news, not history [MQTT-3.3.1-9]
      const copy = { ...message, qos: lower(granted, message.qos), retain: false };
      if (session.kept && copy.qos > 0) kept.push(add(session, copy, writes));
      else now.push({ session, copy });
    }
    const tell = (): void => {
      for (const { session, started } of kept) send(session, started);
      for (const { session, copy } of now)
        if (copy.qos === 0) sendQos0(session, copy);
        else send(session, add(session, copy, []).started);
    };
    if (writes.length === 0 && pending === 0) {
      tell();
      return undefined;
    }
    return commit((rows) => {
      for (const write of writes) write(rows);
    }).then(tell, (error: unknown) => {
      for (const { session, entry } of kept) {
        session.outbox.withdraw(entry);
        session.line?.cut();
      }
      if (message.retain && retained.get(message.topic)?.payload === message.payload)
        retained.put(before ?? { ...message, payload: nothing });
      throw error;
    });
  };

  return {
    publish,
    sendRetained(session, filter, granted) {
      const writes: Write[] = [];
      const entries: Entry[] = [];
      for (const message of retained.matchedBy(filter)) {
        if (!parts.deliver(session.owner, message.topic)) continue;
        const copy = { ...message, qos: lower(granted, message.qos) };
        if (copy.qos === 0) sendQos0(session, copy);
        else entries.push(...add(session, copy, writes).started);
      }
      if (entries.length + writes.length > 0)
        sendAfter(session, entries, (rows) => {
          for (const write of writes) write(rows);
        });
    },
    sendAfter,
    commit,
    isIdle: () => pending === 0,
  };
}

const nothing = new Uint8Array(0);
const lower = (a: Qos, b: Qos): Qos => (a < b ? a : b);

function fullest<Owner>(sessions: Iterable<Session<Owner>>): Session<Owner> | undefined {
  let most: Session<Owner> | undefined;
  for (const session of sessions) if (session.outbox.bytes > (most?.outbox.bytes ?? 0)) most = session;
  return most;
}
