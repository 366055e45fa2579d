import { fakeClock } from '@tramhoc/base/fake-clock';
import { eventData } from '@tramhoc/protocol/event';
import { SlotId } from '@tramhoc/protocol/ids';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { OwnFact } from '../ingest/own-facts.ts';
import { GatewayEntry, gatewayOf } from './gateway-config.ts';
import { createSensorDesk, type KnownDevice } from './sensor-desk.ts';

const passwordHash = `$argon2id$v=19$m=19456,t=2,p=1$${'a'.repeat(22)}$${'b'.repeat(43)}`;

function bench(entry: object = {}, known: KnownDevice[] = []) {
  const clock = fakeClock();
  const gateway = gatewayOf(GatewayEntry.parse({ name: 'air', adapter: 'tasmota', user: 'u', passwordHash, warmUpS: 0, ...entry }));
  const facts: OwnFact[] = [];
  let kept: KnownDevice[] = [];
  const emit = (more: OwnFact[], devices?: KnownDevice[]): void => {
    facts.push(...more);
    kept = devices ?? kept;
  };
  const desk = createSensorDesk({ gateway, clock, emit, known });
  const say = (topic: string, payload: unknown) =>
    desk.take({ topic, payload: Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)) });
  const told = (): string[] =>
    facts.splice(0).map((fact) => {
      expect(eventData[fact.type].safeParse(fact.data).error).toBeUndefined();
      if (fact.type === 'vn.tramhoc.device.slot.v1') return [fact.data.slot, fact.data.state, fact.data.code].filter(Boolean).join(' ');
      if (fact.type !== 'vn.tramhoc.sensor.reading.v1') return fact.type;
      const values = fact.data.measurements.map(({ quantity, value }) => `${quantity} ${value}`).join(', ');
      return `${fact.data.slot} ${fact.data.driver} ${values} of ${fact.data.sampleCount}`;
    });
  return { clock, desk, say, told, kept: () => kept.map(({ name }) => name), list: () => kept };
}

test('samples of an interval are one reading with their mean and number, and an interval without samples is none', async () => {
  const { clock, say, told } = bench();
  for (const temperature of [20, 21, 25]) say('tele/kitchen/SENSOR', { AM2301: { Temperature: temperature, Humidity: 60 }, TempUnit: 'C' });
  await clock.advance(60_000);
  expect(told()).toEqual(['air-kitchen open', 'air-kitchen tasmota temperatureC 22, humidityPct 60 of 3']);
  await clock.advance(60_000);
  expect(told()).toEqual([]);
});

test('degrees Fahrenheit, watt hours and other units of others come out in ours', async () => {
  const { clock, say, told } = bench({ adapter: 'shelly-gen2', reportEveryS: 10 });
  say('shellyx/events/rpc', { method: 'NotifyStatus', params: { 'switch:0': { apower: 46.5, aenergy: { total: 30_473.355 } } } });
  await clock.advance(10_000);
  expect(told()).toEqual(['air-shellyx open', 'air-shellyx shelly-gen2 powerW 46.5, energyKWh 30.473 of 1']);
});

test('two sensors of a device that measure the same are told apart, whatever they share otherwise', async () => {
  const { clock, say, told } = bench();
  say('tele/hall/SENSOR', { BME280: { Temperature: 20, Pressure: 1_000 }, 'DS18B20-1': { Temperature: 4 } });
  await clock.advance(60_000);
  expect(told()).toEqual([
    'air-hall open',
    'air-hall-bme280 tasmota temperatureC 20 of 1',
    'air-hall tasmota pressureHPa 1000 of 1',
    'air-hall-ds18b20-1 tasmota temperatureC 4 of 1',
  ]);
});

test('sensors that warm up give no readings at first, nor after their device was away', async () => {
  const { clock, say, told } = bench({ warmUpS: 180 });
  const speak = () => say('tele/room/SENSOR', { SCD30: { CarbonDioxide: 410, Temperature: 25 } });
  speak();
  await clock.advance(120_000);
  expect(told()).toEqual(['air-room open', 'air-room tasmota temperatureC 25 of 1']);
  await clock.advance(60_000);
  speak();
  await clock.advance(60_000);
  expect(told()).toEqual(['air-room tasmota temperatureC 25, co2 410 of 1']);
  say('tele/room/LWT', 'Offline');
  say('tele/room/LWT', 'Online');
  speak();
  await clock.advance(60_000);
  expect(told()).toEqual(['air-room lost SENSOR_OFFLINE', 'air-room open', 'air-room tasmota temperatureC 25 of 1']);
});

