/** When a certificate is renewed. */

/** A school is closed for three months in summer: a device that was switched off meanwhile must still have a certificate that is good. */
const renewWithinMs = 120 * 86_400_000;
/** A fleet that was enrolled in one week renews over three. */
const spreadMs = 20 * 86_400_000;

/** `spread` (0..1) belongs to the device, so that it does not change from one look to the next. `nowMs` is a time that may be believed. */
export function renewalDue({ notAfterMs, nowMs, spread }: { notAfterMs: number; nowMs: number; spread: number }): boolean {
  return nowMs >= notAfterMs - renewWithinMs + spread * spreadMs;
}

/** A fraction that is the same each time for one device: the first 32 bits of its random id. */
export function spreadOf(deviceId: string): number {
  return Number.parseInt(deviceId.slice(0, 8), 16) / 2 ** 32;
}
