/**
 * From what makers call a unit to the unit of our quantities (protocol/src/sensor.ts), with the range in which a value can be true. Pure.
 * Names: unit_of_measurement and device_class of Home Assistant, exposes of Zigbee2MQTT, the JSON keys of Tasmota.
 */
import { type Quantity, quantities } from '@tramhoc/protocol/sensor';

type Scale = { factor: number; offset?: number };
const same: Scale = { factor: 1 };

/** Spellings are compared without spaces, in lower case, with one letter for both signs of micro (U+00B5, U+03BC). */
const scales: Readonly<Record<Quantity, Readonly<Record<string, Scale>>>> = {
  pm1: concentrations(),
  pm25: concentrations(),
  pm10: concentrations(),
  pm100: concentrations(),
  co2: { ppm: same },
  coPpm: { ppm: same, ppb: { factor: 0.001 } },
  tvocPpb: { ppb: same, ppm: { factor: 1_000 } },
  temperatureC: { '°c': same, c: same, celsius: same, '°f': fahrenheit(), f: fahrenheit(), k: { factor: 1, offset: -273.15 } },
  humidityPct: { '%': same, '%rh': same },
  pressureHPa: {
    ...{ hpa: same, mbar: same, pa: { factor: 0.01 }, kpa: { factor: 10 }, bar: { factor: 1_000 } },
    ...{ mmhg: { factor: 1.333_223_7 }, inhg: { factor: 33.863_886 }, psi: { factor: 68.947_573 } },
  },
  illuminanceLx: { lx: same, lux: same },
  soundDb: { db: same, dba: same, 'db(a)': same },
  batteryPct: { '%': same },
  powerW: { w: same, kw: { factor: 1_000 }, mw: { factor: 0.001 } },
  energyKWh: { kwh: same, wh: { factor: 0.001 }, mwh: { factor: 1_000 }, mj: { factor: 1 / 3.6 } },
  voltageV: { v: same, mv: { factor: 0.001 } },
  currentA: { a: same, ma: { factor: 0.001 } },
  lampHours: { h: same },
};

function concentrations(): Record<string, Scale> {
  return { 'µg/m³': same, 'ug/m³': same, 'µg/m3': same, 'ug/m3': same, 'mg/m³': { factor: 1_000 }, 'mg/m3': { factor: 1_000 } };
}
function fahrenheit(): Scale {
  return { factor: 5 / 9, offset: -160 / 9 };
}

/**
 * What a sensor in a building can measure, in our units. Outside lie fault values that firmwares pass on: 0 ppm CO₂ before the first frame, 85 °C of a
 * DS18B20 that was not asked, -127 °C of one that is not there, 65,535.
 */
const ranges: Readonly<Record<Quantity, readonly [number, number]>> = {
  pm1: [0, 5_000],
  pm25: [0, 5_000],
  pm10: [0, 10_000],
  pm100: [0, 20_000],
  co2: [250, 40_000],
  coPpm: [0, 1_000],
  tvocPpb: [0, 60_000],
  temperatureC: [-40, 84.9],
  humidityPct: [0, 100],
  pressureHPa: [300, 1_200],
  illuminanceLx: [0, 200_000],
  soundDb: [0, 160],
  batteryPct: [0, 100],
  powerW: [-100_000, 100_000],
  energyKWh: [0, 10_000_000],
  voltageV: [0, 1_000],
  currentA: [-1_000, 1_000],
  lampHours: [0, 200_000],
};

/** Sensors that need minutes after power-up before their values mean anything. */
export const warmsUp: ReadonlySet<Quantity> = new Set<Quantity>(['co2', 'coPpm', 'tvocPpb', 'pm1', 'pm25', 'pm10', 'pm100']);

export type Converted = { ok: true; value: number } | { ok: false; why: 'unit' | 'out-of-range' };

/** `unit` undefined or empty: ours. */
export function inOurUnit(quantity: Quantity, { value, unit }: { value: number; unit: string | undefined }): Converted {
  const spelled = (unit ?? '').replace(/\s/g, '').replaceAll('\u03bc', '\u00b5');
  // what differs by its case alone, by a factor of a thousand million, and is not the usual one of the two
  const name = spelled === 'MW' || spelled === 'mWh' || spelled === 'mJ' ? 'none of ours' : spelled.toLowerCase();
  const known = scales[quantity];
  const scale = spelled === '' ? same : Object.hasOwn(known, name) ? known[name] : undefined;
  if (scale === undefined) return { ok: false, why: 'unit' };
  const ours = value * scale.factor + (scale.offset ?? 0);
  const [from, to] = ranges[quantity];
  return ours >= from && ours <= to ? { ok: true, value: ours } : { ok: false, why: 'out-of-range' };
}

/** Device classes of Home Assistant and property names of Zigbee2MQTT; most are the same words. */
const names: Readonly<Record<string, Quantity>> = {
  temperature: 'temperatureC',
  local_temperature: 'temperatureC',
  humidity: 'humidityPct',
  pressure: 'pressureHPa',
  atmospheric_pressure: 'pressureHPa',
  carbon_dioxide: 'co2',
  co2: 'co2',
  carbon_monoxide: 'coPpm',
  co: 'coPpm',
  pm1: 'pm1',
  pm25: 'pm25',
  pm10: 'pm10',
  volatile_organic_compounds_parts: 'tvocPpb',
  volatile_organic_compounds: 'tvocPpb',
  voc: 'tvocPpb',
  illuminance: 'illuminanceLx',
  illuminance_lux: 'illuminanceLx',
  sound_pressure: 'soundDb',
  noise: 'soundDb',
  battery: 'batteryPct',
  power: 'powerW',
  energy: 'energyKWh',
  voltage: 'voltageV',
  current: 'currentA',
};

export function quantityNamed(name: string): Quantity | undefined {
  return Object.hasOwn(names, name) ? names[name] : undefined;
}

/** Where there is no other word: a unit that only one quantity of ours has. `%` and `ppm` say nothing, and hours are seldom those of a lamp. */
export function quantityOfUnit(unit: string | undefined): Quantity | undefined {
  const found = (Object.keys(quantities) as Quantity[]).filter((quantity) => quantities[quantity].unit === unit?.trim());
  return found.length === 1 && found[0] !== 'lampHours' ? found[0] : undefined;
}
