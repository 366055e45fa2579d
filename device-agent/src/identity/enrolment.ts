/** Carries out what enrol-machine.ts decides: talks to the centre until this device has its certificate. */
import { backoffMs } from '@tramhoc/base/backoff';
import type { Clock } from '@tramhoc/base/clock';
import { type CentreAnswer, type CentreClient, enrol, publicKeyOf } from '@tramhoc/base/identity';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import { EnrolmentGrant, EnrolmentPending, type EnrolmentRequest, EnrolmentStarted } from '@tramhoc/protocol/enrolment';
import { type ErrorCode, errorCodes, isTramError } from '@tramhoc/protocol/errors';
import { deviceUrn } from '@tramhoc/protocol/ids';
import type { AgentStatus } from '@tramhoc/protocol/local-link';
import { type EnrolEvent, type EnrolState, enrolNext, enrolStep, unclaimed } from './enrol-machine.ts';
import type { IdentityStore } from './identity-store.ts';

export type Enrolment = {
  status(): AgentStatus['enrolment'];
  /** A new code, also after a denial. */
  restart(): void;
  /** Ends what is under way. */
  close(): Promise<void>;
};

/** A school whose line is down: asked often enough that a person in front of the device does not wait long once it is back. */
const retry = { firstMs: 2_000, maxMs: 60_000 };
/** Refusals that another try may turn: the centre is busy or its operators are at work. */
const mayHeal: ReadonlySet<ErrorCode> = new Set(['CENTRE_REFUSED', 'RATE_LIMITED', 'INTERNAL', 'DISK_FULL', 'DISK_FAILED', 'STORE_FULL']);
const maxAnswerBytes = 64 * 1024;

export function startEnrolment({
  store,
  centre,
  about,
  onChange,
  onEnrolled,
  clock,
  random,
  log,
}: {
  store: IdentityStore;
  centre: CentreClient;
  about: Omit<EnrolmentRequest, 'publicKey'>;
  onChange(): void;
  /** Key, certificate and grant are on disk. */
  onEnrolled(): void;
  clock: Clock;
  random: Random;
  log: Log;
}): Enrolment {
  const kept = store.grant();
  let state: EnrolState = kept === undefined ? unclaimed : { state: 'granted', grant: kept, attempt: 0 };
  let shownUntilMs = 0;
  const stopping = new AbortController();
  let nudge = new AbortController();
  const apply = (event: EnrolEvent): void => {
    state = enrolStep(state, event);
    onChange();
  };

  const askForCode = async (signal: AbortSignal): Promise<EnrolEvent> => {
    const publicKey = Buffer.from(publicKeyOf(store.keyPem())).toString('base64');
    const answer = await post(centre, { path: '/v1/enrolment', body: { publicKey, ...about }, signal });
    const started = answer.status === 200 ? EnrolmentStarted.safeParse(jsonOf(answer)).data : undefined;
    if (started === undefined) {
      const refusal = refusalOf(answer);
      // the key of a revoked device is burnt: as a stranger with a new key it may ask again
      if (refusal.code === 'DEVICE_REVOKED') store.reset();
      return refusal;
    }
    shownUntilMs = clock.wallMs() + started.expiresInS * 1_000;
    log.info({ fingerprint: started.fingerprint, expiresInS: started.expiresInS }, 'a code is waiting for approval');
    return { type: 'started', started, nowMs: clock.monotonicMs() };
  };
  const poll = async (deviceCode: string, signal: AbortSignal): Promise<EnrolEvent> => {
    const answer = await post(centre, { path: '/v1/enrolment/token', body: { deviceCode }, signal });
    if (answer.status === 200) {
      const grant = EnrolmentGrant.safeParse(jsonOf(answer));
      if (!grant.success) return refusalOf(answer);
      store.saveGrant(grant.data);
      log.info({ siteId: grant.data.siteId, deviceId: grant.data.deviceId }, 'approved');
      return { type: 'granted', grant: grant.data };
    }
    const pending = EnrolmentPending.safeParse(jsonOf(answer));
    return pending.success ? { type: 'pending', error: pending.data.error } : refusalOf(answer);
  };
  const certify = async (grant: EnrolmentGrant): Promise<EnrolEvent> => {
    const basic = { user: grant.deviceId, password: grant.enrolToken };
    const identity = await enrol(centre, { keyPem: store.keyPem(), subject: grant.deviceId, uri: deviceUrn(grant), basic });
    store.saveIdentity(identity);
    log.info({ siteId: grant.siteId, deviceId: grant.deviceId }, 'enrolled');
    return { type: 'certified' };
  };
  const attempt = async (signal: AbortSignal): Promise<EnrolEvent> => {
    try {
      const { do: next } = enrolNext(state, clock.monotonicMs());
      if (next === 'poll' && state.state === 'waiting') return await poll(state.started.deviceCode, signal);
      if (next === 'enrol' && state.state === 'granted') return await certify(state.grant);
      return await askForCode(signal);
    } catch (cause) {
      signal.throwIfAborted();
      return faultOf(cause);
    }
  };
  /** Refused for good: the grant goes from the disk too, so that a restart does not try it again. */
  const settle = (event: EnrolEvent): void => {
    if (event.type === 'refused' && state.state === 'granted') store.dropGrant();
    if (event.type === 'refused' || event.type === 'unreachable')
      log.warn({ code: event.code, reason: event.message, state: state.state }, 'not enrolled yet');
    apply(event);
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted && state.state !== 'enrolled') {
      const signal = AbortSignal.any([stopping.signal, nudge.signal]);
      const step = enrolNext(state, clock.monotonicMs());
      try {
        if (step.do === 'nothing') await untilAborted(signal);
        else {
          await clock.sleep(delayOf(step.wait, random), signal);
          settle(await attempt(signal));
        }
      } catch (cause) {
        if (!signal.aborted) throw cause;
        nudge = new AbortController();
      }
    }
    if (state.state === 'enrolled') onEnrolled();
  };
  const running = run().catch((err: unknown) => log.error({ err }, 'enrolment stopped; start the agent again'));
  return {
    status: () => shown(state, shownUntilMs),
    restart() {
      apply({ type: 'restart' });
      nudge.abort();
    },
    async close() {
      stopping.abort();
      await running;
    },
  };
}

