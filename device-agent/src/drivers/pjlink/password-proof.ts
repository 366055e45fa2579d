/** How a controller shows that it knows the password without sending it. Specifications 5.1, class 1 version 1.04 and class 2 version 2.10. */
import { createHash } from 'node:crypto';

/** MD5 over the projector's random number (8 hex digits, as text) and the password: 32 lower-case hex digits. */
export function md5Proof({ random, password }: { random: string; password: string }): string {
  return createHash('md5').update(`${random}${password}`).digest('hex');
}

/**
 * The controller's own random number, then SHA-256 over both random numbers exclusive-or'ed (as 32 lower-case hex digits) and the password. Random
 * numbers are 16 bytes, given as 32 hex digits.
 */
export function sha256Proof({ random, ownRandom, password }: { random: string; ownRandom: string; password: string }): string {
  const own = Buffer.from(ownRandom, 'hex');
  const mixed = Buffer.from(Buffer.from(random, 'hex').map((byte, at) => byte ^ own[at]!)).toString('hex');
  return `${own.toString('hex')}${createHash('sha256').update(`${mixed}${password}`).digest('hex')}`;
}
