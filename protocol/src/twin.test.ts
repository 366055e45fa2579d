import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, DesiredState, twinLimitFault } from './twin.ts';

test('the order in which keys were written does not change the canonical text', () => {
  expect(canonicalJson({ b: 1, a: { d: [1, 'x'], c: true } })).toBe('{"a":{"c":true,"d":[1,"x"]},"b":1}');
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.integer()), (record) => {
      const backwards = Object.fromEntries(Object.entries(record).reverse());
      expect(canonicalJson(backwards)).toBe(canonicalJson(record));
      expect(JSON.parse(canonicalJson(record))).toEqual(JSON.parse(JSON.stringify(record)));
    }),
  );
});

test('a document that is too large or too deep is refused before it is looked at', () => {
  expect(twinLimitFault({ a: 'x'.repeat(20_000) })).toMatch(/at most 16384/);
  expect(twinLimitFault({ a: { b: { c: { d: { e: { f: { g: 1 } } } } } } })).toMatch(/deeper than 6/);
  expect(twinLimitFault({ drivers: { gate: { kind: 'rdm6300', config: { port: '/dev/ttyUSB0' } } } })).toBeUndefined();
});

test('a key that could reach a prototype never gets through', () => {
  const parsed = DesiredState.parse(
    JSON.parse('{"drivers":{"a":{"kind":"x","config":{"inner":{"__proto__":{"polluted":true},"kept":1}}}}}'),
  );
  expect(JSON.stringify(parsed)).toBe('{"drivers":{"a":{"kind":"x","config":{"inner":{"kept":1}}}}}');
  expect(DesiredState.safeParse({ drivers: { a: { kind: 'x', config: { __secret: 1 } } } }).success).toBe(false);
});

test('more slots than a device has, or a key with spaces, are refused', () => {
  const wish = { kind: 'rdm6300', config: {} };
  expect(DesiredState.safeParse({ drivers: Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`s${at}`, wish])) }).success).toBe(
    false,
  );
  expect(DesiredState.safeParse({ drivers: { a: { kind: 'x', config: { 'a b': 1 } } } }).success).toBe(false);
});
