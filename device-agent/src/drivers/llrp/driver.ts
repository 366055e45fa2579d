/** UHF readers that speak LLRP (Impinj, Zebra, Alien and others): portals, tables and shelves. They report by themselves; looks are made of the reports. */
import type { Duplex } from 'node:stream';
import type { Timer } from '@tramhoc/base/clock';
import { TramError } from '@tramhoc/protocol/errors';
import type { ItemTag } from '@tramhoc/protocol/library';
import { z } from 'zod';
import { withPortNumber } from '../../transports/display-address.ts';
import { NetworkAddress } from '../../transports/port-address.ts';
import { type Driver, type DriverCounters, type DriverDefinition, type DriverDeps, describe } from '../driver.ts';
import { itemsMode, pollEveryMs } from '../item-fields.ts';
import { joined, readLink } from '../read-link.ts';
import { closeConnection, deleteRoSpecs } from './client-messages.ts';
import { decode } from './codec.ts';
import { type Action, begin, type Session as Conversation, converse, type Event, type Wishes } from './session-machine.ts';

/** IANA: llrp. */
const llrpPort = 5_084;
/** A message that stops in the middle for this long will not go on: TCP would have sent the rest. */
const resyncMs = 2_000;
/** Reports of one passage come within a few milliseconds. */
const gatherMs = 100;
/** Of one look; more does not fit into a portal, a damaged reader that makes up numbers might claim it. */
const maxTags = 1_000;

const Config = z.strictObject({
  port: NetworkAddress,
  use: itemsMode,
  antennas: describe(
    z
      .string()
      .regex(/^ *(?:[1-9]\d?(?: *, *[1-9]\d?){0,31} *)?$/, 'numbers with commas, e.g. 1,2, or nothing for all')
      .default(''),
    {
      vi: { title: 'Ăng-ten', help: 'Số các ăng-ten, cách nhau bằng dấu phẩy, ví dụ 1,2. Để trống: tất cả.' },
      en: { title: 'Antennas', help: 'Numbers of the antennas with commas, e.g. 1,2. Empty: all of them.' },
    },
  ),
  session: describe(z.enum(['auto', '0', '1', '2', '3']).default('auto'), {
    vi: { title: 'Phiên Gen2', help: 'Tự động: bàn đọc dùng phiên 0, cổng dùng phiên 1. Chỉ đổi khi nhiều đầu đọc gây nhiễu nhau.' },
    en: { title: 'Gen2 session', help: 'Automatic: 0 on a pad, 1 at a gate. Change it only when several readers disturb each other.' },
    options: {
      auto: { vi: 'Tự động', en: 'Automatic' },
      '0': { vi: 'Phiên 0', en: 'Session 0' },
      '1': { vi: 'Phiên 1', en: 'Session 1' },
      '2': { vi: 'Phiên 2', en: 'Session 2' },
      '3': { vi: 'Phiên 3', en: 'Session 3' },
    },
  }),
  population: describe(z.int().min(1).max(1_000).default(32), {
    vi: { title: 'Số thẻ dự kiến', help: 'Khoảng bao nhiêu thẻ cùng lúc; đầu đọc tự điều chỉnh từ đó.' },
    en: { title: 'Expected tags', help: 'About how many tags at a time; the reader adapts from there.' },
  }),
  pollEveryMs: pollEveryMs(1_000),
});
export type LlrpConfig = z.infer<typeof Config>;

export const llrp: DriverDefinition<LlrpConfig> = {
  kind: 'llrp',
  title: { vi: 'Đầu đọc UHF qua mạng (LLRP)', en: 'UHF reader on the network (LLRP)' },
  configSchema: Config,
  capabilities: [{ can: 'read-items' }],
  link: ({ port }) => ({ port: withPortNumber(port, llrpPort), serial: { baudRate: 115_200, dataBits: 8, parity: 'none', stopBits: 1 } }),
  open: (link, config, deps) => new Session(link, config, deps).ready,
};

function wishesOf({ use, antennas, session, population }: LlrpConfig): Wishes {
  const numbers = antennas.trim() === '' ? [0] : [...new Set(antennas.split(',').map(Number))];
  const wanted = session === 'auto' ? (use === 'passed' ? 1 : 0) : Number(session);
  return { antennas: numbers, session: wanted as Wishes['session'], population };
}

