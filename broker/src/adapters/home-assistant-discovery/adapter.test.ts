import { expect, test } from 'vitest';
import type { AdapterReader, Finding } from '../adapter.ts';
import { homeAssistantDiscovery } from './adapter.ts';
import { maxAnnounced } from './entity-book.ts';

const start = (isOwn: (topic: string) => boolean = () => true): AdapterReader =>
  homeAssistantDiscovery.start(homeAssistantDiscovery.optionsSchema.parse({}), isOwn);
const read = (reader: AdapterReader, topic: string, payload: string): Finding[] => reader.read({ topic, payload: Buffer.from(payload) });
const told = (findings: Finding[]): string[] =>
  findings.flatMap((one) =>
    one.kind === 'values' ? one.values.map(({ part, quantity, value, unit }) => `${one.device} ${part} ${quantity} ${value} ${unit}`) : [],
  );

test('a recorded announcement of Tasmota: abbreviated, with a unit that is a space, and nobody says what it measures', () => {
  // gist vhristev/328cc3cf7032254d0fcb4e722989a6a4 (project vector)
  const reader = start();
  const config =
    '{"name":"Tasmota PMS5003 CF2.5","stat_t":"tele/airsensor/SENSOR","avty_t":"tele/airsensor/LWT","pl_avail":"Online","pl_not_avail":"Offline","uniq_id":"9229FE_PMS5003_CF2_5","dev":{"ids":["9229FE"]},"unit_of_meas":" ","ic":"mdi:eye","frc_upd":true,"val_tpl":"{{value_json[\'PMS5003\'][\'CF2.5\']}}"}';
  expect(read(reader, 'homeassistant/sensor/9229FE_PMS5003_CF2_5/config', config)).toEqual([]);
  expect(told(read(reader, 'tele/airsensor/SENSOR', '{"PMS5003":{"CF1":22,"CF2.5":32}}'))).toEqual([
    '9229FE 9229FE_PMS5003_CF2_5 undefined 32 undefined',
  ]);
  expect(read(reader, 'tele/airsensor/LWT', 'Offline')).toEqual([{ kind: 'availability', device: '9229FE', id: '9229FE', online: false }]);
  expect(read(reader, 'tele/airsensor/LWT', 'Online')).toEqual([{ kind: 'availability', device: '9229FE', id: '9229FE', online: true }]);
});

test('a recorded announcement of Zigbee2MQTT: long names, availability of the bridge by a template', () => {
  // README of a public water meter project (file 6859035960)
  const reader = start();
  const config =
    '{"availability":[{"topic":"zigbee2mqtt/bridge/state","value_template":"{{ value_json.state }}"}],"device":{"identifiers":["zigbee2mqtt_0x00158d0002b6fba7"],"manufacturer":"Xiaomi","model":"MiJia temperature & humidity sensor (WSDCGQ01LM)","name":"th-sensor-living-room-2","sw_version":"3000-0001"},"device_class":"temperature","enabled_by_default":true,"name":"th-sensor-living-room-2 temperature","state_class":"measurement","state_topic":"zigbee2mqtt/th-sensor-living-room-2","unique_id":"0x00158d0002b6fba7_temperature_zigbee2mqtt","unit_of_measurement":"°C","value_template":"{{ value_json.temperature }}"}';
  expect(read(reader, 'homeassistant/sensor/0x00158d0002b6fba7/temperature/config', config)).toEqual([
    {
      ...{ kind: 'identity', device: 'th-sensor-living-room-2', id: 'zigbee2mqtt_0x00158d0002b6fba7' },
      model: 'Xiaomi MiJia temperature & humidity sensor (WSDCGQ01LM)',
    },
  ]);
  expect(told(read(reader, 'zigbee2mqtt/th-sensor-living-room-2', '{"temperature":21.5,"humidity":40}'))).toEqual([
    'th-sensor-living-room-2 temperature temperatureC 21.5 °C',
  ]);
  expect(read(reader, 'zigbee2mqtt/bridge/state', '{"state":"offline"}')).toEqual([
    { kind: 'availability', device: 'th-sensor-living-room-2', id: 'zigbee2mqtt_0x00158d0002b6fba7', online: false },
  ]);
});

