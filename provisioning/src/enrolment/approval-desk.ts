/** The people's side of an enrolment: they look the code up, compare the fingerprint and decide. */
import type { Clock } from '@tramhoc/base/clock';
import { sha256Hex } from '@tramhoc/base/digest';
import type { Random } from '@tramhoc/base/random';
import { parseCode } from '@tramhoc/protocol/enrolment';
import { TramError } from '@tramhoc/protocol/errors';
import { DeviceId, type SiteId } from '@tramhoc/protocol/ids';
import type { Actor, AuditLog } from '../audit/audit-log.ts';
import type { CentreStore } from '../store/centre-store.ts';
import type { EnrolmentRow } from '../store/enrolment-store.ts';
import { atTime, type Enrolment, type EnrolmentFault, enrolmentOf, step } from './enrolment-machine.ts';

/** An approved device that was switched off in between finds its grant this long. */
const grantLifeMs = 24 * 3_600_000;

export type Choice = { siteId: SiteId; name: string; fingerprint: string };
export type ApprovalDesk = {
  waiting(): EnrolmentRow[];
  /**
   * Throws ENROL_CODE_MALFORMED (the check letter finds slips; costs nothing), ENROL_CODE_EXPIRED, ENROL_TOO_MANY_TRIES, ENROL_DENIED, CONFLICT,
   * ENROL_CODE_UNKNOWN (costs every waiting device one of its five tries).
   */
  lookup(typed: string, by: Actor): EnrolmentRow;
  /** Throws NOT_FOUND, ENROL_KEY_MISMATCH (costs a try), ENROL_TOO_MANY_TRIES, ENROL_CODE_EXPIRED, ENROL_DENIED, CONFLICT. */
  approve(enrolmentId: string, choice: Choice, by: Actor): DeviceId;
  /** Throws NOT_FOUND, ENROL_CODE_EXPIRED, ENROL_DENIED, CONFLICT. */
  deny(enrolmentId: string, by: Actor): void;
};
export type ApprovalDeskParts = {
  store: CentreStore;
  clock: Clock;
  random: Random;
  audit: AuditLog;
  waitingChanged: () => void;
  approved: (device: { deviceId: DeviceId; siteId: SiteId }) => void;
};

export function approvalDesk(parts: ApprovalDeskParts): ApprovalDesk {
  const { store, clock, audit, waitingChanged, approved } = parts;
  const { enrolments, db } = store;
  const save = (row: EnrolmentRow, next: Enrolment, deviceId: DeviceId | null = row.device_id): void =>
    enrolments.save({ enrolment_id: row.enrolment_id, state: next.state, tries: next.tries, device_id: deviceId });
  const found = (enrolmentId: string): EnrolmentRow => {
    const row = enrolments.get(enrolmentId);
    if (row === undefined) throw new TramError('NOT_FOUND', 'there is no such enrolment; look the code up again.');
    return row;
  };
  /** A refusal is stored too: it may have cost a try. */
  const decide = (enrolmentId: string, choice: Choice, by: Actor): { deviceId: DeviceId } | { fault: EnrolmentFault } =>
    db.transaction(() => {
      const row = found(enrolmentId);
      if (store.sites.get(choice.siteId) === undefined)
        throw new TramError('NOT_FOUND', `there is no site ${choice.siteId}; create it first.`);
      const { next, fault } = step(
        enrolmentOf(row),
        { do: 'approve', fingerprint: choice.fingerprint.trim().toUpperCase() },
        clock.wallMs(),
      );
      if (fault !== undefined) {
        save(row, next);
        return { fault };
      }
      const deviceId = admit(parts, row, choice);
      save(row, next, deviceId);
      audit.note({ ...by, action: 'enrolment-approved', target: deviceId, details: { site: choice.siteId, fingerprint: row.fingerprint } });
      return { deviceId };
    });
  return {
    waiting: () => enrolments.waiting(clock.wallMs()),
    lookup(typed, by) {
      const letters = parseCode(typed);
      if (letters === undefined)
        throw new TramError(
          'ENROL_CODE_MALFORMED',
          'that is not a code: nine letters as on the device, e.g. BCD-FGH-JKX. Compare each letter.',
        );
      const nowMs = clock.wallMs();
      const row = enrolments.byCode(sha256Hex(letters));
      if (row !== undefined) {
        if (atTime(enrolmentOf(row), nowMs).state === 'waiting') return row;
        throw enrolFault(step(enrolmentOf(row), { do: 'deny' }, nowMs).fault ?? 'ENROL_CODE_EXPIRED');
      }
      db.transaction(() => {
        for (const waiting of enrolments.waiting(nowMs)) save(waiting, step(enrolmentOf(waiting), { do: 'wrong-try' }, nowMs).next);
        audit.note({ ...by, action: 'enrolment-code-wrong', target: '' });
      });
      waitingChanged();
      throw new TramError('ENROL_CODE_UNKNOWN', 'no device is waiting with that code; compare it with the screen of the device.');
    },
    approve(enrolmentId, choice, by) {
      const verdict = decide(enrolmentId, choice, by);
      waitingChanged();
      if ('fault' in verdict) throw enrolFault(verdict.fault);
      approved({ deviceId: verdict.deviceId, siteId: choice.siteId });
      return verdict.deviceId;
    },
    deny(enrolmentId, by) {
      db.transaction(() => {
        const row = found(enrolmentId);
        const { next, fault } = step(enrolmentOf(row), { do: 'deny' }, clock.wallMs());
        if (fault !== undefined) throw enrolFault(fault);
        save(row, next);
        audit.note({ ...by, action: 'enrolment-denied', target: row.fingerprint });
      });
      waitingChanged();
    },
  };
}

/** A key that is known at this site keeps its identity; any other key gets a new one. */
function admit({ store, clock, random }: ApprovalDeskParts, row: EnrolmentRow, { siteId, name }: Choice): DeviceId {
  const { devices, enrolments } = store;
  // revoked between asking and approving
  if (devices.revokedKey(row.fingerprint)) throw enrolFault('CONFLICT');
  const known = devices.byKey(row.fingerprint);
  const deviceId = known?.site_id === siteId ? known.device_id : DeviceId.parse(random.uuid());
  const nowMs = clock.wallMs();
  const about = { device_id: deviceId, name, model: row.model, serial: row.serial, agent_version: row.agent_version, enrolled_ms: nowMs };
  if (known?.site_id === siteId) devices.enrolledAgain(about);
  else devices.insert({ ...about, site_id: siteId, role: 'agent', fingerprint: row.fingerprint });
  enrolments.putClaim({ device_id: deviceId, token_hash: '', fingerprint: row.fingerprint, expires_ms: nowMs + grantLifeMs });
  return deviceId;
}

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
