/** The device screen for IT: what the agent's status means to somebody who stands in front of it. Pure. */
import type { AgentStatus } from '@tramhoc/protocol/local-link';

export type DeviceView =
  | { view: 'unclaimed'; code: string | undefined; message: string | undefined }
  | { view: 'waiting'; userCode: string; fingerprint: string; uri: string; uriComplete: string; leftMs: number }
  | { view: 'expired' }
  | { view: 'denied' }
  | { view: 'revoked' }
  | { view: 'enrolled'; deviceId: string; siteId: string; certificateNotAfterMs: number; certificate: 'good' | 'soon' | 'over' };

/** Devices renew by themselves well before; a month left means that renewal does not work. */
const soonMs = 30 * 24 * 60 * 60_000;

/** `nowMs`: wall time of the agent (see agentNowMs). */
export function deviceView({ enrolment }: AgentStatus, nowMs: number): DeviceView {
  switch (enrolment.state) {
    case 'unclaimed':
      return { view: 'unclaimed', code: enrolment.code, message: enrolment.message };
    case 'waiting': {
      const leftMs = enrolment.expiresAtMs - nowMs;
      if (leftMs <= 0) return { view: 'expired' };
      const { userCode, fingerprint, verificationUri: uri, verificationUriComplete: uriComplete } = enrolment;
      return { view: 'waiting', userCode, fingerprint, uri, uriComplete, leftMs };
    }
    case 'denied':
      return { view: 'denied' };
    case 'revoked':
      return { view: 'revoked' };
    case 'enrolled': {
      const { deviceId, siteId, certificateNotAfterMs } = enrolment;
      const leftMs = certificateNotAfterMs - nowMs;
      return {
        view: 'enrolled',
        deviceId,
        siteId,
        certificateNotAfterMs,
        certificate: leftMs <= 0 ? 'over' : leftMs < soonMs ? 'soon' : 'good',
      };
    }
    default:
      return enrolment satisfies never;
  }
}

/** Whether a new code can be asked for: not while one is shown, nor by a device that belongs to a site. */
export function mayRestart({ view }: DeviceView): boolean {
  return view !== 'waiting' && view !== 'enrolled';
}

/** Wall time of the agent now, from its last status and the page's monotonic clock: the page's own wall clock is not believed. */
export function agentNowMs({
  statusNowMs,
  receivedAtMs,
  monotonicMs,
}: {
  statusNowMs: number;
  receivedAtMs: number;
  monotonicMs: number;
}): number {
  return statusNowMs + Math.max(0, monotonicMs - receivedAtMs);
}

/** `mm:ss`, rounded up to whole seconds. */
export function countdownText(leftMs: number): string {
  const seconds = Math.max(0, Math.ceil(leftMs / 1_000));
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}

/** Asking for a new code. `asked`: the agent agreed; its status brings the code. */
export type Restart = { restart: 'idle' } | { restart: 'asking' } | { restart: 'asked' } | { restart: 'failed'; code: string };
export type RestartEvent = { event: 'ask' } | { event: 'agreed' } | { event: 'refused'; code: string } | { event: 'status' };

export function restartStep(state: Restart, event: RestartEvent): Restart {
  switch (event.event) {
    case 'ask':
      return { restart: 'asking' };
    case 'agreed':
      return state.restart === 'asking' ? { restart: 'asked' } : state;
    case 'refused':
      return state.restart === 'asking' ? { restart: 'failed', code: event.code } : state;
    case 'status':
      return state.restart === 'idle' ? state : { restart: 'idle' };
    default:
      return event satisfies never;
  }
}
