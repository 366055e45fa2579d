import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { betterSample, clockQuality, releaseMs, type SiteSample, siteSample, siteTime } from './clock-quality-machine.ts';

const now = releaseMs + 86_400_000;
const known = (sample: SiteSample | undefined, more: { floorMs?: number; ntpSynced?: boolean } = {}) => ({
  sample,
  floorMs: more.floorMs ?? 0,
  ntpSynced: more.ntpSynced ?? false,
});
const agreed: SiteSample = { siteMs: now, monotonicMs: 1_000, errorMs: 5 };

test('a clock that agrees with the site is believed, one that is minutes off is a battery clock, one that is a day off is nothing', () => {
  expect(clockQuality({ wallMs: now + 1_500, monotonicMs: 1_000 }, known(agreed))).toBe('site');
  expect(clockQuality({ wallMs: now - 60_000, monotonicMs: 1_000 }, known(agreed))).toBe('rtc');
  expect(clockQuality({ wallMs: now - 86_400_000, monotonicMs: 1_000 }, known(agreed))).toBe('unknown');
});

test('a clock that jumps after it was compared is no longer believed', () => {
  expect(clockQuality({ wallMs: now + 60_000, monotonicMs: 61_000 }, known(agreed))).toBe('site');
  expect(clockQuality({ wallMs: now + 60_000 + 3_600_000, monotonicMs: 61_000 }, known(agreed))).toBe('unknown');
});

test('an empty RTC battery is noticed without a network: the time is before one that is past for certain', () => {
  expect(clockQuality({ wallMs: 0, monotonicMs: 5 }, known(undefined))).toBe('unknown');
  expect(clockQuality({ wallMs: now, monotonicMs: 5 }, known(undefined, { floorMs: now + 1 }))).toBe('unknown');
  expect(clockQuality({ wallMs: now, monotonicMs: 5 }, known(undefined, { floorMs: now - 1 }))).toBe('rtc');
});

test('what was heard five hours ago is too old to believe', () => {
  expect(clockQuality({ wallMs: now + 5 * 3_600_000, monotonicMs: 1_000 + 5 * 3_600_000 }, known(agreed))).toBe('rtc');
});

test('NTP is believed unless the site says otherwise', () => {
  expect(clockQuality({ wallMs: now, monotonicMs: 5 }, known(undefined, { ntpSynced: true }))).toBe('ntp');
  expect(clockQuality({ wallMs: now, monotonicMs: 1_000 }, known(agreed, { ntpSynced: true }))).toBe('ntp');
  expect(clockQuality({ wallMs: now + 10_000, monotonicMs: 1_000 }, known(agreed, { ntpSynced: true }))).toBe('rtc');
});

test('a slow answer is not used, a slower one does not replace a quick one', () => {
  expect(siteSample({ siteMs: now, askedMs: 0, answeredMs: 4_500 })).toBeUndefined();
  const quick = siteSample({ siteMs: now, askedMs: 0, answeredMs: 20 })!;
  const slow = siteSample({ siteMs: now + 600_000, askedMs: 600_000, answeredMs: 602_000 })!;
  expect(betterSample(quick, slow, 602_000)).toBe(quick);
  expect(betterSample(undefined, slow, 602_000)).toBe(slow);
});

test('law: the truth lies within the stated error, however the answer travelled and the crystal ran', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2_000 }),
      fc.integer({ min: 0, max: 2_000 }),
      fc.integer({ min: -90, max: 90 }),
      fc.integer({ min: 0, max: 3 * 3_600_000 }),
      (thereMs, backMs, ppm, laterMs) => {
        const sample = siteSample({ siteMs: now + thereMs, askedMs: 0, answeredMs: thereMs + backMs })!;
        const monotonicMs = thereMs + backMs + laterMs;
        const trueMs = now + thereMs + backMs + laterMs * (1 + ppm / 1e6);
        const told = siteTime(sample, monotonicMs)!;
        expect(Math.abs(told.ms - trueMs)).toBeLessThanOrEqual(told.errorMs + 1e-3);
      },
    ),
  );
});
