/** The computer that the agent runs on: what it is made of, how it is kept, how busy it is, and what is plugged into it. */
import type { Duplex } from 'node:stream';
import type { Timer } from '@tramhoc/base/clock';
import type { ComputerLoad, UsbDevice } from '@tramhoc/protocol/asset';
import { z } from 'zod';
import { HostAddress } from '../../transports/port-address.ts';
import { type Driver, type DriverCounters, type DriverDefinition, type DriverDeps, describe } from '../driver.ts';
import { readLink } from '../read-link.ts';
import { decode, encodeQuestion, type HostAnswer, type HostQuestion, type HostState } from './codec.ts';
import { discovery } from './discovery.ts';

/** A part that hangs is given up behind the link after 20 s, and there are nine. */
const answerMs: Readonly<Record<HostQuestion, number>> = { state: 200_000, usb: 30_000, load: 70_000 };
/** The first load after the start would be that of the start itself. */
const firstLoadMs = 5_000;

const Config = z.strictObject({
  port: HostAddress,
  stateEveryMin: describe(z.int().min(5).max(1_440).default(60), {
    vi: { title: 'Chu kỳ xem cấu hình máy', help: 'Ổ đĩa, mạng, bản cập nhật, máy in. Chỉ gửi khi có thay đổi.' },
    en: { title: 'Look at the computer every', help: 'Disks, network, updates, printers. Sent only when something changed.' },
    unit: 'min',
  }),
  usbEveryS: describe(z.int().min(1).max(3_600).default(10), {
    vi: {
      title: 'Chu kỳ xem cổng USB',
      help: 'Thiết bị cắm vào hoặc rút ra được báo sau nhiều nhất khoảng thời gian này. Trên Windows nên đặt từ 300 trở lên.',
    },
    en: {
      title: 'Look at USB every',
      help: 'What is plugged in or out is told after this time at most. On Windows set it to 300 or more.',
    },
    unit: 's',
  }),
  loadEveryS: describe(z.int().min(5).max(3_600).default(60), {
    vi: { title: 'Chu kỳ đo tải', help: 'Tải bộ xử lý, bộ nhớ, nhiệt độ được đo mỗi lần sau khoảng thời gian này.' },
    en: { title: 'Measure load every', help: 'Load of processor and memory, and temperature, are taken once in this time.' },
    unit: 's',
  }),
  reportEveryS: describe(z.int().min(5).max(86_400).default(900), {
    vi: { title: 'Chu kỳ báo cáo tải', help: 'Mỗi chu kỳ gửi một giá trị trung bình.' },
    en: { title: 'Report load every', help: 'One average is sent per period.' },
    unit: 's',
  }),
  allowedUsb: describe(
    z
      .string()
      .max(1_000)
      .regex(/^(?:[0-9a-fA-F]{4}:[0-9a-fA-F]{4}(?:[\s,;]+|$))*$/, 'USB numbers like 1a86:7523, separated by commas')
      .default(''),
    {
      vi: {
        title: 'Thiết bị USB được phép',
        help: 'Mã nhà sản xuất:mã sản phẩm, cách nhau bằng dấu phẩy, ví dụ 1a86:7523, 072f:2200. Thiết bị có sẵn từ lần chạy đầu được coi là đã biết.',
      },
      en: {
        title: 'Allowed USB devices',
        help: 'Vendor:product, separated by commas, e.g. 1a86:7523, 072f:2200. What was there at the first start is known anyway.',
      },
    },
  ),
});
export type HostConfig = z.infer<typeof Config>;

export const host: DriverDefinition<HostConfig> = {
  kind: 'host',
  title: { vi: 'Máy tính này', en: 'This computer' },
  configSchema: Config,
  capabilities: [{ can: 'describe-computer' }],
  discovery,
  link: ({ port }) => ({ port, serial: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } }),
  open: async (link, config, deps) => new Session(link, config, deps),
};

type Sum = Record<keyof ComputerLoad, { total: number; count: number }>;
const noLoad = (): Sum => ({
  cpuPct: { total: 0, count: 0 },
  memoryUsedPct: { total: 0, count: 0 },
  temperatureC: { total: 0, count: 0 },
  batteryPct: { total: 0, count: 0 },
});

