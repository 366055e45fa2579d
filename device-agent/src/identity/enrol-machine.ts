/**
 * How a device becomes known: it asks for a code, shows it, asks whether somebody approved, gets a grant, and turns the grant into a certificate.
 * Shape of RFC 8628. Times are monotonic ms; `attempt` counts failures in a row, the shell makes a delay of it.
 */
import type { EnrolmentGrant, EnrolmentPending, EnrolmentStarted } from '@tramhoc/protocol/enrolment';
import type { ErrorCode } from '@tramhoc/protocol/errors';

export type EnrolState =
  /** No code: the centre was not asked yet, cannot be reached, or refused (`fault`). */
  | { state: 'unclaimed'; attempt: number; fault?: { code: ErrorCode; message: string } }
  /** The code is on the screen. */
  | { state: 'waiting'; started: EnrolmentStarted; intervalMs: number; expiresMs: number; attempt: number }
  /** Somebody said no in the console: nothing is asked until a person starts anew. */
  | { state: 'denied' }
  /** Approved and on disk; the certificate is still to be fetched. */
  | { state: 'granted'; grant: EnrolmentGrant; attempt: number; fault?: { code: ErrorCode; message: string } }
  | { state: 'enrolled' };

export type EnrolEvent =
  | { type: 'started'; started: EnrolmentStarted; nowMs: number }
  | { type: 'pending'; error: EnrolmentPending['error'] }
  | { type: 'granted'; grant: EnrolmentGrant }
  | { type: 'certified' }
  /** The centre does not answer or is busy: the same is tried again. */
  | { type: 'unreachable'; code: ErrorCode; message: string }
  /** The centre will not take this, however often it is sent. */
  | { type: 'refused'; code: ErrorCode; message: string }
  /** A person asks for a new code. */
  | { type: 'restart' };

export type EnrolStep =
  | { do: 'ask-for-code' | 'enrol'; wait: { attempt: number } }
  | { do: 'poll'; wait: { afterMs: number } | { attempt: number } }
  /** The code is about to expire unseen: ask for another. */
  | { do: 'nothing' };

/** RFC 8628, 3.5. */
const slowDownMs = 5_000;

export const unclaimed: EnrolState = { state: 'unclaimed', attempt: 0 };

/** What to do next; `nowMs` decides whether the code is still good. */
export function enrolNext(state: EnrolState, nowMs: number): EnrolStep {
  switch (state.state) {
    case 'unclaimed':
      return { do: 'ask-for-code', wait: { attempt: state.attempt } };
    case 'waiting':
      if (nowMs >= state.expiresMs) return { do: 'ask-for-code', wait: { attempt: 0 } };
      return { do: 'poll', wait: state.attempt > 0 ? { attempt: state.attempt } : { afterMs: state.intervalMs } };
    case 'granted':
      return { do: 'enrol', wait: { attempt: state.attempt } };
    case 'denied':
    case 'enrolled':
      return { do: 'nothing' };
    default:
      return state satisfies never;
  }
}

export function enrolStep(state: EnrolState, event: EnrolEvent): EnrolState {
  switch (event.type) {
    case 'started':
      if (state.state !== 'unclaimed' && state.state !== 'waiting') return state;
      return {
        state: 'waiting',
        started: event.started,
        intervalMs: event.started.intervalS * 1_000,
        expiresMs: event.nowMs + event.started.expiresInS * 1_000,
        attempt: 0,
      };
    case 'pending':
      return state.state === 'waiting' ? afterPoll(state, event.error) : state;
    case 'granted':
      return state.state === 'waiting' ? { state: 'granted', grant: event.grant, attempt: 0 } : state;
    case 'certified':
      return state.state === 'granted' ? { state: 'enrolled' } : state;
    case 'unreachable':
      return afterFailure(state, { code: event.code, message: event.message });
    case 'refused': {
      const fault = { code: event.code, message: event.message };
      // a refused grant is worth nothing any more (used, withdrawn): somebody has to approve anew
      if (state.state === 'granted') return { state: 'unclaimed', attempt: 1, fault };
      return afterFailure(state, fault);
    }
    case 'restart':
      return state.state === 'denied' || state.state === 'waiting' || state.state === 'unclaimed' ? unclaimed : state;
    default:
      return event satisfies never;
  }
}

function afterPoll(state: EnrolState & { state: 'waiting' }, error: EnrolmentPending['error']): EnrolState {
  switch (error) {
    case 'authorization_pending':
      return { ...state, attempt: 0 };
    case 'slow_down':
      return { ...state, attempt: 0, intervalMs: state.intervalMs + slowDownMs };
    case 'access_denied':
      return { state: 'denied' };
    case 'expired_token':
      return unclaimed;
    default:
      return error satisfies never;
  }
}

function afterFailure(state: EnrolState, fault: { code: ErrorCode; message: string }): EnrolState {
  switch (state.state) {
    case 'unclaimed':
    case 'granted':
      return { ...state, attempt: state.attempt + 1, fault };
    case 'waiting':
      return { ...state, attempt: state.attempt + 1 };
    case 'denied':
    case 'enrolled':
      return state;
    default:
      return state satisfies never;
  }
}
