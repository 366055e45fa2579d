import { matches } from '@tramhoc/base/mqtt-link';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isOwnFilter, isOwnTopic, patternFault } from './topic-pattern.ts';

test('a pattern names topics of the gateway, never those of the broker or of everybody', () => {
  for (const pattern of ['tele/#', 'shelly*/#', 'zigbee2mqtt/+/availability', 'phong-may/sensor/#', 'homeassistant/#'])
    expect(patternFault(pattern)).toBeUndefined();
  for (const pattern of [
    '#',
    '+/x',
    '',
    'a/#',
    'tram/1/x',
    'tram',
    'tra*/#',
    't*',
    '$SYS/#',
    'tele/#/x',
    'tele/a+',
    'te*le/x',
    'a\u0000b/x',
    `${'a/'.repeat(9)}x`,
  ])
    expect(patternFault(pattern)).not.toBeUndefined();
});

test('a topic is own when a pattern names it', () => {
  const patterns = ['tele/+/#', 'shelly*/#', 'fixed/topic'];
  for (const topic of ['tele/a/SENSOR', 'tele/a', 'shellyplus-1/events/rpc', 'fixed/topic']) expect(isOwnTopic(patterns, topic)).toBe(true);
  for (const topic of ['tele', 'stat/a/x', 'shell/x', 'fixed/topic/more', 'tram/1/a/b/events', '$SYS/x', 'a/b/c/d/e/f/g/h/i'])
    expect(isOwnTopic(patterns, topic)).toBe(false);
  expect(isOwnTopic(['tram/#', '+/x'], 'tram/x')).toBe(false);
});

test('a filter is own when it asks for nothing else', () => {
  const patterns = ['cmnd/+/#', 'shelly*/#', 'zigbee2mqtt/+/set'];
  for (const filter of ['cmnd/a/#', 'cmnd/+/POWER', 'shellyplus/rpc', 'shellyplus/#', 'zigbee2mqtt/+/set'])
    expect(isOwnFilter(patterns, filter)).toBe(true);
  for (const filter of ['#', '+/a', 'cmnd/#', 'zigbee2mqtt/#', '$SYS/#', 'tram/#', 'tele/#', '+/+/set'])
    expect(isOwnFilter(patterns, filter)).toBe(false);
});

test('law: whatever a granted filter matches is own', () => {
  const level = fc.constantFrom('a', 'tele', 'shellyx', 'tram', '$SYS', 'b');
  const levelOfFilter = fc.oneof(level, fc.constant('+'));
  const filter = fc
    .tuple(fc.array(levelOfFilter, { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([levels, rest]) => [...levels, ...(rest ? ['#'] : [])].join('/'));
  const topic = fc.array(level, { minLength: 1, maxLength: 5 }).map((levels) => levels.join('/'));
  const patterns = fc.uniqueArray(fc.constantFrom('tele/#', 'tele/+', 'tele/a/#', 'shelly*/#', 'shelly*/+/b', 'a/b'), {
    minLength: 1,
    maxLength: 3,
  });
  fc.assert(
    fc.property(patterns, filter, topic, (own, asked, heard) => {
      if (isOwnFilter(own, asked) && matches(asked, heard)) expect(isOwnTopic(own, heard)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});
