/** Clauses of MQTT 3.1.1 about connecting, keeping alive and leaving, on real sockets. */
import { systemClock } from '@tramhoc/base/clock';
import { fakeClock } from '@tramhoc/base/fake-clock';
import type { IConnectPacket } from 'mqtt-packet';
import { afterEach, expect, test } from 'vitest';
import { forbiddenPackets, goodConnect, packet } from './testing/mqtt-corpus.ts';
import { startTestMqtt, type TestMqtt } from './testing/test-mqtt.ts';

const clock = systemClock();
const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});
async function broker(options: Parameters<typeof startTestMqtt>[0] = {}): Promise<TestMqtt> {
  const started = await startTestMqtt(options);
  cleanUp.push(() => started.close());
  return started;
}
const will = (fields: Partial<NonNullable<IConnectPacket['will']>> = {}): NonNullable<IConnectPacket['will']> => ({
  ...{ topic: 'will/a', payload: Buffer.from('gone'), qos: 1 as const, retain: false },
  ...fields,
});

test('[MQTT-3.1.2-24] keep-alive: a silent client is cut after one and a half times, one that pings is not', async () => {
  const mqtt = await broker();
  const silent = await mqtt.open({ clientId: 'silent', keepalive: 1 });
  const pinging = await mqtt.open({ clientId: 'pinging', keepalive: 1 });
  const pings = setInterval(() => pinging.send({ cmd: 'pingreq' }), 400);
  await silent.closed;
  await clock.sleep(600);
  clearInterval(pings);
  expect(pinging.socket.destroyed).toBe(false);
  expect(mqtt.gone).toEqual(['lost']);
});

test('[MQTT-3.1.2-24] one and a half times the keep-alive and not a moment less; a keep-alive of 0 is none', async () => {
  const time = fakeClock();
  const mqtt = await broker({ clock: time });
  const [ten, never] = [await mqtt.open({ clientId: 'ten', keepalive: 10 }), await mqtt.open({ clientId: 'never', keepalive: 0 })];
  await time.advance(14_990);
  expect(await never.publish('a', 'b')).toBe(true);
  expect([mqtt.gone, ten.socket.destroyed]).toEqual([[], false]);
  await time.advance(20);
  await ten.closed;
  await time.advance(24 * 3_600_000);
  expect(await never.publish('a', 'b')).toBe(true);
  await expect.poll(() => mqtt.gone).toEqual(['lost']);
});

test('[MQTT-3.1.2-24] bytes that never become a packet keep nobody alive', async () => {
  const mqtt = await broker();
  const loris = await mqtt.open({ clientId: 'loris', keepalive: 1 });
  loris.bytes(Buffer.from([0x30, 0x7f, 0x00]));
  const drip = setInterval(() => loris.bytes(Buffer.from([0x10])), 200);
  await loris.closed;
  clearInterval(drip);
});

test('[MQTT-3.1.4-4] a CONNECT that comes byte by byte for too long ends the connection', async () => {
  const mqtt = await broker({ connectTimeoutMs: 600 });
  const other = await mqtt.open({ clientId: 'other' });
  const loris = await mqtt.open('nothing');
  const bytes = [...goodConnect];
  const drip = setInterval(() => loris.bytes(Buffer.from(bytes.splice(0, 1))), 100);
  await loris.closed;
  clearInterval(drip);
  expect(bytes.length).toBeGreaterThan(0);
  expect(await other.publish('a', 'b')).toBe(true);
});

test('[MQTT-3.1.2-2] a level that we do not speak is answered with return code 1 and the end', async () => {
  const mqtt = await broker();
  for (const level of [5, 6, 0x84]) {
    const client = await mqtt.open('nothing');
    client.bytes(packet(0x10, [0, 4, 0x4d, 0x51, 0x54, 0x54, level, 2, 0, 15, 0, 0, 1, 0x61]));
    expect(await client.take('connack')).toMatchObject({ returnCode: 1, sessionPresent: false });
    await client.closed;
  }
});

test('[MQTT-3.1.3-8] an empty client id for a session that is to be kept is answered with return code 2 and the end', async () => {
  const mqtt = await broker();
  const client = await mqtt.open('nothing');
  client.bytes(packet(0x10, [0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 0, 0, 15, 0, 0]));
  expect(await client.take('connack')).toMatchObject({ returnCode: 2, sessionPresent: false });
  await client.closed;
});

test('[MQTT-3.1.3-6] an empty client id for a clean session gets one of its own each time', async () => {
  const mqtt = await broker();
  const [one, two] = [await mqtt.open({ clientId: '' }), await mqtt.open({ clientId: '' })];
  await one.subscribe(['a', 0]);
  expect(await two.publish('a', 'for the first')).toBe(true);
  expect((await one.hear()).payload.toString()).toBe('for the first');
});

