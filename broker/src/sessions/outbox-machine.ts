/**
 * What one session has still to be told: a queue, and a window of packets on their way with ids of their own. Source: MQTT 3.1.1, 2.3.1, 4.3, 4.4
 * and 4.6. It decides and remembers; writing to disk and socket is done by whoever asks. Pure.
 */

export type Message = { topic: string; payload: Uint8Array; qos: 0 | 1 | 2; retain: boolean };
/** `sent`: PUBLISH has gone or may have gone. `released`: PUBREC has come, PUBREL is to be sent until PUBCOMP comes. */
export type EntryState = 'queued' | 'sent' | 'released';
export type Entry = {
  /** Grows with each message of the session and is never used twice. */
  readonly position: number;
  readonly message: Message;
  state: EntryState;
  /** 0 while queued. */
  messageId: number;
  /** Written before, as far as is known: the next time says DUP [MQTT-3.3.1-1]. */
  again: boolean;
  /** The connection of the session on which it was written last; 0: none. */
  turn: number;
};
/** Bytes of all sessions together. */
export type Total = { bytes: number };

/** Packets on their way to one client: enough for a line with 100 ms there and back, and little to send again. */
export const maxInFlight = 100;
/** Bytes on their way, one packet at least: less than the cap of what may wait at a socket. */
export const maxInFlightBytes = 512 * 1024;
/** What an entry costs besides its payload and topic. */
const entryBytes = 200;
const maxMessageId = 65_535;
const compactAt = 1_024;

export const sizeOf = ({ topic, payload }: Message): number => payload.length + topic.length + entryBytes;

/** `unknown`: nothing is on its way under this id. `wrong`: what is wants another acknowledgement [MQTT-4.8.0-1]. */
export type NotIt = 'unknown' | 'wrong';

export type Outbox = {
  readonly count: number;
  readonly bytes: number;
  add(message: Message): Entry;
  /** Takes what was added back out: its commit failed. */
  withdraw(entry: Entry): void;
  /** The next of the queue for which there is room on the way; it is `sent` now and has an id. */
  next(): Entry | undefined;
  /** The oldest that waits in the queue, taken out. */
  evict(): Entry | undefined;
  /** PUBACK, or PUBCOMP: the entry that is done with. */
  done(messageId: number, how: 'puback' | 'pubcomp'): Entry | NotIt;
  /** PUBREC: the entry whose PUBREL is due. */
  received(messageId: number): Entry | NotIt;
  /** What was on its way when a connection ended, in its order [MQTT-4.4.0-1] [MQTT-4.6.0-1]. */
  onTheWay(): Entry[];
  /** Puts back what a store kept, oldest first. */
  restore(entry: Entry): void;
  /** The session is over. */
  clear(): void;
};

export function createOutbox(total: Total): Outbox {
  /** From `head` on; what is before it has left. A Map would walk over what was deleted each time it is asked for its oldest. */
  let queue: (Entry | undefined)[] = [];
  let head = 0;
  const flight = new Map<number, Entry>();
  let flightBytes = 0;
  let bytes = 0;
  let lastPosition = 0;
  let lastId = 0;

  const freeId = (): number => {
    do lastId = lastId === maxMessageId ? 1 : lastId + 1;
    while (flight.has(lastId));
    return lastId;
  };
  const grow = (by: number): void => {
    bytes += by;
    total.bytes += by;
  };
  const leaveQueue = (entry: Entry): void => {
    if (queue[head] === entry) {
      queue[head] = undefined;
      head += 1;
    } else queue.splice(queue.indexOf(entry, head), 1);
    if (head < compactAt || head * 2 < queue.length) return;
    queue = queue.slice(head);
    head = 0;
  };
  const remove = (entry: Entry): void => {
    grow(-sizeOf(entry.message));
    if (entry.state === 'queued') leaveQueue(entry);
    else {
      flight.delete(entry.messageId);
      flightBytes -= sizeOf(entry.message);
    }
  };

  return {
    get count() {
      return queue.length - head + flight.size;
    },
    get bytes() {
      return bytes;
    },
    add(message) {
      lastPosition += 1;
      const entry: Entry = { position: lastPosition, message, state: 'queued', messageId: 0, again: false, turn: 0 };
      queue.push(entry);
      grow(sizeOf(message));
      return entry;
    },
    withdraw(entry) {
      if (entry.state === 'queued' ? queue.includes(entry, head) : flight.get(entry.messageId) === entry) remove(entry);
    },
    next() {
      const entry = queue[head];
      if (entry === undefined) return undefined;
      const size = sizeOf(entry.message);
      if (flight.size >= maxInFlight || (flight.size > 0 && flightBytes + size > maxInFlightBytes)) return undefined;
      leaveQueue(entry);
      entry.state = 'sent';
      entry.messageId = freeId();
      flight.set(entry.messageId, entry);
      flightBytes += size;
      return entry;
    },
    evict() {
      const entry = queue[head];
      if (entry !== undefined) remove(entry);
      return entry;
    },
    done(messageId, how) {
      const entry = flight.get(messageId);
      if (entry === undefined) return 'unknown';
      if (how === 'puback' ? entry.message.qos !== 1 : entry.state !== 'released') return 'wrong';
      remove(entry);
      return entry;
    },
    received(messageId) {
      const entry = flight.get(messageId);
      if (entry === undefined) return 'unknown';
      if (entry.message.qos !== 2) return 'wrong';
      entry.state = 'released';
      return entry;
    },
    onTheWay: () => [...flight.values()],
    restore(entry) {
      lastPosition = Math.max(lastPosition, entry.position);
      grow(sizeOf(entry.message));
      if (entry.state === 'queued') queue.push(entry);
      else {
        flight.set(entry.messageId, entry);
        flightBytes += sizeOf(entry.message);
        lastId = Math.max(lastId, entry.messageId);
      }
    },
    clear() {
      grow(-bytes);
      queue = [];
      head = 0;
      flight.clear();
      flightBytes = 0;
    },
  };
}
