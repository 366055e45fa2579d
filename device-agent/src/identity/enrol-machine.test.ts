import type { EnrolmentGrant, EnrolmentStarted } from '@tramhoc/protocol/enrolment';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type EnrolEvent, type EnrolState, enrolNext, enrolStep, unclaimed } from './enrol-machine.ts';

const started: EnrolmentStarted = {
  deviceCode: 'device-code-of-at-least-20-characters',
  userCode: 'BCD-FGH-JKX',
  fingerprint: '7K3M-9QXP-2DTR-W8HN' as EnrolmentStarted['fingerprint'],
  verificationUri: 'https://centre.example.vn/enrol',
  verificationUriComplete: 'https://centre.example.vn/enrol?code=BCDFGHJKX',
  expiresInS: 900,
  intervalS: 5,
};
const grant = { deviceId: 'a', siteId: 'b', siteName: 'c', enrolToken: 'd', brokerUrl: 'e', cardKey: 'f' } as unknown as EnrolmentGrant;
const after = (...events: EnrolEvent[]): EnrolState => events.reduce(enrolStep, unclaimed);
const begin: EnrolEvent = { type: 'started', started, nowMs: 0 };

test('a device shows a code, is approved, and has its certificate', () => {
  expect(after(begin).state).toBe('waiting');
  expect(after(begin, { type: 'pending', error: 'authorization_pending' }, { type: 'granted', grant }).state).toBe('granted');
  expect(after(begin, { type: 'granted', grant }, { type: 'certified' }).state).toBe('enrolled');
});

test('a centre that asks for patience is asked 5 s less often each time', () => {
  const slowed = after(begin, { type: 'pending', error: 'slow_down' }, { type: 'pending', error: 'slow_down' });
  expect(enrolNext(slowed, 0)).toEqual({ do: 'poll', wait: { afterMs: 15_000 } });
});

test('a code that nobody used for fifteen minutes is replaced', () => {
  expect(enrolNext(after(begin), 899_999).do).toBe('poll');
  expect(enrolNext(after(begin), 900_000).do).toBe('ask-for-code');
  expect(enrolNext(after(begin, { type: 'pending', error: 'expired_token' }), 0).do).toBe('ask-for-code');
});

test('a denied device is quiet until a person asks for a new code', () => {
  const denied = after(begin, { type: 'pending', error: 'access_denied' });
  expect(enrolNext(denied, 10 ** 9)).toEqual({ do: 'nothing' });
  expect(enrolNext(enrolStep(denied, { type: 'restart' }), 0).do).toBe('ask-for-code');
});

test('an approved device that loses the centre keeps its grant; a grant that the centre refuses is given up', () => {
  const granted = after(begin, { type: 'granted', grant });
  const lost = enrolStep(granted, { type: 'unreachable', code: 'CENTRE_UNREACHABLE', message: 'no answer' });
  expect(enrolNext(lost, 0)).toEqual({ do: 'enrol', wait: { attempt: 1 } });
  const refused = enrolStep(granted, { type: 'refused', code: 'ENROL_DENIED', message: 'used' });
  expect(refused).toMatchObject({ state: 'unclaimed', fault: { code: 'ENROL_DENIED' } });
});

const event: fc.Arbitrary<EnrolEvent> = fc.oneof(
  fc.record({ type: fc.constant('started' as const), started: fc.constant(started), nowMs: fc.integer({ min: 0, max: 10 ** 7 }) }),
  fc.record({
    type: fc.constant('pending' as const),
    error: fc.constantFrom('authorization_pending' as const, 'slow_down' as const, 'access_denied' as const, 'expired_token' as const),
  }),
  fc.constant<EnrolEvent>({ type: 'granted', grant }),
  fc.constant<EnrolEvent>({ type: 'certified' }),
  fc.constant<EnrolEvent>({ type: 'unreachable', code: 'CENTRE_UNREACHABLE', message: 'x' }),
  fc.constant<EnrolEvent>({ type: 'refused', code: 'CENTRE_REFUSED', message: 'x' }),
  fc.constant<EnrolEvent>({ type: 'restart' }),
);

test('law: no order of answers makes a device enrolled without a grant, loses a grant to a lost network, or leaves it doing nothing unasked', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      let state: EnrolState = unclaimed;
      let grantSeen = false;
      for (const next of events) {
        const before = state;
        state = enrolStep(state, next);
        if (next.type === 'granted' && before.state === 'waiting') grantSeen = true;
        if (state.state === 'enrolled') expect(grantSeen).toBe(true);
        if (before.state === 'granted' && next.type !== 'refused' && next.type !== 'certified') expect(state.state).toBe('granted');
        if (before.state === 'enrolled') expect(state.state).toBe('enrolled');
        if (enrolNext(state, 0).do === 'nothing') expect(['denied', 'enrolled']).toContain(state.state);
      }
    }),
  );
});
