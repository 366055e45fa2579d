import { once } from 'node:events';
import { connect } from 'node:net';
import { systemClock } from '@tramhoc/base/clock';
import { isTramError } from '@tramhoc/protocol/errors';
import { afterEach, expect, test } from 'vitest';
import { usualAir } from '../adapters/simulator.ts';
import { simulators } from '../adapters/simulators.ts';
import { startTestGateways, type TestGateways } from '../testing/test-gateways.ts';
import { startTestSite } from '../testing/test-site.ts';
import { startGadget } from './simulate.ts';

const clock = systemClock();
const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});
async function gateways(...args: Parameters<typeof startTestGateways>): Promise<TestGateways> {
  const made = await startTestGateways(...args);
  cleanUp.push(() => made.close());
  return made;
}
const tasmota = { name: 'air', adapter: 'tasmota' };
const sensor = (device: string, temperature: number) => ({
  topic: `tele/${device}/SENSOR`,
  payload: JSON.stringify({ AM2301: { Temperature: temperature }, TempUnit: 'C' }),
});
const refusals = async ({ site }: TestGateways, reason: string): Promise<number> =>
  site.metric(`refused_total{reason="${reason}"}`).catch(() => 0);

test('without gateways in the config there is no door for them', async () => {
  const site = await startTestSite();
  cleanUp.push(() => site.close());
  expect(site.broker.gatewayPort).toBeUndefined();
});

/** What each simulated gadget measures (usualAir), as it must arrive. */
const arrives: Record<string, string[]> = {
  tasmota: ['air-phong-may co2 812', 'air-phong-may pm25 18', 'air-phong-may humidityPct 71', 'air-phong-may-bme280 temperatureC 28.4'],
  zigbee2mqtt: [
    'air-phong-may temperatureC 28.4',
    'air-phong-may batteryPct 87',
    'air-phong-may voltageV 2.9',
    'air-phong-may-air tvocPpb 240',
  ],
  'shelly-gen2': ['powerW 46.5', 'energyKWh 12.345', 'temperatureC 28.4', 'humidityPct 71'],
  esphome: ['air-phong-may temperatureC 28.4', 'air-phong-may humidityPct 71', 'air-phong-may co2 812'],
  'home-assistant-discovery': ['air-phong-may temperatureC 28.4', 'air-phong-may humidityPct 71', 'air-phong-may energyKWh 12.345'],
};

test.each(simulators)(
  'what a simulated $kind measures is at the centre as readings of the broker, and its absence as well',
  async (simulator) => {
    const made = await gateways([{ name: 'air', adapter: simulator.kind, topics: ['phong-may/#'] } as never]);
    const gadget = await startGadget(simulator, {
      ...{ url: made.url, user: 'air', password: made.password },
      name: 'phong-may',
      everyMs: 400,
      clock,
    });
    gadget.setAir(usualAir);
    await expect
      .poll(() => arrives[simulator.kind]!.filter((wanted) => !made.readings().some((told) => told.endsWith(wanted))), { timeout: 10_000 })
      .toEqual([]);
    const [first] = made.centre.stored;
    expect(new Set(made.centre.stored.map(({ source }) => source)).size).toBe(1);
    expect(first!.source).toBe(`urn:tramhoc:${made.site.broker.siteId}:${made.site.broker.deviceId}`);
    gadget.link.drop();
    await expect.poll(() => made.changes().some((change) => change.endsWith(' lost')), { timeout: 10_000 }).toBe(true);
    await gadget.close();
  },
);

test('a wrong password is refused with a line that says what to do, and counted', async () => {
  const made = await gateways([tasmota]);
  for (const options of [{ password: 'wrong' }, { user: 'nobody' }])
    expect(await made.open('air', options).catch((error: unknown) => isTramError(error, 'BROKER_REFUSED') && error.details)).toEqual({
      returnCode: 5,
    });
  expect(await refusals(made, 'sign-in')).toBe(2);
  expect(made.site.logLines.join()).toContain('refused: wrong user name or password');
  expect(made.site.logLines.join()).not.toContain(made.password);
});

test('a gateway that speaks MQTT 5 is told apart from one that is broken, with what to set', async () => {
  const made = await gateways([tasmota]);
  const { hostname, port } = new URL(made.url);
  const socket = connect(Number(port), hostname);
  const closed = once(socket, 'close');
  socket.write(Buffer.from('101000044d5154540502003c000003616972', 'hex'));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  // unacceptable protocol version
  expect(answer.toString('hex')).toBe('20020001');
  await closed;
  expect(await refusals(made, 'mqtt-version')).toBe(1);
  expect(made.site.logLines.join()).toContain('set its protocol to MQTT 3.1.1');
});

