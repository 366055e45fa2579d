/** Who did what, when and from where. Written in the transaction of what it tells of where there is one. */
import type { Clock } from '@tramhoc/base/clock';
import type { AccessStore } from '../store/access-store.ts';

export type AuditAction =
  | 'sign-in'
  | 'sign-in-failed'
  | 'sign-out'
  | 'password-changed'
  | 'password-reset'
  | 'token-created'
  | 'token-deleted'
  | 'site-created'
  | 'site-claim-renewed'
  | 'enrolment-code-wrong'
  | 'enrolment-approved'
  | 'enrolment-denied'
  | 'certificate-issued'
  | 'certificate-adopted'
  | 'desired-changed'
  | 'device-revoked'
  | 'scan-asked'
  | 'cards-imported';
/** `actor`: a user name, `token:<name>`, `local` (admin socket) or `device:<id>`. */
export type Actor = { actor: string; address: string };
/** `details` never holds secrets or personal data. */
export type AuditEntry = Actor & { action: AuditAction; target: string; details?: Readonly<Record<string, string | number | boolean>> };
export type AuditLog = { note(entry: AuditEntry): void };

export function auditLog(store: AccessStore, clock: Clock): AuditLog {
  return {
    note: ({ actor, address, action, target, details }) =>
      store.addAudit({ at_ms: clock.wallMs(), actor, action, target, details: JSON.stringify(details ?? {}), address }),
  };
}
