import fc from 'fast-check';
import { expect, test } from 'vitest';
import { modbusTcp } from '../modbus-tcp/driver.ts';
import { modbusRtu } from './driver.ts';
import { planReads } from './plan-reads.ts';
import { type MapValue, RegisterMap, registersOf, sampleOf } from './register-map.ts';
import { mapOf, transmitters } from './transmitters.ts';

const words = (table: 'input' | 'holding', at: Record<number, number>) => ({
  input: new Map<number, number>(),
  holding: new Map<number, number>(),
  [table]: new Map(Object.entries(at).map(([address, word]) => [Number(address), word])),
});

test('the examples of the XY-MD02 manual give its values, frost included', () => {
  expect(sampleOf(mapOf('xy-md02'), words('input', { 1: 0x131, 2: 0x222 }))).toEqual({
    temperatureC: expect.closeTo(30.5, 6),
    humidityPct: expect.closeTo(54.6, 6),
  });
  expect(sampleOf(mapOf('xy-md02'), words('input', { 1: 0xff33 }))).toEqual({ temperatureC: expect.closeTo(-20.5, 6) });
});

test('the examples of the ADTEK manual give its values', () => {
  expect(sampleOf(mapOf('adtek-wall'), words('holding', { 0: 0x010f, 1: 0x01ef, 5: 0x03e8 }))).toEqual({
    temperatureC: expect.closeTo(27.1, 6),
    humidityPct: expect.closeTo(49.5, 6),
    co2: 1_000,
  });
});

test('a meter tells IEEE 754 numbers in two registers', () => {
  // 43 66 33 34 is 230.2
  expect(sampleOf(mapOf('sdm120'), words('input', { 0: 0x4366, 1: 0x3334 }))).toEqual({ voltageV: expect.closeTo(230.2, 3) });
  expect(sampleOf(mapOf('sdm120'), words('input', { 0: 0x4366 }))).toEqual({});
  expect(sampleOf(mapOf('sdm120'), words('input', { 0: 0x7fc0, 1: 0 }))).toEqual({});
});

test('values that the device cannot measure are faults of it and are not reported', () => {
  expect(sampleOf(mapOf('adtek-wall'), words('holding', { 0: 0x8000, 1: 1_001, 5: 0 }))).toEqual({});
});

test('each map names its source, each quantity once, and no register twice', () => {
  expect(new Set(transmitters.map(({ id }) => id)).size).toBe(transmitters.length);
  expect(transmitters.length).toBeGreaterThanOrEqual(3);
  for (const { id, values } of transmitters) {
    const quantities = values.map(({ quantity }) => quantity);
    expect([id, new Set(quantities).size]).toEqual([id, quantities.length]);
    const taken = values.flatMap((value) => Array.from({ length: registersOf(value) }, (_, at) => `${value.table} ${value.address + at}`));
    expect([id, new Set(taken).size]).toEqual([id, taken.length]);
  }
});

test('a map with an unknown quantity, table or type is refused', () => {
  const map = structuredClone(mapOf('xy-md02')) as { values: Record<string, unknown>[] };
  for (const wrong of [{ quantity: 'mood' }, { table: 'coil' }, { type: 'int8' }, { address: 70_000 }, { scale: 0 }])
    expect(RegisterMap.safeParse({ ...map, values: [{ ...map.values[0], ...wrong }] }).success).toBe(false);
});

test('what has a network plug alone is offered for Modbus TCP and not for a serial line', () => {
  const offered = (driver: typeof modbusRtu | typeof modbusTcp, transmitter: string) =>
    driver.configSchema.safeParse({ port: 'tcp://192.168.1.20:502', transmitter }).success;
  expect([offered(modbusTcp, 'comet-t3510'), offered(modbusTcp, 'sdm120'), offered(modbusRtu, 'sdm120')]).toEqual([true, true, true]);
  expect(offered(modbusRtu, 'comet-t3510')).toBe(false);
});

test('neighbours are asked for together, gaps are left alone', () => {
  expect(planReads(mapOf('xy-md02'), 7)).toEqual([{ unit: 7, table: 'input', address: 1, count: 2 }]);
  expect(planReads(mapOf('adtek-wall'), 1).map(({ address, count }) => [address, count])).toEqual([
    [0, 2],
    [5, 1],
  ]);
});

test('a gap that the map says may be read is read along, so that no two answers of a device look alike', () => {
  expect(planReads(mapOf('sdm120'), 1).map(({ address, count }) => [address, count])).toEqual([
    [0, 14],
    [342, 2],
  ]);
  for (const map of transmitters) {
    const shapes = planReads(map, 1).map(({ table, count }) => `${table} ${count}`);
    expect([map.id, new Set(shapes).size]).toEqual([map.id, shapes.length]);
  }
});

const value: fc.Arbitrary<MapValue> = fc.record({
  quantity: fc.constant('co2' as const),
  table: fc.constantFrom('holding', 'input'),
  address: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 60_000 })),
  type: fc.constantFrom('int16', 'uint16', 'float32'),
  scale: fc.constant(1),
  min: fc.constant(0),
  max: fc.constant(1),
});

test('law: the questions cover every register of the map and no other, none with more than 125', () => {
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 16 }), (values) => {
      const reads = planReads({ ...mapOf('xy-md02'), values }, 1);
      const asked = reads.flatMap(({ table, address, count }) => Array.from({ length: count }, (_, at) => `${table} ${address + at}`));
      const wanted = values.flatMap((one) => Array.from({ length: registersOf(one) }, (_, at) => `${one.table} ${one.address + at}`));
      expect(new Set(asked)).toEqual(new Set(wanted));
      expect(asked.length).toBe(new Set(asked).size);
      for (const { count } of reads) expect(count).toBeLessThanOrEqual(125);
    }),
  );
});
