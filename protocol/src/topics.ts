/**
 * MQTT topics, version 1: tram/1/{site}/{device}/... A device publishes and subscribes only below its own prefix.
 * Up: events, presence (retained, last will). Down: twin/desired (retained), command. Across: request/{service}, response/{service}.
 */
import { DeviceId, SiteId } from './ids.ts';

export type TopicOwner = { siteId: SiteId; deviceId: DeviceId };

/** `tram/1/<site>/<device>`, without a slash at the end. */
export const devicePrefix = ({ siteId, deviceId }: TopicOwner): string => `tram/1/${siteId}/${deviceId}`;
export const eventsTopic = (owner: TopicOwner): string => `${devicePrefix(owner)}/events`;
export const presenceTopic = (owner: TopicOwner): string => `${devicePrefix(owner)}/presence`;
export const desiredTopic = (owner: TopicOwner): string => `${devicePrefix(owner)}/twin/desired`;
export const commandTopic = (owner: TopicOwner): string => `${devicePrefix(owner)}/command`;
export const requestTopic = (owner: TopicOwner, service: string): string => `${devicePrefix(owner)}/request/${service}`;
export const responseTopic = (owner: TopicOwner, service: string): string => `${devicePrefix(owner)}/response/${service}`;

export type ParsedTopic = TopicOwner &
  (
    | { kind: 'events' }
    | { kind: 'presence' }
    | { kind: 'desired' }
    | { kind: 'command' }
    | { kind: 'request'; service: string }
    | { kind: 'response'; service: string }
  );

const serviceName = /^[a-z][a-z0-9-]{0,31}$/;

/** The parts of a topic of ours; undefined for every other topic. */
export function parseTopic(topic: string): ParsedTopic | undefined {
  const [root, version, site, device, ...rest] = topic.split('/');
  if (root !== 'tram' || version !== '1') return undefined;
  const siteId = SiteId.safeParse(site);
  const deviceId = DeviceId.safeParse(device);
  if (!siteId.success || !deviceId.success) return undefined;
  const owner = { siteId: siteId.data, deviceId: deviceId.data };
  const tail = rest.join('/');
  if (tail === 'events' || tail === 'presence' || tail === 'command') return { ...owner, kind: tail };
  if (tail === 'twin/desired') return { ...owner, kind: 'desired' };
  const [kind, service, ...more] = rest;
  if ((kind === 'request' || kind === 'response') && service !== undefined && more.length === 0 && serviceName.test(service))
    return { ...owner, kind, service };
  return undefined;
}
