/** What was announced: which topics carry which values, and who says that a device is there. Bounded; shared with ESPHome, which announces as well. */
import type { Finding, FoundDevice, FoundValue } from '../adapter.ts';
import { jsonOf, textOf } from '../payload-text.ts';
import type { Announced } from './codec.ts';
import { numberBy, picked } from './template.ts';

export type EntityBook = {
  /** Replaces what the same config topic announced before. */
  announce(configTopic: string, announcements: readonly Announced[]): Finding[];
  /** Undefined: nobody has announced this topic. */
  read(topic: string, payload: Uint8Array): Finding[] | undefined;
};

/** Announced sensors of one gateway: 100 devices with ten each. */
export const maxAnnounced = 1_000;

export function createEntityBook(isOwn: (topic: string) => boolean): EntityBook {
  const byConfig = new Map<string, readonly Announced[]>();
  let count = 0;
  /** Made anew when something is announced or taken back. */
  let byState: Map<string, Announced[]> | undefined;
  let byAvailability: Map<string, Announced[]> | undefined;
  /** What was said last, of topics that somebody listens to. */
  const said = new Map<string, boolean>();

  const indexed = (topicsOf: (one: Announced) => readonly string[]): Map<string, Announced[]> => {
    const index = new Map<string, Announced[]>();
    for (const one of [...byConfig.values()].flat())
      for (const topic of new Set(topicsOf(one))) {
        const list = index.get(topic);
        if (list === undefined) index.set(topic, [one]);
        else list.push(one);
      }
    return index;
  };
  const hearState = (): Map<string, Announced[]> => (byState ??= indexed(({ stateTopic }) => [stateTopic]));
  const hearAvailability = (): Map<string, Announced[]> =>
    (byAvailability ??= indexed(({ availability }) => availability.map(({ topic }) => topic)));

  const values = (listeners: readonly Announced[], payload: Uint8Array): Finding[] => {
    const text = textOf(payload);
    if (text === undefined) return [{ kind: 'unreadable' }];
    const whole = { text, json: listeners.some(({ template }) => template?.from === 'json') ? jsonOf(payload) : undefined };
    const byDevice = new Map<string, FoundDevice & { values: FoundValue[] }>();
    for (const { device, id, part, template, quantity, unit, ownAffair } of listeners) {
      const value = template === undefined || ownAffair ? undefined : numberBy(template, whole);
      if (value === undefined) continue;
      const key = keyOf({ device, id });
      const found = byDevice.get(key) ?? { device, id, values: [] };
      byDevice.set(key, found);
      found.values.push({ part, value, quantity, unit });
    }
    return [...byDevice.values()].map((found) => ({ kind: 'values', ...found }));
  };

  const availabilities = (listeners: readonly Announced[], topic: string, payload: Uint8Array): Finding[] => {
    const text = textOf(payload);
    if (text === undefined) return [{ kind: 'unreadable' }];
    const findings = new Map<string, Finding>();
    for (const { device, id, availability, mode } of listeners) {
      const source = availability.find((one) => one.topic === topic)!;
      const word = picked(source.template, { text, json: source.template.from === 'json' ? jsonOf(payload) : undefined });
      if (word !== source.online && word !== source.offline) continue;
      said.set(topic, word === source.online);
      const all = availability.map((one) => said.get(one.topic));
      const online =
        mode === 'latest' ? word === source.online : mode === 'all' ? all.every((known) => known === true) : all.includes(true);
      findings.set(keyOf({ device, id }), { kind: 'availability', device, id, online });
    }
    return [...findings.values()];
  };

  return {
    announce(configTopic, announcements) {
      count -= byConfig.get(configTopic)?.length ?? 0;
      byConfig.delete(configTopic);
      byState = undefined;
      byAvailability = undefined;
      if (announcements.length === 0) return [];
      if (count + announcements.length > maxAnnounced)
        return announcements.map(({ device, id, part }) => ({ kind: 'not-supported', device, id, part, why: 'full' }));
      byConfig.set(configTopic, announcements);
      count += announcements.length;
      if (said.size > maxAnnounced) said.clear();
      return announcements.flatMap(({ device, id, part, model, template, stateTopic, ownAffair }): Finding[] => {
        const identity: Finding[] = model === undefined ? [] : [{ kind: 'identity', device, id, model }];
        if (ownAffair) return identity;
        if (template === undefined) return [...identity, { kind: 'not-supported', device, id, part, why: 'template' }];
        return isOwn(stateTopic) ? identity : [...identity, { kind: 'not-supported', device, id, part, why: 'topic' }];
      });
    },
    read(topic, payload) {
      const listeners = hearState().get(topic);
      const watchers = hearAvailability().get(topic);
      if (listeners === undefined && watchers === undefined) return undefined;
      return [
        ...(watchers === undefined ? [] : availabilities(watchers, topic, payload)),
        ...(listeners === undefined ? [] : values(listeners, payload)),
      ];
    },
  };
}

const keyOf = ({ device, id }: FoundDevice): string => JSON.stringify([device, id]);
