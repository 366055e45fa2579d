/** Announcements of Home Assistant's MQTT discovery. Shape and sources: README.md. */
import type { Quantity } from '@tramhoc/protocol/sensor';
import { type FoundDevice, maxNameCharacters, maxParts } from '../adapter.ts';
import { asObject, type JsonObject, numberOf, own, ownText } from '../payload-text.ts';
import { quantityNamed, quantityOfUnit } from '../units.ts';
import { parseTemplate, type ValueTemplate, wholeText } from './template.ts';

/** `<prefix>/<component>/[<node>/]<object>/config`. */
export type ConfigTopic = { component: string; node: string | undefined; object: string };

export function readConfigTopic(topic: string, prefix: string): ConfigTopic | undefined {
  if (!topic.startsWith(`${prefix}/`)) return undefined;
  const levels = topic.slice(prefix.length + 1).split('/');
  if (levels.pop() !== 'config' || levels.length < 2 || levels.length > 3 || levels.includes('')) return undefined;
  const [component = '', first = '', second] = levels;
  return second === undefined ? { component, node: undefined, object: first } : { component, node: first, object: second };
}

/** Where somebody says whether the device is there. */
export type AvailabilitySource = { topic: string; template: ValueTemplate; online: string; offline: string };

export type Announced = FoundDevice & {
  part: string;
  model: string | undefined;
  stateTopic: string;
  /** Undefined: more than a picked value. */
  template: ValueTemplate | undefined;
  quantity: Quantity | undefined;
  unit: string | undefined;
  /** About the device itself (signal, uptime): nobody wants a reading of it. */
  ownAffair: boolean;
  availability: readonly AvailabilitySource[];
  mode: 'all' | 'any' | 'latest';
};

/** Of https://www.home-assistant.io/integrations/mqtt: those that a sensor can have. */
const abbreviations: Readonly<Record<string, string>> = {
  ...{ avty: 'availability', avty_mode: 'availability_mode', avty_t: 'availability_topic', avty_tpl: 'availability_template' },
  ...{
    cmps: 'components',
    cns: 'connections',
    dev: 'device',
    dev_cla: 'device_class',
    en: 'enabled_by_default',
    ent_cat: 'entity_category',
  },
  ...{ ids: 'identifiers', mf: 'manufacturer', mdl: 'model', o: 'origin', p: 'platform', pl_avail: 'payload_available' },
  ...{ pl_not_avail: 'payload_not_available', stat_t: 'state_topic', t: 'topic', uniq_id: 'unique_id' },
  ...{ unit_of_meas: 'unit_of_measurement', val_tpl: 'value_template' },
};

/** The same object with the long names of its keys. */
function long(object: JsonObject): JsonObject {
  const entries = Object.entries(object).map(([key, value]) => [Object.hasOwn(abbreviations, key) ? abbreviations[key]! : key, value]);
  return Object.fromEntries(entries) as JsonObject;
}

/** Empty: nothing that measures. */
export function announced({ component, node, object }: ConfigTopic, json: JsonObject): Announced[] {
  const config = long(json);
  if (component === 'sensor') {
    const one = sensorOf(config, { part: object, fallback: node ?? object });
    return one === undefined ? [] : [one];
  }
  if (component !== 'device') return [];
  const { components: _components, ...shared } = config;
  const components = asObject(own(config, 'components')) ?? {};
  return Object.entries(components)
    .slice(0, maxParts * 2)
    .flatMap(([part, inner]) => {
      const own = asObject(inner);
      if (own === undefined) return [];
      // what stands outside of the components is for all of them
      const whole = { ...shared, ...long(own) };
      const one = ownText(whole, 'platform') === 'sensor' ? sensorOf(whole, { part, fallback: object }) : undefined;
      return one === undefined ? [] : [one];
    });
}

