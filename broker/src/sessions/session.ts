/** One client's session: what it has subscribed to, what it has still to be told, and the connection it has now. Source: MQTT 3.1.1, 4.1. */
import { createOutbox, type Entry, type Message, type Outbox, type Total } from './outbox-machine.ts';

export type Qos = 0 | 1 | 2;

/** Where a session's packets go. */
export type Line = {
  publish(packet: { message: Message; qos: Qos; messageId: number; dup: boolean }): void;
  /** PUBREL. */
  release(messageId: number): void;
  /** Bytes that the client has not taken. */
  waitingBytes(): number;
  cut(): void;
};

export type Session<Owner> = {
  readonly clientId: string;
  /** Outlives its connection [MQTT-3.1.2-4]. */
  readonly kept: boolean;
  /** As the rules know the client. */
  owner: Owner;
  /** Kept sessions are counted by this name. */
  readonly ownerName: string;
  readonly filters: Map<string, Qos>;
  readonly outbox: Outbox;
  /** Ids of QoS 2 from the client, until PUBREL; each settles when its message is on disk. */
  readonly incoming: Map<number, Promise<unknown>>;
  line: Line | undefined;
  /** Counts its connections. */
  turn: number;
  offlineHours: number;
};
export type SessionName<Owner> = Pick<Session<Owner>, 'clientId' | 'kept' | 'owner' | 'ownerName'>;

export function createSession<Owner>({ clientId, kept, owner, ownerName }: SessionName<Owner>, total: Total): Session<Owner> {
  return {
    ...{ clientId, kept, owner, ownerName },
    filters: new Map(),
    outbox: createOutbox(total),
    incoming: new Map(),
    line: undefined,
    turn: 0,
    offlineHours: 0,
  };
}

/** Writes what is on its way and has not been written on this connection. */
export function send(session: Session<unknown>, entries: readonly Entry[]): void {
  const { line, turn } = session;
  if (line === undefined) return;
  for (const entry of entries) {
    if (entry.turn === turn || entry.state === 'queued') continue;
    const { message, messageId, again } = entry;
    entry.turn = turn;
    entry.again = true;
    if (entry.state === 'released') line.release(messageId);
    else line.publish({ message, qos: message.qos, messageId, dup: again });
  }
}

/** Moves from the queue to the way what there is room for. */
export function start({ line, outbox }: Session<unknown>): Entry[] {
  const started: Entry[] = [];
  if (line === undefined) return started;
  for (let entry = outbox.next(); entry !== undefined; entry = outbox.next()) started.push(entry);
  return started;
}
