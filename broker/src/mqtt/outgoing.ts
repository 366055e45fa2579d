/**
 * What goes out to one client. What waits has a cap and a time, so that a device that stops reading costs its own connection and nothing else; small
 * packets that are written in one turn go out together.
 */
import type { Duplex } from 'node:stream';
import type { Clock, Timer } from '@tramhoc/base/clock';

/** A TLSSocket, or anything that behaves like one. */
export type ByteSocket = Duplex & { destroySoon(): void };

/** A few desired documents and answers; a device that leaves more than this unread is not reading. */
export const maxWaitingBytes = 1024 * 1024;
/** A device that takes not one byte for this time while there are some for it is frozen. */
export const stalledMs = 8_000;
/** So that a slow line shows that it moves: 8 KB/s is enough. */
const partBytes = 64 * 1024;
/** What is still waiting when the connection is closed in good order gets this long. */
const lastWordsMs = 2_000;

export type Outgoing = {
  write(bytes: Buffer): void;
  waitingBytes(): number;
  /** Writes out what waits, then ends the connection (close_notify with TLS). */
  end(): void;
  /** Ends the connection now. */
  destroy(): void;
};

/** `onStuck` is called once: the client does not read; the connection is over then. */
export function createOutgoing(
  socket: ByteSocket,
  { clock, onStuck, patienceMs = stalledMs }: { clock: Clock; onStuck(): void; patienceMs?: number },
): Outgoing {
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  /** The socket has a part that it has not taken whole. */
  let underWay = false;
  let partsTaken = 0;
  let scheduled = false;
  let over = false;
  let ending = false;
  let watch: Timer | undefined;
  let force: Timer | undefined;

  const stop = (): void => {
    over = true;
    waiting = [];
    waitingBytes = 0;
    watch?.cancel();
    force?.cancel();
  };
  const stuck = (): void => {
    if (over) return;
    stop();
    socket.destroy();
    onStuck();
  };
  /** One timer at most: it looks now and then whether anything was taken meanwhile. */
  const look = (): void => {
    const before = partsTaken;
    watch = clock.after(
      patienceMs,
      () => {
        watch = undefined;
        if (!underWay) return;
        if (partsTaken === before) stuck();
        else look();
      },
      { background: true },
    );
  };
  const taken = (): void => {
    partsTaken += 1;
    underWay = false;
    flush();
  };
  const flush = (): void => {
    scheduled = false;
    if (over || underWay) return;
    if (waitingBytes === 0) {
      if (ending) socket.destroySoon();
      return;
    }
    const all = waiting.length === 1 ? waiting[0]! : Buffer.concat(waiting, waitingBytes);
    const part = all.length > partBytes ? all.subarray(0, partBytes) : all;
    waiting = part === all ? [] : [all.subarray(partBytes)];
    waitingBytes -= part.length;
    underWay = true;
    socket.write(part, taken);
    if (watch === undefined) look();
  };
  socket.once('close', stop);

  return {
    write(bytes) {
      if (over || ending) return;
      waiting.push(bytes);
      waitingBytes += bytes.length;
      if (waitingBytes + socket.writableLength > maxWaitingBytes) stuck();
      else if (!scheduled && !underWay) {
        scheduled = true;
        queueMicrotask(flush);
      }
    },
    waitingBytes: () => waitingBytes + socket.writableLength,
    end() {
      if (over || ending) return;
      ending = true;
      force = clock.after(lastWordsMs, () => socket.destroy(), { background: true });
      if (!scheduled) flush();
    },
    destroy() {
      stop();
      socket.destroy();
    },
  };
}
