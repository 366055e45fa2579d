/** Card readers of the PC/SC service: each card that is laid down is asked for its number, again and again while it lies there. */
import type { Duplex } from 'node:stream';
import type { Timer } from '@tramhoc/base/clock';
import { z } from 'zod';
import { pcscMessage } from '../../transports/pcsc.ts';
import { PcscAddress } from '../../transports/port-address.ts';
import { cardUidOf } from '../card-number-profile.ts';
import { type Driver, type DriverCounters, type DriverDefinition, type DriverDeps, describe } from '../driver.ts';
import { readLink } from '../read-link.ts';
import { type CardTechnology, getUid, setBeep, technologyOf, uidIn } from './codec.ts';
import { discovery } from './discovery.ts';

/** Readers answer within 30 ms. */
const answerMs = 1_000;

const Config = z.strictObject({
  port: PcscAddress,
  byteOrder: describe(z.enum(['straight', 'reversed']).default('straight'), {
    vi: { title: 'Thứ tự byte của số thẻ', help: 'Chọn đảo khi cùng một thẻ có số khác trên đầu đọc khác.' },
    en: { title: 'Byte order of card numbers', help: 'Choose reversed when the same card has another number on another reader.' },
    options: { straight: { vi: 'Thuận', en: 'Straight' }, reversed: { vi: 'Đảo', en: 'Reversed' } },
  }),
  // seldomer, and a card that lies still would count as taken away and presented again
  pollEveryMs: describe(z.int().min(100).max(1_000).default(500), {
    vi: { title: 'Chu kỳ đọc lại', help: 'Thẻ đang nằm trên đầu đọc được đọc lại mỗi lần sau khoảng thời gian này.' },
    en: { title: 'Read again every', help: 'A card that lies on the reader is read again once in this time.' },
    unit: 'ms',
  }),
  beep: describe(z.enum(['keep', 'on', 'off']).default('keep'), {
    vi: { title: 'Tiếng bíp', help: 'Chỉ ACR122U và họ hàng: bíp khi đặt thẻ. Có tác dụng từ thẻ đầu tiên đến khi rút đầu đọc.' },
    en: {
      title: 'Beep',
      help: 'ACR122U and its kin: the beep for each card. Takes effect with the first card, until the reader is unplugged.',
    },
    options: { keep: { vi: 'Giữ nguyên', en: 'Keep' }, on: { vi: 'Bật', en: 'On' }, off: { vi: 'Tắt', en: 'Off' } },
  }),
});
export type PcscConfig = z.infer<typeof Config>;

export const pcsc: DriverDefinition<PcscConfig> = {
  kind: 'pcsc',
  title: { vi: 'Đầu đọc thẻ 13,56 MHz (PC/SC, ví dụ ACR122U)', en: '13.56 MHz card reader (PC/SC, e.g. ACR122U)' },
  configSchema: Config,
  capabilities: [{ can: 'read-cards' }],
  discovery,
  link: ({ port }) => ({ port, serial: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } }),
  open: async (link, config, deps) => new Session(link, config, deps),
};

class Session implements Driver<PcscConfig> {
  readonly #link: Duplex;
  readonly #deps: DriverDeps;
  readonly #reader: { stop(): void };
  readonly #counters: DriverCounters = { frameCount: 0, skippedBytes: 0, timeoutCount: 0, lastFrameAtMs: undefined };
  #config: PcscConfig;
  /** Of the card that lies there. */
  #technology: CardTechnology | undefined;
  #asked = false;
  /** What the reader was told last. */
  #beep: PcscConfig['beep'] = 'keep';
  /** Answers to come that are not about the number. */
  #otherAnswers = 0;
  #refusalTold = false;
  #timer: Timer | undefined;

  constructor(link: Duplex, config: PcscConfig, deps: DriverDeps) {
    this.#link = link;
    this.#config = config;
    this.#deps = deps;
    this.#reader = readLink(link, { onBytes: (message) => this.#hear(message), onGone: () => this.#stop() });
  }

  async configure(config: PcscConfig): Promise<void> {
    this.#config = config;
  }

  async close(): Promise<void> {
    this.#stop();
  }

  counters(): DriverCounters {
    return { ...this.#counters };
  }

  #hear(message: Uint8Array): void {
    const body = message.subarray(1);
    switch (message[0]) {
      case pcscMessage.noCard:
        this.#forget();
        break;
      case pcscMessage.card:
        this.#meet(body);
        break;
      case pcscMessage.answer:
        if (this.#otherAnswers > 0) this.#otherAnswers -= 1;
        else if (!this.#take(body)) {
          this.#counters.skippedBytes += message.length;
          return;
        }
        break;
      case pcscMessage.mute:
        if (this.#otherAnswers > 0) this.#otherAnswers -= 1;
        else this.#later(this.#config.pollEveryMs);
        break;
      default:
        this.#counters.skippedBytes += message.length;
        return;
    }
    this.#counters.frameCount += 1;
    this.#counters.lastFrameAtMs = this.#deps.clock.monotonicMs();
  }

  #meet(atr: Uint8Array): void {
    this.#forget();
    const kind = technologyOf(atr);
    if (kind === 'other') {
      this.#deps.log.info({}, 'a card that is neither ISO 14443 nor ISO 15693 was laid down; nobody is known by it');
      return;
    }
    this.#technology = kind;
    this.#arrangeBeep();
    this.#ask();
  }

  /** The reader takes such commands only while a card lies on it. */
  #arrangeBeep(): void {
    const { beep } = this.#config;
    if (beep === this.#beep || !this.#link.writable) return;
    this.#beep = beep;
    if (beep === 'keep') return;
    this.#otherAnswers += 1;
    this.#link.write(setBeep(beep));
  }

  #ask(): void {
    if (!this.#link.writable) return;
    this.#asked = true;
    this.#timer?.cancel();
    this.#timer = this.#deps.clock.after(answerMs, () => {
      this.#counters.timeoutCount += 1;
      this.#ask();
    });
    this.#link.write(getUid);
  }

  /** false for what nobody asked for, or what is no answer. */
  #take(response: Uint8Array): boolean {
    if (!this.#asked || this.#technology === undefined) return false;
    const answer = uidIn(response, this.#technology);
    if (answer === undefined) return false;
    this.#later(this.#config.pollEveryMs);
    if ('refused' in answer && !this.#refusalTold) {
      this.#refusalTold = true;
      this.#deps.log.warn({ status: answer.refused }, 'a card gives no number: a chip card, or the reader is not for contactless cards');
    }
    if (!('uid' in answer)) return true;
    const uid = cardUidOf(answer.uid, { format: 'hex', byteOrder: this.#config.byteOrder });
    if (uid !== undefined) this.#deps.emit({ kind: 'card', uid, technology: answer.technology });
    return true;
  }

  #later(delayMs: number): void {
    this.#timer?.cancel();
    this.#asked = false;
    if (this.#technology !== undefined) this.#timer = this.#deps.clock.after(delayMs, () => this.#ask());
  }

  #forget(): void {
    this.#timer?.cancel();
    this.#technology = undefined;
    this.#asked = false;
  }

  #stop(): void {
    this.#forget();
    this.#reader.stop();
  }
}
