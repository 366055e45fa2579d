import { fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { TramError } from '@tramhoc/protocol/errors';
import { eventData } from '@tramhoc/protocol/event';
import { expect, test } from 'vitest';
import type { Reading } from '../drivers/driver.ts';
import { drivers } from '../drivers/registry.ts';
import { greet } from './greeting.ts';
import { hostFacts } from './host-facts.ts';
import { createTelemetry } from './readings.ts';

function bench() {
  const clock = fakeClock();
  const kept: [string, Record<string, unknown>][] = [];
  const state = { diskFull: false };
  const outbox = {
    accept(type: string, data: unknown) {
      if (state.diskFull) throw new TramError('DISK_FULL', 'no space left; free some.');
      kept.push([type, data as Record<string, unknown>]);
      return { seq: kept.length, id: 'x' };
    },
  };
  const notes = { get: () => undefined, set: () => undefined };
  const telemetry = createTelemetry({ outbox: { ...outbox, notes }, clock, log: silentLog });
  const read = (reading: Reading): boolean => telemetry.take({ slot: 'air', kind: 'test', config: {}, reading });
  return { clock, kept, state, outbox, read };
}

test('measurements are kept as they come, without values that are no numbers', () => {
  const it = bench();
  it.read({
    kind: 'measurements',
    measurements: [
      { quantity: 'pm25', value: 8 },
      { quantity: 'pm10', value: Number.NaN },
    ],
    sampleCount: 60,
  });
  it.read({ kind: 'measurements', measurements: [{ quantity: 'pm25', value: Number.POSITIVE_INFINITY }], sampleCount: 60 });
  expect(it.kept).toEqual([
    ['vn.tramhoc.sensor.reading.v1', { slot: 'air', driver: 'test', measurements: [{ quantity: 'pm25', value: 8 }], sampleCount: 60 }],
  ]);
});

test('a projector that is asked every few seconds makes an event when it changes, and once in a quarter of an hour', async () => {
  const it = bench();
  const ask = (power: 'on' | 'off') => it.read({ kind: 'display', state: { power, faults: [] } });
  for (let at = 0; at < 60; at += 1) {
    ask('off');
    await it.clock.advance(10_000);
  }
  ask('on');
  expect(it.kept.map(([, data]) => (data['state'] as { power: string }).power)).toEqual(['off', 'on']);
  for (let at = 0; at < 91; at += 1) {
    await it.clock.advance(10_000);
    ask('on');
  }
  expect(it.kept).toHaveLength(3);
});

test('three hundred books on a pad are two events within the limit, and their going away as well', async () => {
  const it = bench();
  const items = Array.from({ length: 300 }, (_, n) => ({ uid: `E0040100${String(n).padStart(8, '0')}`, technology: 'iso15693' as const }));
  for (const look of [items, items, [], [], []]) {
    it.read({ kind: 'items', mode: 'in-field', items: look });
    await it.clock.advance(1_000);
  }
  expect(it.kept.map(([, { arrived, left }]) => [(arrived as unknown[]).length, (left as unknown[]).length])).toEqual([
    [200, 0],
    [100, 0],
    [0, 200],
    [0, 100],
  ]);
  for (const [type, data] of it.kept) {
    expect(eventData[type as keyof typeof eventData].safeParse(data).error).toBeUndefined();
    expect(JSON.stringify(data).length).toBeLessThan(48 * 1024);
  }
});

test('a book that passed while the disk was full is told when there is room', () => {
  const it = bench();
  const item = { uid: 'E00401003F3827A7', technology: 'iso15693' as const, antenna: 1 };
  it.state.diskFull = true;
  it.read({ kind: 'items', mode: 'passed', items: [item] });
  it.state.diskFull = false;
  it.read({ kind: 'items', mode: 'passed', items: [] });
  expect(it.kept).toEqual([
    ['vn.tramhoc.library.items-seen.v1', { slot: 'air', driver: 'test', mode: 'passed', arrived: [item], left: [] }],
  ]);
});

test('a state that the disk refused is told again with the next reading', () => {
  const it = bench();
  it.state.diskFull = true;
  it.read({ kind: 'display', state: { power: 'on', faults: [] } });
  it.state.diskFull = false;
  it.read({ kind: 'display', state: { power: 'on', faults: [] } });
  expect(it.kept).toHaveLength(1);
});

test('an agent names all its drivers at each start, and tells a schema only while it is new', () => {
  const it = bench();
  const notes = new Map<string, string>();
  const greeting = {
    outbox: {
      ...it.outbox,
      notes: { get: (key: string) => notes.get(key), set: (key: string, value: string) => void notes.set(key, value) },
    },
    facts: hostFacts({}),
    drivers,
    log: silentLog,
  };
  greet(greeting);
  for (const [type, data] of it.kept) {
    expect(eventData[type as keyof typeof eventData].safeParse(data).error).toBeUndefined();
    expect(JSON.stringify(data).length).toBeLessThan(16 * 1024);
  }
  expect(it.kept.map(([type, { kind }]) => [type, kind])).toEqual([
    ['vn.tramhoc.device.hello.v1', undefined],
    ...drivers.map(({ kind }) => ['vn.tramhoc.device.driver.v1', kind]),
  ]);
  greet(greeting);
  expect(it.kept.slice(drivers.length + 1).map(([type]) => type)).toEqual(['vn.tramhoc.device.hello.v1']);
});

test('what the label says goes before what the board says of itself', () => {
  expect(hostFacts({ model: 'Kiosk K21', serial: 'SN-7' })).toMatchObject({ model: 'Kiosk K21', serial: 'SN-7' });
});
