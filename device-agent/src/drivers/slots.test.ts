import { type Duplex, duplexPair } from 'node:stream';
import { type FakeClock, fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { seededRandom } from '@tramhoc/base/random';
import { TramError } from '@tramhoc/protocol/errors';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { AnyDriverDefinition, DriverDeps, LinkSpec } from './driver.ts';
import type { SlotStatus } from './slot.ts';
import { createSlots, type SlotReading } from './slots.ts';

type Config = { port: string; letter: string };

/** A device that says letters; the driver hands on those it was configured for. `open` may be told to hang or to refuse. */
function bench() {
  const clock: FakeClock = fakeClock();
  const statuses: SlotStatus[] = [];
  const readings: string[] = [];
  const wires: Duplex[] = [];
  const openPorts = new Set<string>();
  const bench = { portGone: false, openHangs: false, refuses: false, lastDeps: undefined as DriverDeps | undefined };
  const definition: AnyDriverDefinition = {
    kind: 'letters',
    title: { vi: 'chữ', en: 'letters' },
    configSchema: z.strictObject({ port: z.string(), letter: z.string().default('a') }),
    capabilities: [{ can: 'read-cards' }],
    link: ({ port }: Config): LinkSpec => ({ port, serial: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } }),
    async open(link, first: Config, deps) {
      bench.lastDeps = deps;
      let config = first;
      if (bench.openHangs) return new Promise(() => undefined);
      if (bench.refuses) throw new TramError('DRIVER_AUTH_FAILED', 'wrong password; correct it.');
      const onData = (chunk: Buffer): void => {
        for (const letter of chunk.toString()) if (letter === config.letter) deps.emit({ kind: 'code', text: letter });
      };
      link.on('data', onData);
      return {
        async configure(next: Config) {
          if (next.letter === '!') throw new Error('no such letter');
          config = next;
        },
        async close() {
          link.off('data', onData);
        },
        counters: () => ({ frameCount: 0, skippedBytes: 3, timeoutCount: 0, lastFrameAtMs: undefined }),
      };
    },
  };
  const slots = createSlots({
    definitionOf: (kind) => (kind === 'letters' ? definition : undefined),
    async openLink({ port }) {
      if (bench.portGone) throw new TramError('DRIVER_PORT_UNAVAILABLE', `${port}: there is no such port; plug it in.`);
      if (openPorts.has(port)) throw new TramError('DRIVER_PORT_UNAVAILABLE', `${port} is busy.`);
      const [near, far] = duplexPair();
      openPorts.add(port);
      near.once('close', () => openPorts.delete(port));
      far.on('error', () => undefined);
      wires.push(far);
      return near;
    },
    onReading: ({ slot, reading }: SlotReading) => readings.push(`${slot}:${reading.kind === 'code' ? reading.text : ''}`) > 0,
    notes: new Map(),
    onStatus: (status) => statuses.push(status),
    clock,
    random: seededRandom(1),
    log: silentLog,
  });
  const wish = (port: string, letter = 'a') => ({ kind: 'letters', config: { port, letter } });
  const open = (slot: string, port = '/dev/1', letter = 'a') => slots.apply({ do: 'open', slot, wish: wish(port, letter) });
  const say = async (text: string): Promise<void> => {
    wires.at(-1)!.write(text);
    await clock.advance(1);
  };
  const stateOf = (slot: string) => slots.list().find((status) => status.slot === slot)?.state;
  return { bench, clock, slots, statuses, readings, wires, openPorts, wish, open, say, stateOf };
}

test('a slot opens its device and hands on what it reads', async () => {
  const it = bench();
  await it.open('gate');
  await it.clock.advance(0);
  expect(it.stateOf('gate')).toBe('open');
  await it.say('abca');
  expect(it.readings).toEqual(['gate:a', 'gate:a']);
  expect(it.slots.list()[0]).toMatchObject({ title: { vi: 'chữ', en: 'letters' }, readsCards: true, skippedBytes: 3 });
  await it.slots.closeAll();
});

test('a pulled cable is noticed at once and the device is found again when it is back', async () => {
  const it = bench();
  await it.open('gate');
  await it.clock.advance(0);
  it.bench.portGone = true;
  it.wires[0]!.destroy();
  await it.clock.advance(1);
  expect(it.slots.list()[0]).toMatchObject({ state: 'lost', code: 'DRIVER_PORT_LOST' });
  await it.clock.advance(600_000);
  expect(it.slots.list()[0]).toMatchObject({ state: 'lost', code: 'DRIVER_PORT_UNAVAILABLE' });
  it.bench.portGone = false;
  await it.clock.advance(30_000);
  expect(it.slots.list()[0]).toMatchObject({ state: 'open', reopenCount: 1, skippedBytes: 6 });
  await it.say('a');
  expect(it.readings).toEqual(['gate:a']);
  await it.slots.closeAll();
});

