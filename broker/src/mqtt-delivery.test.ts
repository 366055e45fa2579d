/** Clauses of MQTT 3.1.1 about publishing, subscribing and retained messages, on real sockets. */
import { afterEach, expect, test } from 'vitest';
import { packet } from './testing/mqtt-corpus.ts';
import { startTestMqtt, type TestMqtt } from './testing/test-mqtt.ts';

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});
async function broker(options: Parameters<typeof startTestMqtt>[0] = {}): Promise<TestMqtt> {
  const started = await startTestMqtt(options);
  cleanUp.push(() => started.close());
  return started;
}
const qualities = [0, 1, 2] as const;

test.each(qualities.flatMap((published) => qualities.map((granted) => [published, granted] as const)))(
  '[MQTT-3.8.4-6] published with QoS %i and subscribed with QoS %i: the lower of the two, by name and by wildcard',
  async (published, granted) => {
    const mqtt = await broker();
    const publisher = await mqtt.open({ clientId: 'publisher' });
    for (const filter of ['room/1/air', 'room/+/air', 'room/#', '#']) {
      const listener = await mqtt.open({ clientId: filter });
      expect(await listener.subscribe([filter, granted])).toEqual([granted]);
      expect(await publisher.publish('room/1/air', filter, { qos: published })).toBe(true);
      const heard = await listener.hear();
      expect([filter, heard.qos, heard.payload.toString(), heard.dup]).toEqual([filter, Math.min(published, granted), filter, false]);
      await listener.disconnect();
    }
  },
);

test('[MQTT-3.3.5-1] overlapping subscriptions: told once, with the highest QoS of those that match', async () => {
  const mqtt = await broker();
  const listener = await mqtt.open({ clientId: 'listener' });
  const publisher = await mqtt.open({ clientId: 'publisher' });
  await listener.subscribe(['a/#', 0], ['a/+', 2], ['a/b', 1], ['end', 1]);
  await publisher.publish('a/b', 'once', { qos: 2 });
  expect(await listener.hear()).toMatchObject({ qos: 2 });
  expect(await listener.heardUntilNow('end')).toEqual([]);
});

test('[MQTT-3.8.4-3] subscribing again replaces the QoS and brings the retained message again', async () => {
  const mqtt = await broker();
  const client = await mqtt.open();
  await client.publish('state', 'on', { retain: true });
  await client.subscribe(['state', 0]);
  expect(await client.hear()).toMatchObject({ qos: 0, retain: true });
  await client.subscribe(['state', 1]);
  expect(await client.hear()).toMatchObject({ qos: 1, retain: true });
  await client.publish('state', 'off', { qos: 2 });
  expect(await client.hear()).toMatchObject({ qos: 1, retain: false });
});

test('[MQTT-3.8.4-5] a SUBSCRIBE of several filters gets a return code for each, in their order', async () => {
  const mqtt = await broker();
  const client = await mqtt.open();
  expect(await client.subscribe(['a', 2], ['no/b', 1], ['c', 0], ['d/#', 1])).toEqual([2, 128, 0, 1]);
  await client.publish('no/b', 'not heard');
  expect(await client.heardUntilNow('a')).toEqual([]);
});

test('[MQTT-3.3.1-5] [MQTT-3.3.1-8] the newest retained message greets a new subscriber, by name and by wildcard, marked as retained', async () => {
  const mqtt = await broker();
  const publisher = await mqtt.open({ clientId: 'publisher' });
  for (const qos of qualities) await publisher.publish(`shelf/${qos}`, 'old', { qos, retain: true });
  for (const qos of qualities) await publisher.publish(`shelf/${qos}`, 'new', { qos, retain: true });
  for (const filter of ['shelf/+', 'shelf/#', '#', 'shelf/2']) {
    const listener = await mqtt.open({ clientId: 'listener' });
    await listener.subscribe([filter, 2]);
    const expected = filter === 'shelf/2' ? [2] : [0, 1, 2];
    const heard = [];
    for (const _ of expected) heard.push(await listener.hear());
    expect(heard.map(({ topic }) => topic).toSorted()).toEqual(expected.map((qos) => `shelf/${qos}`));
    for (const { topic, qos, retain, payload } of heard)
      expect([qos, retain, payload.toString()]).toEqual([Number(topic.at(-1)), true, 'new']);
    await listener.disconnect();
  }
});

test('[MQTT-3.3.1-9] who has subscribed already gets it as news', async () => {
  const mqtt = await broker();
  const client = await mqtt.open();
  await client.subscribe(['state', 1]);
  await client.publish('state', 'on', { retain: true });
  expect(await client.hear()).toMatchObject({ retain: false });
});

