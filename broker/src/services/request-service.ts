/** Questions of devices: one table of services, one answer to the device that asked, or none when it asks more than it reads. */
import type { Log } from '@tramhoc/base/log';
import type { ErrorCode } from '@tramhoc/protocol/errors';
import { faults } from '@tramhoc/protocol/event';
import type { DeviceId } from '@tramhoc/protocol/ids';
import {
  type Answer,
  type Question,
  RequestEnvelope,
  type RequestService,
  type ResponseEnvelope,
  requestServices,
} from '@tramhoc/protocol/request';
import { responseTopic, type TopicOwner } from '@tramhoc/protocol/topics';
import { z } from 'zod';

/** One function a service. */
export type Services = { [S in RequestService]: (question: Question<S>) => Answer<S> | Promise<Answer<S>> };
export type Outcome = 'answered' | 'refused' | 'failed' | 'unreadable' | 'overload';
export type RequestDesk = {
  /** Answers in the background. */
  ask(owner: TopicOwner, service: string, payload: Uint8Array): void;
};

/** Questions of one device that wait for their answer to be written out. A pupil taps once; four readers tap at once. */
const maxOpenPerDevice = 16;
/** Of the whole site; each holds an answer of at most a few hundred bytes. */
const maxOpen = 1_000;
const JustId = z.object({ id: z.uuid() });

export function createRequestDesk(options: {
  services: Services;
  publish(topic: string, payload: string): Promise<void>;
  count(labels: { service: string; outcome: Outcome }): void;
  onOverload(device: DeviceId): void;
  log: Log;
}): RequestDesk {
  const { services, log } = options;
  const open = new Map<DeviceId, number>();
  let openCount = 0;

  const answer = async (service: string, payload: Uint8Array): Promise<{ outcome: Outcome; response?: ResponseEnvelope }> => {
    const json = parsed(payload);
    const named = JustId.safeParse(json);
    // without an id the caller could not tell which question this answers
    if (!named.success) return { outcome: 'unreadable' };
    const { id } = named.data;
    const refuse = (code: ErrorCode, message: string): { outcome: Outcome; response: ResponseEnvelope } => ({
      outcome: 'refused',
      response: { id, ok: false, code, message },
    });
    if (!isService(service)) return refuse('REQUEST_UNKNOWN_SERVICE', `this site has no service ${service}`);
    const envelope = RequestEnvelope.safeParse(json);
    if (!envelope.success) return refuse('REQUEST_INVALID', faults(envelope.error));
    const question = requestServices[service].question.safeParse(envelope.data.question);
    if (!question.success) return refuse('REQUEST_INVALID', faults(question.error));
    try {
      const ask = services[service] as (question: unknown) => Promise<Record<string, unknown>> | Record<string, unknown>;
      return { outcome: 'answered', response: { id, ok: true, answer: await ask(question.data) } };
    } catch (err) {
      log.error({ service, err }, 'a service failed');
      return { ...refuse('INTERNAL', 'the service failed; the log of the broker says why'), outcome: 'failed' };
    }
  };

  const serve = async (owner: TopicOwner, service: string, payload: Uint8Array): Promise<void> => {
    const { outcome, response } = await answer(service, payload);
    options.count({ service: isService(service) ? service : 'unknown', outcome });
    if (response !== undefined) await options.publish(responseTopic(owner, service), JSON.stringify(response));
  };

  return {
    ask(owner, service, payload) {
      const mine = open.get(owner.deviceId) ?? 0;
      if (mine >= maxOpenPerDevice || openCount >= maxOpen) {
        options.count({ service: isService(service) ? service : 'unknown', outcome: 'overload' });
        options.onOverload(owner.deviceId);
        return;
      }
      open.set(owner.deviceId, mine + 1);
      openCount += 1;
      serve(owner, service, payload)
        .catch((err: unknown) => log.debug({ service, err }, 'an answer could not be delivered'))
        .finally(() => {
          openCount -= 1;
          const left = (open.get(owner.deviceId) ?? 1) - 1;
          if (left === 0) open.delete(owner.deviceId);
          else open.set(owner.deviceId, left);
        });
    },
  };
}

const isService = (name: string): name is RequestService => Object.hasOwn(requestServices, name);

function parsed(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch {
    return undefined;
  }
}
