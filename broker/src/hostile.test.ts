/** What no client may do to the others: damaged packets, frozen readers, storms, slow bytes, half-open lines, floods. Real sockets, real TLS. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { systemClock } from '@tramhoc/base/clock';
import { seededRandom } from '@tramhoc/base/random';
import { desiredTopic } from '@tramhoc/protocol/topics';
import { generate } from 'mqtt-packet';
import { afterEach, expect, test } from 'vitest';
import { accessLimits } from './access/tls-listener.ts';
import { forbiddenPackets, goodConnect, goodConversation } from './testing/mqtt-corpus.ts';
import { startTestMqtt, type TestMqtt } from './testing/test-mqtt.ts';
import { startTestSite, type TestSite } from './testing/test-site.ts';

const _clock = systemClock();
const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});
async function broker(options: Parameters<typeof startTestMqtt>[0] = {}): Promise<TestMqtt> {
  const started = await startTestMqtt(options);
  cleanUp.push(() => started.close());
  return started;
}
async function site(options: Parameters<typeof startTestSite>[0] = {}): Promise<TestSite> {
  const started = await startTestSite(options);
  cleanUp.push(() => started.close());
  return started;
}

const seed = 20_261_123;
/** Conversations with a few bytes flipped, cut out, doubled or made up; the same ones for the same seed. */
function* mutations(count: number): Generator<Buffer> {
  const random = seededRandom(seed);
  const pick = (below: number): number => Math.floor(random.fraction() * below);
  const packets = [...goodConversation.slice(1), ...forbiddenPackets.filter(({ opens }) => opens !== true).map(({ bytes }) => bytes)];
  for (let made = 0; made < count; made += 1) {
    const parts = Array.from({ length: 1 + pick(5) }, () => packets[pick(packets.length)]!);
    let bytes = Buffer.concat([...(pick(8) === 0 ? [] : [goodConnect]), ...parts]);
    for (let change = pick(4); change >= 0; change -= 1) {
      const at = pick(bytes.length);
      const rest = bytes.subarray(at + (pick(2) === 0 ? 1 : 0));
      const put = [Buffer.of(pick(256)), Buffer.of(bytes[at]! ^ (1 << pick(8))), Buffer.from(random.bytes(pick(6))), Buffer.alloc(0)][
        pick(4)
      ]!;
      bytes = Buffer.concat([bytes.subarray(0, at), put, rest]);
    }
    yield bytes;
  }
}

