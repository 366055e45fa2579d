import type { AgentStatus } from '@tramhoc/protocol/local-link';
import { expect, test } from 'vitest';
import { agentNowMs, countdownText, deviceView, mayRestart, restartStep } from './enrolment-machine.ts';

const nowMs = Date.UTC(2026, 10, 23);
const day = 24 * 60 * 60_000;
const status = (enrolment: AgentStatus['enrolment']): AgentStatus => ({
  agentVersion: '0.1.0',
  deviceName: 'Cổng chính 1',
  enrolment,
  brokerConnected: false,
  pendingEvents: 0,
  clockQuality: 'rtc',
  nowMs,
  slots: [],
});
const waiting = {
  state: 'waiting',
  userCode: 'BCD-FGH-JKX',
  fingerprint: '7K3M-9QXP-2DTR-W8HN',
  verificationUri: 'https://centre.example/enrol',
  verificationUriComplete: 'https://centre.example/enrol?code=BCD-FGH-JKX',
  expiresAtMs: nowMs + 90_000,
} as const;

test('the code is shown with the time it still has', () =>
  expect(deviceView(status(waiting), nowMs)).toMatchObject({ view: 'waiting', userCode: 'BCD-FGH-JKX', leftMs: 90_000 }));

test('a code whose time is over is not shown any more', () =>
  expect(deviceView(status(waiting), nowMs + 90_000)).toEqual({ view: 'expired' }));

test.each<[AgentStatus['enrolment'], boolean]>([
  [{ state: 'revoked' }, true],
  [{ state: 'denied' }, true],
  [{ state: 'unclaimed' }, true],
  [{ ...waiting, expiresAtMs: nowMs }, true],
  [waiting, false],
  [{ state: 'enrolled', deviceId: 'd', siteId: 's', certificateNotAfterMs: nowMs + day }, false],
])('case %#: a new code can be asked for unless one is shown or the device is enrolled', (enrolment, expected) =>
  expect(mayRestart(deviceView(status(enrolment), nowMs))).toBe(expected),
);

test('the countdown follows the clock of the agent, not that of the page', () => {
  const at = agentNowMs({ statusNowMs: nowMs, receivedAtMs: 5_000, monotonicMs: 35_000 });
  expect(deviceView(status(waiting), at)).toMatchObject({ leftMs: 60_000 });
  expect(countdownText(59_001)).toBe('01:00');
  expect(countdownText(-5)).toBe('00:00');
});

test.each([
  [400, 'good'],
  [29, 'soon'],
  [-1, 'over'],
])('a certificate with %i days left is %s', (days, certificate) => {
  const enrolment = { state: 'enrolled', deviceId: 'd', siteId: 's', certificateNotAfterMs: nowMs + days * day } as const;
  expect(deviceView(status(enrolment), nowMs)).toMatchObject({ certificate });
});

test('asking for a new code: asked, refused in words, forgotten when the status brings the code', () => {
  const asking = restartStep({ restart: 'idle' }, { event: 'ask' });
  expect(restartStep(asking, { event: 'refused', code: 'CENTRE_UNREACHABLE' })).toEqual({ restart: 'failed', code: 'CENTRE_UNREACHABLE' });
  expect(restartStep(restartStep(asking, { event: 'agreed' }), { event: 'status' })).toEqual({ restart: 'idle' });
});