test('[MQTT-3.3.1-10] [MQTT-3.3.1-11] an empty retained message deletes, is delivered, and is not kept', async () => {
  const mqtt = await broker();
  const client = await mqtt.open();
  await client.publish('state', 'on', { retain: true });
  await client.subscribe(['state', 1], ['end', 1]);
  await client.hear();
  await client.publish('state', '', { retain: true });
  expect(await client.hear()).toMatchObject({ payload: Buffer.alloc(0), retain: false });
  await client.subscribe(['state', 1]);
  expect(await client.heardUntilNow('end')).toEqual([]);
  await mqtt.restart();
  expect(mqtt.server.readings().retained).toBe(0);
});

test('[MQTT-3.3.1-12] a message without retain leaves the retained one as it is', async () => {
  const mqtt = await broker();
  const client = await mqtt.open();
  await client.publish('state', 'kept', { retain: true });
  await client.publish('state', 'passing');
  await client.subscribe(['state', 1]);
  expect((await client.hear()).payload.toString()).toBe('kept');
});

test('[MQTT-4.7.2-1] filters that begin with a wildcard do not meet topics that begin with $', async () => {
  const mqtt = await broker();
  const client = await mqtt.open();
  await client.subscribe(['#', 1], ['+/x', 1], ['$own/#', 1]);
  await mqtt.server.publish('$own/x', 'by name only', { retain: true });
  expect(await client.heardUntilNow('a')).toEqual(['by name only']);
  const later = await mqtt.open({ clientId: 'later' });
  await later.subscribe(['#', 1], ['+/x', 1]);
  expect(await later.heardUntilNow('a')).toEqual([]);
});

test('[MQTT-4.7.2-1] no client publishes below $SYS, whatever the rules allow', async () => {
  const mqtt = await broker();
  const spy = await mqtt.open({ clientId: 'spy' });
  await spy.subscribe(['$SYS/#', 1], ['$SYS', 1], ['end', 1]);
  for (const topic of ['$SYS/broker/uptime', '$SYS/', '$SYS']) {
    const client = await mqtt.open({ clientId: 'liar' });
    expect(await client.publish(topic, 'x', { retain: true })).toBe(false);
    await client.closed;
  }
  expect(await spy.heardUntilNow('end')).toEqual([]);
  expect(mqtt.server.readings().retained).toBe(0);
});

test('[MQTT-4.7.2-1] what a client may publish below $ is heard by those who name it', async () => {
  const mqtt = await broker();
  const spy = await mqtt.open({ clientId: 'spy' });
  await spy.subscribe(['#', 1], ['+/b', 1], ['+/+', 1]);
  const friend = await mqtt.open({ clientId: 'friend' });
  await friend.subscribe(['$lab/+', 1], ['end', 1]);
  expect(await friend.publish('$lab/b', 'among us')).toBe(true);
  expect(await friend.heardUntilNow('end')).toEqual(['among us']);
  expect(await spy.heardUntilNow('x')).toHaveLength(1);
});

test('[MQTT-4.7.1-2] [MQTT-4.7.1-3] what wildcards mean', async () => {
  const mqtt = await broker();
  const publisher = await mqtt.open({ clientId: 'publisher' });
  const cases: [string, string[], string[]][] = [
    ['sport/#', ['sport', 'sport/', 'sport/a/b'], ['sports', '/sport']],
    ['+', ['sport', ''].slice(0, 1), ['/sport', 'a/b']],
    ['/+', ['/finance'], ['finance', '/a/b']],
    ['+/+', ['/finance', 'a/'], ['a', 'a/b/c']],
    ['sport/+/x', ['sport//x', 'sport/a/x'], ['sport/x', 'sport/a/b/x']],
    ['+/a/#', ['b/a', '/a/', 'b/a/c/d'], ['a', 'a/b/a']],
    ['A', ['A'], ['a', 'A/', '/A']],
  ];
  for (const [filter, met, missed] of cases) {
    const listener = await mqtt.open({ clientId: 'listener' });
    await listener.subscribe([filter, 1], ['the end', 1]);
    for (const topic of [...missed, ...met]) await publisher.publish(topic, topic);
    expect([filter, await listener.heardUntilNow('the end')]).toEqual([filter, met]);
    await listener.disconnect();
  }
});

test('[MQTT-3.10.4-2] after UNSUBSCRIBE nothing new comes, and other filters stay', async () => {
  const mqtt = await broker();
  const client = await mqtt.open();
  await client.subscribe(['a/#', 1], ['a/b', 1], ['c', 1]);
  await client.unsubscribe('a/#', 'never subscribed');
  await client.publish('a/x', 'gone');
  await client.publish('a/b', 'stays');
  expect(await client.heardUntilNow('c')).toEqual(['stays']);
});

