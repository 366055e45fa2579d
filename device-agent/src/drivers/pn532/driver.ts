/** PN532 modules on a serial line: woken up, set up, then asked again and again whether there is a card. */
import type { Duplex } from 'node:stream';
import type { Timer } from '@tramhoc/base/clock';
import { TramError } from '@tramhoc/protocol/errors';
import { CardUid } from '@tramhoc/protocol/ids';
import { z } from 'zod';
import { PortAddress } from '../../transports/port-address.ts';
import { type Driver, type DriverCounters, type DriverDefinition, type DriverDeps, describe } from '../driver.ts';
import { joined, readLink } from '../read-link.ts';
import { ack, commands, decode, encode, encodeAwake, type Frame, isRandom, nack, targetIn } from './codec.ts';
import { discovery } from './discovery.ts';

/** The chip acknowledges within 15 ms; device servers and USB adapters add their own. */
const ackMs = 300;
/** A look with few repeats is over in a tenth of this. */
const answerMs = 500;
/** Of the first command, so that opening is over within 2 s. */
const openingTries = 3;
/** So many looks without an answer, one after the other, and nobody is there. */
const giveUpLooks = 3;

const Config = z.strictObject({
  port: PortAddress,
  // seldomer, and a card that lies still would count as taken away and presented again
  pollEveryMs: describe(z.int().min(50).max(1_000).default(200), {
    vi: { title: 'Chu kỳ tìm thẻ', help: 'Đầu đọc được hỏi có thẻ hay không mỗi lần sau khoảng thời gian này.' },
    en: { title: 'Look every', help: 'The reader is asked for a card once in this time.' },
    unit: 'ms',
  }),
});
export type Pn532Config = z.infer<typeof Config>;

export const pn532: DriverDefinition<Pn532Config> = {
  kind: 'pn532',
  title: { vi: 'Đầu đọc thẻ 13,56 MHz (PN532, cổng nối tiếp)', en: '13.56 MHz card reader (PN532, serial)' },
  configSchema: Config,
  capabilities: [{ can: 'read-cards' }],
  discovery,
  link: ({ port }) => ({ port, serial: { baudRate: 115_200, dataBits: 8, parity: 'none', stopBits: 1 } }),
  async open(link, config, deps) {
    const session = new Session(link, config, deps);
    await session.begin();
    return session;
  },
};

class Session implements Driver<Pn532Config> {
  readonly #link: Duplex;
  readonly #deps: DriverDeps;
  readonly #reader: { stop(): void };
  readonly #counters: DriverCounters = { frameCount: 0, skippedBytes: 0, timeoutCount: 0, lastFrameAtMs: undefined };
  #config: Pn532Config;
  #rest: Uint8Array = new Uint8Array();
  #pending: { hear(frame: Frame): void; giveUp(): void } | undefined;
  #timer: Timer | undefined;
  #looking = false;
  #missedLooks = 0;
  #over = false;

  constructor(link: Duplex, config: Pn532Config, deps: DriverDeps) {
    this.#link = link;
    this.#config = config;
    this.#deps = deps;
    this.#reader = readLink(link, { onBytes: (chunk) => this.#hear(chunk), onGone: () => this.#stop() });
  }

  async begin(): Promise<void> {
    let awake = false;
    for (let attempt = 0; attempt < openingTries && !awake && !this.#over; attempt += 1) awake = await this.#setUp();
    const gone = this.#over;
    if (awake && !gone) return this.#planLook();
    this.#stop();
    if (gone) throw new TramError('DRIVER_PORT_LOST', `${this.#config.port} closed while it was being opened; check the cable.`);
    throw this.#silence();
  }

  async configure(config: Pn532Config): Promise<void> {
    this.#config = config;
    if (!this.#looking && !this.#over) this.#planLook();
  }

  async close(): Promise<void> {
    this.#stop();
  }

  counters(): DriverCounters {
    return { ...this.#counters };
  }

  /** Also after a power cut, which leaves the chip asleep and with its own settings. */
  async #setUp(): Promise<boolean> {
    if ((await this.#ask(commands.samConfiguration, encodeAwake(commands.samConfiguration))) === undefined) return false;
    return (await this.#ask(commands.fewRetries)) !== undefined;
  }

  #planLook(): void {
    this.#timer?.cancel();
    this.#timer = this.#deps.clock.after(this.#config.pollEveryMs, () => void this.#look());
  }

  async #look(): Promise<void> {
    this.#looking = true;
    const answer = await this.#ask(commands.listPassiveTarget);
    if (answer !== undefined) {
      this.#missedLooks = 0;
      this.#tell(answer);
      // a card that is in a conversation would not say its number a second time
      if (answer[0] !== 0) for (const command of [commands.fieldOff, commands.fieldOn]) await this.#ask(command);
    } else if (!this.#over) {
      this.#missedLooks += 1;
      if (this.#missedLooks >= giveUpLooks) {
        this.#stop();
        this.#deps.fail(this.#silence());
      } else await this.#setUp();
    }
    this.#looking = false;
    if (!this.#over) this.#planLook();
  }

  #tell(answer: Uint8Array): void {
    const target = targetIn(answer);
    if (target === undefined || isRandom(target)) return;
    this.#deps.emit({ kind: 'card', uid: CardUid.parse(target.uid), technology: 'iso14443' });
  }

  /** The data of the answer; undefined when none came, the chip refused, or the link is gone. */
  #ask(command: readonly number[], bytes: Uint8Array = encode(command)): Promise<Uint8Array | undefined> {
    if (this.#over || !this.#link.writable) return Promise.resolve(undefined);
    const { clock } = this.#deps;
    const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>();
    let timer: Timer | undefined;
    const settle = (data: Uint8Array | undefined): void => {
      timer?.cancel();
      this.#pending = undefined;
      resolve(data);
    };
    const silent = (): void => {
      this.#counters.timeoutCount += 1;
      this.#counters.skippedBytes += this.#rest.length;
      this.#rest = new Uint8Array();
      // ends a command that the chip may still be busy with
      this.#link.write(ack);
      settle(undefined);
    };
    const repeat = (): void => {
      this.#link.write(nack);
      timer = clock.after(answerMs, silent);
    };
    timer = clock.after(ackMs, silent);
    this.#pending = {
      hear(frame) {
        if (frame.kind === 'error') settle(undefined);
        // an acknowledgement may be lost; the answer says as much
        else if (frame.kind === 'answer' && frame.command === command[0]) settle(frame.data);
        else if (frame.kind === 'ack') {
          timer?.cancel();
          timer = clock.after(answerMs, repeat);
        }
      },
      giveUp: () => settle(undefined),
    };
    this.#link.write(bytes);
    return promise;
  }

  #hear(chunk: Uint8Array): void {
    const { frames, rest, skippedBytes } = decode(joined(this.#rest, chunk));
    this.#rest = rest;
    this.#counters.skippedBytes += skippedBytes;
    for (const frame of frames) {
      this.#counters.frameCount += 1;
      this.#counters.lastFrameAtMs = this.#deps.clock.monotonicMs();
      this.#pending?.hear(frame);
    }
  }

  #silence(): TramError {
    return new TramError(
      'DRIVER_TIMEOUT',
      `no answer on ${this.#config.port}; check the power of the PN532 module, that its switches are set to HSU (UART), and that TX and RX are crossed.`,
    );
  }

  #stop(): void {
    this.#over = true;
    this.#timer?.cancel();
    this.#reader.stop();
    this.#pending?.giveUp();
  }
}
