/** Readers of library items that answer questions: one question at a time, looked at all the time, given up when they stop answering. */
import type { Duplex } from 'node:stream';
import type { Timer } from '@tramhoc/base/clock';
import type { DeviceFault } from '@tramhoc/protocol/device-fault';
import { isTramError, TramError } from '@tramhoc/protocol/errors';
import type { ItemsMode, ItemTag } from '@tramhoc/protocol/library';
import type { Driver, DriverCounters, DriverDeps } from './driver.ts';
import { type ItemAccess, itemAccess, mayComeAgain, type TagCommands } from './item-access.ts';
import { joined, readLink } from './read-link.ts';

export type Question<Frame, Answer> = {
  bytes: Uint8Array;
  timeoutMs: number;
  /** What `frame` answers, or undefined when it is something else. */
  answer(frame: Frame): Answer | undefined;
};
/** Throws TramError DRIVER_TIMEOUT, and LINK_CLOSED when the session is over. */
export type Ask<Frame> = <Answer>(question: Question<Frame, Answer>) => Promise<Answer>;

/** `unreadCount`: records that made no sense and were passed over. */
export type Seen = { mode: ItemsMode; items: ItemTag[]; unreadCount?: number };
/** `kept`: done once the reading is on disk, e.g. emptying the buffer that it came from. */
export type Look = Seen & { kept?(): Promise<void> };

export type ItemProtocol<Config, Frame> = {
  decode(input: Uint8Array): { frames: Frame[]; rest: Uint8Array; skippedBytes: number };
  /** A frame that stops in the middle for this long is given up. Longer than what an USB adapter holds back (16 ms). */
  resyncMs: number;
  /** Silence on the line before each question. */
  gapMs: number;
  /** A short question that shows whether the reader is there: asked twice, 800 ms each at most. */
  greet(ask: Ask<Frame>, config: Config): Promise<unknown>;
  /** Everything that is in the field; undefined when there is nothing to tell. What it throws with `mayComeAgain` is tried at the next look. */
  look(ask: Ask<Frame>, config: Config): Promise<Look | undefined>;
  /** After a look: all that is wrong with the reader, of one that tells. */
  faults?(): DeviceFault[];
  /** What the reader says by itself; `reply` is written back once the reading is on disk. */
  overhear?(frame: Frame, config: Config): (Seen & { reply?: Uint8Array }) | undefined;
  /** false: the reader speaks by itself and must not be asked. */
  asks?(config: Config): boolean;
  tags?(ask: Ask<Frame>, config: Config): TagCommands;
  /** What to check when it does not answer. */
  silent: string;
};

export type ItemReaderConfig = { port: string; pollEveryMs: number };

/** Opening must be over within 2 s: two tries of a short question. */
const openingTries = 2;
/** So many looks without an answer, or refused, one after the other, and the session ends with what was wrong with the last. */
const giveUpLooks = 3;
/** After an answer that did not come the line must be quiet this long: a late answer must not be taken for that to the next question. */
const drainMs = 300;
/** Reads and writes that wait for the reader. A station works on one pile; more is a program that does not wait. */
const maxWaiting = 32;

/** Throws TramError DRIVER_TIMEOUT when the reader does not answer within 2 s, DRIVER_PORT_LOST, DRIVER_REFUSED. */
export async function openItemReader<Config extends ItemReaderConfig, Frame>(
  protocol: ItemProtocol<Config, Frame>,
  { link, config, deps }: { link: Duplex; config: Config; deps: DriverDeps },
): Promise<Driver<Config>> {
  const session = new Session(protocol, { link, config, deps });
  await session.begin();
  return session;
}

