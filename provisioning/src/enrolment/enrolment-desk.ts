/** Devices ask for a code, people look it up and decide. Codes and device secrets are kept as hashes. */
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
  parseCode,
} from '@tramhoc/protocol/enrolment';
import { TramError } from '@tramhoc/protocol/errors';
import { DeviceId, type SiteId } from '@tramhoc/protocol/ids';
import { rateLimiter } from '../access/rate-limiter.ts';
import type { Actor, AuditLog } from '../audit/audit-log.ts';
import type { CentreStore } from '../store/centre-store.ts';
import type { EnrolmentRow } from '../store/enrolment-store.ts';
import { atTime, type Enrolment, type EnrolmentFault, step } from './enrolment-machine.ts';
import { pollPace } from './poll-pace.ts';

/** A department that sets up whole schools in one go; more at once would be an attack. */
const maxWaiting = 2_000;
/** 40 devices of a school behind one address ask anew every 15 minutes; half as many again are room. */
const requestsPerAddress = { burst: 60, perMs: 15 * 60_000 };
const pollIntervalS = 5;
/** An approved device that was switched off in between finds its grant this long. */
const grantLifeMs = 24 * 3_600_000;

export type EnrolmentDesk = ReturnType<typeof enrolmentDesk>;
export type EnrolmentDeskParts = {
  store: CentreStore;
  clock: Clock;
  random: Random;
  log: Log;
  audit: AuditLog;
  /** Where people type the code: the console's /enrol page. */
  consoleUrl: () => string;
  changed: (change: { enrolments: number } | { deviceId: DeviceId; siteId: SiteId }) => void;
};

