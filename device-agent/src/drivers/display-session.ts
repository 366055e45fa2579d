/** One connection with a display, from its first answer to its end: carries out what display-machine.ts decides. */
import type { Duplex } from 'node:stream';
import type { Timer } from '@tramhoc/base/clock';
import { TramError } from '@tramhoc/protocol/errors';
import type { Action, Conversation, Dialect, Event, Wishes } from './display-dialect.ts';
import { begin, converse } from './display-machine.ts';
import { cameTrue, noteCameTrue } from './display-wishes.ts';
import type { Driver, DriverCounters, DriverDeps } from './driver.ts';
import { joined, readLink } from './read-link.ts';

export type DisplayProtocol<Config, Frame, Facts> = {
  decode(input: Uint8Array): { frames: Frame[]; rest: Uint8Array; skippedBytes: number };
  /** Made anew for each connection and each config. */
  dialect(config: Config, deps: DriverDeps): Dialect<Frame, Facts>;
  wishes(config: Config): Wishes;
};

/** Resolves when the display has answered its first question. Throws DRIVER_TIMEOUT, DRIVER_PORT_LOST, or what the dialect fails with. */
export function openDisplay<Config extends { port: string; pollEveryS: number }, Frame, Facts>(
  protocol: DisplayProtocol<Config, Frame, Facts>,
  { link, config, deps }: { link: Duplex; config: Config; deps: DriverDeps },
): Promise<Driver<Config>> {
  return new Session(protocol, { link, config, deps }).ready;
}

class Session<Config extends { port: string; pollEveryS: number }, Frame, Facts> implements Driver<Config> {
  /** Settles once: when the display has answered its first question, or with the reason why it did not. */
  readonly ready: Promise<Driver<Config>>;
  readonly #settle: PromiseWithResolvers<Driver<Config>> = Promise.withResolvers();
  readonly #protocol: DisplayProtocol<Config, Frame, Facts>;
  readonly #link: Duplex;
  readonly #deps: DriverDeps;
  readonly #reader: { stop(): void };
  readonly #counters: DriverCounters = { frameCount: 0, skippedBytes: 0, timeoutCount: 0, lastFrameAtMs: undefined };
  #config: Config;
  #dialect: Dialect<Frame, Facts>;
  #conversation: Conversation<Facts>;
  #phase: 'opening' | 'open' | 'over' = 'opening';
  #rest: Uint8Array = new Uint8Array();
  #timer: Timer | undefined;

  constructor(protocol: DisplayProtocol<Config, Frame, Facts>, { link, config, deps }: { link: Duplex; config: Config; deps: DriverDeps }) {
    this.#protocol = protocol;
    this.#link = link;
    this.#config = config;
    this.#deps = deps;
    this.ready = this.#settle.promise;
    this.#dialect = protocol.dialect(config, deps);
    const { next, actions } = begin(this.#dialect, { ...this.#wanted(), came: cameTrue(deps.lasting), atMs: this.#nowMs() });
    this.#conversation = next;
    this.#reader = readLink(link, { onBytes: (chunk) => this.#hear(chunk), onGone: () => this.#gone() });
    for (const action of actions) this.#perform(action);
  }

  async configure(config: Config): Promise<void> {
    this.#config = config;
    this.#dialect = this.#protocol.dialect(config, this.#deps);
    if (this.#phase !== 'over') this.#step({ type: 'configure', ...this.#wanted(), atMs: this.#nowMs() });
  }

  async close(): Promise<void> {
    this.#stop();
  }

  counters(): DriverCounters {
    return { ...this.#counters };
  }

  #wanted(): { wishes: Wishes; pollEveryMs: number } {
    return { wishes: this.#protocol.wishes(this.#config), pollEveryMs: this.#config.pollEveryS * 1_000 };
  }

  #hear(chunk: Uint8Array): void {
    const decoded = this.#protocol.decode(joined(this.#rest, chunk));
    this.#rest = decoded.rest;
    this.#counters.skippedBytes += decoded.skippedBytes;
    for (const frame of decoded.frames) {
      if (this.#phase === 'over') return;
      this.#counters.frameCount += 1;
      this.#counters.lastFrameAtMs = this.#nowMs();
      this.#step({ type: 'frame', frame, atMs: this.#nowMs() });
    }
  }

  #step(event: Event<Frame>): void {
    const { next, actions } = converse(this.#dialect, this.#conversation, event);
    if (next.came !== this.#conversation.came) noteCameTrue(this.#deps.lasting, next.came);
    this.#conversation = next;
    for (const action of actions) if (this.#phase !== 'over') this.#perform(action);
  }

  #perform(action: Action): void {
    switch (action.do) {
      case 'send':
        if (this.#link.writable) this.#link.write(action.bytes);
        break;
      case 'wait':
        this.#timer?.cancel();
        this.#timer = this.#deps.clock.after(action.forMs, () => this.#step({ type: 'timer', atMs: this.#nowMs() }));
        break;
      case 'drop-partial':
        this.#counters.skippedBytes += this.#rest.length;
        this.#rest = new Uint8Array();
        break;
      case 'ready':
        this.#phase = 'open';
        this.#settle.resolve(this);
        break;
      case 'tell':
        this.#deps.emit({ kind: 'display', state: action.state });
        break;
      case 'note':
        this.#deps.notes?.set(action.key, action.value);
        break;
      case 'warn':
        this.#deps.log.warn({}, action.message);
        break;
      case 'fail':
        if (action.code === 'DRIVER_TIMEOUT') this.#counters.timeoutCount += 1;
        this.#giveUp(new TramError(action.code, `${this.#config.port}: ${action.message}`));
        break;
      default:
        action satisfies never;
    }
  }

  #gone(): void {
    if (this.#phase === 'opening')
      this.#giveUp(new TramError('DRIVER_PORT_LOST', `${this.#config.port} closed the connection; another controller may hold it.`));
    else {
      this.#step({ type: 'gone', atMs: this.#nowMs() });
      this.#stop();
    }
  }

  #giveUp(error: TramError): void {
    const opening = this.#phase === 'opening';
    this.#stop();
    if (opening) this.#settle.reject(error);
    else this.#deps.fail(error);
  }

  #stop(): void {
    this.#phase = 'over';
    this.#timer?.cancel();
    this.#reader.stop();
  }

  #nowMs(): number {
    return this.#deps.clock.monotonicMs();
  }
}
