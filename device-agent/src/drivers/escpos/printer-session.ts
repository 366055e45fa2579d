/** One connection with a receipt printer: asks how it is, prints one receipt at a time, and says what became of it. */
import type { Duplex } from 'node:stream';
import type { Timer } from '@tramhoc/base/clock';
import type { PrinterFault, PrinterState } from '@tramhoc/protocol/asset';
import { TramError } from '@tramhoc/protocol/errors';
import type { Receipt } from '@tramhoc/protocol/receipt';
import type { Driver, DriverCounters, DriverDeps, ReceiptPrinter } from '../driver.ts';
import { joined, readLink } from '../read-link.ts';
import {
  type Answer,
  type Condition,
  commands,
  conditionNow,
  conditionOfChange,
  decode,
  printerState,
  type Question,
  questions,
} from './codec.ts';
import { type PrintOptions, receiptCommands } from './plan-receipt.ts';

export type PrinterConfig = PrintOptions & { port: string; status: 'ask' | 'none'; pollEveryS: number };

/** Printers answer DLE EOT within 20 ms; a full serial line adds its own. */
const answerMs = 600;
/** Of the first question, so that opening is over within 2 s. */
const openingTries = 3;
/** A switched-off printer at a device server looks like a disturbed line at first. */
const giveUpRounds = 3;
/** While it prints, it is looked after this often. */
const watchEveryMs = 1_000;
/** Nobody waits longer in front of a screen; a receipt takes three seconds. */
const printWithinMs = 25_000;
/** A printer that has not said by now that it printed has no such answer (USB printers of some makers). */
const confirmWithinMs = 8_000;
const clearWithinMs = 500;

const advice: Readonly<Record<PrinterFault['code'], string>> = {
  PRINTER_OFFLINE: 'the printer is not ready; check its power and cable, and press its FEED key once.',
  PRINTER_PAPER_LOW: 'the paper is nearly used up; put a new roll in soon.',
  PRINTER_PAPER_OUT: 'the printer has no paper; put a new roll in and close the cover.',
  PRINTER_COVER_OPEN: 'the cover of the printer is open; close it until it clicks.',
  PRINTER_FAULT: 'the printer reports a fault; switch it off, take out jammed paper, and switch it on again.',
};

/** Throws DRIVER_TIMEOUT when a printer that is to be asked does not answer within 2 s, DRIVER_PORT_LOST. */
export async function openPrinter(link: Duplex, config: PrinterConfig, deps: DriverDeps): Promise<Driver<PrinterConfig>> {
  const session = new Session(link, config, deps);
  await session.begin();
  return session;
}

