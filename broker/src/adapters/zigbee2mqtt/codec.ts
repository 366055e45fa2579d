/** Topics and payloads of Zigbee2MQTT. Shape and sources: README.md. */
import type { Quantity } from '@tramhoc/protocol/sensor';
import { type FoundValue, maxDevices, maxParts } from '../adapter.ts';
import { asObject, type JsonObject, numberOf, own, ownText } from '../payload-text.ts';
import { quantityNamed } from '../units.ts';

export type ZigbeeTopic =
  | { kind: 'bridge'; what: string }
  | { kind: 'availability'; device: string }
  | { kind: 'state'; device: string }
  | { kind: 'other' };

/** Names may contain slashes: what a level means is known from its end. */
export function readTopic(topic: string, baseTopic: string): ZigbeeTopic {
  if (!topic.startsWith(`${baseTopic}/`)) return { kind: 'other' };
  const rest = topic.slice(baseTopic.length + 1);
  if (rest.startsWith('bridge/')) return { kind: 'bridge', what: rest.slice('bridge/'.length) };
  if (rest.endsWith('/availability')) return { kind: 'availability', device: rest.slice(0, -'/availability'.length) };
  // commands, which others send to the bridge
  return rest === '' || /\/(?:set|get)(?:\/|$)/.test(rest) ? { kind: 'other' } : { kind: 'state', device: rest };
}

/** `online` as a text (up to 1.x) or as `{"state":"online"}`. An empty payload takes back what was retained. */
export function onlineOf(text: string, json: JsonObject | undefined): boolean | 'taken back' | undefined {
  const said = ownText(json, 'state') ?? text;
  if (said === 'online' || said === 'offline') return said === 'online';
  return said === '' ? 'taken back' : undefined;
}

/** What a property of a device is; `ignored`: it measures nothing that somebody wants to see. */
export type Property = { quantity: Quantity | undefined; unit: string | undefined; ignored: boolean };
export type KnownDevice = { name: string; model: string | undefined; properties: ReadonlyMap<string, Property> };

const published = 1;
/** Numbers about the device itself. */
const ownAffairs =
  /^(?:linkquality|device_temperature|power_outage_count|.*_(?:precision|calibration|threshold|interval|delay|timeout|sensitivity|min|max)|update_.*)$/;

/** Out of `bridge/devices`: at most `maxDevices`, each with at most `maxParts` properties. */
export function knownDevices(json: unknown): KnownDevice[] {
  if (!Array.isArray(json)) return [];
  return json.slice(0, maxDevices * 4).flatMap((entry) => {
    const device = asObject(entry);
    const name = ownText(device, 'friendly_name');
    const definition = asObject(own(device, 'definition'));
    if (name === undefined || definition === undefined) return [];
    const vendor = ownText(definition, 'vendor');
    const model = ownText(definition, 'model');
    const exposes = flat(own(definition, 'exposes'));
    const names = new Set(exposes.map((one) => ownText(one, 'name')));
    // a socket that measures power measures its own temperature
    const isMeteredSwitch = names.has('power') && names.has('state');
    const properties = new Map<string, Property>();
    for (const expose of exposes) {
      const property = ownText(expose, 'property');
      if (property === undefined || properties.size >= maxParts * 4 || ownText(expose, 'type') !== 'numeric') continue;
      if (((numberOf(own(expose, 'access')) ?? published) & published) === 0) continue;
      properties.set(property, propertyOf(expose, property, isMeteredSwitch));
    }
    return [{ name, model: [vendor, model].filter((word) => word !== undefined).join(' ') || undefined, properties }];
  });
}

function propertyOf(expose: JsonObject, property: string, isMeteredSwitch: boolean): Property {
  const name = ownText(expose, 'name') ?? property;
  const unit = ownText(expose, 'unit');
  const quantity = quantityNamed(name);
  // up to 1.x `illuminance` without a unit is a raw value on a logarithmic scale
  const isRaw = name === 'illuminance' && unit === undefined;
  const isOwnWarmth = name === 'temperature' && isMeteredSwitch;
  const isSilent = quantity === undefined && (unit === undefined || ownAffairs.test(name));
  return { quantity, unit, ignored: isRaw || isOwnWarmth || isSilent };
}

/** Exposes and the features of those that have some (switch, climate). */
function flat(exposes: unknown): JsonObject[] {
  if (!Array.isArray(exposes)) return [];
  return exposes.slice(0, 200).flatMap((one) => {
    const expose = asObject(one);
    if (expose === undefined) return [];
    const features = own(expose, 'features');
    const inner = Array.isArray(features) ? features.slice(0, 50).map(asObject) : [];
    return [expose, ...inner.filter((feature) => feature !== undefined)];
  });
}

/** `last_seen` in any of its spellings: ISO 8601 with `Z` or an offset, or milliseconds since 1970. Undefined: the bridge is not set to tell it. */
export function lastSeenMs(state: JsonObject): number | undefined {
  const said = own(state, 'last_seen');
  if (typeof said === 'number') return said;
  const ms = typeof said === 'string' && /^\d{4}-\d\d-\d\dT.*(?:Z|[+-]\d\d:?\d\d)$/.test(said) ? Date.parse(said) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/** While the bridge has not said what a device exposes: names whose unit has never been another one. */
const usual: Readonly<Record<string, string>> = {
  ...{ temperature: '°C', humidity: '%', pressure: 'hPa', illuminance_lux: 'lx', co2: 'ppm', pm25: 'µg/m³', pm10: 'µg/m³' },
  ...{ power: 'W', energy: 'kWh', battery: '%' },
};

export function stateValues(state: JsonObject, device: KnownDevice | undefined): FoundValue[] {
  return Object.entries(state).flatMap(([part, raw]) => {
    const value = numberOf(raw);
    if (value === undefined) return [];
    if (device === undefined) return Object.hasOwn(usual, part) ? [{ part, value, quantity: quantityNamed(part), unit: usual[part] }] : [];
    const property = device.properties.get(part);
    return property === undefined || property.ignored ? [] : [{ part, value, quantity: property.quantity, unit: property.unit }];
  });
}
