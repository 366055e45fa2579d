import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maxNameCharacters } from '../adapters/adapter.ts';
import { createDeviceNames } from './device-names.ts';

test('the first of a name has it, the next is called after its identifier as well, and one without identifier is its name', () => {
  const { nameOf } = createDeviceNames([]);
  expect(['a', 'b', 'a', 'b'].map((id) => nameOf({ device: 'room', id }))).toEqual(['room', 'room (b)', 'room', 'room (b)']);
  expect(nameOf({ device: 'room' })).toBe('room');
  expect(nameOf({ device: 'hall', id: 'a' })).toBe('hall');
});

test('names are never longer than names may be, and differ all the same', () => {
  const { nameOf } = createDeviceNames([]);
  const device = 'phòng '.repeat(40);
  const names = ['a', 'b', 'c'].map((id) => nameOf({ device, id: id.repeat(40) }));
  expect(new Set(names).size).toBe(3);
  for (const name of names) expect(name.length).toBeLessThanOrEqual(maxNameCharacters);
});

test('a gateway that makes up names without end is remembered up to a limit, and nobody gets the name of another', () => {
  const { nameOf } = createDeviceNames([{ name: 'room', id: 'a' }]);
  for (let at = 0; at < 10_000; at += 1) nameOf({ device: `d${at}`, id: 'x' });
  expect([nameOf({ device: 'late', id: 'b' }), nameOf({ device: 'late', id: 'c' })]).toEqual(['late (b)', 'late (c)']);
  expect(nameOf({ device: 'room', id: 'a' })).toBe('room');
});

test('law: devices with different identifiers never have one name, and none gets another after a restart, in whatever order they come', () => {
  const device = fc.record({ device: fc.constantFrom('room', 'hall', 'room (b)'), id: fc.constantFrom('a', 'b', 'c', 'd') });
  const devices = fc.uniqueArray(device, { selector: ({ device: name, id }) => `${name} ${id}`, maxLength: 12 });
  const orders = devices.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })));
  fc.assert(
    fc.property(orders, ([first, second]) => {
      const before = createDeviceNames([]);
      const names = new Map(first.map((one) => [one, before.nameOf(one)]));
      for (const [one, name] of names) for (const [other, its] of names) if (one.id !== other.id) expect(name).not.toBe(its);
      const after = createDeviceNames(first.map((one) => ({ name: names.get(one)!, id: one.id })));
      for (const one of second) expect(after.nameOf(one)).toBe(names.get(one));
    }),
  );
});