test('a slot whose port is not there says so and goes on trying, at most every 30 s', async () => {
  const it = bench();
  it.bench.portGone = true;
  await it.open('gate');
  await it.clock.advance(3_600_000);
  const tries = it.statuses.filter(({ state }) => state === 'lost').length;
  expect(tries).toBeGreaterThan(3_600 / 31);
  expect(tries).toBeLessThan(3_600 / 15 + 10);
  it.bench.portGone = false;
  await it.clock.advance(30_000);
  expect(it.stateOf('gate')).toBe('open');
  await it.slots.closeAll();
});

test('a device that stopped making sense is closed and opened again', async () => {
  const it = bench();
  await it.open('gate');
  await it.clock.advance(0);
  it.bench.lastDeps!.fail(new TramError('DRIVER_TIMEOUT', 'silent; check power.'));
  await it.clock.advance(1);
  expect(it.slots.list()[0]).toMatchObject({ state: 'lost', code: 'DRIVER_TIMEOUT' });
  expect(it.openPorts.size).toBe(0);
  await it.clock.advance(1_000);
  expect(it.stateOf('gate')).toBe('open');
  await it.slots.closeAll();
});

test('a device that never answers does not hold the slot for ever', async () => {
  const it = bench();
  it.bench.openHangs = true;
  await it.open('gate');
  await it.clock.advance(10_001);
  expect(it.slots.list()[0]).toMatchObject({ state: 'lost', code: 'DRIVER_TIMEOUT' });
  expect(it.openPorts.size).toBe(0);
  await it.slots.closeAll();
});

test('a new config for the same port takes effect without closing it; another port closes the old one', async () => {
  const it = bench();
  await it.open('gate');
  await it.clock.advance(0);
  await it.slots.apply({ do: 'configure', slot: 'gate', wish: it.wish('/dev/1', 'b') });
  await it.say('ab');
  expect(it.readings).toEqual(['gate:b']);
  expect(it.wires).toHaveLength(1);
  await it.slots.apply({ do: 'close', slot: 'gate', removed: true });
  expect(it.openPorts.size).toBe(0);
  await it.open('gate', '/dev/2');
  await it.clock.advance(0);
  expect([...it.openPorts]).toEqual(['/dev/2']);
  await it.slots.closeAll();
});

test('a config that comes while the device is away is used when it is back', async () => {
  const it = bench();
  it.bench.portGone = true;
  await it.open('gate');
  await it.clock.advance(100);
  await it.slots.apply({ do: 'configure', slot: 'gate', wish: it.wish('/dev/1', 'c') });
  it.bench.portGone = false;
  await it.clock.advance(5_000);
  await it.say('abc');
  expect(it.readings).toEqual(['gate:c']);
  await it.slots.closeAll();
});

test('a driver that cannot take a config while running is opened anew with it', async () => {
  const it = bench();
  await it.open('gate');
  await it.clock.advance(0);
  await it.slots.apply({ do: 'configure', slot: 'gate', wish: it.wish('/dev/1', '!') });
  await it.clock.advance(2_000);
  expect(it.wires).toHaveLength(2);
  await it.say('a!');
  expect(it.readings).toEqual(['gate:!']);
  await it.slots.closeAll();
});

test('closing frees the port whatever the slot was doing, and nothing is read afterwards', async () => {
  for (const trouble of [{}, { openHangs: true }, { portGone: true }, { refuses: true }]) {
    const it = bench();
    Object.assign(it.bench, trouble);
    await it.open('gate');
    await it.clock.advance(5);
    const deps = it.bench.lastDeps;
    await it.slots.closeAll();
    expect(it.openPorts.size).toBe(0);
    expect(it.slots.list()).toEqual([]);
    deps?.emit({ kind: 'code', text: 'a' });
    expect(it.readings).toEqual([]);
    const before = it.statuses.length;
    await it.clock.advance(120_000);
    expect(it.statuses).toHaveLength(before);
    expect(it.statuses.at(-1)!.state).toBe('closed');
  }
});

test('a ninth slot is refused', async () => {
  const it = bench();
  for (let at = 0; at < 8; at += 1) await it.open(`s${at}`, `/dev/${at}`);
  await expect(it.open('s8', '/dev/8')).rejects.toMatchObject({ code: 'SLOT_LIMIT' });
  await it.slots.closeAll();
});
