/**
 * How far this device's wall clock can be believed. It is told to the broker with every event and never decides whether an event is accepted.
 *
 * The site broker is asked for the time (`time` request). Its answer is kept as a pair (site time, monotonic time), so that a wall clock that jumps
 * afterwards is noticed at once. With such a pair younger than 4 hours:
 *   site     the wall clock is within 2 s of it
 *   rtc      within 5 minutes: a battery clock that drifted
 *   unknown  further away: the wall clock says nothing
 * Without one: `unknown` when the clock is before the newest time this device has ever known to be past (an empty RTC battery), else `rtc`.
 * `ntp`: the operating system says it is synchronised, and the site does not say otherwise.
 */
import type { ClockQuality } from '@tramhoc/protocol/event';

/** The site's time `siteMs` when our monotonic clock read `monotonicMs`; the truth is at most `errorMs` away (half the round trip). */
export type SiteSample = { siteMs: number; monotonicMs: number; errorMs: number };
export type ClockReading = { wallMs: number; monotonicMs: number };

/** A crystal is wrong by at most 100 ppm: 1.4 s in this time. */
const freshMs = 4 * 3_600_000;
const driftPpm = 100;
const siteWithinMs = 2_000;
const rtcWithinMs = 5 * 60_000;
/** An answer that took longer says too little. */
export const maxRoundTripMs = 4_000;
/** No agent of this version ran before: 2026-11-01. */
export const releaseMs = Date.UTC(2026, 10, 1);

/** Undefined when the round trip was too long to be of use. The answer is taken to have been written half way. */
export function siteSample(answer: { siteMs: number; askedMs: number; answeredMs: number }): SiteSample | undefined {
  const roundTripMs = answer.answeredMs - answer.askedMs;
  if (roundTripMs < 0 || roundTripMs > maxRoundTripMs) return undefined;
  return { siteMs: answer.siteMs, monotonicMs: answer.askedMs + roundTripMs / 2, errorMs: roundTripMs / 2 };
}

/** The sample to go by: a new one, unless the old one is still the more exact of the two. */
export function betterSample(known: SiteSample | undefined, next: SiteSample, nowMs: number): SiteSample {
  return known !== undefined && errorNow(known, nowMs) < errorNow(next, nowMs) && nowMs - known.monotonicMs < freshMs / 2 ? known : next;
}

/** Site time now and how far it may be off; undefined when nobody told it within the last 4 hours. */
export function siteTime(sample: SiteSample | undefined, monotonicMs: number): { ms: number; errorMs: number } | undefined {
  if (sample === undefined || monotonicMs - sample.monotonicMs > freshMs || monotonicMs < sample.monotonicMs - maxRoundTripMs)
    return undefined;
  return { ms: sample.siteMs + (monotonicMs - sample.monotonicMs), errorMs: errorNow(sample, monotonicMs) };
}

function errorNow({ errorMs, monotonicMs }: SiteSample, nowMs: number): number {
  return errorMs + (Math.max(0, nowMs - monotonicMs) * driftPpm) / 1e6;
}

/** `floorMs`: a time that is known to be past. */
export function clockQuality(
  now: ClockReading,
  { sample, floorMs, ntpSynced }: { sample: SiteSample | undefined; floorMs: number; ntpSynced: boolean },
): ClockQuality {
  const site = siteTime(sample, now.monotonicMs);
  if (site === undefined) return ntpSynced ? 'ntp' : now.wallMs < Math.max(floorMs, releaseMs) ? 'unknown' : 'rtc';
  const offMs = Math.abs(site.ms - now.wallMs);
  if (offMs <= siteWithinMs) return ntpSynced ? 'ntp' : 'site';
  return offMs <= rtcWithinMs ? 'rtc' : 'unknown';
}
