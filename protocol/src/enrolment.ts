/**
 * How a device gets its certificate. It asks the centre for a code (shape of RFC 8628), shows the code and the fingerprint of its key; IT
 * types the code in the console, compares the fingerprint, approves; the device then enrols by EST (RFC 7030) with the token it was given.
 *   POST /v1/enrolment        EnrolmentRequest -> EnrolmentStarted
 *   POST /v1/enrolment/token  EnrolmentPoll    -> 200 EnrolmentGrant | 400 EnrolmentPending
 *   POST /.well-known/est/simpleenroll    Basic <deviceId>:<enrolToken>
 *   POST /.well-known/est/simplereenroll  with the certificate it has
 */
import { z } from 'zod';
import { DeviceId, SiteId } from './ids.ts';

/** Consonants only: nothing can be spelt, nothing looks like a digit (RFC 8628, 6.1). */
export const codeAlphabet = 'BCDFGHJKLMNPQRSTVWXZ';
/** 8 random consonants: 34.5 bits. With 5 wrong tries a code and 15 minutes of life guessing is hopeless. */
export const codeLetters = 8;
export const codeLifeMs = 15 * 60_000;
export const codeTries = 5;

/** Check character: Luhn mod N (N = 20). Finds every single wrong letter and nearly every swap of neighbours. */
export function checkLetter(letters: string): string {
  const n = codeAlphabet.length;
  let sum = 0;
  for (let at = letters.length - 1, factor = 2; at >= 0; at -= 1, factor = factor === 2 ? 1 : 2) {
    const product = factor * codeAlphabet.indexOf(letters[at]!);
    sum += Math.floor(product / n) + (product % n);
  }
  return codeAlphabet[(n - (sum % n)) % n]!;
}

/** `BCDFGHJK` -> `BCD-FGH-JKX`: eight letters and the check character in three groups of three. */
export function formatCode(letters: string): string {
  const whole = letters + checkLetter(letters);
  return `${whole.slice(0, 3)}-${whole.slice(3, 6)}-${whole.slice(6)}`;
}

/** What a person typed, to the eight letters; case, spaces and dashes do not matter. undefined when it cannot be a code of ours. */
export function parseCode(typed: string): string | undefined {
  const text = typed.toUpperCase().replace(/[\s-]/g, '');
  if (text.length !== codeLetters + 1 || [...text].some((letter) => !codeAlphabet.includes(letter))) return undefined;
  const letters = text.slice(0, codeLetters);
  return checkLetter(letters) === text[codeLetters] ? letters : undefined;
}

/** First 80 bits of SHA-256 over the SubjectPublicKeyInfo (DER), in Crockford's base 32: `7K3M-9QXP-2DTR-W8HN`. */
export const KeyFingerprint = z.string().regex(/^[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){3}$/);
export type KeyFingerprint = z.infer<typeof KeyFingerprint>;

export const EnrolmentRequest = z.strictObject({
  /** SubjectPublicKeyInfo, DER, base64. P-256 only. */
  publicKey: z.base64().max(200),
  name: z.string().trim().min(1).max(80),
  model: z.string().trim().max(120),
  serial: z.string().trim().max(120),
  agentVersion: z.string().max(32),
});
export type EnrolmentRequest = z.infer<typeof EnrolmentRequest>;

export const EnrolmentStarted = z.object({
  /** Secret of the device, for polling. */
  deviceCode: z.string().min(20),
  /** Shown to people: `BCD-FGH-JKX`. */
  userCode: z.string(),
  fingerprint: KeyFingerprint,
  verificationUri: z.string(),
  verificationUriComplete: z.string(),
  expiresInS: z.int().positive(),
  intervalS: z.int().positive(),
});
export type EnrolmentStarted = z.infer<typeof EnrolmentStarted>;

export const EnrolmentPoll = z.strictObject({ deviceCode: z.string().max(200) });
/** RFC 8628, 3.5. `slow_down`: add 5 s to the interval. */
export const EnrolmentPending = z.object({ error: z.enum(['authorization_pending', 'slow_down', 'access_denied', 'expired_token']) });
export type EnrolmentPending = z.infer<typeof EnrolmentPending>;

/** What an approved device is told, once. It keeps `cardKey` beside its key, readable by itself only. */
export const EnrolmentGrant = z.object({
  deviceId: DeviceId,
  siteId: SiteId,
  siteName: z.string(),
  /** Password of the EST request, good for one certificate. */
  enrolToken: z.string().min(20),
  /** mqtts://host:port of the site's broker. */
  brokerUrl: z.string(),
  /** 32 bytes, hex: key of the HMAC over card numbers at this site. */
  cardKey: z.string().regex(/^[0-9a-f]{64}$/),
});
export type EnrolmentGrant = z.infer<typeof EnrolmentGrant>;
