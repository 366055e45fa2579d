/** The device's side of an enrolment: it asks for a code and polls for what people decided. Codes and secrets are kept as hashes. */
import { createPublicKey } from 'node:crypto';
import type { Clock } from '@tramhoc/base/clock';
import { keyFingerprint, sha256Hex } from '@tramhoc/base/digest';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import {
  codeAlphabet,
  codeLetters,
  codeLifeMs,
  type EnrolmentGrant,
  type EnrolmentPending,
  type EnrolmentRequest,
  type EnrolmentStarted,
  formatCode,
  KeyFingerprint,
} from '@tramhoc/protocol/enrolment';
import { TramError } from '@tramhoc/protocol/errors';
import { rateLimiter } from '../access/rate-limiter.ts';
import type { CentreStore } from '../store/centre-store.ts';
import type { EnrolmentRow } from '../store/enrolment-store.ts';
import { atTime, enrolmentOf } from './enrolment-machine.ts';
import { pollPace } from './poll-pace.ts';

/** A department that sets up whole schools in one go; more at once would be an attack. */
const maxWaiting = 2_000;
/** 40 devices of a school behind one address ask anew every 15 minutes; half as many again are room. */
const requestsPerAddress = { burst: 60, perMs: 15 * 60_000 };
const pollIntervalS = 5;

export type DeviceDesk = {
  /** Throws RATE_LIMITED, CSR_INVALID (not a P-256 key), DEVICE_REVOKED (a revoked device must make a new key). */
  start(request: EnrolmentRequest, address: string): EnrolmentStarted;
  /** The grant is repeated, each time with a new token, until the certificate is issued. */
  poll(deviceCode: string): { grant: EnrolmentGrant } | EnrolmentPending;
};
export type DeviceDeskParts = {
  store: CentreStore;
  clock: Clock;
  random: Random;
  log: Log;
  /** Where people type the code: the console's /enrol page. */
  consoleUrl: () => string;
  waitingChanged: () => void;
};

export function deviceDesk(parts: DeviceDeskParts): DeviceDesk {
  const { store, clock, random } = parts;
  const { enrolments, devices } = store;
  const requests = rateLimiter(clock, requestsPerAddress);
  const pace = pollPace(clock, { firstIntervalS: pollIntervalS, maxDevices: maxWaiting });
  return {
    start(request, address) {
      requests.demand(address, 'enrolment requests');
      const fingerprint = keyFingerprint(p256Key(request.publicKey));
      if (devices.revokedKey(fingerprint))
        throw new TramError('DEVICE_REVOKED', 'this key belongs to a revoked device; make a new key, then ask again.');
      return startWith(parts, request, { fingerprint, address });
    },
    poll(deviceCode) {
      const row = enrolments.byDeviceCode(sha256Hex(deviceCode));
      if (row === undefined) return { error: 'expired_token' };
      const { state } = atTime(enrolmentOf(row), clock.wallMs());
      if (state === 'denied') return { error: 'access_denied' };
      if (state === 'expired' || state === 'issued') return { error: 'expired_token' };
      if (pace.tooFast(row.enrolment_id)) return { error: 'slow_down' };
      return state === 'waiting' ? { error: 'authorization_pending' } : grantFor(store, row, { clock, random });
    },
  };
}

function startWith(
  parts: DeviceDeskParts,
  request: EnrolmentRequest,
  { fingerprint, address }: { fingerprint: string; address: string },
): EnrolmentStarted {
  const { store, clock, random, log, consoleUrl, waitingChanged } = parts;
  const nowMs = clock.wallMs();
  const letters = newLetters(random);
  const deviceCode = Buffer.from(random.bytes(32)).toString('base64url');
  store.db.transaction(() => {
    store.enrolments.expireOfKey(fingerprint);
    if (store.enrolments.waitingCount(nowMs) >= maxWaiting)
      throw new TramError('RATE_LIMITED', `${maxWaiting} devices are waiting for approval; try again later.`, {
        details: { retryAfterS: 60 },
      });
    store.enrolments.insert({
      ...{ enrolment_id: random.uuid(), device_code_hash: sha256Hex(deviceCode), code_hash: sha256Hex(letters), fingerprint, address },
      ...{ name: request.name, model: request.model, serial: request.serial, agent_version: request.agentVersion },
      ...{ created_ms: nowMs, expires_ms: nowMs + codeLifeMs },
    });
  });
  waitingChanged();
  log.info({ address, fingerprint }, 'enrolment waits for approval');
  const userCode = formatCode(letters);
  const verificationUri = `${consoleUrl()}/enrol`;
  return {
    ...{ deviceCode, userCode, fingerprint: KeyFingerprint.parse(fingerprint), verificationUri },
    verificationUriComplete: `${verificationUri}?code=${userCode}`,
    expiresInS: codeLifeMs / 1_000,
    intervalS: pollIntervalS,
  };
}

function grantFor(
  store: CentreStore,
  row: EnrolmentRow,
  { clock, random }: { clock: Clock; random: Random },
): { grant: EnrolmentGrant } | EnrolmentPending {
  const device = store.devices.get(row.device_id!);
  const claim = store.enrolments.claim(row.device_id!);
  if (device === undefined || device.state === 'revoked' || claim === undefined) return { error: 'access_denied' };
  if (claim.used_ms !== null || clock.wallMs() >= claim.expires_ms) return { error: 'expired_token' };
  const site = store.sites.get(device.site_id)!;
  const enrolToken = Buffer.from(random.bytes(32)).toString('base64url');
  store.enrolments.putClaim({ ...claim, token_hash: sha256Hex(enrolToken) });
  return {
    grant: {
      ...{ deviceId: device.device_id, siteId: site.site_id, siteName: site.name, enrolToken, cardKey: site.card_key },
      brokerUrl: `mqtts://${site.broker_host}:${site.broker_port}`,
    },
  };
}

/** `publicKey`: base64 of a SubjectPublicKeyInfo; gives it in DER as OpenSSL writes it, so that one key has one fingerprint. */
function p256Key(publicKey: string): Uint8Array {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
    if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new Error('not P-256');
    return key.export({ type: 'spki', format: 'der' });
  } catch (cause) {
    throw new TramError('CSR_INVALID', 'publicKey is not a P-256 SubjectPublicKeyInfo in base64 DER; make a new key.', { cause });
  }
}

/** Bytes of 240 and above are thrown away, so that every letter is equally likely. */
function newLetters(random: Random): string {
  let letters = '';
  const fair = 256 - (256 % codeAlphabet.length);
  while (letters.length < codeLetters)
    for (const byte of random.bytes(codeLetters)) if (byte < fair) letters += codeAlphabet[byte % codeAlphabet.length];
  return letters.slice(0, codeLetters);
}
