/** Which day something happened on. Viet Nam has had one zone without summer time since 1975: UTC+7. */
const zoneMs = 7 * 3_600_000;

/** `2026-11-23` for a moment in milliseconds since 1970. */
export function siteDay(atMs: number): string {
  return new Date(atMs + zoneMs).toISOString().slice(0, 10);
}
