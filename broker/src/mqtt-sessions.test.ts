/** Clauses of MQTT 3.1.1 about sessions that outlive their connection, and the broker; on real sockets and a real store. */
import { afterEach, expect, test } from 'vitest';
import type { MqttRules } from './mqtt-rules.ts';
import type { PacketClient } from './testing/packet-client.ts';
import { type Guest, startTestMqtt, type TestMqtt } from './testing/test-mqtt.ts';

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});
async function broker(options: Parameters<typeof startTestMqtt>[0] = {}): Promise<TestMqtt> {
  const started = await startTestMqtt(options);
  cleanUp.push(() => started.close());
  return started;
}
const keeper = (mqtt: TestMqtt): Promise<PacketClient> => mqtt.open({ clientId: 'keeper', clean: false });
const payloads = async (client: PacketClient, count: number): Promise<string[]> => {
  const heard: string[] = [];
  while (heard.length < count) heard.push((await client.hear()).payload.toString());
  return heard;
};
/** What may happen to a broker between two connections. */
const betweens = {
  nothing: async () => undefined,
  'a restart': (mqtt: TestMqtt) => mqtt.restart(),
  'a power cut': (mqtt: TestMqtt) => mqtt.powerCut(),
} as const;
const each = Object.entries(betweens);

test.each(each)(
  '[MQTT-3.1.2-4] [MQTT-3.1.2-5] what came while its client was away is delivered, in order, after %s',
  async (_what, between) => {
    const mqtt = await broker();
    const before = await keeper(mqtt);
    await before.subscribe(['a/#', 2], ['b', 1]);
    await before.cut();
    const publisher = await mqtt.open({ clientId: 'publisher' });
    for (const [at, qos] of [1, 2, 1, 2].entries()) await publisher.publish('a/x', `a${at}`, { qos: qos as 1 });
    await publisher.publish('b', 'b', { qos: 2 });
    await publisher.publish('a/x', 'not kept', { qos: 0 });
    await between(mqtt);
    const after = await keeper(mqtt);
    expect(after.connack).toMatchObject({ returnCode: 0, sessionPresent: true });
    expect(await payloads(after, 5)).toEqual(['a0', 'a1', 'a2', 'a3', 'b']);
    expect(await after.heardUntilNow('b')).toEqual([]);
  },
);

test.each(each)(
  '[MQTT-3.2.2-2] [MQTT-3.2.2-3] session present says whether there is one, with subscriptions or without, after %s',
  async (_what, between) => {
    const mqtt = await broker();
    const first = await keeper(mqtt);
    expect(first.connack).toMatchObject({ sessionPresent: false });
    await first.disconnect();
    await between(mqtt);
    const second = await keeper(mqtt);
    expect(second.connack).toMatchObject({ sessionPresent: true });
    await second.disconnect();
    const clean = await mqtt.open({ clientId: 'keeper', clean: true });
    expect(clean.connack).toMatchObject({ sessionPresent: false });
    await clean.disconnect();
    await between(mqtt);
    expect((await keeper(mqtt)).connack).toMatchObject({ sessionPresent: false });
  },
);

test.each(each)('[MQTT-3.1.2-6] a clean session forgets what was kept, and itself is forgotten, after %s', async (_what, between) => {
  const mqtt = await broker();
  const before = await keeper(mqtt);
  await before.subscribe(['a', 1]);
  await before.disconnect();
  const publisher = await mqtt.open({ clientId: 'publisher' });
  await publisher.publish('a', 'old');
  const clean = await mqtt.open({ clientId: 'keeper', clean: true });
  await clean.subscribe(['b', 1]);
  expect(await clean.heardUntilNow('b')).toEqual([]);
  await clean.disconnect();
  await between(mqtt);
  const after = await keeper(mqtt);
  await after.subscribe(['c', 1]);
  const other = await mqtt.open({ clientId: 'other' });
  for (const topic of ['a', 'b']) await other.publish(topic, 'not heard');
  expect(await after.heardUntilNow('c')).toEqual([]);
});

test.each(each)('[MQTT-4.4.0-1] [MQTT-3.3.1-1] QoS 1 without PUBACK comes again with DUP and its id, after %s', async (_what, between) => {
  const mqtt = await broker();
  const before = await keeper(mqtt);
  await before.subscribe(['a', 1]);
  const publisher = await mqtt.open({ clientId: 'publisher' });
  for (const payload of ['1', '2', '3']) await publisher.publish('a', payload);
  const first = [await before.take('publish'), await before.take('publish'), await before.take('publish')];
  expect(first.map(({ dup }) => dup)).toEqual([false, false, false]);
  before.send({ cmd: 'puback', messageId: first[1]!.messageId! });
  await before.publish('end', 'so that the PUBACK has been read');
  await before.cut();
  await between(mqtt);
  const after = await keeper(mqtt);
  const again = [await after.hear(), await after.hear()];
  expect(again).toMatchObject([
    { payload: Buffer.from('1'), dup: true, messageId: first[0]!.messageId },
    { payload: Buffer.from('3'), dup: true, messageId: first[2]!.messageId },
  ]);
  expect(await after.heardUntilNow('a')).toEqual([]);
});

