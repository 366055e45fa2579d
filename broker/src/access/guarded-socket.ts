/**
 * What aedes gets instead of the bare socket. On the way in every packet is looked at before aedes may read it, and a few at a time, so that one
 * full chunk of a mad device does not hold up the loop for the others. On the way out what waits has a cap and a time, so that a device that stops
 * reading costs its own connection and nothing else.
 */
import { Duplex } from 'node:stream';
import type { Clock, Timer } from '@tramhoc/base/clock';
import type { PacketFault } from './packet-check.ts';
import { createPacketScanner } from './packet-scanner.ts';

export type GuardFault = PacketFault | { reason: 'slow-reader' };
/** A TLSSocket, or anything that behaves like one. */
export type ByteSocket = Duplex & { destroySoon(): void };

/** A few desired documents and answers; a device that leaves more than this unread is not reading. */
export const maxWaitingBytes = 1024 * 1024;
/** A device that takes not one byte for this time while there are some for it is frozen. */
export const stalledMs = 8_000;
/** So that a slow line shows that it moves: 8 KB/s is enough. */
const partBytes = 64 * 1024;
/** What is still waiting for the socket when the broker closes gets this long. */
const lastWordsMs = 2_000;
/** Packets that aedes gets at once: about a millisecond of its work. */
const packetsAtOnce = 64;
/** The stream asks for more only when aedes has taken what it was given. */
const readAhead = 1;

export class GuardedSocket extends Duplex {
  readonly #socket: ByteSocket;
  readonly #clock: Clock;
  readonly #onFault: (fault: GuardFault) => void;
  readonly #stalledMs: number;
  readonly #scanner = createPacketScanner();
  /** What has arrived and aedes has not been given. */
  #chunk: Buffer | undefined;
  #at = 0;
  #wanted = false;
  #scheduled = false;
  #endSeen = false;
  #failed = false;
  #stalled: Timer | undefined;
  #partsTaken = 0;
  /** The socket has not taken all that it was given. */
  #partsLeft = false;

  /** `onFault` is called once; the connection is over then. Closing without an error writes out what waits and says close_notify. */
  constructor(
    socket: ByteSocket,
    { clock, onFault, stalledMs: patienceMs = stalledMs }: { clock: Clock; onFault(fault: GuardFault): void; stalledMs?: number },
  ) {
    super({ allowHalfOpen: false, readableHighWaterMark: readAhead });
    this.#socket = socket;
    this.#clock = clock;
    this.#onFault = onFault;
    this.#stalledMs = patienceMs;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.once('error', () => this.destroy());
    // what arrived before the end is still read: a QoS 0 publish may be followed by the end at once
    socket.once('end', () => {
      this.#endSeen = true;
      if (this.#chunk === undefined) this.push(null);
    });
    socket.once('close', () => {
      this.#stalled?.cancel();
      if (!this.readableEnded && !socket.readableEnded) this.destroy();
    });
  }

  #take(chunk: Buffer): void {
    if (this.#scanner.ended || this.#failed) return;
    // the socket was paused with a chunk in hand: it comes after what is there
    this.#chunk = this.#chunk === undefined ? chunk : Buffer.concat([this.#chunk.subarray(this.#at), chunk]);
    this.#at = 0;
    if (this.#wanted && !this.#scheduled) this.#give();
    if (this.#chunk !== undefined) this.#socket.pause();
  }

  /** Passes on the next packets. */
  #give(): void {
    const chunk = this.#chunk;
    if (chunk === undefined || this.#failed) return;
    const from = this.#at;
    const to = this.#scanner.scan(chunk, from, packetsAtOnce);
    const { fault, ended } = this.#scanner;
    if (fault !== undefined) {
      this.#fail(fault);
      return;
    }
    this.#wanted = false;
    this.#at = to;
    const isLast = to === chunk.length || ended;
    if (isLast) this.#chunk = undefined;
    this.push(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to));
    if (isLast && this.#endSeen) this.push(null);
  }

  #fail(fault: GuardFault): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#chunk = undefined;
    this.#onFault(fault);
    if (fault.reason !== 'slow-reader' && fault.answer !== undefined) {
      // CONNACK with a return code, then the end; aedes has not seen anything of this client
      this.#socket.write(Uint8Array.of(0x20, 0x02, 0x00, fault.answer));
      this.destroy();
    } else this.destroy(new Error(fault.reason));
  }

  override _read(): void {
    this.#wanted = true;
    if (this.#chunk === undefined) {
      if (this.#socket.isPaused()) this.#socket.resume();
    } else if (!this.#scheduled) {
      // others first
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        if (this.#wanted) this.#give();
      });
    }
  }

  /** Every write comes through here, also those that only wait behind others: the place to count them. */
  override write(chunk: unknown, ...rest: unknown[]): boolean {
    if (this.writableLength + this.#socket.writableLength > maxWaitingBytes) this.#fail({ reason: 'slow-reader' });
    return (super.write as (chunk: unknown, ...rest: unknown[]) => boolean).call(this, chunk, ...rest);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const part = chunk.length > partBytes ? chunk.subarray(0, partBytes) : chunk;
    if (this.#socket.destroyed) {
      done(new Error('connection closed'));
      return;
    }
    this.#partsLeft = true;
    this.#socket.write(part, (error) => {
      this.#partsTaken += 1;
      this.#partsLeft = part !== chunk;
      if (this.#partsLeft && !error) this._write(chunk.subarray(partBytes), _encoding, done);
      else done(error ?? null);
    });
    this.#watch();
  }

  /** One timer at most: it looks now and then whether anything was taken meanwhile. */
  #watch(): void {
    if (this.#stalled !== undefined) return;
    const before = this.#partsTaken;
    const look = (): void => {
      this.#stalled = undefined;
      if (!this.#partsLeft) return;
      if (this.#partsTaken === before) this.#fail({ reason: 'slow-reader' });
      else this.#watch();
    };
    this.#stalled = this.#clock.after(this.#stalledMs, look, { background: true });
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'binary', done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const socket = this.#socket;
    this.#stalled?.cancel();
    this.#chunk = undefined;
    if (error !== null || socket.destroyed) socket.destroy();
    else {
      const force = this.#clock.after(lastWordsMs, () => socket.destroy(), { background: true });
      socket.once('close', () => force.cancel());
      socket.destroySoon();
    }
    done(null);
  }
}
