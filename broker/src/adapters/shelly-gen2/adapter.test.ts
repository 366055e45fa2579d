import { expect, test } from 'vitest';
import type { AdapterReader, Finding } from '../adapter.ts';
import { shellyGen2 } from './adapter.ts';

const start = (): AdapterReader => shellyGen2.start({}, () => true);
const read = (reader: AdapterReader, topic: string, payload: string): Finding[] => reader.read({ topic, payload: Buffer.from(payload) });
const told = (findings: Finding[]): string[] =>
  findings.flatMap((one) =>
    one.kind === 'values' ? one.values.map(({ part, quantity, value, unit }) => `${one.device} ${part} ${quantity} ${value} ${unit}`) : [],
  );
const notify = (device: string, method: string, params: object): [string, string] => [
  `${device}/events/rpc`,
  JSON.stringify({ src: device, dst: `${device}/events`, method, params: { ts: 1, ...params } }),
];

test('a recorded Plus H&T on mains gives temperature and humidity; its battery of 0 % is none', () => {
  // gist NelsonMinar/494a0f53785c20290b395639548349fa (project vector; the signal strength is cut off there)
  const payload =
    '{"src":"shellyplusht-b8d61a8b17cc","dst":"shellyplusht-b8d61a8b17cc/events","method":"NotifyFullStatus","params":{"ts":1680962879.62,"devicepower:0":{"id":0,"battery":{"V":0.43,"percent":0},"external":{"present":true}},"humidity:0":{"id":0,"rh":42.2},"temperature:0":{"id":0,"tC":19.8,"tF":67.6},"wifi":{"rssi":-50}}}';
  expect(told(read(start(), 'shellyplusht-b8d61a8b17cc/events/rpc', payload))).toEqual([
    'shellyplusht-b8d61a8b17cc humidity humidityPct 42.2 %',
    'shellyplusht-b8d61a8b17cc temperature temperatureC 19.8 °C',
  ]);
});

test('a recorded Plus Plug S gives power and energy, and not the temperature of its own electronics', () => {
  // iobroker-community-adapters/ioBroker.shelly, issue 813
  const payload =
    '{"src":"shellyplusplugs-80646fd031f8","dst":"shellyplusplugs-80646fd031f8/events","method":"NotifyFullStatus","params":{"ts":1698999954.77,"ble":{},"cloud":{"connected":true},"mqtt":{"connected":true},"plugs_ui":{},"script:1":{"id":1,"running":true,"mem_used":2786,"mem_peak":4130,"mem_free":22414},"switch:0":{"id":0, "source":"init", "output":true, "apower":0.0, "voltage":229.1, "current":0.000, "aenergy":{"total":30473.355,"by_minute":[0.000,0.000,0.000],"minute_ts":1698999953},"temperature":{"tC":34.8, "tF":94.7}},"sys":{"mac":"80646FD031F8","restart_required":false,"time":"09:25","unixtime":1698999954,"uptime":21},"wifi":{"status":"got ip","rssi":-73},"ws":{"connected":false}}}';
  expect(told(read(start(), 'shellyplusplugs-80646fd031f8/events/rpc', payload))).toEqual([
    'shellyplusplugs-80646fd031f8 switch powerW 0 W',
    'shellyplusplugs-80646fd031f8 switch voltageV 229.1 V',
    'shellyplusplugs-80646fd031f8 switch currentA 0 A',
    'shellyplusplugs-80646fd031f8 switch energyKWh 30473.355 Wh',
  ]);
});

test('a recorded PM under a prefix of its own is called by it', () => {
  // ParseShellyMessage test, public file 56135806165
  const payload =
    '{"src":"shellyplugpmg3-907069531520","dst":"shelly/ug/heizraum/trockner/events","method":"NotifyStatus","params":{"ts":1783004880.01,"pm1:0":{"aenergy":{"by_minute":[0,0,0],"minute_ts":1783004880,"total":1},"apower":27,"current":0.123,"freq":50.01,"ret_aenergy":{"by_minute":[0,0,0],"minute_ts":1783004880,"total":0},"voltage":233.3}}}';
  expect(
    told(read(start(), 'shelly/ug/heizraum/trockner/events/rpc', payload)).map((line) => line.split(' ').slice(0, 4).join(' ')),
  ).toEqual([
    'shelly/ug/heizraum/trockner pm1 powerW 27',
    'shelly/ug/heizraum/trockner pm1 voltageV 233.3',
    'shelly/ug/heizraum/trockner pm1 currentA 0.123',
    'shelly/ug/heizraum/trockner pm1 energyKWh 1',
  ]);
});

test('what did not change is still so: a notification is laid over what was known', () => {
  const reader = start();
  read(reader, ...notify('a', 'NotifyFullStatus', { 'switch:0': { apower: 60, voltage: 230, current: 0.26, aenergy: { total: 5 } } }));
  expect(told(read(reader, ...notify('a', 'NotifyStatus', { 'switch:0': { id: 0, aenergy: { total: 6 } } })))).toEqual([
    'a switch powerW 60 W',
    'a switch voltageV 230 V',
    'a switch currentA 0.26 A',
    'a switch energyKWh 6 Wh',
  ]);
  read(reader, 'a/online', 'true');
  expect(told(read(reader, ...notify('a', 'NotifyStatus', { 'switch:0': { id: 0, aenergy: { total: 7 } } })))).toEqual([
    'a switch energyKWh 7 Wh',
  ]);
});

test('a sensor with errors, or one that says null, measures nothing', () => {
  const reader = start();
  read(reader, ...notify('a', 'NotifyFullStatus', { 'temperature:100': { id: 100, tC: 20 } }));
  expect(told(read(reader, ...notify('a', 'NotifyStatus', { 'temperature:100': { id: 100, tC: 20, errors: ['out_of_range'] } })))).toEqual(
    [],
  );
  expect(told(read(reader, ...notify('a', 'NotifyStatus', { 'temperature:100': { id: 100, tC: null } })))).toEqual([]);
});

test('further sensors and outlets of a device have names of their own, and come and go with it', () => {
  const reader = start();
  const findings = read(
    reader,
    ...notify('a', 'NotifyFullStatus', { 'switch:0': { apower: 1 }, 'switch:1': { apower: 2 }, 'temperature:100': { tC: 21 } }),
  );
  expect(told(findings)).toEqual(['a switch powerW 1 W', 'a/1 switch powerW 2 W', 'a/100 temperature temperatureC 21 °C']);
  expect(read(reader, 'a/online', 'false')).toEqual(
    ['a', 'a/1', 'a/100'].map((device) => ({ kind: 'availability', device, online: false })),
  );
});

test('the status of one component, with "generic status update" on, is read as well', () => {
  // public file 12705458817
  const payload =
    '{"id":0, "source":"init", "output":false, "apower":0.0, "voltage":232.7, "current":0.000, "aenergy":{"total":0.000,"by_minute":[0.000,0.000,0.000],"minute_ts":1661517407},"temperature":{"tC":44.1, "tF":111.3}}';
  expect(told(read(start(), 'shellies/plus1pm/status/switch:0', payload))[1]).toBe('shellies/plus1pm switch voltageV 232.7 V');
});

test('phases of a meter are parts', () => {
  const status = { a_act_power: 100, b_act_power: 200, c_act_power: 300, total_act_power: 600 };
  expect(told(read(start(), ...notify('a', 'NotifyStatus', { 'em:0': { id: 0, ...status } })))).toEqual([
    'a em-a powerW 100 W',
    'a em-b powerW 200 W',
    'a em-c powerW 300 W',
    'a em-total powerW 600 W',
  ]);
});
