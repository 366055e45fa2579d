/** Shelly devices of generation 2 and later (Plus, Pro, Gen3, Gen4): they tell what changed, which is laid over what was known. */
import { z } from 'zod';
import { type AdapterDefinition, type Finding, maxDevices } from '../adapter.ts';
import { objectOf, textOf } from '../payload-text.ts';
import { componentValues, deviceOf, type Known, knownOf, notification, readTopic } from './codec.ts';

const Options = z.strictObject({});

/** Components that measure, of all devices of one account. */
const maxKnown = maxDevices * 8;

export const shellyGen2: AdapterDefinition<z.infer<typeof Options>> = {
  kind: 'shelly-gen2',
  title: { vi: 'Thiết bị Shelly (đời 2 trở đi)', en: 'Shelly devices (generation 2 and later)' },
  optionsSchema: Options,
  topics: () => ({ publish: ['shelly*/#'], subscribe: ['shelly*/#', 'shellies/#'] }),
  maxPayloadBytes: 32 * 1024,
  // those with a battery wake up every two hours
  silentAfterS: 7 * 3_600,
  start() {
    /** Oldest first. */
    const known = new Map<string, Known>();
    const learn = (device: string, component: string, news: Known, full: boolean): Finding[] => {
      if (Object.keys(news).length === 0) return [];
      const key = `${device} ${component}`;
      const merged = { ...(full ? {} : known.get(key)), ...news };
      known.delete(key);
      known.set(key, merged);
      if (known.size > maxKnown) known.delete(known.keys().next().value!);
      const values = componentValues(component, merged);
      return values.length === 0 ? [] : [{ kind: 'values', device: deviceOf(device, component), values }];
    };
    /** The device and what has names of its own on it. What was known of it is too old when it comes back. */
    const forget = (device: string): Set<string> => {
      const names = new Set([device]);
      for (const key of known.keys()) {
        if (!key.startsWith(`${device} `)) continue;
        names.add(deviceOf(device, key.slice(device.length + 1)));
        known.delete(key);
      }
      return names;
    };
    return {
      read({ topic, payload }): Finding[] {
        const place = readTopic(topic);
        if (place === undefined) return [];
        const { device } = place;
        if (place.kind === 'online') {
          const said = textOf(payload);
          if (said !== 'true' && said !== 'false') return [{ kind: 'unreadable' }];
          return [...forget(device)].map((name) => ({ kind: 'availability', device: name, online: said === 'true' }));
        }
        const json = objectOf(payload);
        if (json === undefined) return [{ kind: 'unreadable' }];
        if (place.kind === 'status') return learn(device, place.component, knownOf(place.component, json), true);
        const told = notification(json);
        if (told === undefined) return [];
        return merged(told.components.flatMap(([component, status]) => learn(device, component, knownOf(component, status), told.full)));
      },
    };
  },
};

/** One sample of a device for one message, whatever number of components it speaks of. */
function merged(findings: Finding[]): Finding[] {
  const values = new Map<string, Extract<Finding, { kind: 'values' }>>();
  for (const finding of findings) {
    if (finding.kind !== 'values') continue;
    const before = values.get(finding.device);
    values.set(finding.device, { ...finding, values: [...(before?.values ?? []), ...finding.values] });
  }
  return [...values.values()];
}
