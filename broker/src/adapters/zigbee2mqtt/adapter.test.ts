import { expect, test } from 'vitest';
import type { AdapterReader, Finding } from '../adapter.ts';
import { zigbee2mqtt } from './adapter.ts';

const start = (options = {}): AdapterReader => zigbee2mqtt.start(zigbee2mqtt.optionsSchema.parse(options), () => true);
const read = (reader: AdapterReader, topic: string, payload: string): Finding[] => reader.read({ topic, payload: Buffer.from(payload) });
const told = (findings: Finding[]): string[] =>
  findings.flatMap((one) =>
    one.kind === 'values' ? one.values.map(({ part, quantity, value, unit }) => `${part} ${quantity} ${value} ${unit}`) : [],
  );

/** exposes of a SONOFF SNZB-02, from a log of Zigbee2MQTT 1.25 (2022-05-11, public file 37885254874). */
const snzb02 =
  '[{"access":1,"description":"Remaining battery in %","name":"battery","property":"battery","type":"numeric","unit":"%","value_max":100,"value_min":0},{"access":1,"description":"Measured temperature value","name":"temperature","property":"temperature","type":"numeric","unit":"°C"},{"access":1,"description":"Measured relative humidity","name":"humidity","property":"humidity","type":"numeric","unit":"%"},{"access":1,"description":"Voltage of the battery in millivolts","name":"voltage","property":"voltage","type":"numeric","unit":"mV"},{"access":1,"description":"Link quality (signal strength)","name":"linkquality","property":"linkquality","type":"numeric","unit":"lqi","value_max":255,"value_min":0}]';
/** exposes of a Tuya air sensor, from a log (public file 9064773809). */
const tuyaAir =
  '[{"access":1,"description":"Measured temperature value","name":"temperature","property":"temperature","type":"numeric","unit":"°C"},{"access":1,"description":"Measured relative humidity","name":"humidity","property":"humidity","type":"numeric","unit":"%"},{"access":1,"description":"The measured CO2 (carbon dioxide) value","name":"co2","property":"co2","type":"numeric","unit":"ppm"},{"access":1,"description":"Measured VOC value","name":"voc","property":"voc","type":"numeric","unit":"ppb"},{"access":1,"description":"The measured formaldehyd value","name":"formaldehyd","property":"formaldehyd","type":"numeric"},{"access":1,"description":"Link quality (signal strength)","name":"linkquality","property":"linkquality","type":"numeric","unit":"lqi","value_max":255,"value_min":0}]';
/** A metering plug out of bridge/devices of the project's own tests (Koenkk/zigbee2mqtt, test/bridge.test.js; file 1665034261). */
const plug =
  '[{"features":[{"access":7,"description":"On/off state of the switch","name":"state","property":"state","type":"binary","value_off":"OFF","value_on":"ON","value_toggle":"TOGGLE"}],"type":"switch"},{"access":5,"description":"Instantaneous measured power","name":"power","property":"power","type":"numeric","unit":"W"},{"access":1,"description":"Sum of consumed energy","name":"energy","property":"energy","type":"numeric","unit":"kWh"},{"access":1,"description":"Measured temperature value","name":"temperature","property":"temperature","type":"numeric","unit":"°C"},{"access":7,"description":"Enable/disable the power outage memory, this recovers the on/off mode after power failure","name":"power_outage_memory","property":"power_outage_memory","type":"binary","value_off":false,"value_on":true},{"access":1,"description":"Link quality (signal strength)","name":"linkquality","property":"linkquality","type":"numeric","unit":"lqi","value_max":255,"value_min":0}]';

const bridgeDevices = `[{"friendly_name":"Coordinator","type":"Coordinator","definition":null},
 {"friendly_name":"phòng máy 1","definition":{"model":"SNZB-02","vendor":"SONOFF","exposes":${snzb02}}},
 {"friendly_name":"tầng 2/không khí","definition":{"model":"TS0601_air_quality_sensor","vendor":"TuYa","exposes":${tuyaAir}}},
 {"friendly_name":"power_plug","definition":{"model":"ZNCZ02LM","vendor":"Xiaomi","exposes":${plug}}}]`;

test('the documented message of a MiJia sensor gives its values, also before the bridge has told what it has', () => {
  // zigbee2mqtt.io, MQTT topics and messages, WSDCGQ01LM
  const findings = read(start(), 'zigbee2mqtt/FRIENDLY_NAME', '{"temperature": 27.34, "humidity": 44.72}');
  expect(told(findings)).toEqual(['temperature temperatureC 27.34 °C', 'humidity humidityPct 44.72 %']);
});

