/** Status of Shelly devices of generation 2 and later. Shape and sources: README.md. */
import type { Quantity } from '@tramhoc/protocol/sensor';
import type { FoundValue } from '../adapter.ts';
import { asObject, type JsonObject, numberOf, own, ownText } from '../payload-text.ts';

export type ShellyTopic = { device: string } & ({ kind: 'rpc' } | { kind: 'status'; component: string } | { kind: 'online' });

/** The device's name is what stands in front: its id, or the prefix that somebody gave it (which may have slashes). */
export function readTopic(topic: string): ShellyTopic | undefined {
  const found = /^(.+)\/(events\/rpc|online|status\/([^/]+))$/.exec(topic);
  if (found === null) return undefined;
  const device = found[1]!;
  if (found[3] !== undefined) return { device, kind: 'status', component: found[3] };
  return { device, kind: found[2] === 'online' ? 'online' : 'rpc' };
}

/** Components of a notification; undefined for what is none. `full`: everything, not only what changed. */
export function notification(json: JsonObject | undefined): { full: boolean; components: [string, JsonObject][] } | undefined {
  const method = ownText(json, 'method');
  const params = asObject(own(json, 'params'));
  if (params === undefined || (method !== 'NotifyStatus' && method !== 'NotifyFullStatus')) return undefined;
  const components = Object.entries(params)
    .slice(0, maxComponents)
    .flatMap(([name, status]): [string, JsonObject][] => {
      const object = asObject(status);
      return object === undefined || !/^[a-z0-9]+:\d{1,4}$/.test(name) ? [] : [[name, object]];
    });
  return { full: method === 'NotifyFullStatus', components };
}

/** More than the largest of them has. */
export const maxComponents = 64;

/** What is kept of a component between notifications: numbers by the path where they stood. `null`: it could not be measured. */
export type Known = Readonly<Record<string, number | null>>;
type Meaning = { path: string; quantity: Quantity; unit: string; phase?: string };

const power: readonly Meaning[] = [
  { path: 'apower', quantity: 'powerW', unit: 'W' },
  { path: 'voltage', quantity: 'voltageV', unit: 'V' },
  { path: 'current', quantity: 'currentA', unit: 'A' },
  { path: 'aenergy.total', quantity: 'energyKWh', unit: 'Wh' },
];
const phases: readonly Meaning[] = ['a', 'b', 'c'].flatMap((phase) => [
  { path: `${phase}_act_power`, quantity: 'powerW' as const, unit: 'W', phase },
  { path: `${phase}_voltage`, quantity: 'voltageV' as const, unit: 'V', phase },
  { path: `${phase}_current`, quantity: 'currentA' as const, unit: 'A', phase },
]);

/** Kind of component -> what it measures. The temperature inside a switch is that of its own electronics. */
const meanings: Readonly<Record<string, readonly Meaning[]>> = {
  temperature: [{ path: 'tC', quantity: 'temperatureC', unit: '°C' }],
  humidity: [{ path: 'rh', quantity: 'humidityPct', unit: '%' }],
  illuminance: [{ path: 'lux', quantity: 'illuminanceLx', unit: 'lx' }],
  voltmeter: [{ path: 'voltage', quantity: 'voltageV', unit: 'V' }],
  devicepower: [{ path: 'battery.percent', quantity: 'batteryPct', unit: '%' }],
  switch: power,
  pm1: power,
  light: power,
  cover: power,
  em1: [
    { path: 'act_power', quantity: 'powerW', unit: 'W' },
    { path: 'voltage', quantity: 'voltageV', unit: 'V' },
    { path: 'current', quantity: 'currentA', unit: 'A' },
  ],
  em1data: [{ path: 'total_act_energy', quantity: 'energyKWh', unit: 'Wh' }],
  em: [...phases, { path: 'total_act_power', quantity: 'powerW', unit: 'W', phase: 'total' }],
  emdata: [{ path: 'total_act', quantity: 'energyKWh', unit: 'Wh', phase: 'total' }],
};

/** What a status says of the numbers we look for. A component with `errors` measures nothing just now. */
export function knownOf(component: string, status: JsonObject): Known {
  const faults = own(status, 'errors');
  const faulty = Array.isArray(faults) && faults.length > 0;
  // on mains there is no battery to speak of, and 0 % is said
  const onMains = own(asObject(own(status, 'external')), 'present') === true;
  const known: Record<string, number | null> = {};
  for (const { path } of meaningsOf(component)) {
    const said = at(status, path);
    if (faulty || onMains) known[path] = null;
    else if (said !== undefined) known[path] = numberOf(said) ?? null;
  }
  return known;
}

export function componentValues(component: string, known: Known): FoundValue[] {
  return meaningsOf(component).flatMap(({ path, quantity, unit, phase }) => {
    const value = own(known, path);
    if (typeof value !== 'number') return [];
    const kind = component.slice(0, component.indexOf(':'));
    return [{ part: phase === undefined ? kind : `${kind}-${phase}`, value, quantity, unit }];
  });
}

/** Components with number 0 are the device itself; others (`temperature:100` is the first probe on a cable) get names of their own. */
export function deviceOf(device: string, component: string): string {
  const id = component.slice(component.indexOf(':') + 1);
  return id === '0' ? device : `${device}/${id}`;
}

function meaningsOf(component: string): readonly Meaning[] {
  const kind = component.slice(0, component.indexOf(':'));
  return Object.hasOwn(meanings, kind) ? meanings[kind]! : [];
}

function at(status: JsonObject, path: string): unknown {
  const [first = '', second] = path.split('.');
  return second === undefined ? own(status, first) : own(asObject(own(status, first)), second);
}
