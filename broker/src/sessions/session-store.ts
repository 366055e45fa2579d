/**
 * Kept sessions, retained messages and wills in the site store: rows of the same file, written within the same group commit as events, so that an
 * acknowledgement means the same for all of them. Every write may be run twice with the same result: the committer tries again one by one.
 */
import type { SiteDatabase } from '../site-database.ts';
import type { Entry, EntryState, Message } from './outbox-machine.ts';

export type KeptSession = {
  clientId: string;
  owner: string;
  offlineHours: number;
  filters: { filter: string; qos: 0 | 1 | 2 }[];
  entries: Entry[];
  incoming: number[];
};
export type KeptWill = { clientId: string; will: Message };
export type Kept = { sessions: KeptSession[]; retained: Message[]; wills: KeptWill[] };

export type SessionRows = {
  keepSession(session: { clientId: string; owner: string; offlineHours: number }): void;
  /** With everything that belongs to it. */
  dropSession(clientId: string): void;
  keepFilter(clientId: string, filter: string, qos: number): void;
  dropFilter(clientId: string, filter: string): void;
  /** Puts it as it is now: new, sent, released. */
  keepEntry(clientId: string, entry: Entry): void;
  dropEntry(clientId: string, position: number): void;
  keepIncoming(clientId: string, messageId: number): void;
  dropIncoming(clientId: string, messageId: number): void;
  keepRetained(message: Message): void;
  dropRetained(topic: string): void;
  keepWill(clientId: string, will: Message): void;
  dropWill(clientId: string): void;
};

export type SessionStore = {
  load(): Kept;
  /** Runs `write` within the next commit; resolves when it is on disk. */
  commit(write: (rows: SessionRows) => void): Promise<void>;
};

const states = ['queued', 'sent', 'released'] as const satisfies readonly EntryState[];
type Qos = 0 | 1 | 2;

/** `commit`: the group commit of the store. */
export function createSessionStore(database: SiteDatabase, commit: (write: () => void) => Promise<void>): SessionStore {
  const rows = prepareRows(database);
  return { load: () => load(database), commit: (write) => commit(() => write(rows)) };
}

function prepareRows(database: SiteDatabase): SessionRows {
  const prepared = (sql: string): ((...values: (string | number | Uint8Array)[]) => void) => {
    const statement = database.prepare(sql);
    return (...values) => void statement.run(...values);
  };
  const keepSession = prepared(
    `INSERT INTO mqtt_session (client, owner, offline_hours) VALUES (?, ?, ?)
     ON CONFLICT (client) DO UPDATE SET owner = excluded.owner, offline_hours = excluded.offline_hours`,
  );
  const keepEntry = prepared(
    `INSERT INTO mqtt_outgoing (client, position, topic, payload, qos, retain, state, message_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (client, position) DO UPDATE SET state = excluded.state, message_id = excluded.message_id`,
  );
  const keepRetained = prepared('INSERT OR REPLACE INTO mqtt_retained (topic, payload, qos) VALUES (?, ?, ?)');
  const keepWill = prepared('INSERT OR REPLACE INTO mqtt_will (client, topic, payload, qos, retain) VALUES (?, ?, ?, ?, ?)');
  const drops = ['mqtt_session', 'mqtt_subscription', 'mqtt_outgoing', 'mqtt_incoming'].map((table) =>
    prepared(`DELETE FROM ${table} WHERE client = ?`),
  );
  return {
    keepSession: ({ clientId, owner, offlineHours }) => keepSession(clientId, owner, offlineHours),
    dropSession(clientId) {
      for (const drop of drops) drop(clientId);
    },
    keepFilter: prepared('INSERT OR REPLACE INTO mqtt_subscription (client, filter, qos) VALUES (?, ?, ?)'),
    dropFilter: prepared('DELETE FROM mqtt_subscription WHERE client = ? AND filter = ?'),
    keepEntry: (clientId, { position, message: { topic, payload, qos, retain }, state, messageId }) =>
      keepEntry(clientId, position, topic, payload, qos, retain ? 1 : 0, states.indexOf(state), messageId),
    dropEntry: prepared('DELETE FROM mqtt_outgoing WHERE client = ? AND position = ?'),
    keepIncoming: prepared('INSERT OR REPLACE INTO mqtt_incoming (client, message_id) VALUES (?, ?)'),
    dropIncoming: prepared('DELETE FROM mqtt_incoming WHERE client = ? AND message_id = ?'),
    keepRetained: ({ topic, payload, qos }) => keepRetained(topic, payload, qos),
    dropRetained: prepared('DELETE FROM mqtt_retained WHERE topic = ?'),
    keepWill: (clientId, { topic, payload, qos, retain }) => keepWill(clientId, topic, payload, qos, retain ? 1 : 0),
    dropWill: prepared('DELETE FROM mqtt_will WHERE client = ?'),
  };
}

type EntryRow = { position: number; topic: string; payload: Uint8Array; qos: Qos; retain: number; state: number; messageId: number };
type MessageRow = { topic: string; payload: Uint8Array; qos: Qos; retain: number };

function load(database: SiteDatabase): Kept {
  const sessions = database
    .prepare<{ clientId: string; owner: string; offlineHours: number }>(
      'SELECT client AS clientId, owner, offline_hours AS offlineHours FROM mqtt_session',
    )
    .all();
  const filters = database.prepare<{ filter: string; qos: Qos }>('SELECT filter, qos FROM mqtt_subscription WHERE client = ?');
  const entries = database.prepare<EntryRow>(
    `SELECT position, topic, payload, qos, retain, state, message_id AS messageId FROM mqtt_outgoing WHERE client = ? ORDER BY position`,
  );
  const incoming = database.prepare<{ messageId: number }>('SELECT message_id AS messageId FROM mqtt_incoming WHERE client = ?');
  return {
    sessions: sessions.map((session) => ({
      ...session,
      filters: filters.all(session.clientId),
      entries: entries.all(session.clientId).map(entryOf),
      incoming: incoming.all(session.clientId).map(({ messageId }) => messageId),
    })),
    retained: database.prepare<Omit<MessageRow, 'retain'>>('SELECT topic, payload, qos FROM mqtt_retained').all().map(retainedOf),
    wills: database
      .prepare<MessageRow & { clientId: string }>('SELECT client AS clientId, topic, payload, qos, retain FROM mqtt_will')
      .all()
      .map(({ clientId, topic, payload, qos, retain }) => ({ clientId, will: { topic, payload, qos, retain: retain === 1 } })),
  };
}

const retainedOf = (row: Omit<MessageRow, 'retain'>): Message => ({ ...row, retain: true });

/** What may have been sent before the restart says so when it is sent again. */
function entryOf({ position, topic, payload, qos, retain, state, messageId }: EntryRow): Entry {
  const message = { topic, payload, qos, retain: retain === 1 };
  return { position, message, state: states[state]!, messageId, again: state !== 0, turn: 0 };
}

/** Keeps nothing: sessions last as long as the process. */
export function forgetfulStore(): SessionStore {
  return { load: () => ({ sessions: [], retained: [], wills: [] }), commit: () => Promise.resolve() };
}
