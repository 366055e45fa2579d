import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkEvent } from './event.ts';
import { isPlainEvent, isPlainStampedEvent } from './event-check.ts';

const source = 'urn:tramhoc:thpt-demo:0b6f3f0e-8b1f-4a53-9d35-0a7b7f1f2c3d';
const envelope = {
  specversion: '1.0',
  id: '7d9f2c1e-5a44-4c39-9b1a-3f0d7c6b5a41',
  source,
  time: '2026-11-23T06:58:12.123Z',
  datacontenttype: 'application/json',
  epoch: '0123456789abcdef',
  seq: 1,
  bootid: '9a1c2b3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d',
  monons: '123456789',
  clockquality: 'site',
};
const tap = { ...envelope, type: 'vn.tramhoc.attendance.tap.v1', data: { slot: 'gate', cardHash: 'ab'.repeat(32), technology: 'em4100' } };
const measurements = [
  { quantity: 'pm25', value: 12.5 },
  { quantity: 'co2', value: 800 },
];
const reading = {
  ...envelope,
  type: 'vn.tramhoc.sensor.reading.v1',
  data: { slot: 'air', driver: 'pms5003', measurements, sampleCount: 60 },
};

const stamps = { sitetime: '2026-11-23T06:58:12.200Z', sitetimemethod: 'same-boot', sitetimeerrorms: 20 };

test('taps and readings as brokers send them on take the short way at the centre, and only there', () => {
  for (const event of [tap, { ...tap, ...stamps }, { ...reading, ...stamps }, { ...tap, sitetimemethod: 'unknown' }])
    expect(isPlainStampedEvent(event, source)).toBe(true);
  expect(isPlainEvent({ ...tap, ...stamps }, source)).toBe(false);
  expect(isPlainStampedEvent({ ...tap, ...stamps, more: 1 }, source)).toBe(false);
});

test('taps and readings as agents make them take the short way', () => {
  for (const event of [tap, reading, { ...tap, sentbootid: tap.bootid, sentmonons: '5' }]) expect(isPlainEvent(event, source)).toBe(true);
});

test('a month has the days it has', () => {
  const on = (day: string): boolean => isPlainEvent({ ...tap, time: `${day}T06:58:12Z` }, source);
  expect(['2026-01-31', '2026-04-30', '2026-02-28', '2026-12-31'].map(on)).toEqual([true, true, true, true]);
  expect(['2026-04-31', '2026-02-29', '2028-02-29', '2026-13-01', '2026-00-10', '2026-01-00'].map(on)).toEqual(Array(6).fill(false));
});

/** Values near the right ones and far from them. */
const anyValue = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(
    undefined,
    '',
    0,
    -1,
    1.5,
    2 ** 31,
    '2026-11-23T24:00:00Z',
    '2026-11-23T06:58:12',
    'A'.repeat(64),
    'ab',
    'unknown',
  ),
  fc.constantFrom<unknown>(...Object.values(tap), ...Object.values(reading), ...Object.values(tap.data), ...Object.values(reading.data)),
  fc.date({ noInvalidDate: true }).map((date) => date.toJSON()),
);
const names = [
  ...Object.keys(envelope),
  'sentbootid',
  'sentmonons',
  'sitetime',
  'sitetimemethod',
  'sitetimeerrorms',
  'type',
  'data',
  'more',
];
const dataNames = ['slot', 'cardHash', 'technology', 'terminal', 'driver', 'measurements', 'sampleCount', 'more'];

test('what takes the short way would pass the long one, unchanged', () => {
  const change = fc.record({
    event: fc.constantFrom(tap, reading, { ...tap, ...stamps }),
    fields: fc.dictionary(fc.constantFrom(...names), anyValue, { maxKeys: 2 }),
    data: fc.dictionary(fc.constantFrom(...dataNames), anyValue, { maxKeys: 2 }),
  });
  fc.assert(
    fc.property(change, ({ event, fields, data }) => {
      const changed: unknown = JSON.parse(JSON.stringify({ ...event, data: { ...event.data, ...data }, ...fields }));
      if (!isPlainEvent(changed, source) && !isPlainStampedEvent(changed, source)) return;
      expect(checkEvent(changed)).toEqual({ ok: true, event: changed });
    }),
    { numRuns: 3_000 },
  );
});

test('whatever it is given, it answers', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      isPlainEvent(value, source);
      isPlainStampedEvent(value, source);
    }),
  );
});
