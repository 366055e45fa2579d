/** How long the site's list rests after the centre took nothing. Pure. */
import { backoffMs } from '@tramhoc/base/backoff';

const retry = { firstMs: 500, maxMs: 60_000 };
/** A centre that asks for more than this is asked again all the same: it may have been mended. */
const longestMs = 300_000;

/** What the answer asks for; undefined when it asks for nothing. Retry-After in seconds (RFC 9110, 10.2.3); our centre sends no dates. */
export function askedWaitMs(retryAfter: string | string[] | undefined): number | undefined {
  const seconds = typeof retryAfter === 'string' && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : undefined;
  return seconds === undefined ? undefined : seconds * 1_000;
}

/**
 * `attempt` from 1. Never sooner than the centre asks; spread over half of that again, so that all sites do not come back in the second that it named.
 */
export function waitMs({ attempt, fraction, askedMs = 0 }: { attempt: number; fraction: number; askedMs?: number }): number {
  return Math.min(longestMs, Math.max(backoffMs({ attempt, fraction }, retry), askedMs * (1 + fraction / 2)));
}
