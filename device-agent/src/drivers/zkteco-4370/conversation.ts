/** One question at a time to a terminal on port 4370, over TCP or UDP; what the terminal says by itself is handed on. */
import type { Duplex } from 'node:stream';
import type { Clock, Timer } from '@tramhoc/base/clock';
import type { DriverCounters } from '../driver.ts';
import { joined, readLink } from '../read-link.ts';
import { commands, decodePacket, decodeStream, encodeFrame, encodePacket, type Packet } from './codec.ts';

/** `ok: false`: it answered, but not with success. `data`: of everything that came. */
export type Answer = { ok: boolean; command: number; session: number; data: Uint8Array };

/** Before an answer, and within it. Terminals on a school's network answer in tens of milliseconds. */
const silenceMs = 900;
/** For what is gathered from a slow memory first: pyzk waits 60 s for each of these questions, and 10 s were too little on slow lines. */
const gatheringMs = 20_000;
const gathered: ReadonlySet<number> = new Set([commands.readUsers, commands.attendanceLog, commands.prepareBuffer, commands.readBuffer]);
/** A damaged packet or a lost datagram costs one more try. */
const tries = 2;
/** What an answer may have in all: a log of 200,000 records. */
const maxAnswerBytes = 9 * 1024 * 1024;

/** `more`: a part of a packet came. */
type Pending = { reply: number; hear(packet: Packet): void; more(): void; giveUp(): void };

export class Conversation {
  readonly counters: DriverCounters = { frameCount: 0, skippedBytes: 0, timeoutCount: 0, lastFrameAtMs: undefined };
  readonly #link: Duplex;
  readonly #clock: Clock;
  readonly #datagrams: boolean;
  readonly #onEvent: (packet: Packet) => void;
  readonly #reader: { stop(): void };
  #rest: Uint8Array = new Uint8Array();
  #pending: Pending | undefined;
  #session = 0;
  #reply = 0;
  #over = false;

  constructor(link: Duplex, deps: { clock: Clock; datagrams: boolean; onEvent(packet: Packet): void }) {
    this.#link = link;
    this.#clock = deps.clock;
    this.#datagrams = deps.datagrams;
    this.#onEvent = deps.onEvent;
    this.#reader = readLink(link, { onBytes: (chunk) => this.#hear(chunk), onGone: () => this.stop() });
  }

  get over(): boolean {
    return this.#over;
  }

  /** Of the connection; every packet after the first carries it. */
  useSession(session: number): void {
    this.#session = session;
  }

  /**
   * undefined when nothing sensible came in time, or the link is gone. Where nothing can be lost, what is gathered is asked for once: a terminal may
   * still be at it. A piece of the buffer is never asked for twice, the next one may be smaller.
   */
  async ask(command: number, data: Uint8Array = new Uint8Array()): Promise<Answer | undefined> {
    const once = command === commands.readBuffer || (!this.#datagrams && gathered.has(command));
    for (let attempt = 0; attempt < (once ? 1 : tries) && !this.#over; attempt += 1) {
      const answer = await this.#askOnce(command, data);
      if (answer !== undefined) return answer;
      if (!this.#over) this.counters.timeoutCount += 1;
      this.counters.skippedBytes += this.#rest.length;
      this.#rest = new Uint8Array();
    }
    return undefined;
  }

  /** Nothing is waited for. */
  say(command: number, reply: number = this.#nextReply()): void {
    this.#send({ command, session: this.#session, reply, data: new Uint8Array() });
  }

  stop(): void {
    this.#over = true;
    this.#reader.stop();
    this.#pending?.giveUp();
  }

  #askOnce(command: number, data: Uint8Array): Promise<Answer | undefined> {
    const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
    const reply = this.#nextReply();
    const parts: Uint8Array[] = [];
    let announcedBytes: number | undefined;
    let bytes = 0;
    let timer: Timer | undefined;
    const settle = (answer: Answer | undefined): void => {
      timer?.cancel();
      this.#pending = undefined;
      resolve(answer);
    };
    const whole = (last: Packet): Answer => ({ ok: true, command: last.command, session: last.session, data: Buffer.concat(parts) });
    const wait = (): void => {
      timer?.cancel();
      timer = this.#clock.after(gathered.has(command) ? gatheringMs : silenceMs, () => settle(undefined));
    };
    const hear = (packet: Packet): void => {
      if (packet.command === commands.prepareData) {
        announcedBytes = packet.data.length >= 4 ? new DataView(packet.data.buffer, packet.data.byteOffset).getUint32(0, true) : 0;
        if (announcedBytes > maxAnswerBytes) settle(undefined);
        else wait();
      } else if (packet.command === commands.data) {
        bytes += packet.data.length;
        parts.push(packet.data);
        if (bytes > maxAnswerBytes) settle(undefined);
        // a small answer comes alone
        else if (announcedBytes === undefined) settle(whole(packet));
        else wait();
      } else if (packet.command !== commands.ok || announcedBytes === undefined)
        settle({ ok: packet.command === commands.ok, command: packet.command, session: packet.session, data: packet.data });
      // a datagram in the middle was lost
      else settle(bytes === announcedBytes ? whole(packet) : undefined);
    };
    this.#pending = { reply, hear, more: wait, giveUp: () => settle(undefined) };
    wait();
    this.#send({ command, session: this.#session, reply, data });
    return promise;
  }

  #nextReply(): number {
    const reply = this.#reply;
    this.#reply = (this.#reply + 1) % 0xffff;
    return reply;
  }

  #send(packet: Packet): void {
    if (this.#link.writable) this.#link.write(this.#datagrams ? encodePacket(packet) : encodeFrame(packet));
  }

  #hear(chunk: Uint8Array): void {
    if (this.#datagrams) {
      const packet = decodePacket(chunk);
      if (packet === undefined) this.counters.skippedBytes += chunk.length;
      else this.#take(packet);
      return;
    }
    const decoded = decodeStream(joined(this.#rest, chunk));
    this.#rest = decoded.rest;
    this.counters.skippedBytes += decoded.skippedBytes;
    for (const packet of decoded.frames) this.#take(packet);
    // a large packet takes its time on a slow line
    if (this.#rest.length > 0) this.#pending?.more();
  }

  /** An answer that comes too late belongs to nobody. */
  #take(packet: Packet): void {
    if (this.#over) return;
    this.counters.frameCount += 1;
    this.counters.lastFrameAtMs = this.#clock.monotonicMs();
    if (packet.command === commands.event) {
      this.say(commands.ok, packet.reply);
      this.#onEvent(packet);
    } else if (packet.reply === this.#pending?.reply) this.#pending.hear(packet);
  }
}