class Session implements Driver<PrinterConfig> {
  readonly receipts: ReceiptPrinter = { print: (receipt) => this.#print(receipt) };
  readonly #link: Duplex;
  readonly #deps: DriverDeps;
  readonly #reader: { stop(): void };
  readonly #counters: DriverCounters = { frameCount: 0, skippedBytes: 0, timeoutCount: 0, lastFrameAtMs: undefined };
  /** Run after every byte heard, every drained buffer and at the end. */
  readonly #watchers = new Set<() => void>();
  readonly #wake = (): void => {
    for (const watch of [...this.#watchers]) watch();
  };
  #config: PrinterConfig;
  #rest: Uint8Array = new Uint8Array();
  #awaited: 'now' | undefined;
  #heard: number | undefined;
  #printedAwaited = false;
  #cleared = false;
  #held = false;
  #state: PrinterState = { ready: true, paper: 'unknown', coverOpen: false, faults: [] };
  #round: Promise<Condition | undefined> | undefined;
  #missedRounds = 0;
  #printing = false;
  #timer: Timer | undefined;
  #over = false;

  constructor(link: Duplex, config: PrinterConfig, deps: DriverDeps) {
    this.#link = link;
    this.#config = config;
    this.#deps = deps;
    this.#reader = readLink(link, { onBytes: (chunk) => this.#hear(chunk), onGone: () => this.#stop() });
    link.on('drain', this.#wake);
  }

  async begin(): Promise<void> {
    const { status, port } = this.#config;
    if (status === 'none') {
      this.#tell(this.#state);
      return;
    }
    let condition: Condition | undefined;
    for (let attempt = 0; attempt < openingTries && condition === undefined && !this.#over; attempt += 1) condition = await this.#look();
    if (this.#over) throw new TramError('DRIVER_PORT_LOST', `${port} closed while it was being opened; check the cable.`);
    if (condition === undefined) {
      this.#stop();
      throw this.#silence();
    }
    this.#send(commands.tellChanges);
    this.#take(condition);
    this.#planTurn();
  }

  async configure(config: PrinterConfig): Promise<void> {
    this.#config = config;
    if (!this.#over) this.#planTurn();
  }

  async close(): Promise<void> {
    this.#stop();
  }

  counters(): DriverCounters {
    return { ...this.#counters };
  }

  #planTurn(): void {
    this.#timer?.cancel();
    if (this.#config.status === 'none') return;
    this.#timer = this.#deps.clock.after(this.#config.pollEveryS * 1_000, () => void this.#turn());
  }

  async #turn(): Promise<void> {
    const condition = this.#printing ? undefined : await this.#look();
    if (this.#over) return;
    if (condition !== undefined) this.#take(condition);
    else if (!this.#printing) {
      this.#missedRounds += 1;
      if (this.#missedRounds >= giveUpRounds) {
        this.#stop();
        this.#deps.fail(this.#silence());
        return;
      }
    }
    this.#planTurn();
  }

  /** All four questions; undefined when one is not answered. A round that is under way serves everybody. */
  #look(): Promise<Condition | undefined> {
    this.#round ??= this.#askAll().finally(() => {
      this.#round = undefined;
    });
    return this.#round;
  }

  async #askAll(): Promise<Condition | undefined> {
    const bits: number[] = [];
    for (const question of questions) {
      const answer = await this.#ask(question);
      if (answer === undefined) return undefined;
      bits.push(answer);
    }
    return conditionNow(bits as [number, number, number, number]);
  }

  async #ask(question: Question): Promise<number | undefined> {
    if (this.#over || !this.#link.writable) return undefined;
    this.#heard = undefined;
    this.#awaited = 'now';
    this.#send(commands.askNow(question));
    const answer = await this.#until(answerMs, () => this.#heard);
    this.#awaited = undefined;
    if (answer === undefined && !this.#over) {
      this.#counters.timeoutCount += 1;
      this.#counters.skippedBytes += this.#rest.length;
      this.#rest = new Uint8Array();
    }
    return answer;
  }

  async #print(receipt: Receipt): Promise<{ confirmed: boolean }> {
    if (this.#printing) throw new TramError('CONFLICT', 'the printer is printing; try again when it is done.');
    this.#printing = true;
    try {
      if (this.#config.status === 'ask') await this.#makeSure();
      const untilMs = this.#nowMs() + printWithinMs;
      for (const command of receiptCommands(receipt, this.#config)) await this.#sendInTurn(command, untilMs);
      return { confirmed: await this.#confirm(untilMs) };
    } catch (cause) {
      // what waits in the printer must not come out for the next person
      await this.#clear();
      throw cause;
    } finally {
      this.#printing = false;
      if (!this.#over) this.#planTurn();
    }
  }

  /** Throws what stands in the way of printing. */
  async #makeSure(): Promise<void> {
    const condition = await this.#look();
    if (condition === undefined) throw this.#fault('PRINTER_OFFLINE');
    this.#take(condition);
    this.#refuseWhenNotReady();
  }

  #refuseWhenNotReady(): void {
    if (this.#over) throw this.#fault('PRINTER_OFFLINE');
    const fault = this.#state.faults.find(({ level }) => level === 'error');
    if (fault !== undefined) throw this.#fault(fault.code);
  }

  /** Waits for room: a printer with a full memory takes nothing for as long as it prints. */
  async #sendInTurn(command: Uint8Array, untilMs: number): Promise<void> {
    this.#refuseWhenNotReady();
    this.#send(command);
    const free = (): true | undefined => ((this.#link.writableNeedDrain || this.#held) && !this.#over ? undefined : true);
    while (free() === undefined) {
      if (this.#nowMs() >= untilMs) throw this.#fault('PRINTER_OFFLINE');
      if ((await this.#until(watchEveryMs, () => (this.#state.ready ? free() : true))) === undefined) await this.#look();
      this.#refuseWhenNotReady();
    }
  }

  /** True when the printer says that it printed everything; false when it has no such answer. */
  async #confirm(untilMs: number): Promise<boolean> {
    if (this.#config.status === 'none') return false;
    this.#printedAwaited = true;
    this.#send(commands.askWhenPrinted);
    const confirmUntilMs = Math.min(untilMs, this.#nowMs() + confirmWithinMs);
    try {
      while (this.#nowMs() < confirmUntilMs) {
        const done = await this.#until(watchEveryMs, () => (this.#printedAwaited && this.#state.ready && !this.#over ? undefined : true));
        this.#refuseWhenNotReady();
        if (done === true) return true;
        const condition = await this.#look();
        if (condition !== undefined) this.#take(condition);
        this.#refuseWhenNotReady();
      }
      return false;
    } finally {
      this.#printedAwaited = false;
    }
  }

  async #clear(): Promise<void> {
    if (this.#over || this.#config.status === 'none') return;
    this.#cleared = false;
    this.#send(commands.clearBuffers);
    await this.#until(clearWithinMs, () => this.#cleared || undefined);
  }

  #hear(chunk: Uint8Array): void {
    const { frames, rest, skippedBytes } = decode(joined(this.#rest, chunk));
    this.#rest = rest;
    this.#counters.skippedBytes += skippedBytes;
    for (const frame of frames) {
      if (this.#over) return;
      if (!this.#accept(frame)) {
        this.#counters.skippedBytes += 1;
        continue;
      }
      this.#counters.frameCount += 1;
      this.#counters.lastFrameAtMs = this.#nowMs();
    }
    this.#wake();
  }

  /** false for a byte that nobody asked for: such an answer has no check of its own. */
  #accept(frame: Answer): boolean {
    switch (frame.answer) {
      case 'now':
        if (this.#awaited === undefined) return false;
        this.#awaited = undefined;
        this.#heard = frame.bits;
        return true;
      case 'change':
        this.#take(conditionOfChange(frame.bytes));
        return true;
      case 'printed':
        if (!this.#printedAwaited) return false;
        this.#printedAwaited = false;
        return true;
      case 'cleared':
        this.#cleared = true;
        return true;
      case 'flow':
        this.#held = !frame.goOn;
        return true;
      default:
        return frame satisfies never;
    }
  }

  #take(condition: Condition): void {
    this.#missedRounds = 0;
    this.#tell(printerState(condition));
  }

  #tell(state: PrinterState): void {
    this.#state = state;
    this.#deps.emit({ kind: 'printer', state });
  }

  /** What `look` gives once it gives something; undefined after `withinMs`, and when the link has gone. */
  #until<Value>(withinMs: number, look: () => Value | undefined): Promise<Value | undefined> {
    const { promise, resolve } = Promise.withResolvers<Value | undefined>();
    const settle = (value: Value | undefined): void => {
      timer.cancel();
      this.#watchers.delete(watch);
      resolve(value);
    };
    const watch = (): void => {
      const value = look();
      if (value !== undefined || this.#over) settle(value);
    };
    const timer = this.#deps.clock.after(withinMs, () => settle(undefined));
    this.#watchers.add(watch);
    watch();
    return promise;
  }

  #send(bytes: Uint8Array): void {
    if (!this.#over && this.#link.writable) this.#link.write(bytes);
  }

  #fault(code: PrinterFault['code']): TramError {
    return new TramError(code, `${this.#config.port}: ${advice[code]}`);
  }

  #silence(): TramError {
    return new TramError(
      'DRIVER_TIMEOUT',
      `no answer on ${this.#config.port}; check the power of the printer and the speed of the line. For a printer that never answers set Status to "Never answers".`,
    );
  }

  #stop(): void {
    this.#over = true;
    this.#timer?.cancel();
    this.#reader.stop();
    this.#link.off('drain', this.#wake);
    this.#wake();
  }

  #nowMs(): number {
    return this.#deps.clock.monotonicMs();
  }
}