test.each(each)(
  '[MQTT-4.4.0-1] QoS 2 without PUBREC comes again with DUP; after PUBREC only PUBREL does; after %s',
  async (_what, between) => {
    const mqtt = await broker();
    const before = await keeper(mqtt);
    await before.subscribe(['a', 2]);
    const publisher = await mqtt.open({ clientId: 'publisher' });
    for (const payload of ['received', 'not received']) await publisher.publish('a', payload, { qos: 2 });
    const [received, lost] = [await before.take('publish'), await before.take('publish')];
    before.send({ cmd: 'pubrec', messageId: received.messageId! });
    await before.take('pubrel');
    await before.cut();
    await between(mqtt);
    const after = await keeper(mqtt);
    expect(await after.take('pubrel')).toMatchObject({ messageId: received.messageId });
    expect(await after.take('publish')).toMatchObject({ messageId: lost.messageId, dup: true, payload: Buffer.from('not received') });
    after.send({ cmd: 'pubcomp', messageId: received.messageId! });
    after.send({ cmd: 'pubrec', messageId: lost.messageId! });
    await after.take('pubrel');
    after.send({ cmd: 'pubcomp', messageId: lost.messageId! });
    await after.publish('end', 'so that PUBCOMP has been read');
    await after.cut();
    await between(mqtt);
    expect(await (await keeper(mqtt)).heardUntilNow('a')).toEqual([]);
  },
);

test.each(each)('[MQTT-4.3.3-2] a QoS 2 message whose PUBREC was lost counts once, after %s', async (_what, between) => {
  const mqtt = await broker();
  const listener = await mqtt.open({ clientId: 'listener', clean: false });
  await listener.subscribe(['a', 1]);
  await listener.cut();
  const before = await keeper(mqtt);
  const message = { cmd: 'publish', topic: 'a', payload: 'once', qos: 2, retain: false, messageId: 5 } as const;
  before.send({ ...message, dup: false });
  await before.take('pubrec');
  await before.cut();
  await between(mqtt);
  const after = await keeper(mqtt);
  after.send({ ...message, dup: true });
  await after.take('pubrec');
  after.send({ cmd: 'pubrel', messageId: 5 });
  await after.take('pubcomp');
  await after.cut();
  await between(mqtt);
  // PUBCOMP said that the id is free
  const later = await keeper(mqtt);
  expect(await later.publish('a', 'next', { qos: 2, id: 5 })).toBe(true);
  const heard = await mqtt.open({ clientId: 'listener', clean: false });
  expect(await payloads(heard, 2)).toEqual(['once', 'next']);
  expect(await heard.heardUntilNow('a')).toEqual([]);
});

test.each(each)('subscriptions and their ends are kept, after %s', async (_what, between) => {
  const mqtt = await broker();
  const before = await keeper(mqtt);
  await before.subscribe(['a/+', 1], ['b', 2], ['c', 1]);
  await before.subscribe(['b', 0]);
  await before.unsubscribe('c');
  await before.cut();
  await between(mqtt);
  const after = await keeper(mqtt);
  const publisher = await mqtt.open({ clientId: 'publisher' });
  for (const topic of ['c', 'b', 'a/x']) await publisher.publish(topic, topic, { qos: 2 });
  expect([await after.hear(), await after.hear()]).toMatchObject([
    { topic: 'b', qos: 0 },
    { topic: 'a/x', qos: 1 },
  ]);
});

test.each(each)('[MQTT-3.3.1-5] retained messages are there after %s', async (_what, between) => {
  const mqtt = await broker();
  const publisher = await mqtt.open({ clientId: 'publisher' });
  await publisher.publish('one', 'old', { retain: true });
  await publisher.publish('one', 'new', { retain: true });
  await publisher.publish('two', 'gone', { retain: true, qos: 2 });
  await publisher.publish('two', '', { retain: true });
  await between(mqtt);
  const client = await mqtt.open();
  await client.subscribe(['#', 2]);
  expect(await client.hear()).toMatchObject({ topic: 'one', payload: Buffer.from('new'), retain: true, qos: 1 });
  expect(await client.heardUntilNow('end')).toEqual([]);
});