function delayOf(wait: { afterMs: number } | { attempt: number }, random: Random): number {
  if ('afterMs' in wait) return wait.afterMs;
  return wait.attempt === 0 ? 0 : backoffMs({ attempt: wait.attempt, fraction: random.fraction() }, retry);
}

function shown(state: EnrolState, shownUntilMs: number): AgentStatus['enrolment'] {
  switch (state.state) {
    case 'waiting': {
      const { userCode, fingerprint, verificationUri, verificationUriComplete } = state.started;
      return { state: 'waiting', userCode, fingerprint, verificationUri, verificationUriComplete, expiresAtMs: Math.round(shownUntilMs) };
    }
    case 'denied':
      return { state: 'denied' };
    case 'unclaimed':
    case 'granted':
      return { state: 'unclaimed', ...(state.fault ?? {}) };
    case 'enrolled':
      return { state: 'unclaimed' };
    default:
      return state satisfies never;
  }
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

function post(centre: CentreClient, { path, body, signal }: { path: string; body: unknown; signal: AbortSignal }): Promise<CentreAnswer> {
  return centre.request({
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
    maxBytes: maxAnswerBytes,
  });
}

function jsonOf(answer: CentreAnswer): unknown {
  try {
    return JSON.parse(answer.body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** A problem document (RFC 9457) as an event. */
function refusalOf(answer: CentreAnswer): EnrolEvent & { code: ErrorCode } {
  const problem = (jsonOf(answer) ?? {}) as { code?: unknown; detail?: unknown };
  const code = errorCodes.find((known) => known === problem.code) ?? 'CENTRE_REFUSED';
  const message = typeof problem.detail === 'string' ? problem.detail.slice(0, 300) : `the centre answered HTTP ${answer.status}.`;
  return { type: mayHeal.has(code) ? 'unreachable' : 'refused', code, message };
}

function faultOf(cause: unknown): EnrolEvent {
  if (!isTramError(cause)) return { type: 'unreachable', code: 'INTERNAL', message: (cause as Error).message };
  const inner = errorCodes.find((known) => known === cause.details?.['code']);
  const code = inner ?? cause.code;
  return { type: code === 'CENTRE_UNREACHABLE' || mayHeal.has(code) ? 'unreachable' : 'refused', code, message: cause.message };
}
