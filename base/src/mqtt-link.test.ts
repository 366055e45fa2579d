import { expect, test } from 'vitest';
import { matches } from './mqtt-link.ts';

// MQTT 3.1.1, 4.7.1
test.each([
  ['sport/tennis/player1/#', 'sport/tennis/player1', true],
  ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
  ['sport/tennis/+', 'sport/tennis/player1', true],
  ['sport/tennis/+', 'sport/tennis/player1/ranking', false],
  ['sport/+', 'sport', false],
  ['sport/+', 'sport/', true],
  ['+/+', '/finance', true],
  ['a/b', 'a/b/c', false],
])('filter %s on topic %s: %s', (filter, topic, expected) => expect(matches(filter, topic)).toBe(expected));
