/** How long to wait before trying again. */

export type BackoffLimits = { firstMs: number; maxMs: number };

/**
 * Delay before try number `attempt` (from 1): doubles from `firstMs` to `maxMs`, then spread over its upper half by `fraction` (0..1), so that
 * 2,700 sites that lost the same link do not come back in the same second.
 */
export function backoffMs({ attempt, fraction }: { attempt: number; fraction: number }, { firstMs, maxMs }: BackoffLimits): number {
  const ceiling = Math.min(maxMs, firstMs * 2 ** Math.min(attempt - 1, 30));
  return ceiling / 2 + (ceiling / 2) * fraction;
}
