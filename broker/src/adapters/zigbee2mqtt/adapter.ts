/** Zigbee2MQTT: one bridge with a radio, many battery sensors behind it. */
import { z } from 'zod';
import { type AdapterDefinition, type Finding, maxNameCharacters } from '../adapter.ts';
import { jsonOf, objectOf, textOf } from '../payload-text.ts';
import { type KnownDevice, knownDevices, lastSeenMs, onlineOf, readTopic, stateValues } from './codec.ts';

const Options = z.strictObject({
  /** `mqtt.base_topic` of its configuration.yaml. */
  baseTopic: z
    .string()
    .min(2)
    .max(80)
    .regex(/^[^+#/]+(?:\/[^+#/]+)*$/, 'a topic without wildcards')
    .default('zigbee2mqtt'),
});
type Options = z.infer<typeof Options>;

export const zigbee2mqtt: AdapterDefinition<Options> = {
  kind: 'zigbee2mqtt',
  title: { vi: 'Cảm biến Zigbee (Zigbee2MQTT)', en: 'Zigbee sensors (Zigbee2MQTT)' },
  optionsSchema: Options,
  // with `homeassistant: true` it announces its devices there as well; a refused message would end its connection
  topics: ({ baseTopic }) => ({
    publish: [`${baseTopic}/#`, 'homeassistant/#'],
    subscribe: [`${baseTopic}/#`, 'homeassistant/#'],
  }),
  // bridge/devices with all definitions: about 10 KB for each device
  maxPayloadBytes: 2 * 1024 * 1024,
  // it gives up a battery device after 25 hours itself
  silentAfterS: 26 * 3_600,
  start({ baseTopic }) {
    let devices = new Map<string, KnownDevice>();
    return {
      read({ topic, payload }): Finding[] {
        const place = readTopic(topic, baseTopic);
        switch (place.kind) {
          case 'bridge': {
            if (place.what === 'state') return availability(undefined, payload);
            if (place.what !== 'devices') return [];
            const json = jsonOf(payload);
            if (!Array.isArray(json)) return [{ kind: 'unreadable' }];
            devices = new Map(knownDevices(json).map((device) => [device.name, device]));
            const inventory: Finding = { kind: 'inventory', devices: [...devices.keys()] };
            const identities = [...devices.values()].flatMap(({ name, model }): Finding[] =>
              model === undefined ? [] : [{ kind: 'identity', device: name, model: model.slice(0, maxNameCharacters) }],
            );
            return [inventory, ...identities];
          }
          case 'availability':
            return availability(place.device, payload);
          case 'state': {
            if (payload.length === 0) return [];
            const state = objectOf(payload);
            // with `output: attribute` each value has a topic of its own, and nothing says whose it is
            if (state === undefined) return [{ kind: 'unreadable' }];
            const values = stateValues(state, devices.get(place.device));
            return values.length === 0 ? [] : [{ kind: 'values', device: place.device, values, seenMs: lastSeenMs(state) }];
          }
          case 'other':
            return [];
          default:
            return place satisfies never;
        }
      },
    };
  },
};

function availability(device: string | undefined, payload: Uint8Array): Finding[] {
  const text = textOf(payload);
  const online = text === undefined ? undefined : onlineOf(text, objectOf(payload));
  if (online === undefined) return [{ kind: 'unreadable' }];
  return online === 'taken back' ? [] : [{ kind: 'availability', device, online }];
}