function sensorOf(config: JsonObject, { part, fallback }: { part: string; fallback: string }): Announced | undefined {
  const base = ownText(config, '~');
  const stateTopic = fullTopic(ownText(config, 'state_topic'), base);
  if (stateTopic === undefined || own(config, 'enabled_by_default') === false) return undefined;
  const device = long(asObject(own(config, 'device')) ?? {});
  const template = ownText(config, 'value_template');
  const deviceClass = ownText(config, 'device_class');
  const unit = ownText(config, 'unit_of_measurement')?.trim() || undefined;
  const quantity = deviceClass === undefined ? quantityOfUnit(unit) : quantityNamed(deviceClass);
  const mode = ownText(config, 'availability_mode');
  return {
    device: (ownText(device, 'name') || firstText(own(device, 'identifiers')) || fallback).slice(0, maxNameCharacters),
    id: idOf(device),
    part: part.slice(0, maxNameCharacters),
    model: [ownText(device, 'manufacturer'), ownText(device, 'model')].filter(Boolean).join(' ').slice(0, maxNameCharacters) || undefined,
    stateTopic,
    template: template === undefined ? wholeText : parseTemplate(template),
    quantity,
    unit,
    ownAffair: isOwnAffair({ category: ownText(config, 'entity_category'), deviceClass, unit, quantity }),
    availability: sourcesOf(config, base),
    mode: mode === 'all' || mode === 'any' ? mode : 'latest',
  };
}

/** Names are for people, and many boards have the one that their maker gave them: a device is its first identifier, else its first connection (`mac`). */
function idOf(device: JsonObject): string | undefined {
  const connections = own(device, 'connections');
  const connection: unknown = Array.isArray(connections) ? connections[0] : undefined;
  const id = firstText(own(device, 'identifiers')) || (Array.isArray(connection) ? firstText(connection[1]) : undefined);
  // the end of a long one says more
  return id?.slice(-maxNameCharacters / 2) || undefined;
}

/** Classes and units of what a device tells of itself, or that is no measurement. */
const ownClasses = new Set(['signal_strength', 'duration', 'timestamp', 'data_size', 'data_rate', 'enum', 'date']);
const ownUnits = new Set(['dBm', 's', 'ms', 'min', 'lqi', 'B', 'kB']);

function isOwnAffair(said: {
  category: string | undefined;
  deviceClass: string | undefined;
  unit: string | undefined;
  quantity: Quantity | undefined;
}): boolean {
  if (said.quantity === 'batteryPct') return false;
  return said.category !== undefined || ownClasses.has(said.deviceClass ?? '') || ownUnits.has(said.unit ?? '');
}

function sourcesOf(config: JsonObject, base: string | undefined): AvailabilitySource[] {
  const list = own(config, 'availability');
  const entries = Array.isArray(list) ? list.slice(0, 4).map(asObject) : [asObject(list)];
  const single = ownText(config, 'availability_topic');
  const sources = entries.flatMap((entry): AvailabilitySource[] => {
    if (entry === undefined) return [];
    const source = long(entry);
    return sourceOf(fullTopic(ownText(source, 'topic'), base), ownText(source, 'value_template'), source);
  });
  return sources.length > 0 ? sources : sourceOf(fullTopic(single, base), ownText(config, 'availability_template'), config);
}

function sourceOf(topic: string | undefined, templateText: string | undefined, names: JsonObject): AvailabilitySource[] {
  const template = templateText === undefined ? wholeText : parseTemplate(templateText);
  if (topic === undefined || template === undefined) return [];
  const online = ownText(names, 'payload_available') ?? 'online';
  return [{ topic, template, online, offline: ownText(names, 'payload_not_available') ?? 'offline' }];
}

/** `~` at the front or the end stands for the base topic. */
function fullTopic(topic: string | undefined, base: string | undefined): string | undefined {
  if (topic === undefined || topic === '' || topic.length > 200) return undefined;
  if (base === undefined || base.length > 200) return topic;
  if (topic.startsWith('~')) return `${base}${topic.slice(1)}`;
  return topic.endsWith('~') ? `${topic.slice(0, -1)}${base}` : topic;
}

function firstText(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' ? first : numberOf(first)?.toString();
}
