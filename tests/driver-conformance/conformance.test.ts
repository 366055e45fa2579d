/** What every driver must stand, whatever the device. A new driver is picked up from the registry. */
import { drivers } from '@tramhoc/device-agent/drivers/registry';
import { afterEach, describe, expect, test } from 'vitest';
import { examplePorts, listeners, Rig, type Subject, simulatorFor, subjectOf } from './rig.ts';
import type { Carriage } from './wire.ts';

const subjects: Subject[] = await Promise.all(drivers.map(subjectOf));
let rigs: Rig[] = [];
const rigOf = (subject: Subject, carriage?: Carriage): Rig => {
  const rig = new Rig(subject, carriage);
  rigs.push(rig);
  return rig;
};
afterEach(async () => {
  for (const rig of rigs) await rig.end();
  rigs = [];
});

test('the registry has drivers and each kind once', () => {
  expect(drivers.length).toBeGreaterThan(0);
  expect(new Set(drivers.map(({ kind }) => kind)).size).toBe(drivers.length);
});

describe.each(subjects.map((subject) => ({ kind: subject.definition.kind, subject })))('$kind', ({ subject }) => {
  const { conformance } = subject;

  test.each<Carriage>(['as sent', 'byte by byte', 'merged'])('reads what the device says, bytes coming %s', async (carriage) => {
    const rig = rigOf(subject, carriage);
    await rig.open();
    for (const n of [1, 2, 3]) expect(await rig.sees(n)).toBe(true);
    expect(rig.failures).toEqual([]);
    expect(rig.driver!.counters()).toMatchObject({ skippedBytes: 0, timeoutCount: 0 });
    expect(rig.driver!.counters().frameCount).toBeGreaterThanOrEqual(3);
    expect(rig.driver!.counters().lastFrameAtMs).toBeGreaterThan(rig.clock.monotonicMs() - conformance.readingWithinMs - 1);
  });

  test('noise before and between costs no reading and is counted', async () => {
    const rig = rigOf(subject);
    await rig.open();
    for (const n of [1, 2, 3]) {
      rig.wire.disturb(conformance.noise);
      await rig.clock.advance(conformance.noisePauseMs);
      expect(await rig.sees(n)).toBe(true);
    }
    expect(rig.failures).toEqual([]);
    expect(rig.driver!.counters().skippedBytes).toBeGreaterThan(0);
  });

  test('one damaged frame costs at most that frame', async () => {
    const rig = rigOf(subject);
    await rig.open();
    expect(await rig.sees(1)).toBe(true);
    rig.wire.damageNext();
    conformance.act(rig.device, 2);
    await rig.clock.advance(conformance.readingWithinMs);
    if (conformance.afterDamage === 'fails') {
      expect(rig.failures.map(({ code }) => code)).toEqual(['DRIVER_TIMEOUT']);
      await rig.driver!.close();
      await rig.open();
    } else expect(rig.failures).toEqual([]);
    expect(await rig.sees(3)).toBe(true);
  });

  test('a flood of noise neither blocks nor fills the memory', async () => {
    const rig = rigOf(subject);
    await rig.open();
    const flood = new Uint8Array(256 * 1024).map((_byte, at) => conformance.noise[at % conformance.noise.length]!);
    rig.wire.disturb(flood);
    await rig.clock.advance(Math.max(500, conformance.noisePauseMs));
    expect(await rig.sees(1)).toBe(true);
    expect(rig.driver!.counters().skippedBytes).toBeGreaterThan(flood.length * 0.9);
  });

  test.each([
    ['quietly', undefined],
    ['with an error', new Error('input/output error')],
  ])('a cable pulled %s is no error of the driver and leaves nothing behind', async (_how, fault) => {
    const rig = rigOf(subject);
    await rig.open();
    expect(await rig.sees(1)).toBe(true);
    rig.wire.pull(fault);
    await rig.clock.advance(1);
    const readingCount = rig.readings.length;
    await rig.longWhile();
    await rig.driver!.close();
    expect(rig.failures).toEqual([]);
    expect(rig.readings.length).toBe(readingCount);
    expect(rig.driverClock.pendingTimers()).toBe(0);
  });

  test.each([1, 3, 5, 11])(
    'a cable pulled after %i bytes of a frame gives no reading of it, and the next opening starts afresh',
    async (bytes) => {
      const rig = rigOf(subject);
      await rig.open();
      let readingCount: number | undefined;
      rig.wire.pullAfter(bytes, () => {
        readingCount = rig.readings.length;
      });
      conformance.act(rig.device, 2);
      await rig.longWhile();
      expect([rig.readings.length, rig.failures]).toEqual([readingCount, []]);
      await rig.driver!.close();
      expect(rig.driverClock.pendingTimers()).toBe(0);
      await rig.open();
      expect(await rig.sees(3)).toBe(true);
      expect(rig.driver!.counters().skippedBytes).toBe(0);
    },
  );

  test('a config change while running loses no reading', async () => {
    const rig = rigOf(subject, 'byte by byte');
    await rig.open();
    expect(await rig.sees(1)).toBe(true);
    conformance.act(rig.device, 2);
    const changed = subject.definition.configSchema.parse({ port: configuredPort(subject), ...conformance.changedConfig });
    await rig.driver!.configure(changed);
    expect(subject.definition.link(changed)).toEqual(
      subject.definition.link(subject.definition.configSchema.parse({ port: configuredPort(subject), ...conformance.config })),
    );
    expect(await rig.comes(2)).toBe(true);
    expect(await rig.sees(3)).toBe(true);
    await rig.driver!.configure(subject.definition.configSchema.parse({ port: configuredPort(subject), ...conformance.config }));
    expect(await rig.sees(4)).toBe(true);
    expect(rig.failures).toEqual([]);
    expect(rig.driver!.counters().skippedBytes).toBe(0);
  });

  test('a closed driver leaves no listener and no timer, says nothing more, and may be closed again', async () => {
    const rig = rigOf(subject);
    await rig.open();
    expect(await rig.sees(1)).toBe(true);
    await rig.driver!.close();
    await rig.driver!.close();
    expect(listeners(rig.wire.driverEnd)).toEqual(rig.listenersBefore);
    expect(rig.driverClock.pendingTimers()).toBe(0);
    const readingCount = rig.readings.length;
    conformance.act(rig.device, 2);
    await rig.longWhile();
    expect([rig.readings.length, rig.failures]).toEqual([readingCount, []]);
  });

  test(conformance.mustAnswer ? 'a device that does not answer is given up within two seconds' : 'a silent device opens', async () => {
    const rig = rigOf(subject);
    rig.newWire();
    const outcome = rig.openDriver().then(
      (driver) => driver,
      (error: unknown) => error,
    );
    await rig.clock.advance(2_000);
    if (conformance.mustAnswer) {
      expect(await outcome).toMatchObject({ code: 'DRIVER_TIMEOUT' });
      expect(listeners(rig.wire.driverEnd)).toEqual(rig.listenersBefore);
    } else await ((await outcome) as { close(): Promise<void> }).close();
    expect(rig.driverClock.pendingTimers()).toBe(0);
  });

  test('a cable pulled while opening does not leave the slot waiting', async () => {
    const rig = rigOf(subject);
    rig.newWire();
    const outcome = rig.openDriver().then(
      () => 'opened',
      (error: { code: string }) => error.code,
    );
    rig.wire.pull();
    await rig.clock.advance(1);
    expect(['opened', 'DRIVER_PORT_LOST']).toContain(await outcome);
  });

  test('a number that a person types is one that the simulated device can say, or is refused', async () => {
    for (const line of linesWithOtherNumbers(simulatorFor(subject.definition).usage)) {
      const rig = rigOf(subject);
      await rig.open();
      expect([line, rig.device.act(line) ?? 'type: done']).toEqual([line, expect.stringMatching(/^type: /)]);
      await rig.clock.advance(conformance.readingWithinMs);
      // what a device throws when it is asked comes out of the driver
      expect([line, rig.failures.filter(({ cause }) => cause !== undefined)]).toEqual([line, []]);
    }
  });
});

/** The lines of `usage`, each time with another value for one of their numbers. */
function linesWithOtherNumbers(usage: readonly string[]): string[] {
  const values = ['0', '0.04', '-1', '-40000', '9999', '99999', '1e9', '1e309'];
  return usage.flatMap((row) => {
    const words = row.split(/ {2,}/)[0]!.split(' ');
    return words.flatMap((word, at) => (/^\d+(\.\d+)?$/.test(word) ? values.map((value) => words.with(at, value).join(' ')) : []));
  });
}

function configuredPort({ conformance }: Subject): string {
  return examplePorts[conformance.buses[0]!];
}
