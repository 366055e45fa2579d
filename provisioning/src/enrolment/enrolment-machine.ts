/** What may happen to an enrolment. waiting -> approved -> issued, or waiting -> denied or expired. Nothing leaves denied, expired or issued. */
import { codeTries } from '@tramhoc/protocol/enrolment';

export type EnrolmentState = 'waiting' | 'approved' | 'denied' | 'expired' | 'issued';
export type Enrolment = { state: EnrolmentState; tries: number; expiresMs: number; fingerprint: string };
export type EnrolmentAct =
  /** Somebody typed a code that fits no waiting device, or the fingerprints did not agree. */
  { do: 'wrong-try' } | { do: 'approve'; fingerprint: string } | { do: 'deny' } | { do: 'issue' };
export type EnrolmentFault = 'ENROL_CODE_EXPIRED' | 'ENROL_TOO_MANY_TRIES' | 'ENROL_KEY_MISMATCH' | 'ENROL_DENIED' | 'CONFLICT';
export type EnrolmentStep = { next: Enrolment; fault?: EnrolmentFault };

/** The state at `nowMs`: a code that waited too long has expired, whether or not anybody looked. */
export function atTime(enrolment: Enrolment, nowMs: number): Enrolment {
  return enrolment.state === 'waiting' && nowMs >= enrolment.expiresMs ? { ...enrolment, state: 'expired' } : enrolment;
}

/** `fault` says why the act was refused; `next` is to be stored in both cases, since a refusal may cost a try. */
export function step(before: Enrolment, act: EnrolmentAct, nowMs: number): EnrolmentStep {
  const enrolment = atTime(before, nowMs);
  switch (act.do) {
    case 'wrong-try':
      return enrolment.state === 'waiting' ? afterWrongTry(enrolment) : { next: enrolment };
    case 'approve': {
      if (enrolment.state !== 'waiting') return { next: enrolment, fault: faultOf(enrolment) };
      if (act.fingerprint === enrolment.fingerprint) return { next: { ...enrolment, state: 'approved' } };
      const { next } = afterWrongTry(enrolment);
      return { next, fault: next.state === 'expired' ? 'ENROL_TOO_MANY_TRIES' : 'ENROL_KEY_MISMATCH' };
    }
    case 'deny':
      if (enrolment.state !== 'waiting') return { next: enrolment, fault: faultOf(enrolment) };
      return { next: { ...enrolment, state: 'denied' } };
    case 'issue':
      if (enrolment.state !== 'approved') return { next: enrolment, fault: faultOf(enrolment) };
      return { next: { ...enrolment, state: 'issued' } };
    default:
      return act satisfies never;
  }
}

function afterWrongTry(enrolment: Enrolment): { next: Enrolment } {
  const tries = enrolment.tries + 1;
  return { next: { ...enrolment, tries, state: tries >= codeTries ? 'expired' : enrolment.state } };
}

function faultOf({ state, tries }: Enrolment): EnrolmentFault {
  if (state === 'denied') return 'ENROL_DENIED';
  if (state === 'expired') return tries >= codeTries ? 'ENROL_TOO_MANY_TRIES' : 'ENROL_CODE_EXPIRED';
  return 'CONFLICT';
}

/** From a stored row. */
export function enrolmentOf(row: { state: EnrolmentState; tries: number; expires_ms: number; fingerprint: string }): Enrolment {
  return { state: row.state, tries: row.tries, expiresMs: row.expires_ms, fingerprint: row.fingerprint };
}
