/** Sensors and meters that answer questions: asked in turn, one question at a time, averaged over an interval, given up when they stop answering. */
import type { Duplex } from 'node:stream';
import type { Timer } from '@tramhoc/base/clock';
import type { DeviceFault } from '@tramhoc/protocol/device-fault';
import { TramError } from '@tramhoc/protocol/errors';
import type { Driver, DriverCounters, DriverDeps } from './driver.ts';
import type { Sample } from './interval-average.ts';
import { type IntervalReport, startReports } from './interval-report.ts';
import { joined, readLink } from './read-link.ts';
import type { SensorConfig } from './sensor-fields.ts';

export type PolledConfig = SensorConfig & { port: string; pollEveryS: number };

/** `decode` takes the answer to this very question out of `input`; without one, `rest` is what may become it, shorter than the longest answer. */
export type Question<Answer> = {
  bytes: Uint8Array;
  decode(input: Uint8Array): { answer: Answer | undefined; rest: Uint8Array; skippedBytes: number };
};
/** undefined when no answer came in time or the link is gone. */
export type Ask = <Answer>(question: Question<Answer>) => Promise<Answer | undefined>;

export type Round =
  /**
   * Empty: it answered, but with nothing that may be reported. `cold`: it was just switched on, and warms up from now on. `faults`: of a device that
   * tells of itself, everything that is wrong with it now.
   */
  | { kind: 'sample'; sample: Sample; cold?: boolean; faults?: DeviceFault[] }
  | { kind: 'no answer' }
  /** It says that it is broken or that it cannot do what we ask: somebody must look. */
  | { kind: 'fault'; error: TramError };

export type PolledSensor<Config extends PolledConfig> = {
  /** All questions of one turn. Ends at the first that is not answered. */
  round(ask: Ask, config: Config): Promise<Round>;
  /** Silence on the wire before each question. */
  gapMs: number;
  /** What to check, in words: when it is silent, and when it answers but gives nothing that may be reported. */
  checks: { silent: string; valueless: string };
};

/** Answers come within tenths of a second. */
const replyMs = 1_000;
const openingMs = 2_000;
const openingTries = 2;
/** After an answer that did not come the line must be quiet this long: a late answer must not be taken for that to the next question. */
const drainMs = 300;
/** After a turn without an answer the next one comes soon, however long the period is. */
const retryMs = 5_000;
/** A disturbed line costs an answer now and then; so many turns one after the other mean that nobody is there. */
const giveUpRounds = 3;
/** A device that was gone this many turns may have been without power, and warms up again. */
const coldRounds = 2;
/** Nothing reportable for this long after warm-up. */
const valuelessMs = 10 * 60_000;

/** Throws TramError DRIVER_TIMEOUT when the device does not answer within 2 s, DRIVER_PORT_LOST, or the fault that it tells of itself. */
export async function openPolled<Config extends PolledConfig>(
  link: Duplex,
  config: Config,
  deps: DriverDeps,
  sensor: PolledSensor<Config>,
): Promise<Driver<Config>> {
  const session = new Session(link, config, deps, sensor);
  await session.begin();
  return session;
}

type Pending = { hear(chunk: Uint8Array): void; giveUp(): void };

class Session<Config extends PolledConfig> implements Driver<Config> {
  readonly #link: Duplex;
  readonly #deps: DriverDeps;
  readonly #sensor: PolledSensor<Config>;
  readonly #reader: { stop(): void };
  readonly #reports: IntervalReport;
  readonly #counters: DriverCounters = { frameCount: 0, skippedBytes: 0, timeoutCount: 0, lastFrameAtMs: undefined };
  readonly #stopped = new AbortController();
  #config: Config;
  #pending: Pending | undefined;
  #timer: Timer | undefined;
  #roundAtMs: number;
  #poweredAtMs: number;
  #valueAtMs: number;
  /** The next question waits until nothing was heard for `ms` from here on. */
  #quiet = { fromMs: Number.NEGATIVE_INFINITY, ms: 0 };
  /** Until it is open, answers must be there by now. */
  #openByMs: number | undefined;
  #missedRounds = 0;
  #asking = true;

  constructor(link: Duplex, config: Config, deps: DriverDeps, sensor: PolledSensor<Config>) {
    this.#link = link;
    this.#config = config;
    this.#deps = deps;
    this.#sensor = sensor;
    this.#quiet.ms = sensor.gapMs;
    this.#roundAtMs = this.#poweredAtMs = this.#valueAtMs = deps.clock.monotonicMs();
    this.#reports = startReports({ clock: deps.clock, emit: deps.emit, everyMs: config.reportEveryS * 1_000 });
    this.#reader = readLink(link, { onBytes: (chunk) => this.#hear(chunk), onGone: () => this.#stop() });
  }

