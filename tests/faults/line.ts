/** A network line in the test's hand: a TCP relay that delays, cuts, keeps silent, or forgets one of its ends. One port for its whole life. */
import { connect, createServer, type Socket } from 'node:net';

export type LineMood =
  | { do: 'pass' }
  /** Each chunk takes this long, and up to `jitterMs` more; their order stays. */
  | { do: 'delay'; delayMs: number; jitterMs: number }
  /** Open connections break, new ones are refused. */
  | { do: 'cut' }
  /** A black hole: nothing arrives and nobody is told; what was sent comes when it ends. */
  | { do: 'hold' };

export type Line = {
  readonly port: number;
  set(mood: LineMood): void;
  /** Each open connection breaks in the middle of the next chunk that is large enough to be cut. */
  cutInRecord(): void;
  /** The far ends of open connections are closed, the near ends never hear of it. New connections are whole. */
  forgetFarEnds(): void;
  openConnections(): number;
  close(): Promise<void>;
};

/** A TLS record header has 5 bytes: a cut behind it is in the middle of a record. */
const smallestCut = 40;
/** More than this in a line that holds is not read from its sender: the window of TCP closes, as on a real line. */
const maxHeldBytes = 1024 * 1024;

type Pair = { near: Socket; far: Socket; cutNext: boolean; forgotten: boolean };

export async function openLine(options: { port: number; targetPort: number; random(): number }): Promise<Line> {
  const pairs = new Set<Pair>();
  let mood: LineMood = { do: 'pass' };
  let wakeAll: (() => void)[] = [];
  const end = (pair: Pair): void => {
    pair.near.destroy();
    pair.far.destroy();
    pairs.delete(pair);
  };
  const relay = (pair: Pair, from: Socket, to: Socket): void => {
    const held: { chunk: Buffer; dueMs: number }[] = [];
    let heldBytes = 0;
    let lastDueMs = 0;
    const release = (): void => {
      while (held.length > 0 && mood.do !== 'hold' && held[0]!.dueMs <= performance.now()) {
        const { chunk } = held.shift()!;
        heldBytes -= chunk.length;
        to.write(chunk);
      }
      if (heldBytes < maxHeldBytes && from.isPaused()) from.resume();
      if (held.length > 0 && mood.do !== 'hold') setTimeout(release, Math.max(1, held[0]!.dueMs - performance.now()));
    };
    wakeAll.push(release);
    from.on('data', (chunk: Buffer) => {
      if (pair.cutNext && chunk.length > smallestCut) {
        to.write(chunk.subarray(0, 6 + Math.floor(options.random() * (chunk.length - 7))), () => end(pair));
        return;
      }
      if (pair.forgotten) return;
      const delayMs = mood.do === 'delay' ? mood.delayMs + mood.jitterMs * options.random() : 0;
      if (delayMs === 0 && held.length === 0 && mood.do !== 'hold') {
        to.write(chunk);
        return;
      }
      lastDueMs = Math.max(lastDueMs, performance.now() + delayMs);
      held.push({ chunk, dueMs: lastDueMs });
      heldBytes += chunk.length;
      if (heldBytes >= maxHeldBytes) from.pause();
      if (held.length === 1) release();
    });
  };
  const server = createServer({ noDelay: true }, (near) => {
    near.on('error', () => undefined);
    if (mood.do === 'cut') {
      near.resetAndDestroy();
      return;
    }
    const far = connect({ port: options.targetPort, host: '127.0.0.1', noDelay: true });
    far.on('error', () => undefined);
    const pair: Pair = { near, far, cutNext: false, forgotten: false };
    pairs.add(pair);
    near.once('close', () => end(pair));
    far.once('close', () => pair.forgotten || end(pair));
    relay(pair, near, far);
    relay(pair, far, near);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  return {
    port: options.port,
    set(next) {
      mood = next;
      if (mood.do === 'cut') for (const pair of pairs) end(pair);
      if (pairs.size === 0) wakeAll = [];
      for (const wake of wakeAll) wake();
    },
    cutInRecord() {
      for (const pair of pairs) pair.cutNext = true;
    },
    forgetFarEnds() {
      for (const pair of pairs) {
        pair.forgotten = true;
        pair.far.destroy();
      }
    },
    openConnections: () => pairs.size,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const pair of pairs) end(pair);
      }),
  };
}
