/**
 * What the sensors behind one gateway say, as ordinary events: averages over the reporting interval, and changes of the state of each device. What is
 * not understood is listed for the status page and never reported.
 */
import { type Clock, every } from '@tramhoc/base/clock';
import type { SlotId } from '@tramhoc/protocol/ids';
import type { Quantity } from '@tramhoc/protocol/sensor';
import { type Finding, type FoundValue, type GatewayMessage, maxDevices, maxNameCharacters, maxParts } from '../adapters/adapter.ts';
import { isOwnTopic } from '../adapters/topic-pattern.ts';
import { inOurUnit } from '../adapters/units.ts';
import type { OwnFact } from '../ingest/own-facts.ts';
import { createDeviceNames } from './device-names.ts';
import { addTo, type Parts, quantitiesOf, readingsOf, withoutWarming } from './device-parts.ts';
import type { Gateway, SensorMap } from './gateway-config.ts';
import { createOddities, type Oddity } from './oddities.ts';
import { createSlotHealth, type SlotHealth } from './slot-health.ts';
import { slotFor } from './slot-names.ts';

/** What became of a message; also the label of a counter. */
export type Outcome = 'values' | 'state' | 'nothing' | 'unreadable' | 'not-supported';

export type SensorDesk = {
  take(message: GatewayMessage): Outcome;
  view(): { devices: DeviceView[]; oddities: Oddity[] };
  /** Tells what has been measured since the last report. */
  close(): void;
};
/** What is kept of a device over a restart. `id`: as its gateway knows it, where that is not its name. */
export type KnownDevice = { name: string; slot: SlotId; model?: string | undefined; id?: string | undefined };
export type DeviceView = {
  name: string;
  slot: SlotId;
  model: string | undefined;
  online: boolean;
  /** Undefined: not since the broker started. */
  heardMs: number | undefined;
  quantities: Quantity[];
};

type Device = {
  name: string;
  slot: SlotId;
  model: string | undefined;
  id: string | undefined;
  /** What its gateway said last of when it heard it, by that one's wall clock. */
  seenMs: number | undefined;
  /** Said by the gateway; undefined: it has not said anything about this one. */
  said: boolean | undefined;
  cameMs: number;
  heardMs: number;
  /** Wall clock, for people. */
  heardWallMs: number | undefined;
  parts: Parts;
  health: SlotHealth;
};

/** What was said about a device that has not sent a value (yet). */
type Hearsay = { online?: boolean; model?: string | undefined; seenMs?: number | undefined };

/** Between a gateway's hearing a device and our hearing of it. What is older is repeated out of its memory. */
const maxOnTheWayMs = 5 * 60_000;
/** How often it is looked whether a device has fallen silent. */
const watchMs = 5_000;
/** What was said about devices that have not sent a value (yet): most of them never will, lamps and switches. */
const maxHearsay = 512;