export function enrolmentDesk({ store, clock, random, log, audit, consoleUrl, changed }: EnrolmentDeskParts) {
  const { enrolments, devices, sites, db } = store;
  const requests = rateLimiter(clock, requestsPerAddress);
  const pace = pollPace(clock, { firstIntervalS: pollIntervalS, maxDevices: maxWaiting });
  const tellWaiting = (): void => changed({ enrolments: enrolments.waitingCount(clock.wallMs()) });

  /** Throws RATE_LIMITED, CSR_INVALID (not a P-256 key), DEVICE_REVOKED (a revoked device must make a new key). */
  const start = (request: EnrolmentRequest, address: string): EnrolmentStarted => {
    requests.demand(address, 'enrolment requests');
    const fingerprint = keyFingerprint(p256Key(request.publicKey));
    if (devices.byKey(fingerprint)?.state === 'revoked')
      throw new TramError('DEVICE_REVOKED', 'this key belongs to a revoked device; make a new key, then ask again.');
    const nowMs = clock.wallMs();
    const letters = newLetters(random);
    const deviceCode = Buffer.from(random.bytes(32)).toString('base64url');
    db.transaction(() => {
      enrolments.expireOfKey(fingerprint);
      if (enrolments.waitingCount(nowMs) >= maxWaiting)
        throw new TramError('RATE_LIMITED', `${maxWaiting} devices are waiting for approval; try again later.`, {
          details: { retryAfterS: 60 },
        });
      enrolments.insert({
        ...{ enrolment_id: random.uuid(), device_code_hash: sha256Hex(deviceCode), code_hash: sha256Hex(letters), fingerprint, address },
        ...{ name: request.name, model: request.model, serial: request.serial, agent_version: request.agentVersion },
        ...{ created_ms: nowMs, expires_ms: nowMs + codeLifeMs },
      });
    });
    tellWaiting();
    log.info({ address, fingerprint }, 'enrolment waits for approval');
    const userCode = formatCode(letters);
    const verificationUri = `${consoleUrl()}/enrol`;
    return {
      ...{ deviceCode, userCode, fingerprint, verificationUri },
      verificationUriComplete: `${verificationUri}?code=${userCode}`,
      expiresInS: codeLifeMs / 1_000,
      intervalS: pollIntervalS,
    };
  };

  /** What the device is told; the grant is repeated, each time with a new token, until its certificate is issued. */
  const poll = (deviceCode: string): { grant: EnrolmentGrant } | EnrolmentPending => {
    const row = enrolments.byDeviceCode(sha256Hex(deviceCode));
    if (row === undefined) return { error: 'expired_token' };
    const { state } = atTime(machineOf(row), clock.wallMs());
    if (state === 'denied') return { error: 'access_denied' };
    if (state === 'expired' || state === 'issued') return { error: 'expired_token' };
    if (pace.tooFast(row.enrolment_id)) return { error: 'slow_down' };
    if (state === 'waiting') return { error: 'authorization_pending' };
    const device = devices.get(row.device_id!);
    const claim = enrolments.claim(row.device_id!);
    if (device === undefined || device.state === 'revoked' || claim === undefined) return { error: 'access_denied' };
    if (claim.used_ms !== null || clock.wallMs() >= claim.expires_ms) return { error: 'expired_token' };
    const site = sites.get(device.site_id)!;
    const enrolToken = Buffer.from(random.bytes(32)).toString('base64url');
    enrolments.putClaim({ ...claim, token_hash: sha256Hex(enrolToken) });
    return {
      grant: {
        ...{ deviceId: device.device_id, siteId: site.site_id, siteName: site.name, enrolToken, cardKey: site.card_key },
        brokerUrl: `mqtts://${site.broker_host}:${site.broker_port}`,
      },
    };
  };

  /**
   * Throws ENROL_CODE_MALFORMED (the check letter finds slips; costs nothing), ENROL_CODE_EXPIRED, ENROL_TOO_MANY_TRIES,
   * ENROL_CODE_UNKNOWN (costs every waiting device one of its five tries).
   */
  const lookup = (typed: string, by: Actor): EnrolmentRow => {
    const letters = parseCode(typed);
    if (letters === undefined)
      throw new TramError(
        'ENROL_CODE_MALFORMED',
        'that is not a code: nine letters as on the device, e.g. BCD-FGH-JKX. Compare each letter.',
      );
    const nowMs = clock.wallMs();
    const row = enrolments.byCode(sha256Hex(letters));
    if (row !== undefined) {
      const { state, tries } = atTime(machineOf(row), nowMs);
      if (state === 'waiting') return row;
      const { fault } = step({ ...machineOf(row), state, tries }, { do: 'deny' }, nowMs);
      throw enrolFault(fault ?? 'ENROL_CODE_EXPIRED');
    }
    db.transaction(() => {
      for (const waiting of enrolments.waiting(nowMs)) save(waiting, step(machineOf(waiting), { do: 'wrong-try' }, nowMs).next);
      audit.note({ ...by, action: 'enrolment-code-wrong', target: '' });
    });
    tellWaiting();
    throw new TramError('ENROL_CODE_UNKNOWN', 'no device is waiting with that code; compare it with the screen of the device.');
  };

  const save = (row: EnrolmentRow, next: Enrolment, deviceId: DeviceId | null = row.device_id): void =>
    enrolments.save({ enrolment_id: row.enrolment_id, state: next.state, tries: next.tries, device_id: deviceId });

  /** Throws NOT_FOUND, ENROL_KEY_MISMATCH (costs a try), ENROL_TOO_MANY_TRIES, ENROL_CODE_EXPIRED, ENROL_DENIED, CONFLICT. */
  const approve = (enrolmentId: string, choice: { siteId: SiteId; name: string; fingerprint: string }, by: Actor): DeviceId => {
    const verdict = db.transaction((): { deviceId: DeviceId } | { fault: EnrolmentFault } => {
      const row = found(enrolmentId);
      const nowMs = clock.wallMs();
      if (sites.get(choice.siteId) === undefined) throw new TramError('NOT_FOUND', `there is no site ${choice.siteId}; create it first.`);
      const { next, fault } = step(machineOf(row), { do: 'approve', fingerprint: choice.fingerprint.trim().toUpperCase() }, nowMs);
      if (fault !== undefined) {
        save(row, next);
        return { fault };
      }
      const deviceId = admit(row, choice, nowMs);
      save(row, next, deviceId);
      audit.note({ ...by, action: 'enrolment-approved', target: deviceId, details: { site: choice.siteId, fingerprint: row.fingerprint } });
      return { deviceId };
    });
    tellWaiting();
    if ('fault' in verdict) throw enrolFault(verdict.fault);
    changed({ deviceId: verdict.deviceId, siteId: choice.siteId });
    return verdict.deviceId;
  };

  /** A key that is known at this site keeps its identity; any other key gets a new one. */
  const admit = (row: EnrolmentRow, { siteId, name }: { siteId: SiteId; name: string }, nowMs: number): DeviceId => {
    const known = devices.byKey(row.fingerprint);
    if (known?.state === 'revoked') throw enrolFault('CONFLICT');
    const deviceId = known?.site_id === siteId ? known.device_id : DeviceId.parse(random.uuid());
    const about = { device_id: deviceId, name, model: row.model, serial: row.serial, agent_version: row.agent_version, enrolled_ms: nowMs };
    if (known?.site_id === siteId) devices.enrolledAgain(about);
    else devices.insert({ ...about, site_id: siteId, role: 'agent', fingerprint: row.fingerprint });
    enrolments.putClaim({ device_id: deviceId, token_hash: '', fingerprint: row.fingerprint, expires_ms: nowMs + grantLifeMs });
    return deviceId;
  };

  const deny = (enrolmentId: string, by: Actor): void => {
    db.transaction(() => {
      const row = found(enrolmentId);
      const { next, fault } = step(machineOf(row), { do: 'deny' }, clock.wallMs());
      if (fault !== undefined) throw enrolFault(fault);
      save(row, next);
      audit.note({ ...by, action: 'enrolment-denied', target: row.fingerprint });
    });
    tellWaiting();
  };

  const found = (enrolmentId: string): EnrolmentRow => {
    const row = enrolments.get(enrolmentId);
    if (row === undefined) throw new TramError('NOT_FOUND', 'there is no such enrolment; look the code up again.');
    return row;
  };
  return { start, poll, lookup, approve, deny, waiting: () => enrolments.waiting(clock.wallMs()) };
}

const machineOf = (row: EnrolmentRow): Enrolment => ({
  state: row.state,
  tries: row.tries,
  expiresMs: row.expires_ms,
  fingerprint: row.fingerprint,
});

function enrolFault(code: EnrolmentFault): TramError {
  const messages: Record<EnrolmentFault, string> = {
    ENROL_CODE_EXPIRED: 'this code has expired; use the new one on the screen of the device.',
    ENROL_TOO_MANY_TRIES: 'too many wrong tries; the device shows a new code soon, use that.',
    ENROL_KEY_MISMATCH: 'the fingerprints differ: this is not the device in front of you. Deny it and tell your security contact.',
    ENROL_DENIED: 'this device was denied; let it ask again if that was a mistake.',
    CONFLICT: 'this enrolment was decided already.',
  };
  return new TramError(code, messages[code]);
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
