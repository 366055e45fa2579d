/** Topics and payloads of Tasmota. Shape and sources: README.md. */
import type { Quantity } from '@tramhoc/protocol/sensor';
import type { FoundValue } from '../adapter.ts';
import { asObject, type JsonObject, numberOf, own, ownText } from '../payload-text.ts';

export type TasmotaTopic = { device: string; what: string };

/** Levels of a FullTopic with `%prefix%` and tokens such as `%topic%`; a slash at the end is usual and means nothing. */
export function fullTopicLevels(fullTopic: string): string[] {
  return fullTopic.replace(/\/$/, '').split('/');
}

/** `tele/kitchen/SENSOR` with `%prefix%/%topic%/`: device `kitchen`, what `SENSOR`. Undefined for all that is not telemetry. */
export function readTopic(topic: string, fullTopic: readonly string[]): TasmotaTopic | undefined {
  const levels = topic.split('/');
  if (levels.length !== fullTopic.length + 1) return undefined;
  const names: string[] = [];
  for (const [at, wanted] of fullTopic.entries()) {
    const level = levels[at]!;
    if (wanted === '%prefix%') {
      if (level !== 'tele') return undefined;
    } else if (/^%\w+%$/.test(wanted)) names.push(level);
    else if (level !== wanted) return undefined;
  }
  const device = names.join('-');
  return device === '' ? undefined : { device, what: levels.at(-1)! };
}

/** JSON key -> quantity and the unit it has when the payload names none. */
const plain: Readonly<Record<string, { quantity: Quantity; unit: string }>> = {
  Humidity: { quantity: 'humidityPct', unit: '%' },
  CarbonDioxide: { quantity: 'co2', unit: 'ppm' },
  TVOC: { quantity: 'tvocPpb', unit: 'ppb' },
  PM1: { quantity: 'pm1', unit: 'µg/m³' },
  'PM2.5': { quantity: 'pm25', unit: 'µg/m³' },
  PM10: { quantity: 'pm10', unit: 'µg/m³' },
  Illuminance: { quantity: 'illuminanceLx', unit: 'lx' },
};
const energy: Readonly<Record<string, { quantity: Quantity; unit: string }>> = {
  Power: { quantity: 'powerW', unit: 'W' },
  Total: { quantity: 'energyKWh', unit: 'kWh' },
  Voltage: { quantity: 'voltageV', unit: 'V' },
  Current: { quantity: 'currentA', unit: 'A' },
};
/** Inputs of the board and the temperature of its processor: not what somebody put a sensor up for. */
const notSensors = new Set(['ANALOG', 'ESP32', 'ESP32S2', 'ESP32C3', 'Wifi', 'MCP230XX', 'COUNTER']);
/** Sockets with several outlets send arrays. */
const maxOutlets = 8;

/** The values of a SENSOR message; each of its objects is a part. */
export function sensorValues(sensor: JsonObject): FoundValue[] {
  const temperatureUnit = ownText(sensor, 'TempUnit') ?? 'C';
  const pressureUnit = ownText(sensor, 'PressureUnit') ?? 'hPa';
  return Object.entries(sensor).flatMap(([part, inner]) => {
    const fields = asObject(inner);
    if (fields === undefined || notSensors.has(part)) return [];
    if (part === 'ENERGY') return energyValues(fields);
    // the CO₂ sensor has not answered: its temperature is as old as its 0 ppm
    if (own(fields, 'CarbonDioxide') === 0) return [];
    return [
      ...oneValue(fields, 'Temperature', { part, quantity: 'temperatureC', unit: temperatureUnit }),
      ...oneValue(fields, 'Pressure', { part, quantity: 'pressureHPa', unit: pressureUnit }),
      ...Object.entries(plain).flatMap(([key, what]) => oneValue(fields, key, { part, ...what })),
    ];
  });
}

function oneValue(fields: JsonObject, key: string, what: Omit<FoundValue, 'value'>): FoundValue[] {
  const value = numberOf(own(fields, key));
  return value === undefined ? [] : [{ ...what, value }];
}

function energyValues(fields: JsonObject): FoundValue[] {
  return Object.entries(energy).flatMap(([key, what]) => {
    const said = own(fields, key);
    if (!Array.isArray(said)) return oneValue(fields, key, { part: 'ENERGY', ...what });
    return said.slice(0, maxOutlets).flatMap((outlet, at) => {
      const value = numberOf(outlet);
      return value === undefined ? [] : [{ part: `ENERGY-${at + 1}`, value, ...what }];
    });
  });
}