test('a device that is said to be away is lost, and what it is said to measure meanwhile is not believed', async () => {
  const { clock, say, told } = bench({ adapter: 'zigbee2mqtt' });
  say('zigbee2mqtt/phòng máy/availability', { state: 'online' });
  say('zigbee2mqtt/phòng máy', { temperature: 20 });
  say('zigbee2mqtt/phòng máy/availability', { state: 'offline' });
  say('zigbee2mqtt/phòng máy', { temperature: 30 });
  await clock.advance(60_000);
  expect(told()).toEqual(['air-phong-may open', 'air-phong-may lost SENSOR_OFFLINE', 'air-phong-may zigbee2mqtt temperatureC 20 of 1']);
});

test('a state that the bridge repeats out of its memory is no reading, and a device that died meanwhile does not come to life', async () => {
  const { clock, say, told } = bench({ adapter: 'zigbee2mqtt' });
  const atMs = (agoMs: number): string => new Date(clock.wallMs() - agoMs).toISOString();
  const dayMs = 86_400_000;
  say('zigbee2mqtt/dead', { temperature: 20, last_seen: atMs(3 * dayMs) });
  say('zigbee2mqtt/alive', { temperature: 20, last_seen: atMs(1_000) });
  await clock.advance(60_000);
  expect(told()).toEqual(['air-alive open', 'air-alive zigbee2mqtt temperatureC 20 of 1']);
  const last = atMs(1_000);
  say('zigbee2mqtt/alive', { temperature: 21, last_seen: last });
  await clock.advance(3_600_000);
  told();
  // the bridge restarts: the last state, or one from before that where its power was cut
  for (const seen of [last, atMs(2 * dayMs)]) expect(say('zigbee2mqtt/alive', { temperature: 21, last_seen: seen })).toBe('nothing');
  say('zigbee2mqtt/alive', { temperature: 25, last_seen: atMs(500) });
  await clock.advance(60_000);
  expect(told()).toEqual(['air-alive zigbee2mqtt temperatureC 25 of 1']);
});

test('a bridge whose clock is wrong, or is set right, costs one state of each device', async () => {
  const { clock, say, told } = bench({ adapter: 'zigbee2mqtt' });
  const yearMs = 365 * 86_400_000;
  const measured = async (offMs: number): Promise<number> => {
    for (let at = 0; at < 10; at += 1) {
      say('zigbee2mqtt/a', { temperature: 20, last_seen: clock.wallMs() + offMs });
      await clock.advance(60_000);
    }
    return told().filter((line) => line.includes('temperatureC')).length;
  };
  expect([await measured(-yearMs), await measured(0), await measured(yearMs), await measured(-yearMs), await measured(0)]).toEqual([
    ...[9, 10, 10, 9, 10],
  ]);
});

test('with the bridge all that is behind it is lost, and found again', () => {
  const { say, told } = bench({ adapter: 'zigbee2mqtt' });
  for (const name of ['a', 'b']) say(`zigbee2mqtt/${name}`, { temperature: 20 });
  say('zigbee2mqtt/bridge/state', { state: 'offline' });
  say('zigbee2mqtt/bridge/state', { state: 'online' });
  expect(told()).toEqual([
    ...['air-a open', 'air-b open', 'air-a lost SENSOR_OFFLINE', 'air-b lost SENSOR_OFFLINE', 'air-a open', 'air-b open'],
  ]);
});

test('a sensor that falls silent is lost after the time that is usual for its kind, or that the config says', async () => {
  const { clock, say, told } = bench({ silentAfterS: 30 });
  say('tele/a/SENSOR', { AM2301: { Temperature: 20 } });
  await clock.advance(40_000);
  expect(told()).toEqual(['air-a open', 'air-a lost SENSOR_OFFLINE']);
  say('tele/a/SENSOR', { AM2301: { Temperature: 20 } });
  expect(told()).toEqual(['air-a open']);
});

test('a device that comes and goes every second makes a handful of events', async () => {
  const { clock, say, told } = bench();
  say('tele/a/SENSOR', { AM2301: { Temperature: 20 } });
  for (let at = 0; at < 600; at += 1) {
    say('tele/a/LWT', at % 2 === 0 ? 'Offline' : 'Online');
    await clock.advance(1_000);
  }
  expect(told().filter((line) => / (?:open|lost)/.test(line)).length).toBeLessThanOrEqual(9);
});

test('lamps and buttons with an availability make no slot', () => {
  const { say, told, desk } = bench({ adapter: 'zigbee2mqtt' });
  say('zigbee2mqtt/lamp/availability', 'online');
  say('zigbee2mqtt/lamp', { state: 'ON', brightness: 215 });
  expect(told()).toEqual([]);
  expect(desk.view().devices).toEqual([]);
});

