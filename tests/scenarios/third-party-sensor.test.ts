/** A sensor that we did not make: from a bridge with a password, through the site's broker, to the centre's pages. */
import { systemClock } from '@tramhoc/base/clock';
import { systemRandom } from '@tramhoc/base/random';
import { zigbee2mqttSimulator } from '@tramhoc/broker/adapters/zigbee2mqtt/simulator';
import { hashPassword, newPassword } from '@tramhoc/broker/gateways/password';
import { type SimulatedGadget, startGadget } from '@tramhoc/broker/gateways/simulate';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWorld, type Site, type World } from '../world/site-world.ts';
import { until } from '../world/until.ts';

const clock = systemClock();
const random = systemRandom();
const password = newPassword(random);
let world: World;
let site: Site;
let bridge: SimulatedGadget;

const connect = (): Promise<SimulatedGadget> =>
  startGadget(zigbee2mqttSimulator, {
    ...{ url: `mqtt://127.0.0.1:${site.broker.gatewayPort}`, user: 'zigbee', password, name: 'phòng máy', everyMs: 500, clock },
  });

beforeAll(async () => {
  world = await openWorld();
  const entry = {
    name: 'zigbee',
    adapter: 'zigbee2mqtt',
    user: 'zigbee',
    passwordHash: await hashPassword(password, random),
    reportEveryS: 1,
    warmUpS: 0,
  };
  site = await world.addSite('thpt-demo', { gateways: { host: '127.0.0.1', port: 0, entries: [entry] } });
  bridge = await connect();
});
afterAll(async () => {
  await bridge?.close();
  await world?.close();
});

type Series = { deviceId: string; slot: string; quantity: string; unit: string; points: [number, number][] };
const air = async (): Promise<Series[]> => (await world.api<{ series: Series[] }>('GET', `/api/air?site=${site.siteId}&hours=1`)).series;
type Detail = { slots: { slot: string; driver: string; state: string; code: string | null }[] };
const slots = async (): Promise<Detail['slots']> => (await world.api<Detail>('GET', `/api/devices/${site.broker.deviceId}`)).slots;

test('its values are curves in the air of the site, beside those of our own sensors', async () => {
  bridge.setAir({ temperatureC: 27.5, co2: 640 });
  const series = await until('the values are at the centre', async () => {
    const found = await air();
    return found.length >= 8 && found.some(({ quantity, points }) => quantity === 'co2' && points.some(([, value]) => value === 640))
      ? found
      : undefined;
  });
  expect(new Set(series.map(({ deviceId }) => deviceId))).toEqual(new Set([site.broker.deviceId]));
  const named = (slot: string): string[] => series.filter((one) => one.slot === slot).map(({ quantity, unit }) => `${quantity} ${unit}`);
  expect(named('zigbee-phong-may').sort()).toEqual(['batteryPct %', 'humidityPct %', 'temperatureC °C', 'voltageV V']);
  expect(named('zigbee-phong-may-air').sort()).toEqual(['co2 ppm', 'humidityPct %', 'temperatureC °C', 'tvocPpb ppb']);
});

test('its events are the broker’s own, in order and without a hole', async () => {
  const { events } = await world.api<{ events: { type: string; seq: number; data: Record<string, unknown> }[] }>(
    'GET',
    `/api/events?device=${site.broker.deviceId}&limit=500`,
  );
  const reading = events.find(({ type }) => type === 'vn.tramhoc.sensor.reading.v1');
  expect(reading?.data).toMatchObject({ driver: 'zigbee2mqtt', sampleCount: expect.any(Number) });
  const seqs = events.map(({ seq }) => seq).sort((a, b) => a - b);
  expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, at) => seqs[0]! + at));
});

test('when the bridge is gone its sensors are lost in the console, and found when it is back', async () => {
  const states = async (): Promise<string[]> =>
    (await slots()).map(({ slot, driver, state, code }) => `${slot} ${driver} ${state} ${code}`).sort();
  await until('the sensors are there', async () => (await slots()).filter(({ state }) => state === 'open').length === 2);
  bridge.link.drop();
  await until('they are lost', async () => (await slots()).every(({ state }) => state === 'lost'));
  expect(await states()).toEqual([
    'zigbee-phong-may zigbee2mqtt lost SENSOR_OFFLINE',
    'zigbee-phong-may-air zigbee2mqtt lost SENSOR_OFFLINE',
  ]);
  bridge = await connect();
  await until('they are back', async () => (await slots()).every(({ state }) => state === 'open'));
});

test('readings wait at the site while the centre cannot be reached', async () => {
  await site.upLink.cut();
  bridge.setAir({ co2: 1_234 });
  await clock.sleep(2_500);
  await site.upLink.mend();
  await until('they have arrived', async () =>
    (await air()).some(({ quantity, points }) => quantity === 'co2' && points.some(([, value]) => value > 1_200)),
  );
});
