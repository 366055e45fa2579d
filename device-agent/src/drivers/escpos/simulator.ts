/**
 * A receipt printer as the makers' command manuals describe it: it obeys real-time commands at once wherever they stand, everything else in turn as
 * fast as paper moves, tells of changes by itself when asked to, and stops when the paper ends or the cover opens.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Timer } from '@tramhoc/base/clock';
import { z } from 'zod';
import { cable, defineSimulator, type Simulator } from '../simulator.ts';
import { pngOf } from './page-picture.ts';
import { type Page, Paper } from './simulated-paper.ts';

export type ReceiptPaper = 'ok' | 'low' | 'out';
export type PrinterFaultPart = 'none' | 'cutter' | 'head' | 'other';
export type SimulatedPrinter = Simulator & {
  setPaper(paper: ReceiptPaper): void;
  setCover(open: boolean): void;
  setFault(part: PrinterFaultPart): void;
  setOnline(online: boolean): void;
  pages(): readonly Page[];
  /** Bytes that are no command of this printer. */
  strangeBytes(): number;
};

/** 150 mm a second, 8 dots a millimetre. */
const rowMs = 1 / 1.2;
const cutMs = 300;
/** Of the receive buffer: the smallest printers have 4 KiB, most 64. What comes when it is full is lost. */
const bufferBytes = 64 * 1024;

const Options = z.strictObject({
  paper: z.enum(['58', '80']).default('80'),
  /** `one-way`: never answers. `no-confirm`: has no GS r, as some USB printers. */
  answers: z.enum(['all', 'no-confirm', 'one-way']).default('all'),
  /** Folder for what comes out, as receipt-1.png, receipt-2.png, ... */
  folder: z.string().default(''),
});
type Options = z.infer<typeof Options>;

export const escposSimulator = defineSimulator<SimulatedPrinter, Options>({
  kind: 'escpos',
  usage: [
    'paper ok | paper low | paper out     put a roll in, or let it come to its end',
    'cover open | cover closed',
    'fault cutter | fault head | fault other | fault none',
    'offline | online     press the key that takes it off the line',
  ],
  optionsSchema: Options,
  build: ({ clock }, options) => new Printer(options, (ms, fire) => clock.after(ms, fire)),
});

class Printer implements SimulatedPrinter {
  readonly #options: Options;
  readonly #later: (ms: number, fire: () => void) => Timer;
  readonly #wire = cable({ onBytes: (chunk) => this.#receive(chunk), onUnplugged: () => this.#forget() });
  readonly #paper: Paper;
  #roll: ReceiptPaper = 'ok';
  #coverOpen = false;
  #fault: PrinterFaultPart = 'none';
  #online = true;
  #tellsChanges = false;
  #buffer: number[] = [];
  #tail: number[] = [];
  #busy: Timer | undefined;
  #strange = 0;
  #stored: Uint8Array = new Uint8Array();
  #qr = { text: '', moduleDots: 3 };
  #pageCount = 0;

  constructor(options: Options, later: (ms: number, fire: () => void) => Timer) {
    this.#options = options;
    this.#later = later;
    this.#paper = new Paper(options.paper === '58' ? 384 : 576);
  }

  plug(link: Parameters<Simulator['plug']>[0]): void {
    this.#wire.plug(link);
  }

  unplug(): void {
    this.#wire.unplug();
  }

  setPaper(paper: ReceiptPaper): void {
    this.#change(() => (this.#roll = paper));
  }

  setCover(open: boolean): void {
    this.#change(() => (this.#coverOpen = open));
  }

  setFault(part: PrinterFaultPart): void {
    this.#change(() => (this.#fault = part));
  }

  setOnline(online: boolean): void {
    this.#change(() => (this.#online = online));
  }

  pages(): readonly Page[] {
    return this.#paper.pages;
  }

  strangeBytes(): number {
    return this.#strange;
  }

