import type { DriverWish } from '@tramhoc/protocol/twin';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { AnyDriverDefinition } from '../drivers/driver.ts';
import type { SlotWishes } from './plan-twin.ts';
import { planWishes, sameLink } from './plan-wishes.ts';

const reader = {
  kind: 'reader',
  configSchema: z.strictObject({ port: z.string(), everyS: z.int().min(1).max(60).default(10), password: z.string().max(8).optional() }),
  link: ({ port }: { port: string }) => ({ port, serial: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } }),
} as unknown as AnyDriverDefinition;
const definitionOf = (kind: string): AnyDriverDefinition | undefined => (kind === 'reader' ? reader : undefined);
const at = (port: string, more: DriverWish['config'] = {}): DriverWish => ({ kind: 'reader', config: { port, ...more } });
const plan = (desired: SlotWishes, running: SlotWishes = {}) => planWishes(desired, { running, definitionOf });

test('a wrong value is refused by its key, and that slot goes on with what it had', () => {
  const running = { gate: at('/dev/1', { everyS: 5 }), hall: at('/dev/2') };
  const { wanted, errors } = plan({ gate: at('/dev/1', { everyS: 900 }), hall: at('/dev/3') }, running);
  expect(wanted).toEqual({ gate: at('/dev/1', { everyS: 5 }), hall: at('/dev/3') });
  expect(errors).toMatchObject([{ key: 'drivers.gate.config.everyS', code: 'DRIVER_CONFIG_INVALID' }]);
});

test('a new slot with a wrong value does not open; an unknown key and an unknown driver are named', () => {
  const { wanted, errors } = plan({ a: at('/dev/1', { colour: 'red' }), b: { kind: 'teleporter', config: {} } });
  expect(wanted).toEqual({});
  expect(errors.map(({ key, code }) => [key, code])).toEqual([
    ['drivers.a.config.colour', 'DRIVER_CONFIG_INVALID'],
    ['drivers.b.kind', 'DRIVER_UNKNOWN'],
  ]);
});

test('a password that is too long is not repeated in the report', () => {
  expect(JSON.stringify(plan({ a: at('/dev/1', { password: 'correct horse battery' }) }).errors)).not.toContain('horse');
});

test('of two slots on one port the one that runs there already keeps it', () => {
  const { wanted, errors } = plan({ a: at('/dev/1'), b: at('/dev/1') }, { b: at('/dev/1') });
  expect(wanted).toEqual({ b: at('/dev/1') });
  expect(errors).toMatchObject([{ key: 'drivers.a.config.port', code: 'SLOT_PATH_CONFLICT' }]);
});

test('two slots may swap their ports', () => {
  const running = { a: at('/dev/1'), b: at('/dev/2') };
  expect(plan({ a: at('/dev/2'), b: at('/dev/1') }, running)).toEqual({ wanted: { a: at('/dev/2'), b: at('/dev/1') }, errors: [] });
});

test('an interval may change while the port is open, a port may not', () => {
  expect(sameLink(at('/dev/1'), at('/dev/1', { everyS: 3 }), definitionOf)).toBe(true);
  expect(sameLink(at('/dev/1'), at('/dev/2'), definitionOf)).toBe(false);
});

const wish = fc.oneof(
  fc.record({
    kind: fc.constant('reader'),
    config: fc.record({ port: fc.constantFrom('/dev/1', '/dev/2', '/dev/3'), everyS: fc.integer({ min: 0, max: 61 }) }),
  }),
  fc.constant<DriverWish>({ kind: 'unknown', config: {} }),
);
const wishes = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), wish, { noNullPrototype: true });

test('law: whatever is wished, two slots never run on one port, and a slot that is not wanted is not run', () => {
  fc.assert(
    fc.property(wishes, wishes, (first, second) => {
      const running = plan(first).wanted;
      const { wanted, errors } = plan(second, running);
      const ports = Object.values(wanted).map(({ config }) => config['port']);
      expect(new Set(ports).size).toBe(ports.length);
      for (const [slot, runs] of Object.entries(wanted)) {
        expect(Object.hasOwn(second, slot)).toBe(true);
        if (!errors.some(({ key }) => key.startsWith(`drivers.${slot}.`))) expect(runs).toEqual(second[slot]);
        else expect(runs).toEqual(running[slot]);
      }
      for (const slot of Object.keys(second)) {
        if (!Object.hasOwn(wanted, slot)) expect(errors.some(({ key }) => key.startsWith(`drivers.${slot}.`))).toBe(true);
      }
    }),
  );
});
