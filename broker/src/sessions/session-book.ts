/**
 * The sessions of a broker. One that its client wants kept lives on in the store, and everything that is promised about it is on disk before it is
 * promised. Source: MQTT 3.1.1, 3.1.2.4, 3.8, 3.10, 4.1, 4.4.
 */
import type { PublishVerdict } from '../mqtt-rules.ts';
import { type Counted, createDelivery, type Delivery, type Write } from './delivery.ts';
import type { DeliveryLimits } from './delivery-limits.ts';
import type { Message, Total } from './outbox-machine.ts';
import { createRetainedMessages } from './retained-messages.ts';
import { createSession, type Line, type Qos, type Session, type SessionName, send, start } from './session.ts';
import type { KeptSession, KeptWill, SessionStore } from './session-store.ts';
import { createSubscriptions } from './subscriptions.ts';

export type SessionBook<Owner> = {
  /** What the store kept. Clients that were connected when the broker went are lost: their wills are published [MQTT-3.1.2-8]. */
  restore(): Promise<void>;
  publish: Delivery<Owner>['publish'];
  sendRetained: Delivery<Owner>['sendRetained'];
  /** A retained document of our own that whoever heard it has been told already. */
  remember(topic: string, payload: Uint8Array): void;
  /**
   * The session of a client that is connecting, its old one or a new one [MQTT-3.1.2-4] [MQTT-3.1.2-6]. Who is still connected under this id hears
   * nothing more.
   */
  open(name: SessionName<Owner>): Promise<{ session: Session<Owner>; present: boolean }>;
  /** CONNACK has gone: what was on its way goes again, then what waits. False: the session belongs to a newer connection. */
  attach(session: Session<Owner>, line: Line): boolean;
  /** The connection has ended. `line`: undefined when it never came to CONNACK. */
  detach(session: Session<Owner>, line: Line | undefined): void;
  /** False: too many filters. Settles when a kept session's filter is on disk. */
  subscribe(session: Session<Owner>, filter: string, qos: Qos): Promise<boolean>;
  unsubscribe(session: Session<Owner>, filters: readonly string[]): Promise<void>;
  /** PUBACK or PUBCOMP. False: the message that is on its way wants another acknowledgement [MQTT-4.8.0-1]. */
  done(session: Session<Owner>, messageId: number, how: 'puback' | 'pubcomp'): boolean;
  /** PUBREC; settles when PUBREL may go. False: as above. */
  received(session: Session<Owner>, messageId: number): Promise<void> | false;
  /** PUBREL; settles when PUBCOMP may go. */
  release(session: Session<Owner>, messageId: number): Promise<void>;
  keepWill(clientId: string, will: Message): Promise<void>;
  /** Within the commit that publishes it; undefined when it is not the one kept. */
  willDropper(clientId: string, will: Message): Write | undefined;
  dropWill(clientId: string, will: Message): void;
  /** Once an hour: kept sessions without their client for too long are over. Hours of the broker's own time are counted: wall clocks jump. */
  age(): void;
  readings(): { kept: number; queuedBytes: number; retained: number };
  isIdle(): boolean;
};

export type BookParts<Owner> = {
  store: SessionStore;
  limits: DeliveryLimits;
  deliver(owner: Owner, topic: string): boolean;
  /** The owner of a kept session without a connection; undefined: the session is forgotten. */
  ownerOf(clientId: string): Owner | undefined;
  /** Whoever takes what is published; settles when that is on disk. */
  takeWill(owner: Owner, will: Message): Promise<PublishVerdict>;
  onOverflow(owner: Owner): void;
  count(what: Counted): void;
};

