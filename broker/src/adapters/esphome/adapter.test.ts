import { expect, test } from 'vitest';
import type { AdapterReader, Finding } from '../adapter.ts';
import { esphome } from './adapter.ts';

const start = (): AdapterReader => esphome.start(esphome.optionsSchema.parse({}), () => true);
const read = (reader: AdapterReader, topic: string, payload: string): Finding[] => reader.read({ topic, payload: Buffer.from(payload) });

/** As mqtt_component.cpp makes it (README.md, Protocol source). */
const announcement = (object: string, fields: object): [string, string] => [
  `homeassistant/sensor/phong-may/${object}/config`,
  JSON.stringify({
    ...{ name: object, stat_t: `phong-may/sensor/${object}/state`, avty_t: 'phong-may/status', uniq_id: `ESPsensor${object}`, ...fields },
    dev: { ids: 'c45bbe8f47f7', name: 'Phòng máy', sw: '2026.10.0 (config hash 0x1b2c3d4e)', mdl: 'esp32dev', mf: 'Espressif' },
  }),
];

test('a value is a bare number; what it means comes with the announcement', () => {
  const reader = start();
  expect(read(reader, ...announcement('nhiet_do', { dev_cla: 'temperature', unit_of_meas: '°C', stat_cla: 'measurement' }))).toEqual([
    { kind: 'identity', device: 'phong-may', model: 'Espressif esp32dev' },
  ]);
  expect(read(reader, 'phong-may/sensor/nhiet_do/state', '28.4')).toEqual([
    { kind: 'values', device: 'phong-may', values: [{ part: 'nhiet_do', value: 28.4, quantity: 'temperatureC', unit: '°C' }] },
  ]);
});

test('without an announcement the number comes without a meaning, for the map of the config', () => {
  expect(read(start(), 'phong-may/sensor/nhiet_do/state', '28.4')).toEqual([
    { kind: 'values', device: 'phong-may', values: [{ part: 'nhiet_do', value: 28.4, quantity: undefined, unit: undefined }] },
  ]);
});

// mqtt_sensor.cpp: a sensor that failed publishes "nan", or "None" with publish_nan_as_none
test.each(['nan', 'None', '', 'unavailable', '28,4', '0x1f'])('a sensor that gives %j gives no value', (payload) => {
  const reader = start();
  expect(read(reader, 'phong-may/sensor/co2/state', payload)).toEqual([]);
  read(reader, ...announcement('co2', { dev_cla: 'carbon_dioxide', unit_of_meas: 'ppm' }));
  expect(read(reader, 'phong-may/sensor/co2/state', payload)).toEqual([]);
});

test('signal, uptime and other affairs of the node are no readings', () => {
  const reader = start();
  read(reader, ...announcement('wifi', { dev_cla: 'signal_strength', unit_of_meas: 'dBm', ent_cat: 'diagnostic' }));
  read(reader, ...announcement('uptime', { dev_cla: 'duration', unit_of_meas: 's', ent_cat: 'diagnostic' }));
  expect(read(reader, 'phong-may/sensor/wifi/state', '-61')).toEqual([]);
  expect(read(reader, 'phong-may/sensor/uptime/state', '609')).toEqual([]);
});

test('a node comes and goes by its status; switches and the log are of no interest', () => {
  const reader = start();
  expect(read(reader, 'phong-may/status', 'online')).toEqual([{ kind: 'availability', device: 'phong-may', online: true }]);
  expect(read(reader, 'phong-may/status', 'offline')).toEqual([{ kind: 'availability', device: 'phong-may', online: false }]);
  expect(read(reader, 'phong-may/switch/quat/state', 'ON')).toEqual([]);
  expect(read(reader, 'phong-may/debug', '[D][sensor:094]: 28.4')).toEqual([]);
});
