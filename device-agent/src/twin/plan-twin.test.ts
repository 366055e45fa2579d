import type { DriverWish } from '@tramhoc/protocol/twin';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { afterStep, planTwin, type SlotWishes } from './plan-twin.ts';

const wish = fc.record({
  kind: fc.constantFrom('rdm6300', 'pms5003'),
  config: fc.record({ port: fc.constantFrom('/dev/ttyUSB0', '/dev/ttyUSB1'), reportEveryS: fc.integer({ min: 1, max: 3 }) }),
});
const wishes = fc.dictionary(fc.constantFrom('gate', 'air', 'hall', 'constructor', 'to-string'), wish, { noNullPrototype: true });
const sameLink = (before: DriverWish, after: DriverWish): boolean =>
  before.kind === after.kind && before.config['port'] === after.config['port'];

test('law: after every step nothing is left to do, and what runs is what was wanted', () => {
  fc.assert(
    fc.property(wishes, wishes, (running, wanted) => {
      let now: SlotWishes = running;
      for (const step of planTwin(running, wanted, sameLink)) {
        if (step.do === 'open') expect(Object.hasOwn(now, step.slot)).toBe(false);
        else expect(Object.hasOwn(now, step.slot)).toBe(true);
        now = afterStep(now, step);
      }
      expect(planTwin(now, wanted, sameLink)).toEqual([]);
      expect(now).toEqual(wanted);
    }),
  );
});

test('two slots that swap their ports are both closed before either opens', () => {
  const at = (port: string): DriverWish => ({ kind: 'rdm6300', config: { port } });
  const steps = planTwin({ a: at('/dev/1'), b: at('/dev/2') }, { a: at('/dev/2'), b: at('/dev/1') }, sameLink);
  expect(steps.map((step) => step.do)).toEqual(['close', 'close', 'open', 'open']);
});

test('a changed interval does not close the port', () => {
  const at = (reportEveryS: number): DriverWish => ({ kind: 'pms5003', config: { port: '/dev/1', reportEveryS } });
  expect(planTwin({ air: at(60) }, { air: at(30) }, sameLink)).toEqual([{ do: 'configure', slot: 'air', wish: at(30) }]);
});