test('[MQTT-3.1.4-2] a session that is taken over goes on where it was', async () => {
  const mqtt = await broker();
  const first = await keeper(mqtt);
  await first.subscribe(['a', 1]);
  const publisher = await mqtt.open({ clientId: 'publisher' });
  await publisher.publish('a', 'in the air');
  await first.take('publish');
  const second = await keeper(mqtt);
  await first.closed;
  expect(second.connack).toMatchObject({ sessionPresent: true });
  expect(await second.hear()).toMatchObject({ dup: true, payload: Buffer.from('in the air') });
  await publisher.publish('a', 'next');
  expect((await second.hear()).payload.toString()).toBe('next');
  expect(first.inbox).toEqual([]);
});

test('a queue that is full gives up its oldest and counts them, and what is on its way stays', async () => {
  const mqtt = await broker({ limits: { sessionMessages: 5 } });
  const before = await keeper(mqtt);
  await before.subscribe(['a', 1]);
  const publisher = await mqtt.open({ clientId: 'publisher' });
  await publisher.publish('a', 'on its way');
  await before.take('publish');
  await before.cut();
  await expect.poll(() => mqtt.gone).toEqual(['lost']);
  for (let at = 0; at < 10; at += 1) await publisher.publish('a', String(at));
  await mqtt.powerCut();
  expect(mqtt.counted.filter((what) => what === 'evicted')).toHaveLength(6);
  const after = await keeper(mqtt);
  expect(await payloads(after, 5)).toEqual(['on its way', '6', '7', '8', '9']);
});

test('when all queues together are full the fullest gives way', async () => {
  const mqtt = await broker({ limits: { totalBytes: 20_000 } });
  for (const clientId of ['modest', 'greedy']) {
    const client = await mqtt.open({ clientId, clean: false });
    await client.subscribe([clientId, 1]);
    await client.disconnect();
  }
  const publisher = await mqtt.open({ clientId: 'publisher' });
  await publisher.publish('modest', 'small');
  for (let at = 0; at < 30; at += 1) await publisher.publish('greedy', Buffer.alloc(1_000));
  expect(mqtt.server.readings().queuedBytes).toBeLessThanOrEqual(20_000);
  const modest = await mqtt.open({ clientId: 'modest', clean: false });
  expect((await modest.hear()).payload.toString()).toBe('small');
});

test('a client has so many kept sessions and no more: the one longest away goes', async () => {
  const rules: Partial<MqttRules<Guest>> = {
    connect: (_guest, { clientId }) => ({ allowed: true, clientId, owner: 'one device' }),
  };
  const mqtt = await broker({ limits: { sessionsPerOwner: 3 }, rules });
  for (const clientId of ['a', 'b', 'c', 'd']) await (await mqtt.open({ clientId, clean: false })).disconnect();
  expect(mqtt.server.readings().kept).toBe(3);
  expect((await mqtt.open({ clientId: 'd', clean: false })).connack).toMatchObject({ sessionPresent: true });
  expect((await mqtt.open({ clientId: 'a', clean: false })).connack).toMatchObject({ sessionPresent: false });
});

test('kept sessions of clients that the rules no longer know are forgotten at the start', async () => {
  let revoked = false;
  const mqtt = await broker({ rules: { absent: (clientId) => (revoked ? undefined : { clientId }) } });
  await (await keeper(mqtt)).disconnect();
  revoked = true;
  await mqtt.restart();
  revoked = false;
  expect((await keeper(mqtt)).connack).toMatchObject({ sessionPresent: false });
});

test('a clean subscriber that does not keep up is cut; one with a kept session loses its oldest and stays', async () => {
  const mqtt = await broker({ limits: { sessionMessages: 120 } });
  const [clean, kept] = [await mqtt.open({ clientId: 'clean' }), await keeper(mqtt)];
  for (const client of [clean, kept]) await client.subscribe(['a', 1]);
  const publisher = await mqtt.open({ clientId: 'publisher' });
  for (let at = 0; at < 130; at += 1) await publisher.publish('a', String(at));
  await clean.closed;
  expect(mqtt.overflowed).toEqual(['clean']);
  expect(kept.socket.destroyed).toBe(false);
  const heard = await payloads(kept, 120);
  expect(heard.at(-1)).toBe('129');
  expect(heard[0]).toBe('0');
});

test('nothing is promised while the store cannot be written', async () => {
  const mqtt = await broker();
  const client = await keeper(mqtt);
  await client.subscribe(['a', 1]);
  await client.disconnect();
  const publisher = await mqtt.open({ clientId: 'publisher' });
  mqtt.store.database.exec('DROP TABLE mqtt_outgoing');
  expect(await publisher.publish('a', 'not kept')).toBe(false);
  mqtt.store.database.exec('DROP TABLE mqtt_session');
  const late = await mqtt.open({ clientId: 'late', clean: false });
  expect(late.connack).toMatchObject({ returnCode: 3 });
});
