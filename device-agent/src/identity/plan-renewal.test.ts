import { expect, test } from 'vitest';
import { renewalDue, spreadOf } from './plan-renewal.ts';
import { type RevocationEvent, revocationStep, trusted } from './revocation-machine.ts';

const day = 86_400_000;

test('a certificate is renewed with 100 to 120 days left, each device on its own day', () => {
  const notAfterMs = 365 * day;
  expect(renewalDue({ notAfterMs, nowMs: 244 * day, spread: 0 })).toBe(false);
  expect(renewalDue({ notAfterMs, nowMs: 245 * day, spread: 0 })).toBe(true);
  expect(renewalDue({ notAfterMs, nowMs: 255 * day, spread: 0.999 })).toBe(false);
  expect(renewalDue({ notAfterMs, nowMs: 265 * day, spread: 0.999 })).toBe(true);
  expect(spreadOf('80000000-0000-4000-8000-000000000000')).toBe(0.5);
});

const after = (...events: RevocationEvent[]) => events.reduce(revocationStep, trusted).revoked;
const refusedAt = (...times: number[]): RevocationEvent[] => times.map((nowMs) => ({ type: 'refused', nowMs }));

test('a device believes that it is revoked after the broker said so for half a minute, not sooner', () => {
  expect(after(...refusedAt(0, 500, 1_500, 3_500, 7_500))).toBe(false);
  expect(after(...refusedAt(0, 500, 1_500, 3_500, 7_500, 15_500, 31_500))).toBe(true);
  expect(after(...refusedAt(0, 60_000))).toBe(false);
});

test('being let in again ends it', () => {
  expect(after(...refusedAt(0, 1, 2, 3, 40_000), { type: 'connected' })).toBe(false);
});
