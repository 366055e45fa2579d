/** One connection with a terminal: introduced, told of punches as they happen, its log read when it grew. */
import type { Duplex } from 'node:stream';
import type { Timer } from '@tramhoc/base/clock';
import { TramError } from '@tramhoc/protocol/errors';
import { TerminalSerial } from '@tramhoc/protocol/terminal-punch';
import type { Driver, DriverCounters, DriverDeps } from '../driver.ts';
import { commands, type Packet } from './codec.ts';
import { commKeyProof } from './comm-key.ts';
import { Conversation } from './conversation.ts';
import type { Zkteco4370Config } from './driver.ts';
import { type Log, readLog, readTerminalCounts, readTerminalPins } from './log-reader.ts';
import { decodeTime, punchOf, readEvent, readOption, readRecord } from './records.ts';

/** Once in this time everything is read again: a terminal that is full writes over its oldest records without a new count. */
const readAllMs = 24 * 3_600_000;
/** So many times in a row without an answer, or without the list of people that the log needs. */
const giveUpRounds = 3;
const retryMs = 5_000;
/** Records that are kept before anything else of this program has a turn: each waits for the disk. */
const recordsPerTurn = 16;
const eventPunch = 1;
const dayMs = 24 * 3_600_000;

/** Note: serial number and the last record that was told, in hex; of logs that name places only. */
const toldNote = 'told';

/** What was read and kept, up to the record `last`. */
type Seen = { recordCount: number; last: Uint8Array };

/** Throws TramError DRIVER_TIMEOUT, DRIVER_PORT_LOST, DRIVER_AUTH_FAILED, DRIVER_REFUSED. */
export async function openTerminal(link: Duplex, config: Zkteco4370Config, deps: DriverDeps): Promise<Driver<Zkteco4370Config>> {
  const session = new Session(link, config, deps);
  try {
    await session.begin();
    return session;
  } catch (cause) {
    await session.close();
    throw cause;
  }
}

class Session implements Driver<Zkteco4370Config> {
  readonly #deps: DriverDeps;
  readonly #talk: Conversation;
  readonly #datagrams: boolean;
  readonly #stopped = new AbortController();
  #config: Zkteco4370Config;
  #serial = '';
  #timer: Timer | undefined;
  #missedRounds = 0;
  #seen: Seen | undefined;
  #readAllAtMs = Number.NEGATIVE_INFINITY;
  /** The last record that was told of a log that names places only: whose place it was then cannot be asked later. */
  #told: Uint8Array | undefined;
  #unreadableBytes = 0;
  #working = false;

  constructor(link: Duplex, config: Zkteco4370Config, deps: DriverDeps) {
    this.#deps = deps;
    this.#config = config;
    this.#datagrams = config.port.startsWith('udp:');
    this.#talk = new Conversation(link, { clock: deps.clock, datagrams: this.#datagrams, onEvent: (packet) => this.#event(packet) });
  }

