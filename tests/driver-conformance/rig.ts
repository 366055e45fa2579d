/** One driver and its simulated device on a wire, in fake time, with everything counted that could be left behind. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { Clock, Timer } from '@tramhoc/base/clock';
import { type FakeClock, fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import type { ConformanceCase } from '@tramhoc/device-agent/drivers/conformance-case';
import type { AnyDriverDefinition, Driver, Reading } from '@tramhoc/device-agent/drivers/driver';
import type { Simulator, SimulatorDefinition } from '@tramhoc/device-agent/drivers/simulator';
import { simulatorOf } from '@tramhoc/device-agent/drivers/simulators';
import type { TramError } from '@tramhoc/protocol/errors';
import { type Carriage, type Wire, wire } from './wire.ts';

export const examplePorts = {
  serial: '/dev/ttyUSB0',
  tcp: 'tcp://192.168.1.30:4001',
  udp: 'udp://192.168.1.201:4370',
  'http-in': 'http-in://0.0.0.0:8081',
  hid: 'hid:04d9:a052',
  file: 'file:/dev/usb/lp0',
  pcsc: 'pcsc:ACR122U',
  host: 'host:',
};

const driversFolder = join(import.meta.dirname, '../../device-agent/src/drivers');

export type Subject = { definition: AnyDriverDefinition; conformance: ConformanceCase };

/** The case that the driver's folder holds. A driver without one fails here. */
export async function subjectOf(definition: AnyDriverDefinition): Promise<Subject> {
  const { kind } = definition;
  if (!existsSync(join(driversFolder, kind, 'conformance.ts')))
    throw new Error(`${kind} has no conformance.ts; see docs/add-a-device.md, 5`);
  const { conformance } = (await import(`@tramhoc/device-agent/drivers/${kind}/conformance`)) as { conformance: ConformanceCase };
  return { definition, conformance };
}

/** A driver without a simulated device fails here. */
export function simulatorFor({ kind }: AnyDriverDefinition): SimulatorDefinition {
  const simulator = simulatorOf(kind);
  if (simulator === undefined) throw new Error(`${kind} has no line in simulators.ts; see docs/add-a-device.md, 3`);
  return simulator;
}

export function parseConfig({ definition, conformance }: Subject, config: Record<string, unknown>, port?: string): unknown {
  return definition.configSchema.parse({ port: port ?? examplePorts[conformance.buses[0]!], ...config });
}

/** Timers that were set through `clock` and neither fired nor were cancelled. */
export function counted(inner: Clock): { clock: Clock; pendingTimers(): number } {
  const pending = new Set<Timer>();
  const after: Clock['after'] = (delayMs, fire, options) => {
    const timer = inner.after(
      delayMs,
      () => {
        pending.delete(entry);
        fire();
      },
      options,
    );
    const entry: Timer = {
      cancel() {
        pending.delete(entry);
        timer.cancel();
      },
    };
    pending.add(entry);
    return entry;
  };
  return { clock: { ...inner, bootId: inner.bootId, after }, pendingTimers: () => pending.size };
}

export function listeners(link: Duplex): Record<string, number> {
  return Object.fromEntries(link.eventNames().map((name) => [String(name), link.listenerCount(name)]));
}

export class Rig {
  readonly subject: Subject;
  readonly clock: FakeClock = fakeClock();
  readonly driverClock = counted(this.clock);
  readonly device: Simulator;
  readonly readings: Reading[] = [];
  readonly failures: TramError[] = [];
  readonly #carriage: Carriage;
  wire!: Wire;
  driver: Driver<unknown> | undefined;
  listenersBefore: Record<string, number> = {};

  constructor(subject: Subject, carriage: Carriage = 'as sent') {
    this.subject = subject;
    this.#carriage = carriage;
    this.device = simulatorFor(subject.definition).create(
      { clock: this.clock, random: seededRandom(1) },
      subject.conformance.simulatorOptions,
    );
  }

  /** Plugs a new cable into the device and opens the driver on its other end. */
  async open(config: Record<string, unknown> = this.subject.conformance.config): Promise<void> {
    this.newWire();
    this.device.plug(this.wire.deviceEnd);
    const opening = this.openDriver(config);
    // awaited below, after time has passed
    opening.catch(() => undefined);
    await this.clock.advance(2_500);
    this.driver = await opening;
  }

  newWire(): void {
    const { buses, reportBytes } = this.subject.conformance;
    this.wire = wire({ carriage: this.#carriage, clock: this.clock, reportBytes, requests: buses[0] === 'http-in' });
    this.listenersBefore = listeners(this.wire.driverEnd);
  }

  openDriver(config: Record<string, unknown> = this.subject.conformance.config): Promise<Driver<unknown>> {
    return this.subject.definition.open(this.wire.driverEnd, parseConfig(this.subject, config), {
      clock: this.driverClock.clock,
      random: seededRandom(2),
      log: silentLog,
      emit: (reading) => this.readings.push(reading) > 0,
      fail: (error) => this.failures.push(error),
    });
  }

  /** Lets the device say `n` and tells whether the reading comes in time. */
  async sees(n: number): Promise<boolean> {
    this.subject.conformance.act(this.device, n);
    return this.comes(n);
  }

  async comes(n: number): Promise<boolean> {
    const { shows, readingWithinMs } = this.subject.conformance;
    const from = this.readings.length;
    for (let waitedMs = 0; waitedMs <= readingWithinMs; waitedMs += 50) {
      if (this.readings.slice(from).some((reading) => shows(reading, n))) return true;
      await this.clock.advance(50);
    }
    return false;
  }

  /** Time passes as far as anything in a driver may plan ahead. */
  async longWhile(): Promise<void> {
    await this.clock.advance(15 * 60_000);
  }

  async end(): Promise<void> {
    await this.driver?.close();
    this.device.close();
    this.wire?.pull();
  }
}
