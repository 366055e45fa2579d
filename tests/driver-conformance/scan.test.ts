/** The scan at the end of a cable to every simulated device: what can be found is found as what it is, and nobody takes a stranger's question for his. */
import { type Duplex, duplexPair } from 'node:stream';
import { type FakeClock, fakeClock } from '@tramhoc/base/fake-clock';
import { seededRandom } from '@tramhoc/base/random';
import type { SerialSettings } from '@tramhoc/device-agent/drivers/driver';
import { drivers } from '@tramhoc/device-agent/drivers/registry';
import type { Simulator } from '@tramhoc/device-agent/drivers/simulator';
import { type ProbeRound, planProbes } from '@tramhoc/device-agent/scan/plan-probes';
import { type PortVerdict, probePort } from '@tramhoc/device-agent/scan/probe-port';
import { TramError } from '@tramhoc/protocol/errors';
import { expect, test } from 'vitest';
import { counted, type Subject, simulatorFor, subjectOf } from './rig.ts';

const subjects = await Promise.all(drivers.map(subjectOf));
const on = (...buses: string[]) =>
  subjects
    .filter(({ conformance }) => conformance.buses.some((bus) => buses.includes(bus)))
    .map((subject) => ({ kind: subject.definition.kind, subject }));

/** A device server or pseudo-terminal: every byte arrives, whatever the settings. */
const everything = (_settings: SerialSettings): boolean => true;

type Asked = { device: Simulator; clock: FakeClock; rounds: ProbeRound[]; hears(settings: SerialSettings): boolean };

async function probe({ device, clock, rounds, hears }: Asked): Promise<PortVerdict> {
  const openLink = async ({ serial }: { serial: SerialSettings }): Promise<Duplex> => {
    const [ours, theirs] = duplexPair();
    if (hears(serial)) device.plug(theirs);
    else theirs.resume();
    return ours;
  };
  let verdict: PortVerdict | undefined;
  const probing = probePort('/dev/x', rounds, { openLink, clock, signal: new AbortController().signal }).then((done) => {
    verdict = done;
  });
  for (let waitedMs = 0; verdict === undefined && waitedMs < 120_000; waitedMs += 20) await clock.advance(20);
  await probing;
  return verdict!;
}

function deviceOf({ definition, conformance }: Subject): { device: Simulator; clock: FakeClock } {
  const clock = fakeClock();
  const device = simulatorFor(definition).create({ clock, random: seededRandom(1) }, conformance.simulatorOptions);
  // a card reader has to have a card, or nothing is heard of it
  if (definition.capabilities.some(({ can }) => can === 'read-cards')) conformance.act(device, 1);
  return { device, clock };
}

/** Of the boards that share one protocol only the speed of the line tells which it is. */
const alike: Readonly<Record<string, string>> = { 'benq-rs232': 'viewsonic-rs232' };

test.each(on('serial', 'tcp'))('through a device server a $kind is found as what it is, or not at all', async ({ kind, subject }) => {
  const { device, clock } = deviceOf(subject);
  const rounds = planProbes(drivers, { onRequest: true, listenOnly: false, oneOpening: true });
  expect(rounds.length).toBe(1);
  const { find } = await probe({ device, clock, rounds, hears: everything });
  const findable = subject.definition.discovery?.serial !== undefined;
  expect(find?.kind).toBe(findable ? (alike[kind] ?? kind) : undefined);
  device.close();
});

test.each(on('serial'))('on a serial line a $kind is found with settings that its driver can use', async ({ kind, subject }) => {
  const { device, clock } = deviceOf(subject);
  const { definition } = subject;
  const rounds = planProbes(drivers, { onRequest: true, listenOnly: false, oneOpening: false });
  const own = definition.link(definition.configSchema.parse({ port: '/dev/x', ...subject.conformance.config })).serial;
  const hears = (settings: SerialSettings): boolean => JSON.stringify(settings) === JSON.stringify(own);
  const { find } = await probe({ device, clock, rounds, hears });
  if (definition.discovery?.serial === undefined) expect(find).toBe(undefined);
  else {
    expect(find?.kind).toBe(kind);
    const { vi, en } = find!.evidence;
    expect(vi).not.toBe(en);
    expect([vi, en].filter((words) => words.length === 0 || words.length > 200)).toEqual([]);
    const config = definition.configSchema.parse({ port: '/dev/x', ...find!.config });
    expect(definition.link(config)).toEqual({ port: '/dev/x', serial: own });
  }
  device.close();
});

test('listening alone sends nothing, and still hears those that speak by themselves', async () => {
  const rounds = planProbes(drivers, { onRequest: true, listenOnly: true, oneOpening: false });
  expect(rounds.flatMap(({ asking }) => asking)).toEqual([]);
  for (const kind of ['rdm6300', 'pms5003', 'sds011']) {
    const subject = subjects.find(({ definition }) => definition.kind === kind)!;
    const { device, clock } = deviceOf(subject);
    expect((await probe({ device, clock, rounds, hears: everything })).find?.kind).toBe(kind);
    device.close();
  }
});

test('Modbus is asked only when a person wants it, and then last', () => {
  const gentle = planProbes(drivers, { onRequest: false, listenOnly: false, oneOpening: true });
  expect(gentle.flatMap(({ asking }) => asking).map(({ kind }) => kind)).not.toContain('modbus-rtu');
  const all = planProbes(drivers, { onRequest: true, listenOnly: false, oneOpening: true }).flatMap(({ asking }) => asking);
  const first = all.findIndex(({ kind }) => kind === 'modbus-rtu');
  expect(all.slice(first).every(({ kind }) => kind === 'modbus-rtu')).toBe(true);
});

test('a port that is in use, or goes away meanwhile, ends the scan of that port alone', async () => {
  const clock = fakeClock();
  const rounds = planProbes(drivers, { onRequest: false, listenOnly: false, oneOpening: false });
  const signal = new AbortController().signal;
  const busy = new TramError('DRIVER_PORT_UNAVAILABLE', '/dev/x: another program has it open; stop that program.');
  await expect(probePort('/dev/x', rounds, { openLink: () => Promise.reject(busy), clock, signal })).rejects.toBe(busy);
  const [ours] = duplexPair();
  const timers = counted(clock);
  const probing = probePort('/dev/x', rounds, { openLink: async () => ours, clock: timers.clock, signal });
  await clock.advance(100);
  ours.destroy();
  await clock.advance(3_000);
  expect(await probing).toEqual({ find: undefined, strangeBytes: 0 });
  expect(timers.pendingTimers()).toBe(0);
});

test('what comes and is of no known device is counted, never kept or told', async () => {
  const clock = fakeClock();
  const [ours, theirs] = duplexPair();
  const rounds = planProbes(drivers, { onRequest: false, listenOnly: true, oneOpening: true });
  const probing = probePort('/dev/x', rounds, { openLink: async () => ours, clock, signal: new AbortController().signal });
  await clock.advance(10);
  for (let part = 0; part < 64; part += 1) theirs.write(new Uint8Array(1_024).fill(0x55));
  await clock.advance(10_000);
  expect(await probing).toEqual({ find: undefined, strangeBytes: 64 * 1_024 });
});
