/** ESPHome: each value has a topic of its own and comes as a bare number; what it means is announced to Home Assistant, or said in the config. */
import type { AdapterDefinition, Finding } from '../adapter.ts';
import { announced, readConfigTopic } from '../home-assistant-discovery/codec.ts';
import { DiscoveryOptions } from '../home-assistant-discovery/discovery-options.ts';
import { createEntityBook } from '../home-assistant-discovery/entity-book.ts';
import { numberOf, objectOf, textOf } from '../payload-text.ts';
import { readTopic } from './codec.ts';

export const esphome: AdapterDefinition<DiscoveryOptions> = {
  kind: 'esphome',
  title: { vi: 'Thiết bị ESPHome', en: 'ESPHome devices' },
  optionsSchema: DiscoveryOptions,
  // the names of the nodes are for the config to say
  topics: ({ discoveryPrefix }) => ({
    publish: [`${discoveryPrefix}/#`, 'esphome/discover/#'],
    subscribe: [`${discoveryPrefix}/#`, 'esphome/#'],
  }),
  maxPayloadBytes: 16 * 1024,
  // a minute is usual; some nodes sleep for a quarter of an hour
  silentAfterS: 3_600,
  start({ discoveryPrefix }, isOwn) {
    const book = createEntityBook(isOwn);
    return {
      read({ topic, payload }): Finding[] {
        const config = readConfigTopic(topic, discoveryPrefix);
        if (config !== undefined) {
          if (payload.length === 0) return book.announce(topic, []);
          const json = objectOf(payload);
          if (json === undefined) return [{ kind: 'unreadable' }];
          // a node is called here as its topics call it, not by its friendly name
          const found = announced(config, json).map((one) => {
            const place = readTopic(one.stateTopic);
            return place?.kind === 'sensor' ? { ...one, device: place.device, id: undefined, part: place.object } : one;
          });
          return book.announce(topic, found);
        }
        const place = readTopic(topic);
        if (place?.kind === 'status') return statusOf(place.device, textOf(payload));
        const known = book.read(topic, payload);
        if (known !== undefined || place === undefined) return known ?? [];
        const value = numberOf(textOf(payload));
        return value === undefined
          ? []
          : [{ kind: 'values', device: place.device, values: [{ part: place.object, value, quantity: undefined, unit: undefined }] }];
      },
    };
  },
};

function statusOf(device: string, said: string | undefined): Finding[] {
  if (said === 'online' || said === 'offline') return [{ kind: 'availability', device, online: said === 'online' }];
  return said === '' ? [] : [{ kind: 'unreadable' }];
}
