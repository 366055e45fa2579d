import { expect, test } from 'vitest';
import { DeviceId, SiteId } from './ids.ts';
import { desiredTopic, eventsTopic, parseTopic, requestTopic } from './topics.ts';

const owner = { siteId: SiteId.parse('thpt-demo'), deviceId: DeviceId.parse('0b6f3f0e-8b1f-4a53-9d35-0a7b7f1f2c3d') };

test('what is built is understood again', () => {
  expect(parseTopic(eventsTopic(owner))).toEqual({ ...owner, kind: 'events' });
  expect(parseTopic(desiredTopic(owner))).toEqual({ ...owner, kind: 'desired' });
  expect(parseTopic(requestTopic(owner, 'who-is'))).toEqual({ ...owner, kind: 'request', service: 'who-is' });
});

test.each([
  '',
  'tram/1',
  '$SYS/broker/uptime',
  'tram/2/thpt-demo/0b6f3f0e-8b1f-4a53-9d35-0a7b7f1f2c3d/events',
  'tram/1/+/#',
  'tram/1/thpt-demo/x/events',
  `${eventsTopic(owner)}/more`,
  `${requestTopic(owner, 'who-is')}/more`,
])('%s is no topic of ours', (topic) => expect(parseTopic(topic)).toBeUndefined());
