/**
 * The same drivers on real wires: a pseudo-terminal opened as a serial port, and a TCP connection; with the clock of this computer. Devices take their time,
 * so many are tested at once.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { systemClock } from '@tramhoc/base/clock';
import { silentLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import type { Driver, Reading } from '@tramhoc/device-agent/drivers/driver';
import { drivers } from '@tramhoc/device-agent/drivers/registry';
import { type Simulation, simulate } from '@tramhoc/device-agent/simulate';
import { openLink } from '@tramhoc/device-agent/transports/open-link';
import { isTramError, type TramError } from '@tramhoc/protocol/errors';
import { describe, expect, type TestContext, test, vi } from 'vitest';
import { freePort } from '../world/free-port.ts';
import { counted, parseConfig, type Subject, simulatorFor, subjectOf } from './rig.ts';

const subjects = await Promise.all(drivers.map(subjectOf));
/** Without socat the serial half is skipped, which the report shows. */
const hasSocat = ((): boolean => {
  try {
    execFileSync('socat', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

type Bus = 'serial' | 'tcp' | 'udp' | 'file';
/** A terminal also stands for the device file of a USB printer: both are read and written without waiting. */
const needsSocat = (bus: Bus): boolean => bus === 'serial' || bus === 'file';

/** Of the test that runs; the last thing that was made is ended first. */
type Ends = Pick<TestContext, 'onTestFinished'>;

async function plugIn({ onTestFinished }: Ends, { definition, conformance }: Subject, bus: Bus): Promise<Simulation> {
  const folder = mkdtempSync(join(tmpdir(), 'tram-driver-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const where = needsSocat(bus) ? { pty: join(folder, 'port') } : { listen: `${bus}://127.0.0.1:0` };
  const simulated = await simulate(
    simulatorFor(definition),
    where,
    { clock: systemClock(), random: systemRandom() },
    conformance.simulatorOptions,
  );
  let closing: Promise<void> | undefined;
  const simulation = { ...simulated, close: () => (closing ??= simulated.close()) };
  onTestFinished(simulation.close);
  return bus === 'file' ? { ...simulation, port: `file:${realpathSync(simulation.port)}` } : simulation;
}

/**
 * Like a slot of the agent it tries again when the device did not answer in time (a busy computer may let both wait), or when the port was still locked: a
 * program that another test starts at that moment holds what was open a little longer than we do.
 */
async function open(ends: Ends, subject: Subject, port: string) {
  for (let triesLeft = 3; ; triesLeft -= 1) {
    try {
      return await openOnce(ends, subject, port);
    } catch (cause) {
      const mayPass = isTramError(cause, 'DRIVER_TIMEOUT') || isTramError(cause, 'DRIVER_PORT_UNAVAILABLE');
      if (triesLeft === 0 || !mayPass) throw cause;
      await systemClock().sleep(200);
    }
  }
}

async function openOnce({ onTestFinished }: Ends, subject: Subject, port: string) {
  const { definition, conformance } = subject;
  const config = parseConfig(subject, conformance.config, port);
  const clock = counted(systemClock());
  const readings: Reading[] = [];
  const failures: TramError[] = [];
  // timers of the link are its own: a device file is looked at for as long as it is open
  const link: Duplex = await openLink(definition.link(config), { clock: systemClock() });
  onTestFinished(() => void link.destroy());
  const deps = { clock: clock.clock, random: systemRandom(), log: silentLog };
  const driver: Driver<unknown> = await definition
    .open(link, config, { ...deps, emit: (reading) => readings.push(reading) > 0, fail: (error) => failures.push(error) })
    .catch(async (cause: unknown) => {
      const closed = closeOf(link);
      link.destroy();
      if (!link.closed) await closed;
      throw cause;
    });
  onTestFinished(() => driver.close());
  const comes = (n: number): Promise<unknown> =>
    vi.waitFor(() => expect(readings.some((reading) => conformance.shows(reading, n))).toBe(true), {
      timeout: conformance.readingWithinMs + 3_000,
      interval: 20,
    });
  return { link, driver, comes, failures, pendingTimers: clock.pendingTimers };
}

const closeOf = (link: Duplex): Promise<void> => new Promise((resolve) => link.once('close', () => resolve()));

/** HID devices, PC/SC readers and computers cannot be made out of nothing; their drivers bring a test of their own. */
const onWires = subjects.flatMap((subject) =>
  subject.conformance.buses
    .filter((bus) => bus !== 'hid' && bus !== 'pcsc' && bus !== 'host' && bus !== 'http-in')
    .map((bus) => ({ kind: subject.definition.kind, bus, subject })),
);
const callers = subjects
  .filter(({ conformance }) => conformance.buses.includes('http-in'))
  .map((subject) => ({ kind: subject.definition.kind, subject }));

describe.concurrent.for(onWires)('$kind over $bus', ({ subject, bus }) => {
  const { conformance } = subject;

  test.skipIf(needsSocat(bus) && !hasSocat)('reads, is closed, is opened again and reads on', async (ends) => {
    const { device, port } = await plugIn(ends, subject, bus);
    for (const n of [1, 2]) {
      const { link, driver, comes, failures, pendingTimers } = await open(ends, subject, port);
      conformance.act(device, n);
      await comes(n);
      await driver.close();
      expect([failures, pendingTimers()]).toEqual([[], 0]);
      const closed = closeOf(link);
      link.destroy();
      await closed;
    }
  });

  if (bus === 'udp')
    // nobody notices that a device that only answers datagrams has gone, until it is asked: then its computer refuses
    test('a device that is unplugged closes the link when it is asked', async (ends) => {
      const simulation = await plugIn(ends, subject, bus);
      const { link, driver, failures, pendingTimers } = await open(ends, subject, simulation.port);
      const closed = closeOf(link);
      await simulation.close();
      await closed;
      await driver.close();
      expect([failures, pendingTimers()]).toEqual([[], 0]);
    });
  else
    test.skipIf(needsSocat(bus) && !hasSocat)('a device that is unplugged closes the link, whether anybody reads or not', async (ends) => {
      for (const reading of [true, false]) {
        const simulation = await plugIn(ends, subject, bus);
        const { link, driver, failures, pendingTimers } = await open(ends, subject, simulation.port);
        if (!reading) await driver.close();
        const closed = closeOf(link);
        await simulation.close();
        await closed;
        await driver.close();
        expect([failures, pendingTimers()]).toEqual([[], 0]);
      }
    });
});

describe.concurrent.for(callers)('$kind, which calls by itself', ({ subject }) => {
  const { definition, conformance } = subject;

  test('is heard on a real port, and again after the port was closed', async (ends) => {
    const port = await freePort();
    const where = { call: `http://127.0.0.1:${port}` };
    const deps = { clock: systemClock(), random: systemRandom() };
    for (const n of [1, 2]) {
      const { link, driver, comes, failures, pendingTimers } = await open(ends, subject, `http-in://127.0.0.1:${port}`);
      const simulation = await simulate(simulatorFor(definition), where, deps, conformance.simulatorOptions);
      ends.onTestFinished(() => simulation.close());
      conformance.act(simulation.device, n);
      await comes(n);
      await driver.close();
      expect([failures, pendingTimers()]).toEqual([[], 0]);
      const closed = closeOf(link);
      link.destroy();
      await closed;
      await simulation.close();
    }
  });
});