export function createSensorDesk(options: {
  gateway: Gateway;
  clock: Clock;
  /** In one commit, with the list of devices when that changed. What cannot be stored is the caller's to say. */
  emit(facts: OwnFact[], devices?: KnownDevice[]): void;
  /** From before the last restart: they are waited for, so that one that went meanwhile is told. */
  known?: readonly KnownDevice[];
}): SensorDesk {
  const { gateway, clock } = options;
  const { entry, adapter } = gateway;
  const silentMs = (entry.silentAfterS ?? adapter.silentAfterS) * 1_000;
  const reader = adapter.start(adapter.optionsSchema.parse(entry.options), (topic) => isOwnTopic(gateway.publish, topic));
  const maps = new Map(entry.map.map((one) => [one.sensor, one]));
  const devices = new Map<string, Device>();
  const slots = new Map<SlotId, string>();
  const { nameOf } = createDeviceNames(options.known ?? []);
  const hearsay = new Map<string, Hearsay>();
  const oddities = createOddities();
  /** Undefined: this kind of gateway does not speak of itself. */
  let bridgeOnline: boolean | undefined;
  let closed = false;

  const emit = (facts: OwnFact[]): void => options.emit(facts);
  const keepList = (): void =>
    options.emit(
      [],
      [...devices.values()].map(({ name, slot, model, id }) => ({ name, slot, model, id })),
    );

  const claimSlot = (sensor: string, map: SensorMap | undefined): SlotId => {
    const slot = map?.slot ?? slotFor(entry.name, sensor, (taken) => slots.has(taken) && slots.get(taken) !== sensor);
    // parts of many devices could be made up without end; beyond the limit names are only worked out anew
    if (slots.size < maxDevices * maxParts) slots.set(slot, sensor);
    return slot;
  };

  const deviceNamed = (name: string, id: string | undefined): Device | undefined => {
    const known = devices.get(name);
    if (known !== undefined) {
      if (id === undefined || known.id !== undefined) return known;
      // from before its gateway told identifiers
      known.id = id;
      keepList();
      return known;
    }
    if (devices.size >= maxDevices) {
      oddities.note({ sensor: name, why: 'full' });
      return undefined;
    }
    const heard = hearsay.get(name);
    hearsay.delete(name);
    const device = addDevice({ name, slot: claimSlot(name, maps.get(name)), id, ...heard });
    keepList();
    return device;
  };
  const addDevice = ({ name, slot, model, id, online, seenMs }: KnownDevice & Hearsay): Device => {
    const nowMs = clock.monotonicMs();
    const health = createSlotHealth({ slot, driver: adapter.kind, clock, emit: (fact) => emit([fact]) });
    const device: Device = {
      ...{ name, slot, model, id, seenMs, said: online, cameMs: nowMs, heardMs: nowMs, heardWallMs: undefined },
      ...{ parts: new Map(), health },
    };
    devices.set(name, device);
    return device;
  };
  const forget = (device: Device): void => {
    devices.delete(device.name);
    slots.delete(device.slot);
    device.health.gone();
  };

  const isThere = ({ said }: Device): boolean => said !== false && bridgeOnline !== false;
  const judge = (device: Device): void => {
    if (!isThere(device))
      device.health.lost('SENSOR_OFFLINE', 'its gateway says that it is not there; check its battery, its power and its distance.');
    else if (clock.monotonicMs() - device.heardMs >= silentMs)
      device.health.lost('SENSOR_OFFLINE', `nothing measured for ${silentMs / 1_000} s; check its battery, its power and its distance.`);
    // one that was there before a restart counts as there when it has spoken
    else if (device.heardWallMs !== undefined) device.health.open();
  };

  const setOnline = (name: string | undefined, online: boolean): void => {
    if (name === undefined) {
      bridgeOnline = online;
      for (const device of devices.values()) judge(device);
      return;
    }
    const device = devices.get(name);
    if (device === undefined) {
      remember(name, { online });
      return;
    }
    if (online && !isThere(device)) device.cameMs = clock.monotonicMs();
    device.said = online;
    judge(device);
  };
  const remember = (name: string, what: Hearsay): void => {
    const before = hearsay.get(name);
    if (before === undefined && hearsay.size >= maxHearsay) hearsay.delete(hearsay.keys().next().value!);
    hearsay.set(name, { ...before, ...what });
  };

  /** The value in our unit, or undefined when it is none; why not is noted. */
  const understood = (sensor: string, found: FoundValue): { quantity: Quantity; value: number } | undefined => {
    const map = maps.get(sensor);
    if (map?.ignore === true) return undefined;
    const quantity = map?.quantity ?? found.quantity;
    if (quantity === undefined) {
      oddities.note({ sensor, why: 'quantity', unit: found.unit });
      return undefined;
    }
    // who names the quantity says that the number is in its unit, unless a unit stands there as well
    const unit = map?.unit ?? (map?.quantity === undefined || map.quantity === found.quantity ? found.unit : undefined);
    const ours = inOurUnit(quantity, { value: found.value, unit });
    if (ours.ok) return { quantity, value: ours.value };
    if (ours.why === 'unit') oddities.note({ sensor, why: 'unit', unit });
    return undefined;
  };

  /** Not repeated out of the gateway's memory. Its clock may be wrong, and may be set right: then later than before is all that can be said. */
  const isNews = (name: string, seenMs: number): boolean => {
    const device = devices.get(name);
    const before = (device ?? hearsay.get(name))?.seenMs;
    if (device === undefined) remember(name, { seenMs });
    else device.seenMs = seenMs;
    const agoMs = clock.wallMs() - seenMs;
    return Math.abs(agoMs) <= maxOnTheWayMs || (before === undefined ? agoMs < 0 : seenMs > before);
  };

  const takeValues = (name: string, { id, values, seenMs }: Extract<Finding, { kind: 'values' }>): boolean => {
    if (maps.get(name)?.ignore === true) return false;
    const samples = new Map<string, Partial<Record<Quantity, number>>>();
    for (const found of values) {
      const part = found.part.slice(0, maxNameCharacters);
      const value = understood(`${name}/${part}`, found);
      if (value !== undefined) samples.set(part, { ...samples.get(part), [value.quantity]: value.value });
    }
    if (samples.size === 0) return false;
    if (seenMs !== undefined && !isNews(name, seenMs)) return false;
    const device = deviceNamed(name, id);
    // who is said to be away sends what it remembers
    if (device === undefined || !isThere(device)) return false;
    device.heardMs = clock.monotonicMs();
    device.heardWallMs = clock.wallMs();
    judge(device);
    const isWarm = device.heardMs - device.cameMs >= entry.warmUpS * 1_000;
    for (const [part, sample] of samples) addTo(device.parts, part, isWarm ? sample : withoutWarming(sample));
    return true;
  };

  const apply = (finding: Finding): Outcome => {
    switch (finding.kind) {
      case 'values':
        return takeValues(nameOf(finding), finding) ? 'values' : 'nothing';
      case 'availability':
        setOnline(finding.device === undefined ? undefined : nameOf(finding), finding.online);
        return 'state';
      case 'identity': {
        const name = nameOf(finding);
        const device = devices.get(name);
        if (device === undefined) remember(name, { model: finding.model.slice(0, maxNameCharacters) });
        else device.model = finding.model.slice(0, maxNameCharacters);
        return 'nothing';
      }
      case 'inventory': {
        const there = new Set(finding.devices.map((name) => name.slice(0, maxNameCharacters)));
        const gone = [...devices.values()].filter(({ name }) => !there.has(name));
        for (const device of gone) forget(device);
        if (gone.length > 0) keepList();
        return 'nothing';
      }
      case 'not-supported': {
        const sensor = `${nameOf(finding)}/${finding.part}`.slice(0, 2 * maxNameCharacters);
        if (maps.get(sensor)?.ignore !== true) oddities.note({ sensor, why: finding.why });
        return 'not-supported';
      }
      case 'unreadable':
        return 'unreadable';
      default:
        return finding satisfies never;
    }
  };

  const report = (): void => {
    const facts = [...devices.values()].flatMap((device) =>
      readingsOf(device.parts, { driver: adapter.kind, slotOf: (part, isAlone) => slotOfPart(device, part, isAlone) }),
    );
    if (facts.length > 0) emit(facts);
  };
  const slotOfPart = (device: Device, part: string, isAlone: boolean): SlotId => {
    const sensor = `${device.name}/${part}`;
    const map = maps.get(sensor);
    return isAlone && map?.slot === undefined ? device.slot : claimSlot(sensor, map);
  };
  for (const device of options.known ?? []) {
    const map = maps.get(device.name);
    if (slots.has(device.slot) || devices.size >= maxDevices) continue;
    slots.set(device.slot, device.name);
    const added = addDevice(device);
    // the config has another idea by now
    if (map?.ignore !== true && (map?.slot ?? device.slot) === device.slot) continue;
    forget(added);
    keepList();
  }
  const timers = [
    every(clock, entry.reportEveryS * 1_000, report),
    every(clock, watchMs, () => {
      for (const device of devices.values()) judge(device);
    }),
  ];

  return {
    take(message) {
      // the broker stops: last wills that it causes itself say nothing about the gadgets
      if (closed) return 'nothing';
      let outcome: Outcome = 'nothing';
      for (const finding of reader.read(message)) {
        const one = apply(finding);
        if (outcome === 'nothing' || one === 'values') outcome = one;
      }
      return outcome;
    },
    view: () => ({
      devices: [...devices.values()].map((device) => ({
        ...{ name: device.name, slot: device.slot, model: device.model, heardMs: device.heardWallMs },
        online: device.health.isOpen(),
        quantities: quantitiesOf(device.parts),
      })),
      oddities: oddities.list(),
    }),
    close() {
      closed = true;
      for (const timer of timers) timer.cancel();
      report();
      for (const { health } of devices.values()) health.close();
    },
  };
}