test.each(['tram/1/thpt-test/00000000-0000-4000-8000-000000000001/events', 'zigbee2mqtt/a', 'cmnd/a/POWER', 'tele', '$SYS/x'])(
  'a message to %s, which is not its own, ends the connection of a gateway',
  async (topic) => {
    const made = await gateways([tasmota]);
    const link = await made.open('air');
    link.publish({ topic, payload: '[]' });
    await link.ended;
    expect(await refusals(made, 'publish-topic')).toBe(topic.startsWith('$') ? 0 : 1);
    expect(await made.site.metric('events_admitted_total')).toBe(0);
  },
);

test('a gateway may ask for its own topics only, and hears nothing whatever it asked for', async () => {
  const made = await gateways([tasmota, { name: 'zigbee', adapter: 'zigbee2mqtt' }]);
  const link = await made.open('air');
  const granted = await Promise.all(
    ['cmnd/a/#', 'tele/#', '#', '+/x', '$SYS/#', 'tram/#', 'zigbee2mqtt/#'].map((filter) => link.subscribe(filter)),
  );
  expect(granted).toEqual([0, 128, 128, 128, 128, 128, 128]);
});

test('a last will to a foreign topic, and a keep-alive that is none, are refused', async () => {
  const made = await gateways([tasmota]);
  const outcome = (options: object) =>
    made.open('air', options).then(
      () => 'in',
      (error: Error) => error.message,
    );
  expect(await outcome({ will: { topic: 'tram/x', payload: '' } })).toContain('return code 5');
  expect(await outcome({ keepAliveS: 0 })).toContain('return code 5');
  expect(await outcome({ will: { topic: 'tele/a/LWT', payload: 'Offline' } })).toBe('in');
  expect([await refusals(made, 'will-topic'), await refusals(made, 'keep-alive')]).toEqual([1, 1]);
});

test('a message larger than its kind needs ends the connection; a bridge may list all its devices', async () => {
  const made = await gateways([tasmota, { name: 'zigbee', adapter: 'zigbee2mqtt' }]);
  const link = await made.open('air');
  link.publish({ topic: 'tele/a/SENSOR', payload: 'x'.repeat(20_000) });
  await link.ended;
  expect(await refusals(made, 'packet-too-large')).toBe(1);
  expect(made.site.logLines.join()).toContain('a message is larger than this kind of gateway needs');
  const bridge = await made.open('zigbee');
  const devices = Array.from({ length: 60 }, (_, at) => ({
    friendly_name: `d${at}`,
    definition: {
      model: 'M',
      vendor: 'V',
      description: 'x'.repeat(15_000),
      exposes: [{ type: 'numeric', name: 'voltage', property: 'voltage', unit: 'mV', access: 1 }],
    },
  }));
  bridge.publish({ topic: 'zigbee2mqtt/bridge/devices', payload: JSON.stringify(devices) });
  bridge.publish({ topic: 'zigbee2mqtt/d59', payload: '{"voltage":2950}' });
  await expect.poll(made.readings, { timeout: 10_000 }).toContain('zigbee-d59 voltageV 2.95');
  await bridge.close();
});

test('before the password was right nobody may send much', async () => {
  const made = await gateways([{ name: 'zigbee', adapter: 'zigbee2mqtt' }]);
  const socket = connect(made.site.broker.gatewayPort!, '127.0.0.1');
  // a CONNECT that announces a megabyte
  socket.write(Uint8Array.of(0x10, 0x80, 0x80, 0x40));
  await new Promise((resolve) => socket.once('close', resolve));
  expect(await refusals(made, 'packet-too-large')).toBe(1);
});

test('two gateways, and a device, may use one client id: each has its own session', async () => {
  const made = await gateways([tasmota, { name: 'zigbee', adapter: 'zigbee2mqtt' }]);
  const device = made.site.device();
  const raw = await device.open({ clientId: 'same' });
  const [one, two] = [await made.open('air', { clientId: 'same' }), await made.open('zigbee', { clientId: 'same' })];
  one.publish(sensor('a', 21));
  two.publish({ topic: 'zigbee2mqtt/b', payload: '{"temperature":22}' });
  await expect
    .poll(made.readings, { timeout: 10_000 })
    .toEqual(expect.arrayContaining(['air-a temperatureC 21', 'zigbee-b temperatureC 22']));
  expect(await made.site.metric('gateway_connections')).toBe(2);
  expect(await made.site.metric('connections')).toBe(1);
  await Promise.all([one.close(), two.close()]);
  await raw.end();
});

