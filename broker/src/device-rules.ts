/** What the broker answers when the MQTT server asks: access rules first, then ingest, presence or a service. */
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import type { TramError } from '@tramhoc/protocol/errors';
import { faults } from '@tramhoc/protocol/event';
import { DeviceId, type SiteId } from '@tramhoc/protocol/ids';
import { Presence } from '@tramhoc/protocol/presence';
import { eventsTopic } from '@tramhoc/protocol/topics';
import { maxKeepAliveS, mayReceive, maySubscribe, publishable, sessionId } from './access/access-rules.ts';
import { createFairShare } from './access/fair-share.ts';
import type { Refusals } from './access/refusals.ts';
import type { Peer } from './access/tls-listener.ts';
import type { Ingest } from './ingest/ingest.ts';
import type { PresenceBook } from './ingest/presence.ts';
import type { MqttRules, Publish, PublishVerdict } from './mqtt-server.ts';
import type { RequestDesk } from './services/request-service.ts';

/** One device's part of a commit: two publishes of 500 events, or 180 single taps; about 50 ms of work. */
const maxBytesUnderWay = 128 * 1024;
/** What a publish costs besides its payload. */
const publishBytes = 512;

export function createDeviceRules(parts: {
  refusals: Refusals;
  ingest: Ingest;
  presence: PresenceBook;
  desk: RequestDesk;
  isRevoked(device: DeviceId): boolean;
  /** While the broker closes, nobody has left of their own accord. */
  isClosing(): boolean;
  random: Random;
  log: Log;
  /** With it sessions may outlive their connection. */
  siteId?: SiteId;
}): MqttRules<Peer> {
  const { refusals, ingest, presence, desk } = parts;
  const share = createFairShare({ bytes: maxBytesUnderWay });

  const announce = async (peer: Peer, { topic, payload, retain }: Publish): Promise<PublishVerdict> => {
    const json = readJson(payload);
    const said = Presence.safeParse(json);
    if (said.success) {
      if (said.data.agentVersion !== undefined) presence.describe(peer.deviceId, said.data.agentVersion);
      return { allowed: true, retain };
    }
    const reason = json === undefined ? 'not JSON' : faults(said.error);
    await ingest.setAside({ owner: peer, topic, payload }, { code: 'PAYLOAD_MALFORMED', reason, bytes: payload });
    return { allowed: true, retain: false };
  };

  /** Where each device publishes its events: nearly everything that comes. */
  const eventTopics = new WeakMap<Peer, string>();
  const eventTopicOf = (peer: Peer): string => {
    const known = eventTopics.get(peer) ?? eventsTopic(peer);
    eventTopics.set(peer, known);
    return known;
  };
  const keep = (peer: Peer, { topic, payload }: Publish): Promise<PublishVerdict> =>
    ingest.events({ owner: peer, topic, payload }).then(
      () => ({ allowed: true, retain: false }),
      (error: TramError) => {
        const advice = 'nothing is acknowledged while the store cannot be written';
        refusals.note({ reason: 'store', who: peer.deviceId, advice, detail: error.code });
        throw error;
      },
    );

  const take = async (peer: Peer, publish: Publish): Promise<PublishVerdict> => {
    const topic = publishable(peer, publish.topic);
    if (topic === undefined) {
      refusals.note({
        reason: 'publish-topic',
        who: peer.deviceId,
        advice: 'a device publishes events, presence and requests below its own prefix only',
        detail: publish.topic.slice(0, 200),
      });
      return { allowed: false };
    }
    switch (topic.kind) {
      case 'presence':
        return announce(peer, publish);
      case 'request':
        desk.ask(peer, topic.service, publish.payload);
        return { allowed: true, retain: false };
      default:
        return keep(peer, publish);
    }
  };

  return {
    connect(peer, { clientId, clean, keepAliveS, willTopic }) {
      const who = peer.deviceId;
      const named = sessionId(peer, { clientId, clean, spare: parts.random.uuid() });
      if (!named.ok) {
        refusals.note({ reason: 'client-id', who, advice: 'use a client id of 1 to 128 printable characters' });
        return { allowed: false, returnCode: 2 };
      }
      if (keepAliveS < 1 || keepAliveS > maxKeepAliveS) {
        refusals.note({
          reason: 'keep-alive',
          who,
          advice: `set the keep-alive to 1 to ${maxKeepAliveS} seconds`,
          detail: `${keepAliveS} s`,
        });
        return { allowed: false, returnCode: 5 };
      }
      if (willTopic !== undefined && publishable(peer, willTopic) === undefined) {
        refusals.note({
          reason: 'will-topic',
          who,
          advice: "a last will may only go to the device's own topics",
          detail: willTopic.slice(0, 200),
        });
        return { allowed: false, returnCode: 5 };
      }
      return { allowed: true, clientId: named.clientId, owner: peer.deviceId };
    },
    publish(peer, publish) {
      const bytes = publish.payload.length + publishBytes;
      const turn = share.enter(peer.deviceId, bytes);
      const work = (): Promise<PublishVerdict> => (publish.topic === eventTopicOf(peer) ? keep : take)(peer, publish);
      const leave = (): void => share.leave(peer.deviceId, bytes);
      return (turn === undefined ? work() : turn.then(work)).then(
        (verdict) => {
          leave();
          return verdict;
        },
        (error: Error) => {
          leave();
          throw error;
        },
      );
    },
    subscribe(peer, filter) {
      if (maySubscribe(peer, filter)) return true;
      refusals.note({
        reason: 'subscribe-filter',
        who: peer.deviceId,
        advice: 'a device subscribes below its own prefix only',
        detail: filter.slice(0, 200),
      });
      return false;
    },
    deliver: mayReceive,
    arrived: (peer) => presence.arrived(peer.deviceId),
    ...(parts.siteId === undefined ? {} : { absent: absentFrom(parts.siteId, parts.isRevoked) }),
    overflowed: ({ deviceId }) =>
      refusals.note({ reason: 'slow-reader', who: deviceId, advice: 'the device asks for more than it reads; look at its log' }),
    gone(peer, how) {
      if (!parts.isClosing()) presence.left(peer.deviceId, parts.isRevoked(peer.deviceId) ? 'revoked' : how);
    },
  };
}

/** Client ids begin with the device (access-rules.ts): that is all that is needed to say what its session may hear. */
function absentFrom(siteId: SiteId, isRevoked: (device: DeviceId) => boolean): (clientId: string) => Peer | undefined {
  return (clientId) => {
    const device = DeviceId.safeParse(clientId.slice(0, clientId.indexOf('/')));
    if (!device.success || isRevoked(device.data)) return undefined;
    return { siteId, deviceId: device.data, address: '', notAfterMs: 0 };
  };
}

function readJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch {
    return undefined;
  }
}
