/**
 * A virtual card, through the virtual reader of vsmartcard and a real PC/SC service, read by the driver with the real library. The service runs with its
 * own folder for its socket (a mount name space of its own, which needs root) and its own port for the card. Debian: pcscd, vsmartcard-vpcd.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@tramhoc/base/clock';
import { systemRandom } from '@tramhoc/base/random';
import { expect, onTestFinished, test, vi } from 'vitest';
import { pcscSimulator, type SimulatedCard } from './simulator.ts';

const virtualReader = '/usr/lib/pcsc/drivers/serial/libifdvpcd.so';
const hasPcsc = ((): boolean => {
  try {
    execFileSync('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs none /run && command -v pcscd'], { stdio: 'ignore', env: withSystemPath() });
    return existsSync(virtualReader);
  } catch {
    return false;
  }
})();
const program = join(import.meta.dirname, '../../testing/print-readings.ts');
/** Each starts a service and a program, on a machine that may be busy. */
const slowly = { timeout: 60_000 };
const soon = { timeout: 20_000, interval: 50 };

function withSystemPath(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
}

/** The virtual reader has two slots, on two ports that follow each other. */
async function freePorts(): Promise<number> {
  for (;;) {
    const first = await freePort(0);
    if ((await freePort(first + 1).catch(() => 0)) !== 0) return first;
  }
}

function freePort(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

type Service = { cardPort: number; told: unknown[]; programs: ChildProcess };

/** `service`: whether the PC/SC service is started at all. */
async function startService({ config, service = true }: { config: Record<string, unknown>; service?: boolean }): Promise<Service> {
  const folder = mkdtempSync(join(tmpdir(), 'tram-pcsc-'));
  const cardPort = await freePorts();
  const channel = `0x${cardPort.toString(16).toUpperCase()}`;
  writeFileSync(
    join(folder, 'reader.conf'),
    `FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:${channel}\nLIBPATH ${virtualReader}\nCHANNELID ${channel}\n`,
  );
  const script = [
    'mount -t tmpfs none /run',
    ...(service
      ? [
          'mkdir -p /run/pcscd',
          'pcscd -f -c "$1" >/dev/null 2>&1 & echo "{\\"service\\":$!}"',
          'while [ ! -S /run/pcscd/pcscd.comm ]; do sleep 0.05; done',
          'sleep 0.5',
        ]
      : []),
    'exec "$2" "$3" pcsc "$4" 1000',
  ].join('\n');
  const programs = spawn('unshare', ['-m', 'sh', '-c', script, 'sh', folder, process.execPath, program, JSON.stringify(config)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: withSystemPath(),
    detached: true,
  });
  onTestFinished(() => {
    // the service and the program are its children
    try {
      process.kill(-programs.pid!, 'SIGKILL');
    } catch {
      // they have ended already
    }
    rmSync(folder, { recursive: true, force: true });
  });
  const told: unknown[] = [];
  let rest = '';
  programs.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('utf8')).split('\n');
    rest = lines.pop()!;
    told.push(...lines.filter((line) => line !== '').map((line) => JSON.parse(line) as unknown));
  });
  return { cardPort, told, programs };
}

/** To connect the card is to lay it on the reader, to close the connection is to take it away. */
async function layCard(port: number, uid: string): Promise<SimulatedCard> {
  const card = pcscSimulator.create({ clock: systemClock(), random: systemRandom() });
  card.presentCard(uid);
  const socket = await vi.waitFor(() => connected(port), soon);
  card.plug(socket);
  onTestFinished(() => card.close());
  return card;
}

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.once('error', reject);
  });
}

const comes = (told: unknown[], what: object): Promise<void> =>
  vi.waitFor(() => expect(told).toContainEqual(expect.objectContaining(what)), soon);

test.skipIf(!hasPcsc)('a card on a reader of a real PC/SC service is read, taken away, and another one is read', slowly, async () => {
  const { cardPort, told } = await startService({ config: { port: 'pcsc:Virtual PCD 00 00', pollEveryMs: 100, beep: 'off' } });
  const card = await layCard(cardPort, '04A1B2C3D4E5F6');
  await comes(told, { kind: 'card', uid: '04A1B2C3D4E5F6', technology: 'iso14443' });
  card.removeCard();
  const tag = await layCard(cardPort, 'E0040101003F27A7');
  await comes(told, { kind: 'card', uid: 'E0040101003F27A7', technology: 'iso15693' });
  tag.removeCard();
  expect(card.commands()).toContain('ff00520000');
});

test.skipIf(!hasPcsc)(
  'of two readers the one that is named is read, and a name that fits both is refused with their names',
  slowly,
  async () => {
    const { cardPort, told } = await startService({ config: { port: 'pcsc:virtual pcd 00 01', pollEveryMs: 100 } });
    await layCard(cardPort, '11111111');
    await layCard(cardPort + 1, '22222222');
    await comes(told, { kind: 'card', uid: '22222222' });
    expect(told).not.toContainEqual(expect.objectContaining({ uid: '11111111' }));
    const both = await startService({ config: { port: 'pcsc:virtual' } });
    await comes(both.told, {
      error: 'DRIVER_PORT_UNAVAILABLE',
      message: expect.stringMatching(/several readers.*Virtual PCD 00 00; Virtual PCD 00 01/),
    });
  },
);

test.skipIf(!hasPcsc)('a service that ends is a lost port, one that does not run is named with what to do', slowly, async () => {
  const { cardPort, told } = await startService({ config: { port: 'pcsc:Virtual PCD 00 00', pollEveryMs: 100 } });
  await layCard(cardPort, '5C1D7A33');
  await comes(told, { kind: 'card', uid: '5C1D7A33' });
  process.kill((told[0] as { service: number }).service, 'SIGTERM');
  await comes(told, { error: 'DRIVER_PORT_LOST' });
  const silent = await startService({ config: { port: 'pcsc:ACR122U' }, service: false });
  await comes(silent.told, { error: 'DRIVER_PORT_UNAVAILABLE', message: expect.stringContaining('apt-get install pcscd') });
  const other = await startService({ config: { port: 'pcsc:ACR122U' } });
  await comes(other.told, { error: 'DRIVER_PORT_UNAVAILABLE', message: expect.stringContaining('There are: Virtual PCD') });
});