  async begin(): Promise<void> {
    const hello = await this.#talk.ask(commands.connect);
    if (hello === undefined) throw this.#silence();
    this.#talk.useSession(hello.session);
    if (hello.command === commands.unauthorized) await this.#authenticate(hello.session);
    else if (!hello.ok) throw this.#refused('it does not take connections', hello.command);
    const name = '~SerialNumber';
    const told = await this.#talk.ask(commands.option, new TextEncoder().encode(`${name}\0`));
    if (told === undefined) throw this.#silence();
    const serial = TerminalSerial.safeParse(readOption(told.data, name)).data;
    if (serial === undefined) throw this.#refused('it does not tell its serial number', told.command);
    this.#serial = serial;
    const [notedSerial, last = ''] = this.#deps.lasting?.get(toldNote)?.split(' ') ?? [];
    if (notedSerial === serial) this.#told = Buffer.from(last, 'hex');
    // an old terminal that knows no events is read regularly all the same
    await this.#talk.ask(commands.event, Uint8Array.of(eventPunch, 0, 0, 0));
    if (this.#talk.over) throw this.#silence();
    this.#deps.log.info({ terminal: serial }, 'an attendance terminal is connected');
    this.#rest(0);
  }

  async configure(config: Zkteco4370Config): Promise<void> {
    this.#config = config;
    if (!this.#over() && !this.#working) this.#rest(config.pollEveryS * 1_000);
  }

  async close(): Promise<void> {
    if (!this.#over() && this.#serial !== '') this.#talk.say(commands.exit);
    this.#stop();
  }

  counters(): DriverCounters {
    const { counters } = this.#talk;
    return { ...counters, skippedBytes: counters.skippedBytes + this.#unreadableBytes };
  }

  async #authenticate(session: number): Promise<void> {
    const proof = commKeyProof({ key: Number(this.#config.password), session });
    const answer = await this.#talk.ask(commands.authenticate, proof);
    if (answer === undefined) throw this.#silence();
    if (!answer.ok)
      throw new TramError(
        'DRIVER_AUTH_FAILED',
        `${this.#config.port}: the terminal wants another comm key; enter the one of its connection menu.`,
      );
  }

  #rest(delayMs: number): void {
    this.#timer?.cancel();
    if (!this.#over()) this.#timer = this.#deps.clock.after(delayMs, () => void this.#turn());
  }

  /** Exceptions of a driver must not vanish in a timer: they end the session like any other fault. */
  async #turn(): Promise<void> {
    this.#working = true;
    try {
      const done = await this.#round();
      if (this.#over()) return;
      this.#missedRounds = done === 'silent' || done === 'nameless' ? this.#missedRounds + 1 : 0;
      if (this.#missedRounds >= giveUpRounds) return this.#fail(done === 'silent' ? this.#silence() : this.#nameless());
      this.#rest(done === 'done' ? this.#config.pollEveryS * 1_000 : Math.min(retryMs, this.#config.pollEveryS * 1_000));
    } catch (cause) {
      const fault =
        cause instanceof TramError ? cause : new TramError('DRIVER_REFUSED', `${(cause as Error).message}; report it.`, { cause });
      this.#fail(new TramError(fault.code, `${this.#config.port}: ${fault.message}`, { cause: fault }));
    } finally {
      this.#working = false;
    }
  }

  /** `refused`: by the disk; the rest of the log comes with the next turn. `nameless`: the log names places, and who has them was not told. */
  async #round(): Promise<'done' | 'silent' | 'refused' | 'nameless'> {
    const counts = await readTerminalCounts(this.#talk);
    if (counts === undefined) return 'silent';
    const { recordCount, userCount } = counts;
    const nowMs = this.#deps.clock.monotonicMs();
    if (this.#seen !== undefined && (recordCount < this.#seen.recordCount || nowMs - this.#readAllAtMs >= readAllMs))
      this.#seen = undefined;
    if (recordCount === this.#seen?.recordCount) return 'done';
    // one record that is known goes along: when it is another one, the log was written anew
    const read = (from: number): Promise<Log | undefined> => readLog(this.#talk, { recordCount, from, datagrams: this.#datagrams });
    let log = await read(this.#seen === undefined ? 0 : this.#seen.recordCount - 1);
    if (log !== undefined && this.#seen !== undefined && !continues(log, this.#seen)) {
      this.#seen = undefined;
      log = await read(0);
    }
    if (log === undefined) return 'silent';
    const oldest = await this.#oldestTime();
    if (oldest === undefined) return 'silent';
    // with each log: a place may have been given to somebody else
    const pins = log.size === 8 ? await readTerminalPins(this.#talk, { userCount, datagrams: this.#datagrams }) : undefined;
    if (log.size === 8 && pins === undefined) return 'nameless';
    if (this.#seen === undefined) this.#readAllAtMs = nowMs;
    const all = await this.#emitAll(log, { oldest, pins });
    if (this.#told !== undefined) this.#deps.lasting?.set(toldNote, `${this.#serial} ${Buffer.from(this.#told).toString('hex')}`);
    return all ? 'done' : 'refused';
  }

  /** By the clock of the terminal, which may be set wrong like all its records. */
  async #oldestTime(): Promise<string | undefined> {
    const answer = await this.#talk.ask(commands.time);
    if (answer?.ok !== true || answer.data.length < 4) return undefined;
    const now = decodeTime(new DataView(answer.data.buffer, answer.data.byteOffset).getUint32(0, true));
    const nowMs = Date.parse(`${now}Z`);
    return Number.isNaN(nowMs) ? '2000-01-01T00:00:00' : new Date(nowMs - this.#config.sinceDays * dayMs).toISOString().slice(0, 19);
  }

  /** What is not known yet, oldest first; `#seen` goes along, so that a refusal costs nothing twice. `pins`: of a log that names places only. */
  async #emitAll(
    { records, recordCount, size }: Log,
    { oldest, pins }: { oldest: string; pins: ReadonlyMap<number, string> | undefined },
  ): Promise<boolean> {
    const first = recordCount - records.length;
    const known = this.#seen === undefined ? afterLast(records, this.#told) : this.#seen.recordCount - first;
    for (let at = Math.max(0, known); at < records.length; at += 1) {
      if (at % recordsPerTurn === recordsPerTurn - 1) await this.#deps.clock.sleep(0, this.#stopped.signal).catch(() => undefined);
      if (this.#over()) return false;
      const bytes = records[at]!;
      const record = readRecord(bytes, size);
      const punch = punchOf(this.#serial, pins === undefined ? record : { ...record, pin: pins.get(record.place) });
      if (punch === undefined) this.#unreadableBytes += size;
      else if (punch.localTime >= oldest && !this.#deps.emit(punch)) return false;
      this.#seen = { recordCount: first + at + 1, last: bytes };
      if (pins !== undefined) this.#told = bytes;
    }
    return true;
  }

  /** Kept or not: the log has it too. */
  #event(packet: Packet): void {
    if (packet.session !== eventPunch || this.#serial === '') return;
    const punch = readEvent(this.#serial, packet.data);
    if (punch === undefined) this.#unreadableBytes += packet.data.length;
    else this.#deps.emit(punch);
  }

  #silence(): TramError {
    const { port } = this.#config;
    return this.#talk.over
      ? new TramError('DRIVER_PORT_LOST', `${port} closed while it was being opened; another program may be connected to the terminal.`)
      : new TramError(
          'DRIVER_TIMEOUT',
          `${port}: the terminal does not answer; check its power and address, and whether it wants udp:// or tcp://.`,
        );
  }

  #nameless(): TramError {
    return new TramError(
      'DRIVER_REFUSED',
      `${this.#config.port}: the terminal's log names places in its user list, and it does not hand that list out; restart it, and if it can push (ADMS), use zkteco-push.`,
    );
  }

  #refused(what: string, command: number): TramError {
    return new TramError('DRIVER_REFUSED', `${this.#config.port}: ${what} (answer ${command}); if it can push (ADMS), use zkteco-push.`);
  }

  #fail(error: TramError): void {
    this.#stop();
    this.#deps.fail(error);
  }

  #over(): boolean {
    return this.#stopped.signal.aborted || this.#talk.over;
  }

  #stop(): void {
    this.#stopped.abort();
    this.#timer?.cancel();
    this.#talk.stop();
  }
}

/** Where the records begin that came after `last`; 0 where that is not among them. */
function afterLast(records: readonly Uint8Array[], last: Uint8Array | undefined): number {
  return last === undefined ? 0 : records.findLastIndex((bytes) => Buffer.compare(bytes, last) === 0) + 1;
}

/** Whether the log still holds the record that was the last one known. Terminals without a buffer send everything. */
function continues({ records, recordCount }: Log, { recordCount: known, last }: Seen): boolean {
  const there = records[known - 1 - (recordCount - records.length)];
  return there !== undefined && Buffer.compare(there, last) === 0;
}
