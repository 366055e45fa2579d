/** How long a name is locked after wrong passwords: not for the first four, then 30 s, doubling to 15 minutes. */
const freeTries = 4;
const firstLockMs = 30_000;
const longestLockMs = 15 * 60_000;

/** `failedCount` in a row, this one included. */
export function lockAfter(failedCount: number): number {
  if (failedCount <= freeTries) return 0;
  return Math.min(longestLockMs, firstLockMs * 2 ** Math.min(10, failedCount - freeTries - 1));
}