test('[MQTT-3.10.4-5] UNSUBSCRIBE is answered even when there was nothing to unsubscribe from', async () => {
  const mqtt = await broker();
  const client = await mqtt.open();
  await client.unsubscribe('nothing');
  expect(await client.publish('a', 'b')).toBe(true);
});

test('[MQTT-3.3.4-1] [MQTT-4.6.0-6] many messages of one topic arrive in their order, whatever is kept for whom', async () => {
  const mqtt = await broker();
  const keeper = await mqtt.open({ clientId: 'keeper', clean: false });
  const listener = await mqtt.open({ clientId: 'listener' });
  for (const client of [keeper, listener]) await client.subscribe(['a/+', 2]);
  const publisher = await mqtt.open({ clientId: 'publisher' });
  const payloads = Array.from({ length: 250 }, (_, at) => String(at));
  // all at once, with what must go to disk for retain and for the keeper, and what need not
  const sent = payloads.map((payload, at) => publisher.publish('a/b', payload, { qos: 1, retain: at % 7 === 0 }));
  for (const client of [keeper, listener]) {
    const heard: string[] = [];
    while (heard.length < payloads.length) heard.push((await client.hear()).payload.toString());
    expect(heard).toEqual(payloads);
  }
  expect(await Promise.all(sent)).not.toContain(false);
});

test('[MQTT-4.6.0-6] what need not go to disk does not overtake what must', async () => {
  const mqtt = await broker();
  const listener = await mqtt.open({ clientId: 'listener' });
  await listener.subscribe(['a/+', 1]);
  const publisher = await mqtt.open({ clientId: 'publisher' });
  const payloads = Array.from({ length: 100 }, (_, at) => String(at));
  const sent = payloads.map((payload, at) => publisher.publish('a/b', payload, { retain: at % 7 === 0 }));
  const heard: string[] = [];
  while (heard.length < payloads.length) heard.push((await listener.hear()).payload.toString());
  expect(heard).toEqual(payloads);
  expect(await Promise.all(sent)).not.toContain(false);
});

test('[MQTT-4.3.3-1] QoS 2 there and back: published once, delivered once', async () => {
  const mqtt = await broker();
  const listener = await mqtt.open({ clientId: 'listener' });
  await listener.subscribe(['a', 2]);
  const publisher = await mqtt.open({ clientId: 'publisher' });
  expect(await publisher.publish('a', 'exactly once', { qos: 2 })).toBe(true);
  const first = await listener.take('publish');
  expect(first).toMatchObject({ qos: 2, dup: false });
  listener.send({ cmd: 'pubrec', messageId: first.messageId! });
  expect(await listener.take('pubrel')).toMatchObject({ messageId: first.messageId });
  listener.send({ cmd: 'pubcomp', messageId: first.messageId! });
  expect(await listener.heardUntilNow('a')).toEqual([]);
});

test('[MQTT-4.3.3-2] the same QoS 2 message id before PUBREL is answered and not published again', async () => {
  const mqtt = await broker();
  const client = await mqtt.open();
  await client.subscribe(['a', 1]);
  const publish = (dup: boolean): void =>
    client.send({ cmd: 'publish', topic: 'a', payload: 'twice?', qos: 2, dup, retain: false, messageId: 77 });
  publish(false);
  publish(true);
  expect(await client.take('pubrec')).toMatchObject({ messageId: 77 });
  publish(true);
  for (const _ of [1, 2]) await client.take('pubrec');
  client.send({ cmd: 'pubrel', messageId: 77 });
  await client.take('pubcomp');
  // after PUBREL the id is free for something else
  expect(await client.publish('a', 'another', { qos: 2, id: 77 })).toBe(true);
  expect(await client.heardUntilNow('a')).toEqual(['twice?', 'another']);
});

test('[MQTT-4.3.3-2] a PUBREL for an id that nobody knows is answered', async () => {
  const mqtt = await broker();
  const client = await mqtt.open();
  client.send({ cmd: 'pubrel', messageId: 4_711 });
  expect(await client.take('pubcomp')).toMatchObject({ messageId: 4_711 });
});

test('[MQTT-2.3.1-4] no message id is used twice while it is on its way, and no more than the window is', async () => {
  const mqtt = await broker();
  const slow = await mqtt.open({ clientId: 'slow' });
  await slow.subscribe(['a', 1]);
  const publisher = await mqtt.open({ clientId: 'publisher' });
  for (let at = 0; at < 150; at += 1) await publisher.publish('a', String(at));
  const waiting = [];
  for (let at = 0; at < 100; at += 1) waiting.push(await slow.take('publish'));
  expect(new Set(waiting.map(({ messageId }) => messageId)).size).toBe(100);
  expect(slow.inbox).toEqual([]);
  for (const { messageId } of waiting) slow.send({ cmd: 'puback', messageId: messageId! });
  for (let at = 100; at < 150; at += 1) expect((await slow.hear()).payload.toString()).toBe(String(at));
});

