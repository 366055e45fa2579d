/**
 * When a device may believe that it was revoked. Only the broker's own refusal counts (CONNACK, over TLS checked against our root): an absent broker
 * says nothing. It must be said often and over some time, because a broker that was just installed may not know its devices yet.
 */
export type RevocationState = { refusedCount: number; firstRefusedMs: number; revoked: boolean };
export type RevocationEvent = { type: 'connected' } | { type: 'refused'; nowMs: number };

export const trusted: RevocationState = { refusedCount: 0, firstRefusedMs: 0, revoked: false };
const enoughRefusals = 5;
const enoughMs = 30_000;

/** A revoked device goes on knocking once a minute: when the broker lets it in again, it was a mistake and everything goes on. */
export function revocationStep(state: RevocationState, event: RevocationEvent): RevocationState {
  if (event.type === 'connected') return trusted;
  const refusedCount = state.refusedCount + 1;
  const firstRefusedMs = state.refusedCount === 0 ? event.nowMs : state.firstRefusedMs;
  return {
    refusedCount,
    firstRefusedMs,
    revoked: state.revoked || (refusedCount >= enoughRefusals && event.nowMs - firstRefusedMs >= enoughMs),
  };
}
