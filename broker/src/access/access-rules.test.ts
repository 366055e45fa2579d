import { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import { devicePrefix, eventsTopic, presenceTopic, requestTopic } from '@tramhoc/protocol/topics';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mayReceive, maySubscribe, publishable, sessionId } from './access-rules.ts';

const owner = { siteId: SiteId.parse('thpt-a'), deviceId: DeviceId.parse('00000000-0000-4000-8000-000000000001') };
const other = { ...owner, deviceId: DeviceId.parse('00000000-0000-4000-8000-000000000002') };
const elsewhere = { ...owner, siteId: SiteId.parse('thpt-b') };
const prefix = devicePrefix(owner);

test('a device publishes its events, its presence and its questions', () => {
  expect(publishable(owner, eventsTopic(owner))?.kind).toBe('events');
  expect(publishable(owner, presenceTopic(owner))?.kind).toBe('presence');
  expect(publishable(owner, requestTopic(owner, 'who-is'))).toMatchObject({ kind: 'request', service: 'who-is' });
});

test.each([
  eventsTopic(other),
  eventsTopic(elsewhere),
  `${prefix}/twin/desired`,
  `${prefix}/command`,
  `${prefix}/response/who-is`,
  `${prefix}/request/who/is`,
  `${prefix}/events/`,
  `/${prefix}/events`,
  `${prefix}/events\u0000`,
  'tram/2/thpt-a/00000000-0000-4000-8000-000000000001/events',
  '$SYS/broker',
  '',
])('a device may not publish to %j', (topic) => expect(publishable(owner, topic)).toBeUndefined());

test.each([`${prefix}/#`, `${prefix}/twin/desired`, `${prefix}/command`, `${prefix}/response/+`, `${prefix}/response/time`])(
  'a device may subscribe to %s',
  (filter) => expect(maySubscribe(owner, filter)).toBe(true),
);

test.each([
  '#',
  '+/#',
  'tram/#',
  'tram/1/+/+/events',
  `tram/1/thpt-a/+/twin/desired`,
  `tram/1/thpt-a/#`,
  `${devicePrefix(other)}/#`,
  `${devicePrefix(elsewhere)}/twin/desired`,
  `$share/g/${prefix}/#`,
  '$SYS/#',
  `${prefix}/+`,
  `${prefix}/events`,
  prefix,
  '',
])('a device may not subscribe to %j', (filter) => expect(maySubscribe(owner, filter)).toBe(false));

test('whatever filter a device is granted, nothing of another device is ever handed to it', () => {
  const level = fc.constantFrom('tram', '1', 'thpt-a', owner.deviceId, other.deviceId, '+', '#', 'events', 'twin', 'desired', '$share', '');
  fc.assert(
    fc.property(fc.array(level, { maxLength: 7 }), fc.array(level, { maxLength: 7 }), (filter, topic) => {
      if (maySubscribe(owner, filter.join('/'))) expect(filter.slice(0, 4)).toEqual(prefix.split('/'));
      if (mayReceive(owner, topic.join('/'))) expect(topic.slice(0, 4)).toEqual(prefix.split('/'));
    }),
  );
});

test('what goes up is handed to nobody, not even to its sender', () => {
  expect(mayReceive(owner, eventsTopic(owner))).toBe(false);
  expect(mayReceive(owner, requestTopic(owner, 'time'))).toBe(false);
  expect(mayReceive(owner, `${prefix}/twin/desired`)).toBe(true);
});

test('two devices with the same client id have two sessions', () => {
  const asked = { clientId: 'agent', clean: true, spare: 'x' };
  expect(sessionId(owner, asked)).not.toEqual(sessionId(other, asked));
});

test('an empty client id is fine for a clean session only', () => {
  expect(sessionId(owner, { clientId: '', clean: true, spare: 'x' })).toEqual({ ok: true, clientId: `${owner.deviceId}/x` });
  expect(sessionId(owner, { clientId: '', clean: false, spare: 'x' })).toEqual({ ok: false });
  expect(sessionId(owner, { clientId: 'a\u0000b', clean: true, spare: 'x' })).toEqual({ ok: false });
});