class Session implements Driver<LlrpConfig> {
  /** Settles once: when the reader reads, or with the reason why it does not. */
  readonly ready: Promise<Driver<LlrpConfig>>;
  readonly #settle: PromiseWithResolvers<Driver<LlrpConfig>> = Promise.withResolvers();
  readonly #link: Duplex;
  readonly #deps: DriverDeps;
  readonly #reader: { stop(): void };
  readonly #counters: DriverCounters = { frameCount: 0, skippedBytes: 0, timeoutCount: 0, lastFrameAtMs: undefined };
  #config: LlrpConfig;
  #conversation: Conversation;
  #phase: 'opening' | 'open' | 'over' = 'opening';
  #rest: Uint8Array = new Uint8Array();
  #seen = new Map<string, ItemTag>();
  #waiting: Timer | undefined;
  #resync: Timer | undefined;
  #look: Timer | undefined;

  constructor(link: Duplex, config: LlrpConfig, deps: DriverDeps) {
    this.#link = link;
    this.#config = config;
    this.#deps = deps;
    this.ready = this.#settle.promise;
    const { next, actions } = begin(wishesOf(config));
    this.#conversation = next;
    this.#reader = readLink(link, { onBytes: (chunk) => this.#hear(chunk), onGone: () => this.#gone() });
    for (const action of actions) this.#perform(action);
  }

  async configure(config: LlrpConfig): Promise<void> {
    this.#config = config;
    if (this.#phase === 'over') return;
    this.#step({ type: 'configure', wishes: wishesOf(config) });
    this.#planLook();
  }

  async close(): Promise<void> {
    if (this.#phase === 'open' && this.#link.writable) {
      // nobody waits for the answers: the next client deletes what is left
      this.#link.write(deleteRoSpecs(this.#conversation.lastId + 1));
      this.#link.write(closeConnection(this.#conversation.lastId + 2));
    }
    this.#stop();
  }

  counters(): DriverCounters {
    return { ...this.#counters };
  }

  #hear(chunk: Uint8Array): void {
    this.#resync?.cancel();
    const decoded = decode(joined(this.#rest, chunk));
    this.#rest = decoded.rest;
    this.#counters.skippedBytes += decoded.skippedBytes;
    if (this.#rest.length > 0) this.#resync = this.#deps.clock.after(resyncMs, () => this.#dropPartial());
    for (const message of decoded.frames) {
      if (this.#phase === 'over') return;
      this.#counters.frameCount += 1;
      this.#counters.lastFrameAtMs = this.#deps.clock.monotonicMs();
      this.#step({ type: 'message', message });
    }
  }

  #step(event: Event): void {
    const { next, actions } = converse(this.#conversation, event);
    this.#conversation = next;
    for (const action of actions) if (this.#phase !== 'over') this.#perform(action);
  }

  #perform(action: Action): void {
    switch (action.do) {
      case 'send':
        if (this.#link.writable) this.#link.write(action.bytes);
        break;
      case 'wait':
        this.#waiting?.cancel();
        this.#waiting = this.#deps.clock.after(action.forMs, () => this.#step({ type: 'late' }));
        break;
      case 'ready':
        this.#phase = 'open';
        this.#planLook();
        this.#settle.resolve(this);
        break;
      case 'tags':
        for (const tag of action.tags) if (this.#seen.size < maxTags || this.#seen.has(tag.uid)) this.#seen.set(tag.uid, tag);
        if (this.#config.use === 'passed' && this.#look === undefined) this.#planLook();
        break;
      case 'identity':
        this.#deps.log.info({ maker: action.maker, model: action.model, firmware: action.firmware }, 'LLRP reader');
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

  /** A pad is told as a whole at regular times; a gate shortly after something passed. */
  #planLook(): void {
    this.#look?.cancel();
    this.#look = undefined;
    if (this.#phase !== 'open') return;
    const passing = this.#config.use === 'passed';
    if (passing && this.#seen.size === 0) return;
    this.#look = this.#deps.clock.after(passing ? gatherMs : this.#config.pollEveryMs, () => this.#tell());
  }

  #tell(): void {
    const items = [...this.#seen.values()];
    this.#seen = new Map();
    this.#deps.emit({ kind: 'items', mode: this.#config.use, items });
    this.#planLook();
  }

  #dropPartial(): void {
    this.#counters.skippedBytes += this.#rest.length;
    this.#rest = new Uint8Array();
  }

  #gone(): void {
    if (this.#phase === 'opening')
      this.#giveUp(
        new TramError('DRIVER_PORT_LOST', `${this.#config.port} closed the connection; end other programs that use the reader.`),
      );
    else this.#stop();
  }

  #giveUp(error: TramError): void {
    const opening = this.#phase === 'opening';
    this.#stop();
    if (opening) this.#settle.reject(error);
    else this.#deps.fail(error);
  }

  #stop(): void {
    this.#phase = 'over';
    this.#waiting?.cancel();
    this.#resync?.cancel();
    this.#look?.cancel();
    this.#reader.stop();
  }
}