/** Tsukihime, config.h of an RFM69/BMP280 gateway (public file 55841251153), with the placeholder filled in; the first five components. */
const board =
  '{"dev":{"ids":"7","name":"RFMSensor","mf":"Tsukihime","mdl":"RFM69/BMP280 Sensor"},"o":{"name":"RFMSensor7"},"cmps":{"t":{"p":"sensor","uniq_id":"7t","name":"Temperature","dev_cla":"temperature","unit_of_meas":"°C","val_tpl":"{{value_json.t}}"},"p":{"p":"sensor","uniq_id":"7p","name":"Pressure","dev_cla":"pressure","unit_of_meas":"hPa","val_tpl":"{{value_json.p}}"},"b":{"p":"sensor","uniq_id":"7b","name":"Battery","dev_cla":"battery","unit_of_meas":"%","val_tpl":"{{value_json.b}}"},"v":{"p":"sensor","uniq_id":"7v","name":"Battery voltage","dev_cla":"voltage","unit_of_meas":"mV","val_tpl":"{{value_json.v}}"},"u":{"p":"sensor","uniq_id":"7u","name":"Uplink RSSI","dev_cla":"signal_strength","unit_of_meas":"dBm","val_tpl":"{{value_json.u}}"}},"stat_t":"home/sensor_7"}';

test('a recorded board that announces itself with all its components shares one topic among them', () => {
  const reader = start();
  read(reader, 'homeassistant/device/7/config', board);
  expect(told(read(reader, 'home/sensor_7', '{"t":27.1,"p":1008.2,"b":93,"v":2980,"u":-61}'))).toEqual([
    'RFMSensor t temperatureC 27.1 °C',
    'RFMSensor p pressureHPa 1008.2 hPa',
    'RFMSensor b batteryPct 93 %',
    'RFMSensor v voltageV 2980 mV',
  ]);
  expect(told(read(reader, 'home/sensor_7', '{"t":null,"p":"unavailable"}'))).toEqual([]);
});

test('a device is known by its first identifier, else by its first connection, whatever it is called', () => {
  const idOf = (device: object): unknown => {
    const reader = start();
    read(reader, 'homeassistant/sensor/node/x/config', JSON.stringify({ stat_t: 'a', dev_cla: 'power', unit_of_meas: 'W', dev: device }));
    const [found] = read(reader, 'a', '5');
    return found?.kind === 'values' ? [found.device, found.id] : found;
  };
  expect(idOf({ name: 'd', ids: ['A4CF12', 'second'] })).toEqual(['d', 'A4CF12']);
  expect(idOf({ name: 'd', identifiers: 'A4CF12' })).toEqual(['d', 'A4CF12']);
  expect(idOf({ name: 'd', ids: 7 })).toEqual(['d', '7']);
  expect(idOf({ name: 'd', ids: [], cns: [['mac', '02:5b:26:a8:dc:12']] })).toEqual(['d', '02:5b:26:a8:dc:12']);
  expect(idOf({ name: 'd', connections: [['mac', '02:5b:26:a8:dc:12']] })).toEqual(['d', '02:5b:26:a8:dc:12']);
  expect(idOf({ cns: [['mac', '02:5b:26:a8:dc:12']] })).toEqual(['node', '02:5b:26:a8:dc:12']);
  expect(idOf({ ids: ['A4CF12'] })).toEqual(['A4CF12', 'A4CF12']);
  expect(idOf({ name: 'd', cns: 'mac' })).toEqual(['d', undefined]);
  expect(idOf({ name: 'd' })).toEqual(['d', undefined]);
});

test('values of two devices of one name that come on one topic are kept apart', () => {
  const reader = start();
  for (const id of ['7', '8']) {
    const sensor = { stat_t: 'hub', dev: { ids: id, name: 'room' }, dev_cla: 'temperature', unit_of_meas: '°C', avty_t: 'hub/status' };
    read(reader, `homeassistant/sensor/${id}/t/config`, JSON.stringify({ ...sensor, val_tpl: `{{ value_json.t${id} }}` }));
  }
  expect(read(reader, 'hub', '{"t7":20,"t8":35}').map((one) => one.kind === 'values' && [one.id, one.values[0]!.value])).toEqual([
    ['7', 20],
    ['8', 35],
  ]);
  expect(read(reader, 'hub/status', 'online').map((one) => 'id' in one && one.id)).toEqual(['7', '8']);
});