test('a flood of one gateway is slowed down, and the others and the devices do not notice', async () => {
  const made = await gateways([tasmota, { name: 'zigbee', adapter: 'zigbee2mqtt' }]);
  const flood = await made.open('air');
  for (let at = 0; at < 4_000; at += 1) flood.publish(sensor('mad', 20));
  const other = await made.open('zigbee');
  other.publish({ topic: 'zigbee2mqtt/b', payload: '{"temperature":22}' });
  await expect.poll(made.readings, { timeout: 10_000 }).toContain('zigbee-b temperatureC 22');
  const taken = await made.site.metric('gateway_messages_total{gateway="air",outcome="values"}');
  expect(taken).toBeLessThan(4_000);
  const device = made.site.device();
  const raw = await device.open();
  await raw.publish(device.topic, JSON.stringify([device.event()]));
  expect(await made.site.metric('events_admitted_total')).toBe(1);
  flood.drop();
  await other.close();
  await raw.end();
});

test('with TLS the door has the certificate of the broker', async () => {
  const made = await gateways([tasmota], { tls: true });
  const link = await made.open('air');
  link.publish(sensor('a', 21));
  await expect.poll(made.readings, { timeout: 10_000 }).toContain('air-a temperatureC 21');
  await link.close();
  const plain = made.open('air', { url: made.url.replace('mqtts:', 'mqtt:') });
  expect(await plain.catch((error: unknown) => isTramError(error, 'BROKER_UNREACHABLE'))).toBe(true);
});

test('what was measured before a clean stop is not lost, and the sequence goes on without a hole', async () => {
  const made = await gateways([{ ...tasmota, reportEveryS: 600 } as never]);
  const link = await made.open('air');
  link.publish(sensor('a', 21));
  await expect.poll(() => made.changes(), { timeout: 10_000 }).toEqual(['air-a open']);
  await made.site.restart();
  await expect.poll(made.readings, { timeout: 10_000 }).toEqual(['air-a temperatureC 21']);
  await link.ended;
});

test('a gateway that is taken out of the config is closed with all it had, and a stop in the middle of a flood is no long one', async () => {
  const made = await gateways([tasmota]);
  const link = await made.open('air');
  for (let at = 0; at < 3_000; at += 1) link.publish(sensor('a', 21));
  await expect.poll(() => made.changes(), { timeout: 10_000 }).toEqual(['air-a open']);
  made.site.config.gateways!.entries.splice(0);
  await made.site.restart();
  await expect.poll(() => made.changes(), { timeout: 10_000 }).toEqual(['air-a open', 'air-a closed']);
  await link.ended;
  await made.site.restart();
  await clock.sleep(500);
  expect(made.changes()).toHaveLength(2);
});

test('the status page shows devices of gateways, and what gives no readings and why, as text', async () => {
  const made = await gateways([{ name: 'air', adapter: 'esphome', topics: ['<b>/#', 'phong/#'] } as never]);
  const link = await made.open('air');
  link.publish({
    topic: 'homeassistant/sensor/phong/t/config',
    payload: '{"stat_t":"phong/sensor/t/state","dev_cla":"temperature","unit_of_meas":"°C"}',
  });
  link.publish({ topic: 'phong/sensor/t/state', payload: '21.5' });
  link.publish({ topic: '<b>/sensor/odd/state', payload: '1' });
  await expect.poll(made.readings, { timeout: 10_000 }).toContain('air-phong temperatureC 21.5');
  const page = async (language: string) => (await fetch(new URL(`/?lang=${language}`, made.site.broker.statusUrl))).text();
  const vi = await page('vi');
  for (const words of ['Cổng cảm biến air (esphome)', '<code>air-phong</code>', 'Nhiệt độ', 'không rõ đo đại lượng gì', '&#60;b&#62;/odd'])
    expect(vi).toContain(words);
  expect(vi).not.toContain('<b>');
  for (const words of ['Sensor gateway air (esphome)', 'Temperature', 'what it measures is not known'])
    expect(await page('en')).toContain(words);
  await link.close();
});