  act(line: string): string | undefined {
    const words = line.trim();
    const paper = /^paper (ok|low|out)$/.exec(words)?.[1];
    const cover = /^cover (open|closed)$/.exec(words)?.[1];
    const fault = /^fault (none|cutter|head|other)$/.exec(words)?.[1];
    if (paper !== undefined) this.setPaper(paper as ReceiptPaper);
    else if (cover !== undefined) this.setCover(cover === 'open');
    else if (fault !== undefined) this.setFault(fault as PrinterFaultPart);
    else if (words === 'online' || words === 'offline') this.setOnline(words === 'online');
    else return 'type: paper ok|low|out, cover open|closed, fault cutter|head|other|none, online, or offline';
    return undefined;
  }

  close(): void {
    this.#forget();
    this.#wire.unplug();
  }

  #forget(): void {
    this.#busy?.cancel();
    this.#busy = undefined;
    this.#buffer = [];
    this.#tail = [];
    this.#tellsChanges = false;
  }

  #change(change: () => void): void {
    change();
    if (this.#tellsChanges) this.#tell(this.#changeBytes());
    this.#work();
  }

  #isOffline(): boolean {
    return !this.#online || this.#coverOpen || this.#roll === 'out' || this.#fault !== 'none';
  }

  #tell(bytes: readonly number[]): void {
    if (this.#options.answers !== 'one-way') this.#wire.send(Uint8Array.from(bytes));
  }

  /** DLE EOT n. */
  #status(n: number): number {
    const error = this.#fault !== 'none';
    switch (n) {
      case 1:
        return 0x12 | (this.#isOffline() ? 0x08 : 0);
      case 2:
        return 0x12 | (this.#coverOpen ? 0x04 : 0) | (this.#roll === 'out' ? 0x20 : 0) | (error ? 0x40 : 0);
      case 3:
        return 0x12 | this.#errorBits();
      default:
        return 0x12 | (this.#roll === 'ok' ? 0 : 0x0c) | (this.#roll === 'out' ? 0x60 : 0);
    }
  }

  #errorBits(): number {
    return { none: 0, cutter: 0x08, head: 0x40, other: 0x20 }[this.#fault];
  }

  /** GS a: printer, errors, roll, and one byte without meaning. */
  #changeBytes(): number[] {
    const roll = { ok: 0, low: 0x03, out: 0x0f }[this.#roll];
    return [0x10 | (this.#isOffline() ? 0x08 : 0) | (this.#coverOpen ? 0x20 : 0), this.#errorBits(), roll, 0x0f];
  }

  #receive(chunk: Uint8Array): void {
    for (const byte of chunk) {
      this.#tail = [...this.#tail.slice(-9), byte];
      if (this.#buffer.length < bufferBytes) this.#buffer.push(byte);
      this.#obeyAtOnce();
    }
    this.#work();
  }

  /** Real-time commands, also inside of others. Where one stood by itself it is taken out of the buffer again. */
  #obeyAtOnce(): void {
    const [dle, eot, n] = this.#tail.slice(-3);
    if (dle === 0x10 && eot === 0x04 && n !== undefined && n >= 1 && n <= 4) {
      this.#tell([this.#status(n)]);
      if (this.#buffer.length === 3) this.#buffer = [];
    }
    if (Buffer.from(this.#tail).toString('hex') === '10140801031401060208') {
      this.#busy?.cancel();
      this.#busy = undefined;
      this.#buffer = [];
      this.#tell([0x37, 0x25, 0x00]);
    }
  }

  /** One command after the other, as long as there is paper. */
  #work(): void {
    while (this.#busy === undefined && !this.#isOffline()) {
      const taken = this.#obey(Uint8Array.from(this.#buffer));
      if (taken === undefined) return;
      this.#buffer.splice(0, taken.bytes);
      if (taken.ms === 0) continue;
      this.#busy = this.#later(taken.ms, () => {
        this.#busy = undefined;
        this.#work();
      });
    }
  }

  /** Bytes of the command at the front of `buffer` and how long it takes; undefined when it is not whole yet. */
  #obey(buffer: Uint8Array): { bytes: number; ms: number } | undefined {
    const [first, second, third = 0] = buffer;
    const after = (bytes: number, work: () => void, ms = 0) => {
      if (buffer.length < bytes) return undefined;
      work();
      return { bytes, ms };
    };
    if (first === undefined) return undefined;
    if (first === 0x10) return after(second === 0x14 ? 10 : 3, () => undefined);
    if (first === 0x1b && second === 0x40) return after(2, () => this.#initialize());
    if (first === 0x1b && second === 0x61) return after(3, () => (this.#paper.centred = third === 1));
    if (first === 0x1b && second === 0x64) return after(3, () => this.#paper.feedLines(third), third * 30 * rowMs);
    if (first === 0x1d && second === 0x61) return after(3, () => this.#tellChangesFrom(third !== 0));
    if (first === 0x1d && second === 0x72)
      return after(3, () => this.#options.answers === 'all' && this.#tell([this.#roll === 'ok' ? 0 : 3]));
    if (first === 0x1d && second === 0x56) return after(third >= 0x41 ? 4 : 3, () => this.#cut(), cutMs);
    if (first === 0x1d && second === 0x76) return this.#obeyRaster(buffer);
    if (first === 0x1d && second === 0x28) return this.#obeyLong(buffer);
    if ((first === 0x1b || first === 0x1d) && second === undefined) return undefined;
    return after(1, () => this.#letter(first));
  }

  #obeyRaster(buffer: Uint8Array): { bytes: number; ms: number } | undefined {
    if (buffer.length < 8) return undefined;
    const widthBytes = buffer[4]! + buffer[5]! * 256;
    const heightDots = buffer[6]! + buffer[7]! * 256;
    const bytes = 8 + widthBytes * heightDots;
    if (buffer.length < bytes) return undefined;
    this.#paper.raster({ widthBytes, heightDots, bytes: buffer.subarray(8, bytes) });
    return { bytes, ms: heightDots * rowMs };
  }

  /** GS ( L and GS ( k: two bytes of length, then a function. */
  #obeyLong(buffer: Uint8Array): { bytes: number; ms: number } | undefined {
    if (buffer.length < 5) return undefined;
    const bytes = 5 + buffer[3]! + buffer[4]! * 256;
    if (buffer.length < bytes) return undefined;
    const body = buffer.slice(5, bytes);
    if (buffer[2] === 0x4c) return { bytes, ms: this.#graphics(body) };
    if (buffer[2] === 0x6b && body[0] === 0x31) return { bytes, ms: this.#code(body) };
    this.#strange += bytes;
    return { bytes, ms: 0 };
  }

  #graphics(body: Uint8Array): number {
    if (body[1] === 0x70) this.#stored = body;
    if (body[1] !== 0x32 || this.#stored.length < 10) return 0;
    const widthBytes = Math.ceil((this.#stored[6]! + this.#stored[7]! * 256) / 8);
    const heightDots = this.#stored[8]! + this.#stored[9]! * 256;
    this.#paper.raster({ widthBytes, heightDots, bytes: this.#stored.subarray(10) });
    this.#stored = new Uint8Array();
    return heightDots * rowMs;
  }

  #code(body: Uint8Array): number {
    if (body[1] === 0x43) this.#qr.moduleDots = body[2] ?? 3;
    if (body[1] === 0x50) this.#qr.text = Buffer.from(body.subarray(3)).toString('utf8');
    if (body[1] !== 0x51) return 0;
    const room = [14, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287, 331].findIndex(
      (bytes) => Buffer.byteLength(this.#qr.text) <= bytes,
    );
    const modules = 21 + 4 * Math.max(0, room);
    this.#paper.code(this.#qr.text, { modules, moduleDots: this.#qr.moduleDots });
    return modules * this.#qr.moduleDots * rowMs;
  }

  #initialize(): void {
    this.#tellsChanges = false;
    this.#paper.centred = false;
  }

  #tellChangesFrom(on: boolean): void {
    this.#tellsChanges = on;
    if (on) this.#tell(this.#changeBytes());
  }

  #cut(): void {
    const page = this.#paper.cut();
    this.#pageCount += 1;
    if (this.#options.folder === '') return;
    mkdirSync(this.#options.folder, { recursive: true });
    writeFileSync(join(this.#options.folder, `receipt-${this.#pageCount}.png`), pngOf(page.rows, 2));
  }

  #letter(byte: number): void {
    if (byte >= 0x20 || byte === 0x0a) this.#paper.letters(String.fromCharCode(byte));
    else this.#strange += 1;
  }
}
