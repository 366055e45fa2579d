/** Projectors and boards that speak PJLink class 1 over the network. The conversation is in pjlink-machine.ts; this file carries it out. */
import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Timer } from '@tramhoc/base/clock';
import { TramError } from '@tramhoc/protocol/errors';
import { z } from 'zod';
import { NetworkAddress, parsePort } from '../../transports/port-address.ts';
import { type Driver, type DriverCounters, type DriverDefinition, type DriverDeps, describe } from '../driver.ts';
import { joined, readLink } from '../read-link.ts';
import { decode } from './codec.ts';
import { type Action, begin, type Conversation, converse, type Event } from './pjlink-machine.ts';

/** Registered for PJLink. Specifications 3. */
const pjlinkPort = 4352;

const Config = z.strictObject({
  port: NetworkAddress,
  password: describe(z.string().max(32).default(''), {
    vi: { title: 'Mật khẩu PJLink', help: 'Như đã đặt trong menu mạng của máy chiếu. Để trống nếu máy không đặt mật khẩu.' },
    en: { title: 'PJLink password', help: "As set in the projector's network menu. Leave it empty when none is set." },
    secret: true,
  }),
  power: describe(z.enum(['keep', 'on', 'off']).default('keep'), {
    vi: { title: 'Nguồn', help: 'Bật hoặc tắt máy cho đến khi máy xác nhận; sau đó người dùng vẫn bật tắt được bằng điều khiển.' },
    en: { title: 'Power', help: 'Switches until the projector confirms; after that people can still use the remote control.' },
    options: { keep: { vi: 'Giữ nguyên', en: 'Keep' }, on: { vi: 'Bật', en: 'On' }, off: { vi: 'Tắt', en: 'Off' } },
  }),
  pollEveryS: describe(z.int().min(5).max(25).default(20), {
    vi: { title: 'Chu kỳ hỏi', help: 'Máy chiếu tự ngắt kết nối sau 30 giây không được hỏi.' },
    en: { title: 'Ask every', help: 'A projector closes the connection when it is not asked for 30 seconds.' },
    unit: 's',
  }),
});
export type PjlinkConfig = z.infer<typeof Config>;

export const pjlink: DriverDefinition<PjlinkConfig> = {
  kind: 'pjlink',
  title: { vi: 'Máy chiếu, màn hình (PJLink)', en: 'Projector or display (PJLink)' },
  configSchema: Config,
  capabilities: [{ can: 'switch-power' }],
  link: ({ port }) => ({ port: withPort(port), serial: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } }),
  open: (link, config, deps) => new Session(link, config, deps).ready,
};

/** Specifications 5.1: MD5 over the random number and the password, as 32 lower-case hex digits. */
export function digestOf({ random, password }: { random: string; password: string }): string {
  return createHash('md5').update(`${random}${password}`).digest('hex');
}

function withPort(address: string): string {
  const parsed = parsePort(address);
  return parsed?.bus === 'tcp' && parsed.port === undefined ? `${address}:${pjlinkPort}` : address;
}

/** One connection, from the greeting to its end. */
class Session implements Driver<PjlinkConfig> {
  /** Settles once: when the projector has answered its first question, or with the reason why it did not. */
  readonly ready: Promise<Session>;
  readonly #settle: PromiseWithResolvers<Session> = Promise.withResolvers();
  readonly #link: Duplex;
  readonly #deps: DriverDeps;
  readonly #reader: { stop(): void };
  readonly #counters: DriverCounters = { frameCount: 0, skippedBytes: 0, timeoutCount: 0, lastFrameAtMs: undefined };
  #config: PjlinkConfig;
  #phase: 'opening' | 'open' | 'over' = 'opening';
  #conversation: Conversation;
  #rest: Uint8Array = new Uint8Array();
  #timer: Timer | undefined;

  constructor(link: Duplex, config: PjlinkConfig, deps: DriverDeps) {
    this.#link = link;
    this.#config = config;
    this.#deps = deps;
    this.ready = this.#settle.promise;
    const { next, actions } = begin({ wish: config.power, pollEveryMs: config.pollEveryS * 1_000, atMs: deps.clock.monotonicMs() });
    this.#conversation = next;
    for (const action of actions) this.#perform(action);
    this.#reader = readLink(link, { onBytes: (chunk) => this.#hear(chunk), onGone: () => this.#gone() });
  }

  async configure(config: PjlinkConfig): Promise<void> {
    const wish = config.power === this.#config.power ? {} : { wish: config.power };
    this.#config = config;
    if (this.#phase === 'open') this.#step({ type: 'configure', ...wish, pollEveryMs: config.pollEveryS * 1_000, atMs: this.#nowMs() });
  }

  async close(): Promise<void> {
    this.#stop();
  }

  counters(): DriverCounters {
    return { ...this.#counters };
  }

  #hear(chunk: Uint8Array): void {
    const decoded = decode(joined(this.#rest, chunk));
    this.#rest = decoded.rest;
    this.#counters.skippedBytes += decoded.skippedBytes;
    for (const line of decoded.lines) {
      if (this.#phase === 'over') return;
      this.#counters.frameCount += 1;
      this.#counters.lastFrameAtMs = this.#nowMs();
      this.#step({ type: 'line', line, atMs: this.#nowMs() });
    }
  }

  #step(event: Event): void {
    const { password } = this.#config;
    const digest = (random: string): string | undefined => (password === '' ? undefined : digestOf({ random, password }));
    const { next, actions } = converse(this.#conversation, event, digest);
    this.#conversation = next;
    for (const action of actions) if (this.#phase !== 'over') this.#perform(action);
  }

  #perform(action: Action): void {
    switch (action.do) {
      case 'send':
        if (this.#link.writable) this.#link.write(action.text);
        break;
      case 'wait':
        this.#timer?.cancel();
        this.#timer = this.#deps.clock.after(action.forMs, () => this.#step({ type: 'timer', atMs: this.#nowMs() }));
        break;
      case 'ready':
        this.#phase = 'open';
        this.#settle.resolve(this);
        break;
      case 'tell':
        this.#deps.emit({ kind: 'display', state: action.state });
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
    this.#timer?.cancel();
    this.#reader.stop();
  }

  #nowMs(): number {
    return this.#deps.clock.monotonicMs();
  }
}
