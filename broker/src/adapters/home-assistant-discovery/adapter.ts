/** Everything that announces itself to Home Assistant by MQTT: the announcement says where the values come, how to read them and in which unit. */
import type { AdapterDefinition, Finding } from '../adapter.ts';
import { objectOf } from '../payload-text.ts';
import { announced, readConfigTopic } from './codec.ts';
import { DiscoveryOptions } from './discovery-options.ts';
import { createEntityBook } from './entity-book.ts';

export const homeAssistantDiscovery: AdapterDefinition<DiscoveryOptions> = {
  kind: 'home-assistant-discovery',
  title: { vi: 'Thiết bị theo chuẩn Home Assistant (MQTT discovery)', en: 'Devices with Home Assistant MQTT discovery' },
  optionsSchema: DiscoveryOptions,
  // where the values come is for the config to say
  topics: ({ discoveryPrefix }) => ({ publish: [`${discoveryPrefix}/#`], subscribe: [`${discoveryPrefix}/#`] }),
  // a device with thirty components
  maxPayloadBytes: 64 * 1024,
  silentAfterS: 3_600,
  start({ discoveryPrefix }, isOwn) {
    const book = createEntityBook(isOwn);
    return {
      read({ topic, payload }): Finding[] {
        const config = readConfigTopic(topic, discoveryPrefix);
        if (config === undefined) return book.read(topic, payload) ?? [];
        if (payload.length === 0) return book.announce(topic, []);
        const json = objectOf(payload);
        return json === undefined ? [{ kind: 'unreadable' }] : book.announce(topic, announced(config, json));
      },
    };
  },
};
