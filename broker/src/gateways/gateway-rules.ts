/** What the broker answers when a gateway comes, publishes or subscribes. It may publish its own topics, and hears nothing: nobody here speaks to it. */
import type { Random } from '@tramhoc/base/random';
import { maxKeepAliveS } from '../access/access-rules.ts';
import type { Refusals } from '../access/refusals.ts';
import { isOwnFilter, isOwnTopic } from '../adapters/topic-pattern.ts';
import type { MqttRules } from '../mqtt-rules.ts';
import type { Gateway } from './gateway-config.ts';
import type { Pace } from './pace.ts';
import type { Outcome } from './sensor-desk.ts';
import type { SignIn } from './sign-in.ts';

/** A connection; whose it is, is known once the password was right. */
export type GatewayPeer = { address: string; gateway: Gateway | undefined };

/** A gateway that starts announces a thousand sensors at once; afterwards a hundred devices send a few messages a second. */
export const messagePace = { burst: 2_000, perSecond: 100 };
/** A large message is work as well: each 4 KiB of it counts as one. */
const bytesPerMessage = 4 * 1024;
const maxClientIdCharacters = 128;

export function createGatewayRules(parts: {
  signIn: SignIn;
  refusals: Refusals;
  pace: Pace;
  random: Random;
  take(gateway: Gateway, message: { topic: string; payload: Uint8Array }): Outcome;
  arrived(gateway: Gateway): void;
  gone(gateway: Gateway): void;
}): MqttRules<GatewayPeer> {
  const { signIn, refusals, pace } = parts;
  const nameOf = ({ gateway, address }: GatewayPeer): string => gateway?.entry.name ?? address;

  return {
    async signIn(peer, { userName, password }) {
      const verdict = await signIn.check({ address: peer.address, user: userName, password });
      if (verdict.ok) {
        peer.gateway = verdict.gateway;
        return;
      }
      const advice =
        verdict.why === 'wrong'
          ? 'wrong user name or password; type it into the gateway again, or make a new one with: tramhoc site gateway'
          : 'too many wrong passwords from here; it is looked at again in a minute';
      refusals.note({ reason: 'sign-in', who: peer.address, advice, detail: (userName ?? '').slice(0, 64) });
    },
    connect(peer, { clientId, clean, keepAliveS, willTopic }) {
      const { gateway } = peer;
      if (gateway === undefined) return { allowed: false, returnCode: 5 };
      const who = gateway.entry.name;
      if (clientId.length > maxClientIdCharacters || (clientId === '' && !clean) || /\p{Cc}/u.test(clientId)) {
        refusals.note({ reason: 'client-id', who, advice: 'use a client id of 1 to 128 printable characters' });
        return { allowed: false, returnCode: 2 };
      }
      if (keepAliveS < 1 || keepAliveS > maxKeepAliveS) {
        const advice = `set the keep-alive to 1 to ${maxKeepAliveS} seconds`;
        refusals.note({ reason: 'keep-alive', who, advice, detail: `${keepAliveS} s` });
        return { allowed: false, returnCode: 5 };
      }
      if (willTopic !== undefined && !isOwnTopic(gateway.publish, willTopic)) {
        const advice = "a last will may only go to the gateway's own topics; add the topic to its entry in the config";
        refusals.note({ reason: 'will-topic', who, advice, detail: willTopic.slice(0, 200) });
        return { allowed: false, returnCode: 5 };
      }
      return { allowed: true, clientId: `${who}/${clientId === '' ? parts.random.uuid() : clientId}`, owner: who };
    },
    async publish(peer, { topic, payload }) {
      const { gateway } = peer;
      if (gateway === undefined) return { allowed: false };
      if (!isOwnTopic(gateway.publish, topic)) {
        refusals.note({
          reason: 'publish-topic',
          who: nameOf(peer),
          advice: 'a gateway publishes its own topics only; add the topic to its entry in the config if it belongs to it',
          detail: topic.slice(0, 200),
        });
        return { allowed: false };
      }
      const turn = pace.take(gateway.entry.name, 1 + Math.floor(payload.length / bytesPerMessage));
      if (turn !== undefined) await turn;
      parts.take(gateway, { topic, payload });
      // nobody subscribes to it, so nothing is kept of it
      return { allowed: true, retain: false };
    },
    subscribe(peer, filter) {
      if (peer.gateway !== undefined && isOwnFilter(peer.gateway.subscribe, filter)) return true;
      const advice = 'a gateway subscribes to its own topics only; most do their work without';
      refusals.note({ reason: 'subscribe-filter', who: nameOf(peer), advice, detail: filter.slice(0, 200) });
      return false;
    },
    deliver: () => false,
    arrived: ({ gateway }) => void (gateway !== undefined && parts.arrived(gateway)),
    gone: ({ gateway }) => void (gateway !== undefined && parts.gone(gateway)),
    overflowed: (peer) =>
      refusals.note({ reason: 'slow-reader', who: nameOf(peer), advice: 'the gateway asks for more than it reads; look at its log' }),
  };
}
