/** Eight devices that speak by themselves, twenty times a second each: readers with a card on them, sensors, scanners. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { until } from '../world/until.ts';

export const framesPerSecond = 20;

export type BusyDevices = {
  /** Slots as the centre wishes them. */
  drivers: Record<string, { kind: string; config: Record<string, unknown> }>;
  speak(loud: boolean): void;
  openCount(): number;
  close(): Promise<void>;
};

/** `n` counts frames: another card or code comes every ten seconds, as in a morning with many pupils; between them it lies there. */
type Speaker = { kind: string; config?: Record<string, unknown>; frame(n: number): Uint8Array };

const changesEvery = 10 * framesPerSecond;

const cardReader: Speaker = {
  kind: 'rdm6300',
  frame(n) {
    const uid = Buffer.alloc(5);
    uid.writeUInt32BE(0x2000_0000 + Math.floor(n / changesEvery), 1);
    const check = uid.reduce((sum, byte) => sum ^ byte, 0);
    return Buffer.from(
      `\x02${Buffer.concat([uid, Buffer.of(check)])
        .toString('hex')
        .toUpperCase()}\x03`,
      'latin1',
    );
  },
};
const scanner: Speaker = { kind: 'scanner-serial', frame: (n) => Buffer.from(`893456${Math.floor(n / changesEvery)}\r`, 'latin1') };
const dust: Speaker = {
  kind: 'pms5003',
  frame(n) {
    const bytes = Buffer.from('424d001c00000008000800000008000800d20046002d001e0000000097000000', 'hex');
    bytes.writeUInt16BE(10 + (n % 50), 12);
    bytes.writeUInt16BE(
      bytes.subarray(0, 30).reduce((sum, byte) => sum + byte, 0),
      30,
    );
    return bytes;
  },
};
const fineDust: Speaker = {
  kind: 'sds011',
  frame(n) {
    const bytes = Buffer.from('aac00600060058d900ab', 'hex');
    bytes.writeUInt16LE(60 + (n % 100), 2);
    bytes[8] = bytes.subarray(2, 8).reduce((sum, byte) => sum + byte, 0);
    return bytes;
  },
};
const speakers: readonly Speaker[] = [cardReader, dust, cardReader, dust, fineDust, fineDust, scanner, scanner];
export const slotCount: number = speakers.length;
/** The first of them are on pseudo-terminals. */
const terminalCount = 2;

export async function busyDevices(): Promise<BusyDevices> {
  const folder = mkdtempSync(join(tmpdir(), 'tramhoc-bench-devices-'));
  const wires: { port: string; end(): Writable | undefined; close(): Promise<void> }[] = [];
  for (const at of speakers.keys()) wires.push(at < terminalCount ? await onTerminal(join(folder, `tty${at}`)) : await onTcp());
  let [loud, n] = [false, 0];
  const timer = setInterval(() => {
    n += 1;
    if (loud) for (const [at, wire] of wires.entries()) wire.end()?.write(speakers[at]!.frame(n));
  }, 1_000 / framesPerSecond);
  return {
    drivers: Object.fromEntries(
      speakers.map(({ kind, config = {} }, at) => [`slot-${at}`, { kind, config: { port: wires[at]!.port, ...config } }]),
    ),
    speak(now) {
      loud = now;
    },
    openCount: () => wires.filter((wire) => wire.end() !== undefined).length,
    async close() {
      clearInterval(timer);
      for (const wire of wires) await wire.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function onTcp() {
  let socket: Socket | undefined;
  const server: Server = createServer({ noDelay: true }, (next) => {
    socket = next;
    next.on('error', () => undefined);
    next.on('close', () => {
      if (socket === next) socket = undefined;
    });
    next.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: `tcp://127.0.0.1:${(server.address() as { port: number }).port}`,
    end: () => socket,
    close() {
      socket?.destroy();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function onTerminal(path: string) {
  const socat: ChildProcess = spawn('socat', [`pty,raw,echo=0,link=${path}`, '-'], { stdio: ['pipe', 'pipe', 'ignore'] });
  socat.stdout!.resume();
  socat.stdin!.on('error', () => undefined);
  await until('socat makes the pseudo-terminal', () => existsSync(path));
  return {
    port: path,
    end: () => socat.stdin ?? undefined,
    async close() {
      socat.kill();
    },
  };
}