test('buttons, lamps and movement give nothing', () => {
  for (const payload of ['{"action":"single"}', '{"occupancy":true}', '{"state":"ON","brightness":215,"color_temp":325}'])
    expect(read(start(), 'zigbee2mqtt/x', payload)).toEqual([]);
});

test('units are those that the bridge tells: millivolts of a battery, parts per billion', () => {
  const reader = start();
  expect(read(reader, 'zigbee2mqtt/bridge/devices', bridgeDevices)).toContainEqual({
    kind: 'identity',
    device: 'phòng máy 1',
    model: 'SONOFF SNZB-02',
  });
  expect(read(start(), 'zigbee2mqtt/bridge/devices', bridgeDevices)[0]).toEqual({
    kind: 'inventory',
    devices: ['phòng máy 1', 'tầng 2/không khí', 'power_plug'],
  });
  const state = '{"battery":87,"humidity":66.1,"linkquality":134,"temperature":28.4,"voltage":2900}';
  expect(told(read(reader, 'zigbee2mqtt/phòng máy 1', state))).toEqual([
    'battery batteryPct 87 %',
    'humidity humidityPct 66.1 %',
    'temperature temperatureC 28.4 °C',
    'voltage voltageV 2900 mV',
  ]);
  const air = '{"co2":612,"formaldehyd":3,"humidity":55,"linkquality":98,"temperature":27,"voc":240}';
  expect(told(read(reader, 'zigbee2mqtt/tầng 2/không khí', air))).toEqual([
    'co2 co2 612 ppm',
    'humidity humidityPct 55 %',
    'temperature temperatureC 27 °C',
    'voc tvocPpb 240 ppb',
  ]);
});

test('the temperature of a plug that measures power is its own, not that of the room', () => {
  const reader = start();
  read(reader, 'zigbee2mqtt/bridge/devices', bridgeDevices);
  const state = '{"energy":1.37,"power":46.5,"power_outage_memory":false,"state":"ON","temperature":41}';
  expect(told(read(reader, 'zigbee2mqtt/power_plug', state))).toEqual(['energy energyKWh 1.37 kWh', 'power powerW 46.5 W']);
});

test('availability comes as a word or as an object, of a device or of the bridge', () => {
  const reader = start();
  for (const [word, online] of [
    ['online', true],
    ['offline', false],
  ] as const)
    for (const payload of [word, JSON.stringify({ state: word })]) {
      expect(read(reader, 'zigbee2mqtt/tầng 2/không khí/availability', payload)).toEqual([
        { kind: 'availability', device: 'tầng 2/không khí', online },
      ]);
      expect(read(reader, 'zigbee2mqtt/bridge/state', payload)).toEqual([{ kind: 'availability', device: undefined, online }]);
    }
  expect(read(reader, 'zigbee2mqtt/a/availability', '')).toEqual([]);
  expect(read(reader, 'zigbee2mqtt/a/availability', '{"state":"maybe"}')).toEqual([{ kind: 'unreadable' }]);
});

test('unknown values are null and make none; commands of others are no states', () => {
  expect(read(start(), 'zigbee2mqtt/a', '{"temperature":null,"humidity":"unknown"}')).toEqual([]);
  expect(read(start(), 'zigbee2mqtt/a/set', '{"temperature":20}')).toEqual([]);
  expect(read(start(), 'zigbee2mqtt/a/get', '{"temperature":""}')).toEqual([]);
});

test('when the bridge last heard the device comes in any of its three spellings, or not at all', () => {
  const seen = (last: unknown): unknown => {
    const [found] = read(start(), 'zigbee2mqtt/a', JSON.stringify({ temperature: 20, last_seen: last }));
    return found?.kind === 'values' ? [found.seenMs, found.values.length] : found;
  };
  expect(seen('2022-05-11T08:30:15.250Z')).toEqual([Date.UTC(2022, 4, 11, 8, 30, 15, 250), 1]);
  expect(seen('2022-05-11T15:30:15+07:00')).toEqual([Date.UTC(2022, 4, 11, 8, 30, 15), 1]);
  expect(seen(1_652_257_815_250)).toEqual([1_652_257_815_250, 1]);
  for (const none of [undefined, null, '', 'N/A', 'yesterday', '1', {}]) expect(seen(none)).toEqual([undefined, 1]);
});

test('the base topic may be another one', () => {
  const reader = start({ baseTopic: 'truong/zigbee' });
  expect(told(read(reader, 'truong/zigbee/a', '{"temperature":20}'))).toEqual(['temperature temperatureC 20 °C']);
  expect(read(reader, 'zigbee2mqtt/a', '{"temperature":20}')).toEqual([]);
});
