/**
 * What aedes gets instead of the bare socket: every packet's size is looked at on the way in, and what waits on the way out has a cap, so that
 * a device that stops reading costs its own connection and nothing else.
 */
import { Duplex } from 'node:stream';
import type { Clock } from '@tramhoc/base/clock';
import { createPacketScanner, type ScanFault } from './packet-scanner.ts';

export type GuardFault = ScanFault | 'slow-reader';
/** A TLSSocket, or anything that behaves like one. */
export type ByteSocket = Duplex & { destroySoon(): void };

/** A few desired documents and answers; a device that leaves more than this unread is not reading. */
export const maxWaitingBytes = 1024 * 1024;
/** What is still waiting for the socket when the broker closes gets this long. */
const lastWordsMs = 2_000;

export class GuardedSocket extends Duplex {
  readonly #socket: ByteSocket;
  readonly #clock: Clock;
  readonly #onFault: (fault: GuardFault) => void;
  readonly #scanner = createPacketScanner();
  #failed = false;

  /** `onFault` is called once; the connection is over then. Closing without an error writes out what waits and says close_notify. */
  constructor(socket: ByteSocket, { clock, onFault }: { clock: Clock; onFault(fault: GuardFault): void }) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    this.#clock = clock;
    this.#onFault = onFault;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.once('error', () => this.destroy());
    // what arrived before the end is still read: a QoS 0 publish may be followed by the end at once
    socket.once('end', () => this.push(null));
    socket.once('close', () => (this.readableEnded || socket.readableEnded ? undefined : this.destroy()));
  }

  #take(chunk: Buffer): void {
    const fault = this.#scanner.scan(chunk);
    if (fault !== undefined) this.#fail(fault);
    else if (!this.push(chunk)) this.#socket.pause();
  }

  #fail(fault: GuardFault): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#onFault(fault);
    this.destroy(new Error(fault));
  }

  override _read(): void {
    this.#socket.resume();
  }

  /** Every write comes through here, also those that only wait behind others: the place to count them. */
  override write(chunk: unknown, ...rest: unknown[]): boolean {
    if (this.writableLength + this.#socket.writableLength > maxWaitingBytes) this.#fail('slow-reader');
    return (super.write as (chunk: unknown, ...rest: unknown[]) => boolean).call(this, chunk, ...rest);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#socket.destroyed) done(new Error('connection closed'));
    else this.#socket.write(chunk, (error) => done(error ?? null));
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'binary', done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const socket = this.#socket;
    if (error !== null || socket.destroyed) socket.destroy();
    else {
      const force = this.#clock.after(lastWordsMs, () => socket.destroy(), { background: true });
      socket.once('close', () => force.cancel());
      socket.destroySoon();
    }
    done(null);
  }
}