test('[MQTT-3.1.4-2] a second connection under the same id ends the first', async () => {
  const mqtt = await broker();
  const first = await mqtt.open({ clientId: 'twin' });
  const second = await mqtt.open({ clientId: 'twin' });
  await first.closed;
  expect(await second.publish('a', 'b')).toBe(true);
  expect(mqtt.gone).toEqual(['taken-over']);
});

test('[MQTT-3.1.2-8] a lost client is spoken for by its will, with the QoS it asked for', async () => {
  const mqtt = await broker();
  const listener = await mqtt.open({ clientId: 'listener' });
  await listener.subscribe(['will/#', 2]);
  for (const qos of [0, 1, 2] as const) {
    const mortal = await mqtt.open({ clientId: 'mortal', will: will({ qos, payload: Buffer.from(`gone ${qos}`) }) });
    await mortal.cut();
    expect(await listener.hear()).toMatchObject({ topic: 'will/a', qos, retain: false, payload: Buffer.from(`gone ${qos}`) });
  }
});

test('[MQTT-3.1.2-8] [MQTT-3.1.4-2] a client that is taken over is spoken for by its will, and its successor by its own', async () => {
  const mqtt = await broker();
  const listener = await mqtt.open({ clientId: 'listener' });
  await listener.subscribe(['will/#', 1]);
  await mqtt.open({ clientId: 'twin', will: will({ payload: Buffer.from('first') }) });
  const second = await mqtt.open({ clientId: 'twin', will: will({ payload: Buffer.from('second') }) });
  expect(await listener.heardUntilNow('will/x')).toEqual(['first']);
  await second.cut();
  expect((await listener.hear()).payload.toString()).toBe('second');
});

test('[MQTT-3.1.2-10] a client that says DISCONNECT leaves no will', async () => {
  const mqtt = await broker();
  const listener = await mqtt.open({ clientId: 'listener' });
  await listener.subscribe(['will/#', 1]);
  const polite = await mqtt.open({ clientId: 'polite', will: will() });
  await polite.disconnect();
  expect(await listener.heardUntilNow('will/x')).toEqual([]);
  await mqtt.powerCut();
  const later = await mqtt.open({ clientId: 'later' });
  await later.subscribe(['will/#', 1]);
  expect(await later.heardUntilNow('will/x')).toEqual([]);
});

test('[MQTT-3.1.2-17] a will with retain is there for those who come later', async () => {
  const mqtt = await broker();
  const mortal = await mqtt.open({ clientId: 'mortal', will: will({ retain: true }) });
  await mortal.cut();
  const later = await mqtt.open({ clientId: 'later' });
  await expect.poll(() => mqtt.server.readings().retained).toBe(1);
  await later.subscribe(['will/a', 1]);
  expect(await later.hear()).toMatchObject({ topic: 'will/a', retain: true });
});

test('[MQTT-3.1.2-8] after a power cut the wills of all who were connected are published', async () => {
  const mqtt = await broker();
  const keeper = await mqtt.open({ clientId: 'keeper', clean: false });
  await keeper.subscribe(['will/#', 1]);
  await keeper.disconnect();
  await mqtt.open({ clientId: 'mortal', will: will({ retain: true }) });
  await mqtt.powerCut();
  const again = await mqtt.open({ clientId: 'keeper', clean: false });
  expect(await again.hear()).toMatchObject({ topic: 'will/a', payload: Buffer.from('gone') });
  await again.subscribe(['will/a', 1]);
  expect(await again.hear()).toMatchObject({ retain: true });
});

test('[MQTT-3.14.4-2] what comes after DISCONNECT is not looked at', async () => {
  const mqtt = await broker();
  const listener = await mqtt.open({ clientId: 'listener' });
  await listener.subscribe(['#', 1]);
  const client = await mqtt.open({ clientId: 'leaving', will: will() });
  client.bytes(Buffer.concat([Buffer.from([0xe0, 0x00]), packet(0x30, [0, 1, 0x61], [0x62])]));
  await client.closed;
  expect(await listener.heardUntilNow('x')).toEqual([]);
  expect(mqtt.faults).toEqual([]);
});

test('every forbidden packet ends its connection, and nobody else notices', async () => {
  const mqtt = await broker();
  const witness = await mqtt.open({ clientId: 'witness' });
  await witness.subscribe(['#', 1]);
  for (const { name, bytes, opens = false, clause } of forbiddenPackets) {
    const client = await mqtt.open(opens ? 'nothing' : { clientId: 'bad' });
    client.bytes(bytes);
    await client.closed;
    expect([name, mqtt.faults.at(-1)]).toMatchObject([name, { clause }]);
  }
  expect(mqtt.faults).toHaveLength(forbiddenPackets.length);
  expect(await witness.heardUntilNow('x')).toEqual([]);
}, 60_000);
