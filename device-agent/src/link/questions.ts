/** Questions across: asked of a service in the site broker, answered within requestTimeoutMs or not at all. */
import type { Clock } from '@tramhoc/base/clock';
import type { Random } from '@tramhoc/base/random';
import { TramError } from '@tramhoc/protocol/errors';
import { maxMqttPayloadBytes, requestTimeoutMs } from '@tramhoc/protocol/limits';
import { type Answer, type Question, type RequestService, ResponseEnvelope, requestServices } from '@tramhoc/protocol/request';
import { requestTopic, responseTopic, type TopicOwner } from '@tramhoc/protocol/topics';

export type Questions = {
  /** Rejects BROKER_UNREACHABLE at once when there is no connection, REQUEST_TIMEOUT, REQUEST_INVALID, or LINK_CLOSED when it ends meanwhile. */
  ask<S extends RequestService>(service: S, question: Question<S>): Promise<Answer<S>>;
  /** A message at a response topic. */
  answered(payload: Buffer): void;
  linkLost(): void;
};

/** A class passing a reader asks once a second; more than this open at once means that nobody answers. */
const maxOpen = 64;

export function createQuestions({
  owner,
  clock,
  random,
  isConnected,
  publish,
}: {
  owner: TopicOwner;
  clock: Clock;
  random: Random;
  isConnected(): boolean;
  publish(topic: string, payload: string): Promise<void>;
}): Questions {
  const open = new Map<string, { settle(outcome: { answer: unknown } | { error: TramError }): void }>();
  return {
    ask(service, question) {
      if (!isConnected()) return Promise.reject(new TramError('BROKER_UNREACHABLE', 'the site broker cannot be asked; go on without it.'));
      if (open.size >= maxOpen)
        return Promise.reject(new TramError('REQUEST_TIMEOUT', `${maxOpen} questions are open already; go on without.`));
      const id = random.uuid();
      return new Promise((resolve, reject) => {
        const timer = clock.after(requestTimeoutMs, () =>
          settle({
            error: new TramError('REQUEST_TIMEOUT', `no answer to ${service} within ${requestTimeoutMs / 1_000} s; go on without it.`),
          }),
        );
        const settle = (outcome: { answer: unknown } | { error: TramError }): void => {
          if (!open.delete(id)) return;
          timer.cancel();
          if ('error' in outcome) {
            reject(outcome.error);
            return;
          }
          const answer = requestServices[service].answer.safeParse(outcome.answer);
          if (answer.success) resolve(answer.data as Answer<typeof service>);
          else reject(new TramError('REQUEST_INVALID', `the answer to ${service} has another shape than agreed; update agent and broker.`));
        };
        open.set(id, { settle });
        publish(requestTopic(owner, service), JSON.stringify({ id, question })).catch((cause: unknown) =>
          settle({
            error: cause instanceof TramError ? cause : new TramError('LINK_CLOSED', 'the question could not be sent.', { cause }),
          }),
        );
      });
    },
    answered(payload) {
      const envelope = parseEnvelope(payload);
      if (envelope === undefined) return;
      const outcome = envelope.ok
        ? { answer: envelope.answer }
        : { error: new TramError('REQUEST_INVALID', `the broker refused the question: ${envelope.code} ${envelope.message}`) };
      open.get(envelope.id)?.settle(outcome);
    },
    linkLost() {
      for (const { settle } of [...open.values()])
        settle({ error: new TramError('LINK_CLOSED', 'the connection to the broker ended before the answer; go on without it.') });
    },
  };
}

export const responseTopics = (owner: TopicOwner): string[] =>
  (Object.keys(requestServices) as RequestService[]).map((service) => responseTopic(owner, service));

function parseEnvelope(payload: Buffer): ResponseEnvelope | undefined {
  if (payload.length > maxMqttPayloadBytes) return undefined;
  try {
    return ResponseEnvelope.safeParse(JSON.parse(payload.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
