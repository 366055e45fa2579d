/** Clients that we did not write, with payloads that others recorded: Debian's mosquitto_pub and mosquitto_sub at the gateway door. Skipped where they are not installed. */
import { execFile, spawnSync } from 'node:child_process';
import { afterEach, expect, test } from 'vitest';
import { startTestGateways, type TestGateways } from '../testing/test-gateways.ts';

const missing = ['mosquitto_pub', 'mosquitto_sub'].some((tool) => spawnSync(tool, ['--help']).error !== undefined);
type Outcome = { code: number; stdout: string; stderr: string };
const run = (command: string, args: string[]): Promise<Outcome> =>
  new Promise((resolve) => {
    execFile(command, args, { timeout: 15_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    );
  });
let made: TestGateways;
afterEach(() => made?.close());

const at = (user: string, password = made.password): string[] => [
  ...['-h', '127.0.0.1', '-p', String(made.site.broker.gatewayPort), '-V', 'mqttv311', '-u', user, '-P', password],
];
const pub = (user: string, topic: string, payload: string, ...more: string[]): Promise<Outcome> =>
  run('mosquitto_pub', [...at(user), '-t', topic, '-m', payload, ...more]);

test.skipIf(missing)('recorded messages of every kind, published by mosquitto_pub, are readings at the centre', async () => {
  made = await startTestGateways([
    ...['tasmota', 'zigbee2mqtt', 'shelly-gen2'].map((adapter) => ({ name: adapter.slice(0, 6), adapter })),
    { name: 'esp', adapter: 'esphome', topics: ['phong-may/#'] } as never,
    { name: 'ha', adapter: 'home-assistant-discovery', topics: ['home/#'] } as never,
  ]);
  // sources: the adapters' own tests
  const tasmota =
    '{"Time":"2026-03-07T12:54:34","BME280":{"Temperature":20.7,"Humidity":24.4,"DewPoint":-0.4,"Pressure":1013.4},"PMS5003":{"CF1":22,"CF2.5":32,"CF10":49,"PM1":22,"PM2.5":32,"PM10":49},"PressureUnit":"hPa","TempUnit":"C"}';
  const shelly =
    '{"src":"shellyplusht-b8d61a8b17cc","dst":"shellyplusht-b8d61a8b17cc/events","method":"NotifyFullStatus","params":{"ts":1680962879.62,"devicepower:0":{"id":0,"battery":{"V":0.43,"percent":0},"external":{"present":true}},"humidity:0":{"id":0,"rh":42.2},"temperature:0":{"id":0,"tC":19.8,"tF":67.6}}}';
  const board =
    '{"dev":{"ids":"7","name":"RFMSensor"},"o":{"name":"RFMSensor7"},"cmps":{"t":{"p":"sensor","uniq_id":"7t","dev_cla":"temperature","unit_of_meas":"°C","val_tpl":"{{value_json.t}}"}},"stat_t":"home/sensor_7"}';
  const node = '{"dev_cla":"temperature","unit_of_meas":"°C","stat_t":"phong-may/sensor/t/state","dev":{"name":"Phòng máy"}}';
  const said = [
    await pub('tasmot', 'tele/tasmota_F847F7/SENSOR', tasmota, '-q', '1'),
    await pub('zigbee', 'zigbee2mqtt/FRIENDLY_NAME', '{"temperature": 27.34, "humidity": 44.72}', '-q', '2'),
    await pub('shelly', 'shellyplusht-b8d61a8b17cc/events/rpc', shelly, '-r'),
    await pub('esp', 'homeassistant/sensor/phong-may/t/config', node, '-r'),
    await pub('esp', 'phong-may/sensor/t/state', '28.4'),
    await pub('ha', 'homeassistant/device/7/config', board, '-r'),
    await pub('ha', 'home/sensor_7', '{"t":27.1}'),
  ];
  expect(said.map(({ code, stderr }) => [code, stderr])).toEqual(said.map(() => [0, '']));
  const wanted = [
    ...['tasmot-tasmota-f847f7 temperatureC 20.7', 'tasmot-tasmota-f847f7 humidityPct 24.4', 'tasmot-tasmota-f847f7 pressureHPa 1013.4'],
    ...['tasmot-tasmota-f847f7 pm1 22', 'tasmot-tasmota-f847f7 pm25 32', 'tasmot-tasmota-f847f7 pm10 49'],
    ...['zigbee-friendly-name temperatureC 27.3', 'zigbee-friendly-name humidityPct 44.7'],
    ...['shelly-shellyplusht-b8d61a8b17cc humidityPct 42.2', 'shelly-shellyplusht-b8d61a8b17cc temperatureC 19.8'],
    ...['esp-phong-may temperatureC 28.4', 'ha-rfmsensor temperatureC 27.1'],
  ];
  await expect.poll(() => [...new Set(made.readings())].sort(), { timeout: 10_000 }).toEqual(wanted.sort());
});

test.skipIf(missing)('mosquitto_pub with a wrong password, a foreign topic or too much is refused', async () => {
  made = await startTestGateways([{ name: 'air', adapter: 'tasmota' }]);
  const wrong = await run('mosquitto_pub', [...at('air', 'wrong'), '-t', 'tele/a/SENSOR', '-m', '{}']);
  expect([wrong.code, wrong.stderr]).toEqual([5, expect.stringContaining('not authorised')]);
  const anonymous = await run('mosquitto_pub', [...at('air').slice(0, 6), '-t', 'tele/a/SENSOR', '-m', '{}']);
  expect(anonymous.stderr).toContain('not authorised');
  await pub('air', 'tram/1/thpt-test/x/events', '[]', '-q', '1');
  await pub('air', 'tele/a/SENSOR', 'x'.repeat(30_000), '-q', '1');
  for (const [reason, count] of [
    ['sign-in', 2],
    ['publish-topic', 1],
    ['packet-too-large', 1],
  ] as const)
    await expect.poll(() => made.site.metric(`refused_total{reason="${reason}"}`), { timeout: 5_000 }).toBeGreaterThanOrEqual(count);
  expect(made.readings()).toEqual([]);
});

test.skipIf(missing)('mosquitto_sub hears nothing at the gateway door, neither of others nor of the broker', async () => {
  made = await startTestGateways([
    { name: 'air', adapter: 'tasmota' },
    { name: 'zigbee', adapter: 'zigbee2mqtt' },
  ]);
  const refused = await run('mosquitto_sub', [...at('zigbee'), '-t', '#', '-W', '2']);
  expect(refused.stdout).toBe('');
  const own = run('mosquitto_sub', [...at('zigbee'), '-t', 'zigbee2mqtt/#', '-W', '3']);
  await pub('zigbee', 'zigbee2mqtt/a', '{"temperature":20}', '-r');
  await pub('air', 'tele/a/SENSOR', '{"AM2301":{"Temperature":20}}');
  expect((await own).stdout).toBe('');
});