test('acknowledgements that nobody waits for change nothing', async () => {
  const mqtt = await broker();
  const client = await mqtt.open();
  await client.subscribe(['a', 1]);
  client.bytes(Buffer.concat([packet(0x40, [0, 9]), packet(0x50, [0, 9]), packet(0x70, [0, 9])]));
  expect(await client.take('pubrel')).toMatchObject({ messageId: 9 });
  expect(await client.heardUntilNow('a')).toEqual([]);
});

test('[MQTT-1.5.3-3] a text keeps its byte order mark, and Vietnamese topics are topics', async () => {
  const mqtt = await broker();
  const client = await mqtt.open();
  const topic = '\ufefflớp/10a1/cảm biến/độ ẩm';
  await client.subscribe([topic, 1]);
  await client.publish(topic, 'ẩm');
  expect(await client.hear()).toMatchObject({ topic, payload: Buffer.from('ẩm') });
});

test('[MQTT-3.8.4-5] a filter that is named twice in one SUBSCRIBE gets a return code each time', async () => {
  const mqtt = await broker();
  const client = await mqtt.open();
  expect(await client.subscribe(['a', 1], ['a', 0], ['no/b', 1], ['no/b', 0])).toEqual([1, 0, 128, 128]);
});

/** A store that answers for `slow` only when it is told to. */
function slowStore(): { rules: NonNullable<Parameters<typeof startTestMqtt>[0]>['rules'] & object; taken: string[]; go(): void } {
  const taken: string[] = [];
  let go: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    go = resolve;
  });
  const publish = async (_guest: unknown, { topic }: { topic: string }): Promise<{ allowed: true; retain: boolean }> => {
    taken.push(topic);
    if (topic === 'slow') await released;
    return { allowed: true, retain: false };
  };
  return { rules: { publish }, taken, go: () => go() };
}
const publishOf = (topic: string, messageId: number, qos: 0 | 1 | 2 = 1) =>
  ({ cmd: 'publish', topic, payload: Buffer.from('x'), qos, dup: false, retain: false, messageId }) as const;

test('[MQTT-4.6.0-2] [MQTT-4.6.0-3] answers come in the order of what they answer, whichever is on disk first', async () => {
  const store = slowStore();
  const mqtt = await broker({ rules: store.rules });
  const client = await mqtt.open();
  for (const packet of [publishOf('slow', 7), publishOf('quick', 8), publishOf('quick', 9, 2), publishOf('quick', 10)]) client.send(packet);
  await expect.poll(() => store.taken.length).toBe(4);
  // a ping is no answer to a publish, and shows that the line works
  client.send({ cmd: 'pingreq' });
  await client.take('pingresp');
  expect(client.inbox).toEqual([]);
  store.go();
  await expect
    .poll(() => client.inbox.map(({ cmd, messageId }) => `${cmd} ${messageId}`))
    .toEqual(['puback 7', 'puback 8', 'pubrec 9', 'puback 10']);
});

test('what a client sent before DISCONNECT is answered before the end', async () => {
  const store = slowStore();
  const mqtt = await broker({ rules: store.rules });
  const client = await mqtt.open();
  client.send(publishOf('slow', 1));
  client.send({ cmd: 'disconnect' });
  await expect.poll(() => store.taken).toEqual(['slow']);
  store.go();
  await client.closed;
  expect(client.inbox).toMatchObject([{ cmd: 'puback', messageId: 1 }]);
  expect(mqtt.gone).toEqual(['closed']);
});

test('from a client that has much under way nothing more is read until it is answered', async () => {
  const store = slowStore();
  const mqtt = await broker({ rules: store.rules });
  const [eager, other] = [await mqtt.open({ clientId: 'eager' }), await mqtt.open({ clientId: 'other' })];
  for (let id = 1; id <= 2_000; id += 1) eager.send(publishOf('slow', id));
  await expect.poll(() => store.taken.length).toBe(500);
  expect(await other.publish('quick', 'x')).toBe(true);
  expect(store.taken.length).toBe(501);
  store.go();
  await expect.poll(() => eager.inbox.length).toBe(2_000);
  expect(eager.inbox.map(({ messageId }) => messageId)).toEqual(Array.from({ length: 2_000 }, (_, at) => at + 1));
});
