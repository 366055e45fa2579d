/** Tasmota: boards that publish everything they measure in one JSON object every five minutes. */
import { z } from 'zod';
import type { AdapterDefinition, Finding } from '../adapter.ts';
import { objectOf, ownText, textOf } from '../payload-text.ts';
import { fullTopicLevels, readTopic, sensorValues } from './codec.ts';

const Options = z.strictObject({
  /** As the board's own settings have it (Configuration, MQTT, Full Topic). */
  fullTopic: z
    .string()
    .max(120)
    .regex(/%prefix%/, 'must contain %prefix%')
    .default('%prefix%/%topic%/'),
});
type Options = z.infer<typeof Options>;

const discovery = /^tasmota\/discovery\/[^/]+\/config$/;

export const tasmota: AdapterDefinition<Options> = {
  kind: 'tasmota',
  title: { vi: 'Thiết bị Tasmota', en: 'Tasmota devices' },
  optionsSchema: Options,
  topics({ fullTopic }) {
    const own = (prefix: string): string =>
      `${fullTopicLevels(fullTopic)
        .map((level) => (level === '%prefix%' ? prefix : level.startsWith('%') ? '+' : level))
        .join('/')}/#`;
    // a Full Topic that begins with the name of the board says nothing about what it may publish: then the config must
    const named = !/^%(?!prefix%)/.test(fullTopic);
    return {
      publish: [...(named ? [own('tele'), own('stat')] : []), 'tasmota/discovery/#'],
      subscribe: [...(named ? [own('cmnd')] : []), 'cmnd/#', 'tasmota/discovery/#'],
    };
  },
  maxPayloadBytes: 16 * 1024,
  // three times TelePeriod, which is 300 s
  silentAfterS: 900,
  start({ fullTopic }) {
    const levels = fullTopicLevels(fullTopic);
    return {
      read({ topic, payload }): Finding[] {
        const place = readTopic(topic, levels);
        if (place === undefined) return discovery.test(topic) ? identityOf(payload) : [];
        const { device, what } = place;
        switch (what) {
          case 'LWT': {
            const said = textOf(payload);
            if (said !== 'Online' && said !== 'Offline') return said === '' ? [] : [{ kind: 'unreadable' }];
            return [{ kind: 'availability', device, online: said === 'Online' }];
          }
          case 'SENSOR': {
            const sensor = objectOf(payload);
            if (sensor === undefined) return [{ kind: 'unreadable' }];
            const values = sensorValues(sensor);
            return values.length === 0 ? [] : [{ kind: 'values', device, values }];
          }
          case 'STATE':
            return objectOf(payload) === undefined ? [{ kind: 'unreadable' }] : [{ kind: 'availability', device, online: true }];
          default:
            return [];
        }
      },
    };
  },
};

/** `t` is the board's topic, `md` its module. */
function identityOf(payload: Uint8Array): Finding[] {
  const config = objectOf(payload);
  const [device, model] = [ownText(config, 't'), ownText(config, 'md')];
  return device === undefined || model === undefined || device === '' ? [] : [{ kind: 'identity', device, model }];
}