test('an empty announcement takes back what was announced', () => {
  const reader = start();
  read(reader, 'homeassistant/device/7/config', board);
  read(reader, 'homeassistant/device/7/config', '');
  expect(read(reader, 'home/sensor_7', '{"t":27.1}')).toEqual([]);
});

test('the tilde stands for the base topic, and availability counts as its mode says', () => {
  const reader = start();
  const config = (mode: string): string =>
    `{"~":"a/b","stat_t":"~/state","dev":{"name":"d"},"dev_cla":"humidity","unit_of_meas":"%","avty":[{"t":"~/avail"},{"t":"bridge"}],"avty_mode":"${mode}"}`;
  read(reader, 'homeassistant/sensor/d/config', config('all'));
  expect(told(read(reader, 'a/b/state', '61.5'))).toEqual(['d d humidityPct 61.5 %']);
  const online = (topic: string, payload: string): boolean[] =>
    read(reader, topic, payload).flatMap((one) => (one.kind === 'availability' ? [one.online] : []));
  expect([online('a/b/avail', 'online'), online('bridge', 'online'), online('a/b/avail', 'offline')]).toEqual([[false], [true], [false]]);
  read(reader, 'homeassistant/sensor/d/config', config('any'));
  expect(online('a/b/avail', 'offline')).toEqual([true]);
  expect(online('bridge', 'offline')).toEqual([false]);
  read(reader, 'homeassistant/sensor/d/config', config('latest'));
  expect([online('bridge', 'online'), online('a/b/avail', 'offline')]).toEqual([[true], [false]]);
});

test('a template that is a program is listed and not run', () => {
  const reader = start();
  const config = JSON.stringify({
    ...{ stat_t: 'a/state', dev: { name: 'd' }, dev_cla: 'power', unit_of_meas: 'W' },
    val_tpl: '{{ value_json.a * value_json.v }}',
  });
  expect(read(reader, 'homeassistant/sensor/d/power/config', config)).toEqual([
    { kind: 'not-supported', device: 'd', part: 'power', why: 'template' },
  ]);
  expect(read(reader, 'a/state', '{"a":1,"v":230}')).toEqual([]);
});

test('a state topic that the gateway may not publish to is listed', () => {
  const reader = start((topic) => topic.startsWith('mine/'));
  const config = '{"stat_t":"other/state","dev":{"name":"d"},"dev_cla":"power","unit_of_meas":"W"}';
  expect(read(reader, 'homeassistant/sensor/d/p/config', config)).toEqual([
    { kind: 'not-supported', device: 'd', part: 'p', why: 'topic' },
  ]);
});

test('switches, lamps and sensors that are switched off or give texts are of no interest', () => {
  const reader = start();
  const sensor = '{"stat_t":"a","dev":{"name":"d"},"dev_cla":"power","unit_of_meas":"W","en":false}';
  expect(read(reader, 'homeassistant/sensor/d/p/config', sensor)).toEqual([]);
  expect(read(reader, 'homeassistant/switch/d/s/config', '{"stat_t":"a","cmd_t":"b"}')).toEqual([]);
  expect(read(reader, 'homeassistant/sensor/d/t/config', '{"stat_t":"a","dev":{"name":"d"}}')).toEqual([]);
  expect(read(reader, 'a', 'rain')).toEqual([]);
});

test('a gateway that announces without end keeps what came first', () => {
  const reader = start();
  const config = (at: number): string => `{"stat_t":"s/${at}","dev":{"name":"d"},"dev_cla":"power","unit_of_meas":"W"}`;
  for (let at = 0; at < maxAnnounced; at += 1) expect(read(reader, `homeassistant/sensor/d/${at}/config`, config(at))).toEqual([]);
  expect(read(reader, 'homeassistant/sensor/d/more/config', config(-1))).toEqual([
    { kind: 'not-supported', device: 'd', part: 'more', why: 'full' },
  ]);
  expect(told(read(reader, 's/0', '5'))).toEqual(['d 0 powerW 5 W']);
});