test('fault values are no readings, and a sensor that gives nothing else is not even there', async () => {
  const { clock, say, told } = bench();
  say('tele/a/SENSOR', { DS18B20: { Temperature: 85 }, AM2301: { Humidity: 6_553.5 }, MHZ19B: { CarbonDioxide: 0, Temperature: 0 } });
  say('tele/b/SENSOR', { DS18B20: { Temperature: -127 } });
  await clock.advance(60_000);
  expect(told()).toEqual([]);
});

test('the map says what a sensor is when nobody else does, gives it a name, and silences it', async () => {
  const map = [
    { sensor: 'phong-may/nhiet_do', quantity: 'temperatureC', unit: '°F', slot: 'phong-may-1' },
    { sensor: 'phong-may/do_am', quantity: 'humidityPct', slot: 'phong-may-1' },
    { sensor: 'phong-may/rung', ignore: true },
  ];
  const { clock, say, told, desk } = bench({ adapter: 'esphome', topics: ['phong-may/#'], map });
  for (const [object, value] of Object.entries({ nhiet_do: '71.6', do_am: '61', rung: '3', nong_do: '7' }))
    say(`phong-may/sensor/${object}/state`, value);
  await clock.advance(60_000);
  expect(told()).toEqual(['air-phong-may open', 'phong-may-1 esphome temperatureC 22, humidityPct 61 of 1']);
  expect(desk.view().oddities).toEqual([{ sensor: 'phong-may/nong_do', why: 'quantity', unit: undefined, times: 1 }]);
});

test('what is not understood is listed with its reason, and never reported', async () => {
  const { clock, say, told, desk } = bench({ adapter: 'home-assistant-discovery', topics: ['board/#'] });
  const sensor = (object: string, fields: object) =>
    say(`homeassistant/sensor/${object}/config`, { stat_t: `board/${object}`, dev: { name: 'board' }, ...fields });
  sensor('a', { dev_cla: 'volatile_organic_compounds', unit_of_meas: 'mg/m³' });
  sensor('b', { dev_cla: 'power', unit_of_meas: 'W', val_tpl: '{{ value | multiply(2) }}' });
  sensor('c', { dev_cla: 'power', unit_of_meas: 'W', stat_t: 'elsewhere/c' });
  say('board/a', '0.3');
  expect(say('board/a', '0.3')).toBe('nothing');
  await clock.advance(60_000);
  expect(told()).toEqual([]);
  expect(desk.view().oddities.map(({ sensor: name, why, unit }) => [name, why, unit])).toEqual([
    ['board/b', 'template', undefined],
    ['board/c', 'topic', undefined],
    ['board/a', 'unit', 'mg/m³'],
  ]);
});

test('a sensor that goes while the broker is being restarted is missed, one that is still there is told when it speaks', async () => {
  const known = ['a', 'b'].map((name) => ({ name, slot: SlotId.parse(`air-${name}`) }));
  const { clock, say, told, desk } = bench({ silentAfterS: 30 }, known);
  expect(desk.view().devices.map(({ name, online, heardMs }) => [name, online, heardMs])).toEqual([
    ['a', false, undefined],
    ['b', false, undefined],
  ]);
  say('tele/a/SENSOR', { AM2301: { Temperature: 20 } });
  expect(told()).toEqual(['air-a open']);
  await clock.advance(20_000);
  say('tele/a/SENSOR', { AM2301: { Temperature: 20 } });
  await clock.advance(15_000);
  expect(told()).toEqual(['air-b lost SENSOR_OFFLINE']);
});

test('two boards of one name are two sensors, each with a slot that it keeps whoever speaks first after a restart', async () => {
  const air = (known: KnownDevice[] = [], map: object[] = []) =>
    bench({ adapter: 'home-assistant-discovery', topics: ['home/#'], map }, known);
  const announce = (say: ReturnType<typeof bench>['say'], id: string) =>
    say(`homeassistant/device/${id}/config`, {
      dev: { ids: id, name: 'RFMSensor', mdl: `M${id}` },
      cmps: { t: { p: 'sensor', dev_cla: 'temperature', unit_of_meas: '°C', val_tpl: '{{value_json.t}}' } },
      ...{ stat_t: `home/${id}`, avty_t: `home/${id}/status` },
    });
  const { clock, say, told, desk, list } = air();
  for (const id of ['7', '8']) announce(say, id);
  say('home/7', { t: 20 });
  say('home/8', { t: 35 });
  await clock.advance(60_000);
  expect(told()).toEqual([
    'air-rfmsensor open',
    'air-rfmsensor-8 open',
    'air-rfmsensor home-assistant-discovery temperatureC 20 of 1',
    'air-rfmsensor-8 home-assistant-discovery temperatureC 35 of 1',
  ]);
  expect(desk.view().devices.map(({ name, model }) => [name, model])).toEqual([
    ['RFMSensor', 'M7'],
    ['RFMSensor (8)', 'M8'],
  ]);
  say('home/8/status', 'offline');
  expect(told()).toEqual(['air-rfmsensor-8 lost SENSOR_OFFLINE']);
  const later = air(list(), [{ sensor: 'RFMSensor (8)/t', quantity: 'temperatureC', unit: '°F' }]);
  for (const id of ['8', '7']) announce(later.say, id);
  later.say('home/8', { t: 95 });
  later.say('home/7', { t: 21 });
  await later.clock.advance(60_000);
  expect(later.told()).toEqual([
    'air-rfmsensor-8 open',
    'air-rfmsensor open',
    'air-rfmsensor home-assistant-discovery temperatureC 21 of 1',
    'air-rfmsensor-8 home-assistant-discovery temperatureC 35 of 1',
  ]);
});

