/** Modbus peers from the distribution, and a pair of pseudo-terminals between us and them. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@tramhoc/base/clock';
import { silentLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import type { TramError } from '@tramhoc/protocol/errors';
import { onTestFinished, vi } from 'vitest';
import type { AnyDriverDefinition, Driver, Reading } from '../drivers/driver.ts';
import { openLink } from '../transports/open-link.ts';

/** Debian's Python: others on the PATH do not see Debian's packages. */
const python = '/usr/bin/python3';
export const hasPymodbus = runs(python, ['-c', 'import pymodbus.server']);
export const hasMbpoll = runs('mbpoll', ['-V']);
export const hasSocat = runs('socat', ['-V']);

function runs(command: string, words: string[]): boolean {
  try {
    execFileSync(command, words, { stdio: 'ignore', timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}

export type Registers = { input?: Record<number, number>; holding?: Record<number, number> };

export function startPymodbus(where: { tcp: number } | { serial: string }, registers: Registers): void {
  const [bus, at] = 'tcp' in where ? ['tcp', `${where.tcp}`] : ['serial', where.serial];
  const script = join(import.meta.dirname, 'pymodbus-server.py');
  endWithTest(spawn(python, [script, bus, at, JSON.stringify(registers)], { stdio: 'ignore' }));
}

/** Two terminals that are one cable: what is written to one is read from the other. */
export async function terminalPair(): Promise<[string, string]> {
  const folder = mkdtempSync(join(tmpdir(), 'tram-modbus-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const ends: [string, string] = [join(folder, 'ours'), join(folder, 'theirs')];
  endWithTest(
    spawn(
      'socat',
      ends.map((end) => `pty,raw,echo=0,link=${end}`),
      { stdio: 'ignore' },
    ),
  );
  await vi.waitFor(
    () => {
      if (!ends.every((end) => existsSync(end))) throw new Error('not there yet');
    },
    { timeout: 5_000, interval: 10 },
  );
  return ends;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Opens the driver on a peer that is still starting, as a slot would: again and again, for about ten seconds. Rejects with what the last attempt said. */
export async function openOn(
  definition: AnyDriverDefinition,
  config: Record<string, unknown>,
): Promise<{ readings: Reading[]; failures: TramError[] }> {
  const clock = systemClock();
  const parsed: unknown = definition.configSchema.parse(config);
  const readings: Reading[] = [];
  const failures: TramError[] = [];
  for (let attempt = 1; ; attempt += 1) {
    try {
      const link = await openLink(definition.link(parsed), { clock });
      onTestFinished(() => void link.destroy());
      const deps = {
        clock,
        random: systemRandom(),
        log: silentLog,
        emit: (reading: Reading) => readings.push(reading) > 0,
        fail: (error: TramError) => void failures.push(error),
      };
      const driver: Driver<unknown> = await definition.open(link, parsed, deps).catch((cause: unknown) => {
        link.destroy();
        throw cause;
      });
      onTestFinished(() => driver.close());
      return { readings, failures };
    } catch (cause) {
      const { code } = cause as TramError;
      if (attempt >= 40 || (code !== 'DRIVER_PORT_UNAVAILABLE' && code !== 'DRIVER_TIMEOUT')) throw cause;
      await clock.sleep(250);
    }
  }
}

function endWithTest(child: ChildProcess): void {
  onTestFinished(() => void child.kill('SIGKILL'));
}
