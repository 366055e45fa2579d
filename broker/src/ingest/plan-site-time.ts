/**
 * When did it happen, by the clock of the site? Wall clocks of devices lie (dead batteries); monotonic clocks do not, within one boot. The raw
 * fields stay as they are; the answer is written beside them. Pure. Source of the idea: Segment's and Sentry's clock-drift correction.
 */
import type { TramEvent } from '@tramhoc/protocol/event';
import type { BootId } from '@tramhoc/protocol/ids';

/** Both clocks of the broker when the payload was read from the socket. */
export type Received = { wallMs: number; monotonicMs: number };
export type SiteTime = Required<Pick<TramEvent, 'sitetimemethod'>> & Pick<TramEvent, 'sitetime' | 'sitetimeerrorms'>;

/** From stamping the batch to reading it: milliseconds on a school's network, and a stall that no faster batch has shown up yet. */
const transitErrorMs = 2_000;
/** A clock set by NTP or the site drifts by 20 to 100 ppm afterwards: a minute is a week off the network. */
const deviceClockErrorMs = 60_000;

/**
 * Same boot: the broker's clock now, less the time that passed on the device's monotonic clock. Earlier boot: the device's wall clock if
 * somebody had set it. Else nothing can be said.
 */
export function planSiteTime(event: TramEvent, received: Received, quickest?: TransitWindow): SiteTime {
  const { bootid, sentbootid, sentmonons, monons } = event;
  const sentMs = sentmonons === undefined ? Number.NEGATIVE_INFINITY : millis(sentmonons);
  const madeMs = millis(monons);
  if (sentbootid === bootid && sentMs >= madeMs) {
    const offsetMs = received.monotonicMs - sentMs;
    const quickestMs = quickest?.bootId === bootid ? Math.min(offsetMs, quickest.currentMs, quickest.previousMs) : offsetMs;
    const agoMs = received.monotonicMs - quickestMs - madeMs;
    return stamped(received.wallMs - agoMs, 'same-boot', transitErrorMs);
  }
  const deviceMs = Date.parse(event.time);
  const trusted = event.clockquality === 'site' || event.clockquality === 'ntp';
  if (trusted && deviceMs <= received.wallMs + deviceClockErrorMs) return stamped(deviceMs, 'device-clock', deviceClockErrorMs);
  return { sitetimemethod: 'unknown' };
}

/** Nanoseconds in decimal digits. Beyond 104 days of uptime the last digits of the nanoseconds are rounded, which nobody sees in milliseconds. */
export const millis = (nanoseconds: string): number => Number(nanoseconds) / 1e6;

function stamped(ms: number, sitetimemethod: 'same-boot' | 'device-clock', sitetimeerrorms: number): SiteTime {
  // years 0 to 9999 are what a timestamp can say
  if (!(ms > -62_167_219_200_000 && ms < 253_402_300_800_000)) return { sitetimemethod: 'unknown' };
  return { sitetime: new Date(ms).toISOString(), sitetimemethod, sitetimeerrorms };
}

/**
 * The smallest difference between the broker's and a device's monotonic clock over the last 10 to 20 minutes: the batch that travelled
 * fastest. A batch that hung in a bad radio link for ten seconds is put right by it. Windows bound the drift between the two (60 ms).
 */
export type TransitWindow = { bootId: BootId; sinceMs: number; currentMs: number; previousMs: number };
const windowMs = 10 * 60_000;

export function noteTransit(window: TransitWindow | undefined, sample: { bootId: BootId; offsetMs: number; nowMs: number }): TransitWindow {
  const { bootId, offsetMs, nowMs } = sample;
  if (window === undefined || window.bootId !== bootId || nowMs - window.sinceMs > 2 * windowMs)
    return { bootId, sinceMs: nowMs, currentMs: offsetMs, previousMs: Number.POSITIVE_INFINITY };
  if (nowMs - window.sinceMs > windowMs) return { bootId, sinceMs: nowMs, currentMs: offsetMs, previousMs: window.currentMs };
  return { ...window, currentMs: Math.min(window.currentMs, offsetMs) };
}