  async begin(): Promise<void> {
    const { port } = this.#config;
    let round: Round = { kind: 'no answer' };
    this.#openByMs = this.#nowMs() + openingMs;
    for (let attempt = 0; attempt < openingTries && round.kind === 'no answer' && !this.#over(); attempt += 1) round = await this.#round();
    this.#openByMs = undefined;
    // a link that goes cannot be written to before it has closed
    if (this.#over() || !this.#link.writable) {
      this.#stop();
      throw new TramError('DRIVER_PORT_LOST', `${port} closed while it was being opened; check the cable.`);
    }
    if (round.kind === 'sample') {
      this.#take(round);
      this.#rest();
      return;
    }
    this.#stop();
    throw round.kind === 'fault' ? round.error : this.#silence();
  }

  async configure(config: Config): Promise<void> {
    this.#config = config;
    if (this.#over()) return;
    this.#reports.reportEvery(config.reportEveryS * 1_000);
    if (!this.#asking) this.#rest();
  }

  async close(): Promise<void> {
    this.#stop();
  }

  counters(): DriverCounters {
    return { ...this.#counters };
  }

  async #turn(): Promise<void> {
    const round = await this.#round();
    if (this.#over()) return;
    if (round.kind === 'fault') return this.#fail(round.error);
    if (round.kind === 'no answer') {
      this.#missedRounds += 1;
      if (this.#missedRounds >= giveUpRounds) return this.#fail(this.#silence());
    } else {
      if (this.#missedRounds >= coldRounds || round.cold === true) this.#poweredAtMs = this.#valueAtMs = this.#nowMs();
      this.#missedRounds = 0;
      this.#take(round);
      const { port, warmUpS } = this.#config;
      if (this.#nowMs() - this.#valueAtMs >= valuelessMs + warmUpS * 1_000)
        return this.#fail(new TramError('DRIVER_REFUSED', `${port}: ${this.#sensor.checks.valueless}`));
    }
    this.#rest();
  }

  /** Exceptions of a driver must not vanish in a timer: they end the session like any other fault. */
  async #round(): Promise<Round> {
    this.#asking = true;
    this.#roundAtMs = this.#nowMs();
    try {
      return await this.#sensor.round((question) => this.#ask(question), this.#config);
    } catch (cause) {
      const message = `${this.#config.port}: ${(cause as Error).message}; see the log, then report it.`;
      return { kind: 'fault', error: cause instanceof TramError ? cause : new TramError('DRIVER_REFUSED', message, { cause }) };
    } finally {
      this.#asking = false;
    }
  }

  /** Sets the one timer to the next turn. */
  #rest(): void {
    const periodMs = this.#config.pollEveryS * 1_000;
    const dueMs = this.#roundAtMs + (this.#missedRounds > 0 ? Math.min(periodMs, retryMs) : periodMs);
    this.#timer?.cancel();
    this.#timer = this.#deps.clock.after(Math.max(0, dueMs - this.#nowMs()), () => void this.#turn());
  }

  #take({ sample, faults }: Extract<Round, { kind: 'sample' }>): void {
    const nowMs = this.#nowMs();
    if (faults !== undefined) this.#deps.emit({ kind: 'faults', faults });
    // then it has been told why no values come
    if (faults !== undefined && faults.length > 0) this.#valueAtMs = nowMs;
    if (Object.keys(sample).length === 0) return;
    this.#valueAtMs = nowMs;
    if (nowMs - this.#poweredAtMs >= this.#config.warmUpS * 1_000) this.#reports.add(sample);
  }

  async #ask<Answer>({ bytes, decode }: Question<Answer>): Promise<Answer | undefined> {
    const { clock } = this.#deps;
    await this.#untilQuiet();
    if (this.#over() || !this.#link.writable) return undefined;
    const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
    let rest: Uint8Array = new Uint8Array();
    const settle = (answer: Answer | undefined): void => {
      timer.cancel();
      this.#pending = undefined;
      this.#counters.skippedBytes += rest.length;
      resolve(answer);
    };
    const leftMs = this.#openByMs === undefined ? replyMs : this.#openByMs - this.#nowMs();
    const timer = clock.after(Math.max(0, Math.min(replyMs, leftMs)), () => {
      this.#counters.timeoutCount += 1;
      this.#quiet = { fromMs: this.#nowMs(), ms: drainMs };
      settle(undefined);
    });
    this.#pending = {
      hear: (chunk) => {
        const decoded = decode(joined(rest, chunk));
        rest = decoded.rest;
        this.#counters.skippedBytes += decoded.skippedBytes;
        if (decoded.answer === undefined) return;
        this.#counters.frameCount += 1;
        this.#counters.lastFrameAtMs = this.#nowMs();
        this.#quiet.ms = this.#sensor.gapMs;
        settle(decoded.answer);
      },
      giveUp: () => settle(undefined),
    };
    this.#link.write(bytes);
    return promise;
  }

  /** A line that is never quiet is asked all the same: then nobody answers, and somebody is told. */
  async #untilQuiet(): Promise<void> {
    const endMs = this.#nowMs() + replyMs;
    for (let nowMs = this.#nowMs(); nowMs < endMs && !this.#over(); nowMs = this.#nowMs()) {
      const waitMs = Math.min(endMs, this.#quiet.fromMs + this.#quiet.ms) - nowMs;
      if (waitMs <= 0) return;
      await this.#deps.clock.sleep(waitMs, this.#stopped.signal).catch(() => undefined);
    }
  }

  /** What comes when nothing was asked is noise, or an answer that came too late. */
  #hear(chunk: Uint8Array): void {
    this.#quiet.fromMs = this.#nowMs();
    if (this.#pending === undefined) this.#counters.skippedBytes += chunk.length;
    else this.#pending.hear(chunk);
  }

  #silence(): TramError {
    return new TramError('DRIVER_TIMEOUT', `no answer on ${this.#config.port}; ${this.#sensor.checks.silent}`);
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
    this.#timer?.cancel();
    this.#reports.stop();
    this.#reader.stop();
    this.#pending?.giveUp();
  }

  #nowMs(): number {
    return this.#deps.clock.monotonicMs();
  }
}
