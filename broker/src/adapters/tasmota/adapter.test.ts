import { expect, test } from 'vitest';
import type { Finding } from '../adapter.ts';
import { tasmota } from './adapter.ts';

const reader = (options = {}) => tasmota.start(tasmota.optionsSchema.parse(options), () => true);
const read = (topic: string, payload: string, options = {}): Finding[] => reader(options).read({ topic, payload: Buffer.from(payload) });
/** `part quantity value unit`, in order. */
const told = (findings: Finding[]): string[] =>
  findings.flatMap((one) =>
    one.kind === 'values' ? one.values.map(({ part, quantity, value, unit }) => `${part} ${quantity} ${value} ${unit}`) : [],
  );

/** Recorded by others, each with its source. */
const recorded: { source: string; topic: string; payload: string; says: string[] }[] = [
  {
    source: 'project vector mqtt-sensors.json (public code search, item 53798703840)',
    topic: 'tele/tasmota_F847F7/SENSOR',
    payload:
      '{"Time":"2026-03-07T12:54:34","BME280":{"Temperature":20.7,"Humidity":24.4,"DewPoint":-0.4,"Pressure":1013.4},"PMS5003":{"CF1":22,"CF2.5":32,"CF10":49,"PM1":22,"PM2.5":32,"PM10":49,"PB0.3":4146,"PB0.5":934,"PB1":153,"PB2.5":48,"PB5":8,"PB10":2},"PressureUnit":"hPa","TempUnit":"C"}',
    says: [
      ...['BME280 temperatureC 20.7 C', 'BME280 pressureHPa 1013.4 hPa', 'BME280 humidityPct 24.4 %'],
      ...['PMS5003 pm1 22 µg/m³', 'PMS5003 pm25 32 µg/m³', 'PMS5003 pm10 49 µg/m³'],
    ],
  },
  {
    source: 'solarslurpi/GrowBuddy, README: an SCD30 in Fahrenheit, beside an analog input',
    topic: 'tele/snifferbuddy/SENSOR',
    payload:
      '{"Time":"2022-09-06T08:52:59","ANALOG":{"A0":542},"SCD30":{"CarbonDioxide":814,"eCO2":787,"Temperature":71.8,"Humidity":61.6,"DewPoint":57.9},"TempUnit":"F"}',
    says: ['SCD30 temperatureC 71.8 F', 'SCD30 humidityPct 61.6 %', 'SCD30 co2 814 ppm'],
  },
  {
    source: 'comment in a public Arduino program (find_string, file 49713129655)',
    topic: 'tele/wemos1/SENSOR',
    payload:
      '{"Time":"2025-05-09T11:41:50","BME280":{"Temperature":21.4,"Humidity":33.7,"Pressure":1021.9},"BH1750":{"Illuminance":0},"MHZ19B":{"Model":"B","CarbonDioxide":424,"Temperature":19.0},"PressureUnit":"hPa","TempUnit":"C"}',
    says: [
      ...['BME280 temperatureC 21.4 C', 'BME280 pressureHPa 1021.9 hPa', 'BME280 humidityPct 33.7 %'],
      ...['BH1750 illuminanceLx 0 lx', 'MHZ19B temperatureC 19 C', 'MHZ19B co2 424 ppm'],
    ],
  },
  {
    source: 'test of a public MQTT to SQL writer (file 30273220789)',
    topic: 'tele/node_mcu_terrace/SENSOR',
    payload:
      '{"Time":"2023-05-21T01:06:38","BME280":{"Temperature":20.5,"Humidity":53.1,"DewPoint":10.6,"Pressure":977.0},"SDS0X1":{"PM2.5":11.8,"PM10":5.8},"PressureUnit":"hPa","TempUnit":"C"}',
    says: [
      ...['BME280 temperatureC 20.5 C', 'BME280 pressureHPa 977 hPa', 'BME280 humidityPct 53.1 %'],
      ...['SDS0X1 pm25 11.8 µg/m³', 'SDS0X1 pm10 5.8 µg/m³'],
    ],
  },
  {
    source: 'the same, a socket',
    topic: 'tele/sonoff_desk/SENSOR',
    payload:
      '{"Time":"2023-05-19T20:52:56","ENERGY":{"TotalStartTime":"2022-03-20T15:20:48","Total":514.153,"Yesterday":1.495,"Today":0.537,"Period":0,"Power":56,"ApparentPower":92,"ReactivePower":73,"Factor":0.61,"Voltage":234,"Current":0.392}}',
    says: ['ENERGY powerW 56 W', 'ENERGY energyKWh 514.153 kWh', 'ENERGY voltageV 234 V', 'ENERGY currentA 0.392 A'],
  },
  {
    source: 'ferrets6/wattson, captured from a Sonoff Dual: two outlets; the chip tells its own temperature',
    topic: 'tele/tasmota/SENSOR',
    payload:
      '{"Time":"2026-09-18T11:19:21","ENERGY":{"TotalStartTime":"2026-09-16T00:00:00","Total":[2.813,0.254],"Yesterday":[1.530,0.125],"Today":[0.772,0.059],"Power":[52,5],"ApparentPower":[66,10],"ReactivePower":[40,9],"Factor":[0.79,0.50],"Voltage":235,"Current":[0.278,0.044],"BL09XX":{"Temperature":46.5}}}',
    says: [
      ...['ENERGY-1 powerW 52 W', 'ENERGY-2 powerW 5 W', 'ENERGY-1 energyKWh 2.813 kWh', 'ENERGY-2 energyKWh 0.254 kWh'],
      ...['ENERGY voltageV 235 V', 'ENERGY-1 currentA 0.278 A', 'ENERGY-2 currentA 0.044 A'],
    ],
  },
  {
    source: 'public test script (file 12847871459): probes on one wire',
    topic: 'tele/boiler/SENSOR',
    payload:
      '{"Time":"2018-10-15T10:47:38","DS18B20-1":{"Id":"04173329BEFF","Temperature":17.2},"DS18B20-2":{"Id":"041752D93BFF","Temperature":24.3},"TempUnit":"C"}',
    says: ['DS18B20-1 temperatureC 17.2 C', 'DS18B20-2 temperatureC 24.3 C'],
  },
];

