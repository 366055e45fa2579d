/** A reader of items and its simulator on a wire in fake time. */
import { duplexPair } from 'node:stream';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { createLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import type { TramError } from '@tramhoc/protocol/errors';
import type { Driver, DriverDefinition, Reading } from '../drivers/driver.ts';
import type { Simulator, SimulatorDefinition } from '../drivers/simulator.ts';

export async function plugIn<Config, Device extends Simulator>(
  definition: DriverDefinition<Config>,
  simulator: SimulatorDefinition<Device, never> | SimulatorDefinition<Device>,
  { config = {}, options = {} }: { config?: Record<string, unknown>; options?: Record<string, unknown> } = {},
) {
  const clock = fakeClock();
  const [driverEnd, deviceEnd] = duplexPair();
  const readings: Extract<Reading, { kind: 'items' }>[] = [];
  /** What each look said is wrong with the reader. */
  const faults: Extract<Reading, { kind: 'faults' }>['faults'][] = [];
  const failures: TramError[] = [];
  const written: string[] = [];
  const logged: Record<string, unknown>[] = [];
  deviceEnd.on('data', (bytes: Buffer) => written.push(bytes.toString('hex')));
  const device = simulator.create({ clock, random: seededRandom(1) }, options);
  device.plug(deviceEnd);
  const parse = (changes: Record<string, unknown> = {}) =>
    definition.configSchema.parse({ port: '/dev/ttyUSB0', ...config, ...changes }) as Config;
  const opening = definition.open(driverEnd, parse(), {
    clock,
    random: seededRandom(2),
    log: createLog({ part: 'test', write: (line) => logged.push(JSON.parse(line) as Record<string, unknown>) }),
    emit(reading) {
      if (reading.kind === 'items') readings.push(reading);
      else if (reading.kind === 'faults') faults.push(reading.faults);
      return true;
    },
    fail: (error) => failures.push(error),
  });
  opening.catch(() => undefined);
  await clock.advance(1_900);
  const driver: Driver<Config> = await opening;
  /** Lets time pass until `work` is done, a minute at most. */
  const during = async <T>(work: Promise<T>): Promise<T> => {
    let over = false;
    work.then(
      () => (over = true),
      () => (over = true),
    );
    for (let waitedMs = 0; !over && waitedMs < 60_000; waitedMs += 20) await clock.advance(20);
    return work;
  };
  const seen = (): string[] => [...new Set(readings.flatMap(({ items }) => items.map(({ uid }) => uid)))];
  const last = (): string[] => (readings.at(-1)?.items ?? []).map(({ uid }) => uid);
  return { clock, device, driver, driverEnd, deviceEnd, readings, faults, failures, written, logged, parse, during, seen, last };
}