test('a device that was known before it was told apart keeps its slot, and is told apart from then on', () => {
  const announce = (say: ReturnType<typeof bench>['say'], id: string) => {
    const sensor = { dev: { ids: [id], name: 'board' }, dev_cla: 'power', unit_of_meas: 'W', stat_t: `home/${id}` };
    say(`homeassistant/sensor/${id}/config`, sensor);
    say(`home/${id}`, '5');
  };
  const gateway = { adapter: 'home-assistant-discovery', topics: ['home/#'] };
  const { say, told, list } = bench(gateway, [{ name: 'board', slot: SlotId.parse('old-slot') }]);
  announce(say, 'a');
  expect(told()).toEqual(['old-slot open']);
  const later = bench(gateway, list());
  announce(later.say, 'b');
  announce(later.say, 'a');
  expect(later.told()).toEqual(['air-board-b open', 'old-slot open']);
});

test('what the gateway no longer has, or the config ignores, is closed and not waited for', () => {
  const { say, told, kept } = bench({ adapter: 'zigbee2mqtt', map: [{ sensor: 'old', ignore: true }] }, [
    { name: 'old', slot: SlotId.parse('air-old') },
    { name: 'renamed', slot: SlotId.parse('air-renamed') },
  ]);
  expect(told()).toEqual(['air-old closed']);
  say('zigbee2mqtt/new', { temperature: 20 });
  expect(kept()).toEqual(['renamed', 'new']);
  say('zigbee2mqtt/bridge/devices', [{ friendly_name: 'new', definition: { model: 'M', exposes: [] } }]);
  expect(told()).toEqual(['air-new open', 'air-renamed closed']);
  expect(kept()).toEqual(['new']);
});

test('last wills of a stop that the broker makes itself say nothing about the gadgets', () => {
  const { say, told, desk } = bench();
  say('tele/a/SENSOR', { AM2301: { Temperature: 20 } });
  desk.close();
  told();
  say('tele/a/LWT', 'Offline');
  expect(told()).toEqual([]);
});

test('a clean stop tells what has been measured until then', () => {
  const { say, told, desk } = bench();
  say('tele/a/SENSOR', { AM2301: { Temperature: 20 } });
  desk.close();
  expect(told()).toEqual(['air-a open', 'air-a tasmota temperatureC 20 of 1']);
});

test('a gateway that makes up devices and sensors without end grows to its limits and no further', async () => {
  const { clock, say, told, desk } = bench({ adapter: 'tasmota' });
  for (let at = 0; at < 1_000; at += 1)
    say(`tele/d${at}/SENSOR`, Object.fromEntries(Array.from({ length: 60 }, (_, part) => [`X${part}`, { Temperature: 20 }])));
  await clock.advance(60_000);
  const lines = told();
  expect(desk.view().devices).toHaveLength(128);
  expect(desk.view().oddities).toHaveLength(64);
  expect(lines.filter((line) => line.includes('temperatureC')).length).toBe(128 * 24);
});

test('law: whatever comes, each reading fits the contract and lies in the range of its quantity', async () => {
  const value = fc.oneof(fc.double(), fc.integer({ min: -200, max: 70_000 }), fc.constantFrom(null, 'nan', '21.5', true));
  const sensor = fc.dictionary(fc.constantFrom('Temperature', 'Humidity', 'CarbonDioxide', 'PM2.5', 'Power', 'Total', 'Pressure'), value);
  const message = fc.dictionary(fc.constantFrom('BME280', 'ENERGY', 'AM2301', 'a b', 'đo'), sensor, { maxKeys: 5 });
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 20 }), async (messages) => {
      const { clock, say, told, desk } = bench();
      for (const one of messages) say('tele/a/SENSOR', { ...one, TempUnit: 'C' });
      await clock.advance(60_000);
      told();
      desk.close();
    }),
    { numRuns: 60 },
  );
});
