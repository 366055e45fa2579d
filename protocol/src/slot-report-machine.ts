/**
 * Which changes of a slot become events. A plug that wobbles changes its slot every second; the first changes are told at once, later ones at most
 * once in five minutes, and the last state is always told in the end.
 */

export type ReportState<Status> = {
  /** Reports left to be made at once; comes back by one each `refillMs`. */
  tokens: number;
  refilledMs: number;
  told: Status | undefined;
  /** A change that waits for a token. */
  held: Status | undefined;
};

/** Opening, losing and finding a device again are told as they happen. */
const burst = 6;
export const refillMs = 5 * 60_000;

export function noReports<Status>(nowMs: number): ReportState<Status> {
  return { tokens: burst, refilledMs: nowMs, told: undefined, held: undefined };
}

/** `status` is news unless `same(told, status)`. `tell` is to be made an event now; `lookAgainMs`: ask again after that many ms (a change is held back). */
export function reportStep<Status>(
  state: ReportState<Status>,
  { status, nowMs, same }: { status: Status | undefined; nowMs: number; same: (told: Status, status: Status) => boolean },
): { state: ReportState<Status>; tell?: Status; lookAgainMs?: number } {
  const refills = Math.floor((nowMs - state.refilledMs) / refillMs);
  const tokens = Math.min(burst, state.tokens + refills);
  const refilledMs = tokens === burst ? nowMs : state.refilledMs + refills * refillMs;
  const latest = status ?? state.held;
  const news = latest !== undefined && (state.told === undefined || !same(state.told, latest));
  if (!news) return { state: { ...state, tokens, refilledMs, held: undefined } };
  if (tokens > 0) return { state: { tokens: tokens - 1, refilledMs, told: latest, held: undefined }, tell: latest };
  return { state: { ...state, tokens, refilledMs, held: latest }, lookAgainMs: refilledMs + refillMs - nowMs };
}