test('thousands of damaged conversations on plain connections leave the broker up and the others served', async () => {
  const mqtt = await broker({ connectTimeoutMs: 2_000 });
  const witness = await mqtt.open({ clientId: 'witness' });
  await witness.subscribe(['witness', 1]);
  let at = 0;
  let batch: Promise<void>[] = [];
  for (const bytes of mutations(2_000)) {
    at += 1;
    const socket = connect({ port: mqtt.port, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    socket.resume();
    // in two pieces, then the end, or a reset
    socket.write(bytes.subarray(0, at % (bytes.length + 1)));
    setImmediate(() => {
      socket.write(bytes.subarray(at % (bytes.length + 1)));
      if (at % 5 === 0) setImmediate(() => socket.resetAndDestroy());
      else socket.end();
    });
    batch.push(once(socket, 'close').then(() => undefined));
    if (batch.length < 50) continue;
    await Promise.all(batch);
    batch = [];
    expect(await witness.heardUntilNow('witness')).toEqual([]);
  }
  await Promise.all(batch);
  expect(mqtt.faults.length).toBeGreaterThan(200);
  await expect.poll(() => mqtt.server.connectionCount()).toBe(1);
  expect(await (await mqtt.open({ clientId: 'later' })).publish('a', 'b', { qos: 2 })).toBe(true);
}, 60_000);

test('damaged conversations over TLS leave the broker up and the others served, and each is counted by its clause', async () => {
  const many = { burst: 1_000, perSecond: 1_000 };
  const running = await site({ limits: { ...accessLimits, handshakesPerAddress: many, connectsPerDevice: many, maxPerDevice: 100 } });
  const [mad, sane] = [running.device(), running.device()];
  const client = await sane.open();
  for (const bytes of mutations(150)) {
    const noisy = await mad.open({ bytes, clientId: 'noise' });
    noisy.socket.end();
    await noisy.ended;
  }
  expect(await client.publish(sane.topic, JSON.stringify([sane.event()]))).toBe('acknowledged');
  const metrics = await (await fetch(new URL('/metrics', running.broker.statusUrl))).text();
  const counted = [...metrics.matchAll(/^tramhoc_mqtt_violations_total\{clause="(?<clause>[^"]+)"\} (?<times>\d+)$/gm)];
  expect(counted.map(({ groups }) => groups!['clause'])).toContain('MQTT-2.2.2-2');
  expect(counted.reduce((sum, { groups }) => sum + Number(groups!['times']), 0)).toBeGreaterThan(50);
}, 60_000);

test('one frozen subscriber of QoS 1, fifty publishers: nobody else suffers, and the process lives when it is gone', async () => {
  const mqtt = await broker();
  const frozen = await mqtt.open({ clientId: 'frozen' });
  const healthy = await mqtt.open({ clientId: 'healthy' });
  for (const client of [frozen, healthy]) await client.subscribe(['site/#', 1]);
  frozen.socket.pause();
  const publishers = await Promise.all(Array.from({ length: 50 }, (_, at) => mqtt.open({ clientId: `publisher ${at}` })));
  const payload = Buffer.alloc(1_000, 'x');
  const [rounds, sent] = [120, [] as Promise<boolean>[]];
  let heard = 0;
  const listening = (async () => {
    while (heard < rounds * publishers.length) {
      await healthy.hear();
      heard += 1;
    }
  })();
  for (let round = 0; round < rounds; round += 1) {
    for (const [at, publisher] of publishers.entries()) sent.push(publisher.publish(`site/${at}`, payload));
    await Promise.all(sent.slice(-publishers.length));
  }
  expect(new Set(await Promise.all(sent))).toEqual(new Set([true]));
  await listening;
  // it was cut when its queue was full, not before
  expect(mqtt.overflowed).toEqual(['frozen']);
  expect(mqtt.gone).toEqual(['lost']);
  await frozen.cut();
  expect(await publishers[0]!.publish('site/0', 'still here')).toBe(true);
  expect((await healthy.hear()).payload.toString()).toBe('still here');
}, 60_000);

test('a frozen subscriber of QoS 0 costs what its line holds, then its connection', async () => {
  const mqtt = await broker({ stalledMs: 500 });
  const frozen = await mqtt.open({ clientId: 'frozen' });
  await frozen.subscribe(['a', 0]);
  frozen.socket.pause();
  const publisher = await mqtt.open({ clientId: 'publisher' });
  await publisher.subscribe(['b', 1]);
  const payload = Buffer.alloc(32_000);
  for (let at = 0; at < 2_000 && mqtt.counted.length === 0; at += 1) await publisher.publish('a', payload, { qos: 1 });
  expect(mqtt.counted[0]).toBe('dropped-qos0');
  await expect.poll(() => mqtt.faults, { timeout: 5_000 }).toEqual([{ reason: 'slow-reader' }]);
  expect(await publisher.heardUntilNow('b')).toEqual([]);
}, 60_000);

test('a site takes so many connections and no more, and one that ends makes room', async () => {
  const running = await site({ limits: { ...accessLimits, maxConnections: 2 } });
  const [first, second, third] = [running.device(), running.device(), running.device()];
  const [client, other] = [await first.open(), await second.open()];
  expect((await third.open()).returnCode).toBeUndefined();
  expect(running.logLines.filter((line) => line.includes('"reason":"connection-limit"'))).toHaveLength(1);
  expect(await other.publish(second.topic, JSON.stringify([second.event()]))).toBe('acknowledged');
  await client.end();
  await expect.poll(async () => (await third.open()).returnCode).toBe(0);
});

// only Linux has all of 127.0.0.0/8 without being asked
test.skipIf(process.platform !== 'linux')('an address that connects again and again is sent away, and another one is not', async () => {
  const running = await site({ limits: { ...accessLimits, handshakesPerAddress: { burst: 3, perSecond: 0.001 } } });
  const devices = Array.from({ length: 5 }, () => running.device());
  const clients = [];
  for (const device of devices) clients.push(await device.open({ localAddress: '127.0.0.2' }));
  expect(clients.map(({ returnCode }) => returnCode)).toEqual([0, 0, 0, undefined, undefined]);
  expect(running.logLines.filter((line) => line.includes('"reason":"rate-limit"'))).toHaveLength(1);
  expect((await devices[4]!.open({ localAddress: '127.0.0.3' })).returnCode).toBe(0);
  expect(await clients[0]!.publish(devices[0]!.topic, JSON.stringify([devices[0]!.event()]))).toBe('acknowledged');
});

test('when the whole school comes back at once everybody waits a little and is in at the end', async () => {
  const limits = { ...accessLimits, handshakes: { burst: 5, perSecond: 100 }, handshakesPerAddress: { burst: 500, perSecond: 500 } };
  const running = await site({ limits });
  const devices = Array.from({ length: 60 }, () => running.device());
  const clients = await Promise.all(devices.map((device) => device.open()));
  expect(clients.map(({ returnCode }) => returnCode)).toEqual(devices.map(() => 0));
  const answers = await Promise.all(
    clients.map((client, at) => client.publish(devices[at]!.topic, JSON.stringify([devices[at]!.event()]))),
  );
  expect(new Set(answers)).toEqual(new Set(['acknowledged']));
  expect(running.logLines.filter((line) => line.includes('rate-limit'))).toEqual([]);
}, 60_000);

test('beyond the pace of the site a connection waits for its turn, and is sent away when it does not come', async () => {
  const running = await site({ limits: { ...accessLimits, handshakes: { burst: 2, perSecond: 1 }, waitMs: 500 } });
  const devices = [running.device(), running.device(), running.device()];
  const clients = await Promise.all(devices.map((device) => device.open()));
  expect(clients.map(({ returnCode }) => returnCode ?? 'sent away').toSorted()).toEqual([0, 0, 'sent away']);
  expect(running.logLines.filter((line) => line.includes('"reason":"rate-limit"'))).toHaveLength(1);
  const at = clients.findIndex(({ returnCode }) => returnCode === 0);
  expect(await clients[at]!.publish(devices[at]!.topic, JSON.stringify([devices[at]!.event()]))).toBe('acknowledged');
});

test('handshakes that never end and connections that never say CONNECT are closed, and nobody waits for them', async () => {
  const running = await site({ limits: { ...accessLimits, handshakeMs: 700, connectMs: 700 } });
  const [slow, sane] = [running.device(), running.device()];
  const { mqttPort: port } = running.broker;
  const silent = Array.from({ length: 20 }, () => connect({ port, host: '127.0.0.1' }));
  // the beginning of a ClientHello, a byte now and then
  const hello = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]);
  const drips = silent.map((socket) => {
    let sent = 0;
    socket.on('error', () => undefined);
    return setInterval(() => void socket.write(hello.subarray(sent, ++sent)), 100);
  });
  const { keyPem: key, chainPem: cert, caPem: ca } = slow.identity;
  const wordless = connectTls({ host: '127.0.0.1', port, key, cert, ca });
  wordless.on('error', () => undefined);
  wordless.resume();
  const closed = Promise.all([...silent, wordless].map((socket) => new Promise((resolve) => socket.once('close', resolve))));
  const client = await sane.open();
  expect(await client.publish(sane.topic, JSON.stringify([sane.event()]))).toBe('acknowledged');
  await closed;
  for (const drip of drips) clearInterval(drip);
  expect(await client.publish(sane.topic, JSON.stringify([sane.event()]))).toBe('acknowledged');
});

test('a line that went dead without a word is found by its keep-alive, and its will is published', async () => {
  const mqtt = await broker();
  const listener = await mqtt.open({ clientId: 'listener' });
  await listener.subscribe(['will', 1]);
  // it keeps the connection open and never says anything again
  const dead = await mqtt.open({
    clientId: 'dead',
    keepalive: 1,
    will: { topic: 'will', payload: Buffer.from('gone'), qos: 1, retain: false },
  });
  dead.socket.pause();
  expect((await listener.hear()).payload.toString()).toBe('gone');
});

test('a device that floods the site from all its connections does not keep the others waiting', async () => {
  // four times as many as it may have: without a share of its own it would have thousands in every commit
  const running = await site({ limits: { ...accessLimits, maxPerDevice: 24 } });
  const [mad, sane] = [running.device(), running.device()];
  const client = await sane.open();
  const floods = await Promise.all(Array.from({ length: 24 }, (_, number) => mad.open({ clientId: String(number) })));
  const perConnection = 800;
  let answered = 0;
  const flooded = floods.map((flood) => {
    // the smallest there are: the most of them fit into what is read at once
    const publishes = Array.from({ length: perConnection }, (_, at) =>
      generate({
        ...{ cmd: 'publish', topic: mad.topic, qos: 1, dup: false, retain: false, messageId: at + 1, payload: Buffer.from('?') },
      } as const),
    );
    const done = new Promise<void>((resolve) => {
      let mine = 0;
      flood.socket.on('data', (chunk: Buffer) => {
        // PUBACK is four bytes
        mine += chunk.length / 4;
        answered += chunk.length / 4;
        if (mine >= perConnection) resolve();
      });
    });
    flood.socket.write(Buffer.concat(publishes));
    return done;
  });
  await expect.poll(() => answered).toBeGreaterThan(0);
  const waits: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const before = answered;
    expect(await client.publish(sane.topic, JSON.stringify([sane.event()]))).toBe('acknowledged');
    waits.push(answered - before);
  }
  // of 19,200 that were sent before: the share of one device in a few commits
  expect(Math.max(...waits)).toBeLessThan(1_200);
  await Promise.all(flooded);
  expect(answered).toBe(perConnection * floods.length);
  expect(await running.metric('events_admitted_total')).toBe(3);
}, 60_000);

test('a device hears nothing through #, $SYS or the prefix of another, kept session or not', async () => {
  const running = await site();
  const [spy, other] = [running.device(), running.device()];
  const client = await spy.open({ clean: false });
  for (const filter of ['#', '+/#', '$SYS/#', '$share/x/#', desiredTopic(other.owner)]) expect(await client.subscribe(filter)).toBe(128);
  await client.end();
  await running.restart();
  const again = await spy.open({ clean: false });
  expect(again.returnCode).toBe(0);
  const busy = await other.open();
  await busy.publish(other.topic, JSON.stringify([other.event()]));
  expect(await again.publish(spy.topic, JSON.stringify([spy.event()]))).toBe('acknowledged');
  expect(again.received).toEqual([]);
});