export function createSessionBook<Owner>(parts: BookParts<Owner>): SessionBook<Owner> {
  const { store, limits } = parts;
  const sessions = new Map<string, Session<Owner>>();
  const total: Total = { bytes: 0 };
  const wills = new Map<string, Message>();
  const subscriptions = createSubscriptions(parts.deliver);
  const retained = createRetainedMessages(limits);
  const delivery = createDelivery({ ...parts, total, subscriptions, retained, sessions: () => sessions.values() });
  const { commit, publish, sendAfter } = delivery;
  /** When it fails the worst is that something comes again. */
  const commitLater = (write: Write): void => void commit(write).catch(() => undefined);

  /** Out of memory; its rows are the caller's. */
  const forget = (session: Session<Owner>): void => {
    for (const filter of [...session.filters.keys()]) subscriptions.remove(session, filter);
    session.outbox.clear();
    session.incoming.clear();
    session.line = undefined;
    if (sessions.get(session.clientId) === session) sessions.delete(session.clientId);
  };
  const isCurrent = (session: Session<Owner>): boolean => sessions.get(session.clientId) === session;

  const restoreSession = ({ clientId, owner: ownerName, offlineHours, filters, entries, incoming }: KeptSession): boolean => {
    const owner = parts.ownerOf(clientId);
    if (owner === undefined) return false;
    const session = createSession({ clientId, kept: true, owner, ownerName }, total);
    sessions.set(clientId, session);
    session.offlineHours = offlineHours;
    for (const { filter, qos } of filters) subscriptions.add(session, filter, qos);
    for (const entry of entries) session.outbox.restore(entry);
    for (const messageId of incoming) session.incoming.set(messageId, Promise.resolve());
    return true;
  };

  const restoreWill = async ({ clientId, will }: KeptWill): Promise<void> => {
    const owner = parts.ownerOf(clientId);
    const verdict = owner === undefined ? { allowed: false as const } : await parts.takeWill(owner, will);
    const drop: Write = (rows) => rows.dropWill(clientId);
    if (verdict.allowed) await publish({ ...will, retain: will.retain && verdict.retain }, { with: drop });
    else await commit(drop);
  };

  return {
    publish,
    sendRetained: delivery.sendRetained,
    isIdle: delivery.isIdle,
    async restore() {
      const kept = store.load();
      for (const session of kept.sessions) if (!restoreSession(session)) commitLater((rows) => rows.dropSession(session.clientId));
      for (const message of kept.retained) retained.put(message);
      // one that cannot be taken now (a full store) stays for the next start
      for (const each of kept.wills) await restoreWill(each).catch(() => undefined);
    },
    remember: (topic, payload) => void retained.put({ topic, payload, qos: 1, retain: true }),

    async open(name) {
      const before = sessions.get(name.clientId);
      if (before?.kept === true && name.kept) {
        before.owner = name.owner;
        before.line = undefined;
        return { session: before, present: true };
      }
      const gone = before?.kept === true ? [before] : [];
      if (before !== undefined) forget(before);
      const session = createSession(name, total);
      if (name.kept) gone.push(...surplus([...sessions.values()], { ownerName: name.ownerName, limits }));
      for (const old of gone) forget(old);
      sessions.set(name.clientId, session);
      if (gone.length > 0 || name.kept)
        await commit((rows) => {
          for (const old of gone) rows.dropSession(old.clientId);
          if (name.kept) rows.keepSession({ clientId: name.clientId, owner: name.ownerName, offlineHours: 0 });
        }).catch((error: unknown) => {
          forget(session);
          throw error;
        });
      return { session, present: false };
    },
    attach(session, line) {
      if (!isCurrent(session)) return false;
      const { clientId, outbox, ownerName, offlineHours } = session;
      session.line = line;
      session.turn += 1;
      session.offlineHours = 0;
      if (offlineHours > 0) commitLater((rows) => rows.keepSession({ clientId, owner: ownerName, offlineHours: 0 }));
      send(session, outbox.onTheWay());
      const started = start(session);
      if (started.length > 0) sendAfter(session, started, (rows) => started.forEach((entry) => void rows.keepEntry(clientId, entry)));
      return true;
    },
    detach(session, line) {
      if (session.line !== line) return;
      session.line = undefined;
      if (!session.kept) forget(session);
    },

    async subscribe(session, filter, qos) {
      if (!isCurrent(session) || (!session.filters.has(filter) && session.filters.size >= limits.sessionFilters)) return false;
      subscriptions.add(session, filter, qos);
      if (session.kept) await commit((rows) => rows.keepFilter(session.clientId, filter, qos));
      return true;
    },
    async unsubscribe(session, filters) {
      for (const filter of filters) subscriptions.remove(session, filter);
      if (session.kept) await commit((rows) => filters.forEach((filter) => void rows.dropFilter(session.clientId, filter)));
    },

    done(session, messageId, how) {
      const entry = session.outbox.done(messageId, how);
      if (typeof entry === 'string') return entry === 'unknown';
      const started = start(session);
      sendAfter(session, started, (rows) => {
        rows.dropEntry(session.clientId, entry.position);
        for (const next of started) rows.keepEntry(session.clientId, next);
      });
      return true;
    },
    received(session, messageId) {
      const entry = session.outbox.received(messageId);
      if (entry === 'wrong') return false;
      return entry === 'unknown' || !session.kept ? Promise.resolve() : commit((rows) => rows.keepEntry(session.clientId, entry));
    },
    async release(session, messageId) {
      const known = session.incoming.get(messageId);
      if (known === undefined) return;
      session.incoming.delete(messageId);
      if (!session.kept) return;
      await commit((rows) => rows.dropIncoming(session.clientId, messageId)).catch((error: unknown) => {
        // on disk the id is still taken: the client must not use it for something else
        session.incoming.set(messageId, known);
        session.line?.cut();
        throw error;
      });
    },

    keepWill(clientId, will) {
      wills.set(clientId, will);
      return commit((rows) => rows.keepWill(clientId, will)).catch((error: unknown) => {
        if (wills.get(clientId) === will) wills.delete(clientId);
        throw error;
      });
    },
    willDropper(clientId, will) {
      if (wills.get(clientId) !== will) return undefined;
      wills.delete(clientId);
      return (rows) => rows.dropWill(clientId);
    },
    dropWill(clientId, will) {
      if (wills.get(clientId) !== will) return;
      wills.delete(clientId);
      commitLater((rows) => rows.dropWill(clientId));
    },

    age() {
      for (const session of [...sessions.values()]) {
        if (!session.kept || session.line !== undefined) continue;
        session.offlineHours += 1;
        const { clientId, ownerName: owner, offlineHours } = session;
        if (offlineHours < limits.sessionHours) commitLater((rows) => rows.keepSession({ clientId, owner, offlineHours }));
        else {
          forget(session);
          parts.count('expired');
          commitLater((rows) => rows.dropSession(clientId));
        }
      }
    },
    readings() {
      let kept = 0;
      for (const session of sessions.values()) if (session.kept) kept += 1;
      return { kept, queuedBytes: total.bytes, retained: retained.count() };
    },
  };
}

/** Kept sessions that make way for a new one of `ownerName`: of the same owner, and of all. Those longest without a connection first. */
function surplus<Owner>(
  all: readonly Session<Owner>[],
  { ownerName, limits }: { ownerName: string; limits: DeliveryLimits },
): Session<Owner>[] {
  const kept = all.filter((session) => session.kept);
  const idle = kept.filter(({ line }) => line === undefined).sort((a, b) => b.offlineHours - a.offlineHours);
  const mine = kept.filter((session) => session.ownerName === ownerName);
  const tooManyOfMine = Math.max(0, mine.length + 1 - limits.sessionsPerOwner);
  const gone = idle.filter((session) => session.ownerName === ownerName).slice(0, tooManyOfMine);
  const tooMany = Math.max(0, kept.length - gone.length + 1 - limits.sessions);
  return [...gone, ...idle.filter((session) => !gone.includes(session)).slice(0, tooMany)];
}