// xsns_51_rdm6300.ino, comment at its head (project vector mqtt-sensors.json)
test('the number of a card is no measurement and goes nowhere', () => {
  const findings = read('tele/gate/SENSOR', '{"RDM6300":{"UID":"008EC793"}}');
  expect(told(findings)).toEqual([]);
  expect(JSON.stringify(findings)).not.toContain('008EC793');
});

test.each(recorded)('a recorded message gives its values: $source', ({ topic, payload, says }) => {
  const findings = read(topic, payload);
  expect(findings.map((one) => one.kind === 'values' && one.device)).toEqual([topic.split('/')[1]]);
  expect(told(findings)).toEqual(says);
});

test('a sensor that gives nothing is null and makes no value; numbers as text, of older versions, do', () => {
  expect(told(read('tele/a/SENSOR', '{"AM2301":{"Temperature":null,"Humidity":null,"DewPoint":null},"TempUnit":"C"}'))).toEqual([]);
  expect(told(read('tele/a/SENSOR', '{"AM2301":{"Temperature":"20.5","Humidity":"nan"}}'))).toEqual(['AM2301 temperatureC 20.5 C']);
});

// xsns_15_mhz19.ino: mhz_last_ppm and mhz_temperature are 0 until the first answer, and again after eight without one
test('a CO₂ sensor that has not answered tells 0 ppm and 0 °C, and neither is a value', () => {
  expect(told(read('tele/a/SENSOR', '{"MHZ19B":{"Model":"B","CarbonDioxide":0,"Temperature":0.0},"TempUnit":"C"}'))).toEqual([]);
});

test('pressure in millimetres of mercury says so', () => {
  expect(told(read('tele/a/SENSOR', '{"BMP280":{"Pressure":755.2},"PressureUnit":"mmHg"}'))).toEqual(['BMP280 pressureHPa 755.2 mmHg']);
});

test('a board comes and goes by its last will, and a sign of life counts as well', () => {
  const online = (payload: string) => read('tele/a/LWT', payload);
  expect(online('Online')).toEqual([{ kind: 'availability', device: 'a', online: true }]);
  expect(online('Offline')).toEqual([{ kind: 'availability', device: 'a', online: false }]);
  expect(online('online')).toEqual([{ kind: 'unreadable' }]);
  expect(online('')).toEqual([]);
  expect(read('tele/a/STATE', '{"Uptime":"0T00:10:09","UptimeSec":609}')).toEqual([{ kind: 'availability', device: 'a', online: true }]);
});

test('the levels of a topic may stand in any order', () => {
  const payload = '{"AM2301":{"Temperature":20.5}}';
  const deviceIn = (topic: string, fullTopic: string): string | undefined => {
    const [first] = read(topic, payload, { fullTopic });
    return first?.kind === 'values' ? first.device : undefined;
  };
  expect(deviceIn('kitchen/tele/SENSOR', '%topic%/%prefix%/')).toBe('kitchen');
  expect(deviceIn('truong/a1/phong-may/tele/SENSOR', 'truong/a1/%topic%/%prefix%/')).toBe('phong-may');
  expect(deviceIn('tele/kitchen/SENSOR', '%topic%/%prefix%/')).toBeUndefined();
  expect(deviceIn('cmnd/kitchen/SENSOR', '%prefix%/%topic%/')).toBeUndefined();
});

test('a board may publish what its firmware publishes, and a Full Topic that begins with its name must be allowed in the config', () => {
  expect(tasmota.topics({ fullTopic: '%prefix%/%topic%/' }).publish).toEqual(['tele/+/#', 'stat/+/#', 'tasmota/discovery/#']);
  expect(tasmota.topics({ fullTopic: 'truong/%topic%/%prefix%/' }).publish).toEqual([
    'truong/+/tele/#',
    'truong/+/stat/#',
    'tasmota/discovery/#',
  ]);
  expect(tasmota.topics({ fullTopic: '%topic%/%prefix%/' }).publish).toEqual(['tasmota/discovery/#']);
});

test('what a board says of itself is its model', () => {
  const payload = '{"ip":"192.168.15.10","dn":"Living Room","t":"tasmota_49A3BC","md":"Sonoff TH","ft":"%prefix%/%topic%/"}';
  expect(read('tasmota/discovery/49A3BC000000/config', payload)).toEqual([
    { kind: 'identity', device: 'tasmota_49A3BC', model: 'Sonoff TH' },
  ]);
});
