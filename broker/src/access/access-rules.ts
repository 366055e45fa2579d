/** Who may say and hear what. The owner comes from the client certificate; nothing a client writes in CONNECT changes it. Pure. */
import {
  commandTopic,
  desiredTopic,
  devicePrefix,
  type ParsedTopic,
  parseTopic,
  responseTopic,
  type TopicOwner,
} from '@tramhoc/protocol/topics';

/** Why something was refused; also the label of the counter. */
export const refusalReasons = [
  'rate-limit',
  'connection-limit',
  'no-identity',
  'other-site',
  'certificate-expired',
  'revoked',
  'sign-in',
  'not-mqtt',
  'mqtt-version',
  'malformed',
  'packet-too-large',
  'slow-reader',
  'client-id',
  'keep-alive',
  'will-topic',
  'publish-topic',
  'subscribe-filter',
  'request-limit',
  'store',
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

/** A device publishes its events, its presence and its questions; undefined for every other topic. */
export function publishable(owner: TopicOwner, topic: string): ParsedTopic | undefined {
  const parsed = parseTopic(topic);
  if (parsed === undefined || parsed.siteId !== owner.siteId || parsed.deviceId !== owner.deviceId) return undefined;
  return parsed.kind === 'events' || parsed.kind === 'presence' || parsed.kind === 'request' ? parsed : undefined;
}

/** A device hears its desired document, its commands and the answers to its questions, one by one or all below its own prefix. */
export function maySubscribe(owner: TopicOwner, filter: string): boolean {
  const prefix = devicePrefix(owner);
  if (filter === `${prefix}/#` || filter === desiredTopic(owner) || filter === commandTopic(owner)) return true;
  if (filter === responseTopic(owner, '+')) return true;
  const parsed = parseTopic(filter);
  return parsed?.kind === 'response' && parsed.siteId === owner.siteId && parsed.deviceId === owner.deviceId;
}

/** Second wall, asked for each delivery: what goes up or across is never handed to a device, not even to its sender. */
export function mayReceive(owner: TopicOwner, topic: string): boolean {
  const parsed = parseTopic(topic);
  if (parsed === undefined || parsed.siteId !== owner.siteId || parsed.deviceId !== owner.deviceId) return false;
  return parsed.kind !== 'events' && parsed.kind !== 'request';
}

/** Agents use 15. A device that may be silent for longer than five minutes cannot be told from a lost one. */
export const maxKeepAliveS = 300;

/** Names of tools run to 40 characters; the cap keeps maps and log lines small. */
const maxClientIdCharacters = 128;

export type ClientIdVerdict = { ok: true; clientId: string } | { ok: false };

/**
 * The id under which a session runs: `<device>/<what the client said>`, so that no device can take over the session of another. An empty one
 * gets `spare`; MQTT 3.1.1 allows that for clean sessions only [MQTT-3.1.3-8].
 */
export function sessionId(owner: TopicOwner, asked: { clientId: string; clean: boolean; spare: string }): ClientIdVerdict {
  const { clientId, clean, spare } = asked;
  if (clientId.length > maxClientIdCharacters || (clientId === '' && !clean) || /\p{Cc}/u.test(clientId)) return { ok: false };
  return { ok: true, clientId: `${owner.deviceId}/${clientId === '' ? spare : clientId}` };
}