class Session implements Driver<HostConfig> {
  readonly #link: Duplex;
  readonly #deps: DriverDeps;
  readonly #reader: { stop(): void };
  readonly #counters: DriverCounters = { frameCount: 0, skippedBytes: 0, timeoutCount: 0, lastFrameAtMs: undefined };
  readonly #timers = new Map<HostQuestion | 'report', Timer>();
  #config: HostConfig;
  #state: HostState | undefined;
  #usb: UsbDevice[] | undefined;
  #told: string | undefined;
  #load = noLoad();

  constructor(link: Duplex, config: HostConfig, deps: DriverDeps) {
    this.#link = link;
    this.#config = config;
    this.#deps = deps;
    this.#reader = readLink(link, { onBytes: (message) => this.#hear(message), onGone: () => this.#stop() });
    this.#ask('state');
    this.#ask('usb');
    this.#wait('load', firstLoadMs, () => this.#ask('load'));
    this.#planReport();
  }

  async configure(config: HostConfig): Promise<void> {
    const faster = config.usbEveryS < this.#config.usbEveryS;
    this.#config = config;
    // an answer that is awaited comes anyway; a long pause is not waited for
    if (faster) this.#wait('usb', this.#periodMs('usb'), () => this.#ask('usb'));
    this.#planReport();
  }

  async close(): Promise<void> {
    this.#stop();
  }

  counters(): DriverCounters {
    return { ...this.#counters };
  }

  #ask(question: HostQuestion): void {
    if (!this.#link.writable) return;
    this.#wait(question, answerMs[question], () => {
      this.#counters.timeoutCount += 1;
      this.#ask(question);
    });
    this.#link.write(encodeQuestion(question));
  }

  #periodMs(question: HostQuestion): number {
    const { stateEveryMin, usbEveryS, loadEveryS } = this.#config;
    return { state: stateEveryMin * 60_000, usb: usbEveryS * 1_000, load: loadEveryS * 1_000 }[question];
  }

  #hear(message: Uint8Array): void {
    const answer = decode(message);
    if (answer === undefined) {
      this.#counters.skippedBytes += message.length;
      return;
    }
    this.#counters.frameCount += 1;
    this.#counters.lastFrameAtMs = this.#deps.clock.monotonicMs();
    this.#take(answer);
    this.#wait(answer.told, this.#periodMs(answer.told), () => this.#ask(answer.told));
  }

  #take(answer: HostAnswer): void {
    if (answer.told === 'load') {
      for (const [key, value] of Object.entries(answer.load) as [keyof ComputerLoad, number][]) {
        this.#load[key].total += value;
        this.#load[key].count += 1;
      }
      return;
    }
    if (answer.told === 'state') this.#state = answer.state;
    else this.#usb = answer.devices;
    this.#tell();
  }

  /** Once both halves are known, and whenever one changed. */
  #tell(): void {
    if (this.#state === undefined || this.#usb === undefined) return;
    const state = { ...this.#state, usb: this.#usb };
    const text = JSON.stringify(state);
    if (text === this.#told) return;
    if (this.#deps.emit({ kind: 'computer', state })) this.#told = text;
  }

  #planReport(): void {
    this.#wait('report', this.#config.reportEveryS * 1_000, () => {
      this.#report();
      this.#planReport();
    });
  }

  #report(): void {
    const ended = this.#load;
    this.#load = noLoad();
    const sampleCount = ended.cpuPct.count;
    if (sampleCount === 0) return;
    const mean = ({ total, count }: { total: number; count: number }): number => Math.round((total / count) * 10) / 10;
    const load: ComputerLoad = {
      cpuPct: mean(ended.cpuPct),
      memoryUsedPct: mean(ended.memoryUsedPct),
      ...(ended.temperatureC.count > 0 && { temperatureC: mean(ended.temperatureC) }),
      ...(ended.batteryPct.count > 0 && { batteryPct: mean(ended.batteryPct) }),
    };
    this.#deps.emit({ kind: 'computer-load', load, sampleCount });
  }

  #wait(what: HostQuestion | 'report', delayMs: number, then: () => void): void {
    this.#timers.get(what)?.cancel();
    this.#timers.set(what, this.#deps.clock.after(delayMs, then));
  }

  #stop(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#reader.stop();
  }
}