class Session<Config extends ItemReaderConfig, Frame> implements Driver<Config> {
  readonly items?: ItemAccess;
  readonly #protocol: ItemProtocol<Config, Frame>;
  readonly #link: Duplex;
  readonly #deps: DriverDeps;
  readonly #reader: { stop(): void };
  readonly #counters: DriverCounters = { frameCount: 0, skippedBytes: 0, timeoutCount: 0, lastFrameAtMs: undefined };
  readonly #stopped = new AbortController();
  #config: Config;
  #rest: Uint8Array = new Uint8Array();
  #resync: Timer | undefined;
  #nextLook: Timer | undefined;
  #lookAtMs = 0;
  #looking = false;
  #missedLooks = 0;
  #quietFromMs = Number.NEGATIVE_INFINITY;
  #pending: { hear(frame: Frame): boolean; giveUp(): void } | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(protocol: ItemProtocol<Config, Frame>, { link, config, deps }: { link: Duplex; config: Config; deps: DriverDeps }) {
    this.#protocol = protocol;
    this.#link = link;
    this.#config = config;
    this.#deps = deps;
    const { tags } = protocol;
    if (tags !== undefined)
      this.items = itemAccess({
        clock: deps.clock,
        withReader: (work) => this.#exclusive(() => work(tags(this.#ask, this.#config), () => this.#checkOpen())),
      });
    this.#reader = readLink(link, { onBytes: (chunk) => this.#hear(chunk), onGone: () => this.#stop() });
  }

  async begin(): Promise<void> {
    if (!this.#asks()) return;
    const { port } = this.#config;
    try {
      for (let attempt = 1; ; attempt += 1)
        try {
          await this.#protocol.greet(this.#ask, this.#config);
          break;
        } catch (cause) {
          if (attempt >= openingTries || !isTramError(cause, 'DRIVER_TIMEOUT')) throw cause;
        }
    } catch (cause) {
      const gone = this.#over() || isTramError(cause, 'LINK_CLOSED');
      this.#stop();
      if (gone) throw new TramError('DRIVER_PORT_LOST', `${port} closed while it was being opened; check the cable.`, { cause });
      throw cause;
    }
    this.#planLook();
  }

  async configure(config: Config): Promise<void> {
    this.#config = config;
    if (this.#over()) return;
    this.#nextLook?.cancel();
    if (!this.#looking) this.#planLook();
  }

  async close(): Promise<void> {
    this.#stop();
  }

  counters(): DriverCounters {
    return { ...this.#counters };
  }

  /** Sets the timer to the next look. */
  #planLook(): void {
    if (!this.#asks() || this.#over()) return;
    const dueMs = this.#lookAtMs + this.#config.pollEveryMs;
    this.#nextLook?.cancel();
    // a queue that is full is worked off first
    this.#nextLook = this.#deps.clock.after(Math.max(0, dueMs - this.#nowMs()), () =>
      this.#exclusive(() => this.#look()).catch(() => this.#planLook()),
    );
  }

  /** Exceptions of a protocol must not vanish in a timer: they end the session like any other fault. */
  async #look(): Promise<void> {
    if (this.#over()) return;
    this.#looking = true;
    this.#lookAtMs = this.#nowMs();
    try {
      const seen = await this.#protocol.look(this.#ask, this.#config);
      this.#missedLooks = 0;
      const faults = this.#protocol.faults?.();
      if (faults !== undefined && !this.#over()) this.#deps.emit({ kind: 'faults', faults });
      if (seen !== undefined && !this.#over() && this.#tell(seen)) await seen.kept?.();
    } catch (cause) {
      // a link that goes is noticed by the slot
      if (this.#over() || isTramError(cause, 'LINK_CLOSED')) return;
      if (!isTramError(cause)) return this.#fail(this.#bug(cause));
      this.#missedLooks += 1;
      if (!mayComeAgain(cause) || this.#missedLooks >= giveUpLooks) return this.#fail(cause);
    } finally {
      this.#looking = false;
    }
    this.#planLook();
  }

  /** One piece of work has the reader at a time, in the order of asking. */
  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= maxWaiting)
      return Promise.reject(
        new TramError('DRIVER_REFUSED', `${this.#config.port}: ${maxWaiting} calls are waiting; wait for their answers.`),
      );
    this.#waiting += 1;
    const result = this.#turn.then(work).finally(() => {
      this.#waiting -= 1;
    });
    this.#turn = result.catch(() => undefined);
    return result;
  }

  readonly #ask: Ask<Frame> = async ({ bytes, timeoutMs, answer }) => {
    const { clock } = this.#deps;
    for (let waitMs = this.#quietFromMs - this.#nowMs(); waitMs > 0 && !this.#over(); waitMs = this.#quietFromMs - this.#nowMs())
      await clock.sleep(waitMs, this.#stopped.signal).catch(() => undefined);
    this.#checkOpen();
    const { promise, resolve, reject } = Promise.withResolvers<NonNullable<ReturnType<typeof answer>>>();
    const settle = (): void => {
      timer.cancel();
      this.#pending = undefined;
    };
    const timer = clock.after(timeoutMs, () => {
      this.#counters.timeoutCount += 1;
      settle();
      this.#quietFromMs = this.#nowMs() + drainMs;
      reject(new TramError('DRIVER_TIMEOUT', `${this.#config.port}: no answer within ${timeoutMs} ms; ${this.#protocol.silent}`));
    });
    this.#pending = {
      hear: (frame) => {
        const said = answer(frame);
        if (said === undefined || said === null) return false;
        settle();
        resolve(said);
        return true;
      },
      giveUp: () => {
        settle();
        reject(this.#closed());
      },
    };
    this.#link.write(bytes);
    return promise;
  };

  #hear(chunk: Uint8Array): void {
    this.#resync?.cancel();
    this.#quietFromMs = Math.max(this.#quietFromMs, this.#nowMs() + this.#protocol.gapMs);
    const decoded = this.#protocol.decode(joined(this.#rest, chunk));
    this.#rest = decoded.rest;
    this.#counters.skippedBytes += decoded.skippedBytes;
    if (this.#rest.length > 0) this.#resync = this.#deps.clock.after(this.#protocol.resyncMs, () => this.#dropPartial());
    for (const frame of decoded.frames) {
      if (this.#over()) return;
      this.#counters.frameCount += 1;
      this.#counters.lastFrameAtMs = this.#nowMs();
      if (this.#pending?.hear(frame) !== true) this.#overhear(frame);
    }
  }

  #overhear(frame: Frame): void {
    const heard = this.#protocol.overhear?.(frame, this.#config);
    if (heard === undefined) return;
    if (this.#tell(heard) && heard.reply !== undefined && this.#link.writable) this.#link.write(heard.reply);
  }

  /** false: it could not be kept. */
  #tell({ mode, items, unreadCount = 0 }: Seen): boolean {
    const kept = this.#deps.emit({ kind: 'items', mode, items });
    if (kept && unreadCount > 0) this.#deps.log.warn({ unreadCount }, 'records of a reader cannot be read and are passed over');
    return kept;
  }

  #dropPartial(): void {
    this.#counters.skippedBytes += this.#rest.length;
    this.#rest = new Uint8Array();
  }

  #asks(): boolean {
    return this.#protocol.asks?.(this.#config) ?? true;
  }

  #bug(cause: unknown): TramError {
    return new TramError('DRIVER_REFUSED', `${this.#config.port}: ${(cause as Error).message}; see the log, then report it.`, { cause });
  }

  #closed(): TramError {
    return new TramError('LINK_CLOSED', `${this.#config.port} was closed; try again when the reader is back.`);
  }

  #checkOpen(): void {
    if (this.#over() || !this.#link.writable) throw this.#closed();
  }

  #fail(error: TramError): void {
    this.#stop();
    this.#deps.fail(error);
  }

  #over(): boolean {
    return this.#stopped.signal.aborted;
  }

  #stop(): void {
    this.#stopped.abort();
    this.#nextLook?.cancel();
    this.#resync?.cancel();
    this.#reader.stop();
    this.#pending?.giveUp();
  }

  #nowMs(): number {
    return this.#deps.clock.monotonicMs();
  }
}
