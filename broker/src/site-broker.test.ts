import { connect } from 'node:net';
import { systemClock } from '@tramhoc/base/clock';
import { silentLog } from '@tramhoc/base/log';
import { openMqttLink } from '@tramhoc/base/mqtt-link';
import { systemRandom } from '@tramhoc/base/random';
import { deviceUrn } from '@tramhoc/protocol/ids';
import { maxMqttPayloadBytes } from '@tramhoc/protocol/limits';
import {
  commandTopic,
  desiredTopic,
  devicePrefix,
  eventsTopic,
  presenceTopic,
  requestTopic,
  responseTopic,
} from '@tramhoc/protocol/topics';
import { generate } from 'mqtt-packet';
import { afterEach, expect, test } from 'vitest';
import { accessLimits } from './access/tls-listener.ts';
import { openSiteDatabase } from './site-database.ts';
import { createTestCa } from './testing/test-ca.ts';
import { startTestCentre, type TestCentre } from './testing/test-centre.ts';
import { startTestSite, type TestSite, testSiteId } from './testing/test-site.ts';

const clock = systemClock();
const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});

async function site(options: Parameters<typeof startTestSite>[0] = {}): Promise<TestSite> {
  const started = await startTestSite(options);
  cleanUp.push(() => started.close());
  return started;
}

async function siteWithCentre(): Promise<{ site: TestSite; centre: TestCentre }> {
  const ca = createTestCa(clock.wallMs());
  const centre = await startTestCentre(ca, { siteId: testSiteId });
  const started = await site({ ca, centreUrl: centre.url });
  cleanUp.push(() => centre.close());
  return { site: started, centre };
}

/** Waits until `met`; what it waits for is the point of the test, so it fails after 10 s. */
async function until(met: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    if (await met()) return;
    await clock.sleep(20);
  }
  throw new Error('it did not come to that within 10 s');
}
const json = (value: unknown): string => JSON.stringify(value);

test('events are counted once, however often and however batched they are sent', async () => {
  const { broker, device: newDevice, metric } = await site();
  const device = newDevice();
  const client = await device.open();
  const [first, second, third] = [device.event(), device.event(), device.event()];
  expect(await client.publish(device.topic, json([first]))).toBe('acknowledged');
  expect(await client.publish(device.topic, json([first, second]))).toBe('acknowledged');
  expect(await client.publish(device.topic, json([first, second, third]))).toBe('acknowledged');
  expect([await metric('events_admitted_total'), await metric('events_repeated_total')]).toEqual([3, 3]);
  expect(broker.siteId).toBe(testSiteId);
});

test('QoS 0 is stored as well, and the retain flag of events means nothing', async () => {
  const { device: newDevice, metric } = await site();
  const device = newDevice();
  const client = await device.open();
  await client.publish(device.topic, json([device.event()]), { qos: 0, retain: true });
  await client.end();
  await until(async () => (await metric('events_admitted_total')) === 1);
  const listener = await device.open({ clientId: 'listener' });
  expect(await listener.subscribe(`${devicePrefix(device.owner)}/#`)).toBe(1);
  await listener.publish(device.topic, json([device.event()]));
  await clock.sleep(100);
  // neither the retained one nor the new one: what goes up is handed to nobody
  expect(listener.received).toEqual([]);
});

test('what cannot be understood is acknowledged, counted and kept, and the next event passes', async () => {
  const { broker, device: newDevice, metric } = await site();
  const device = newDevice();
  const client = await device.open();
  for (const payload of ['', '{', 'null', '[1]', Buffer.from([0xff, 0xfe]), json([{ ...device.event(), source: 'urn:tramhoc:x:y' }])])
    expect(await client.publish(device.topic, payload)).toBe('acknowledged');
  expect(await client.publish(device.topic, json([device.event()]))).toBe('acknowledged');
  expect(await metric('quarantine_entries')).toBe(6);
  expect(await metric('events_admitted_total')).toBe(1);
  const page = await (await fetch(broker.statusUrl)).text();
  expect(page).toContain('PAYLOAD_MALFORMED');
});

test('one certificate cannot publish for another device, read its documents or take over its session', async () => {
  const { device: newDevice, metric, logLines } = await site();
  const [mine, theirs] = [newDevice(), newDevice()];
  const victim = await theirs.open({ clientId: 'agent' });
  const thief = await mine.open({ clientId: 'agent' });
  expect([victim.returnCode, thief.returnCode]).toEqual([0, 0]);
  for (const filter of [
    '#',
    `${devicePrefix(theirs.owner)}/#`,
    desiredTopic(theirs.owner),
    `$share/a/${devicePrefix(mine.owner)}/#`,
    '$SYS/#',
  ])
    expect(await thief.subscribe(filter)).toBe(128);
  expect(await thief.publish(eventsTopic(theirs.owner), json([theirs.event()]))).toBe('ended');
  // the victim did not notice anything
  expect(await victim.publish(theirs.topic, json([theirs.event()]))).toBe('acknowledged');
  expect(await metric('events_admitted_total')).toBe(1);
  const foreign = await mine.open();
  expect(await foreign.publish(mine.topic, json([theirs.event()]))).toBe('acknowledged');
  expect(await metric('quarantine_entries')).toBe(1);
  expect(logLines.filter((line) => line.includes('"reason":"subscribe-filter"'))).toHaveLength(1);
});

test('a last will goes to the own presence or the connection is not accepted', async () => {
  const { device: newDevice } = await site();
  const [mine, theirs] = [newDevice(), newDevice()];
  const forged = await mine.open({ will: { topic: presenceTopic(theirs.owner), payload: '{"online":false}', retain: true } });
  expect(forged.returnCode).toBe(5);
  const will = { topic: presenceTopic(mine.owner), payload: json({ online: false }), retain: true };
  const honest = await mine.open({ will });
  expect(honest.returnCode).toBe(0);
  await honest.publish(will.topic, json({ online: true }), { retain: true });
  honest.socket.destroy();
  const later = await mine.open({ clientId: 'later' });
  await later.subscribe(`${devicePrefix(mine.owner)}/#`);
  await until(() => later.received.some(({ payload }) => payload.toString() === json({ online: false })));
});

test('the same client connecting again takes its own session over', async () => {
  const { device: newDevice } = await site();
  const device = newDevice();
  const before = await device.open({ clientId: 'agent' });
  const after = await device.open({ clientId: 'agent' });
  await before.ended;
  expect(await after.publish(device.topic, json([device.event()]))).toBe('acknowledged');
});

test('oversized packets, noise and MQTT 5 cost their own connection and nothing else', async () => {
  const { device: newDevice, metric } = await site();
  const [mad, sane] = [newDevice(), newDevice()];
  const client = await sane.open();
  const large = await mad.open();
  expect(await large.publish(mad.topic, Buffer.alloc(maxMqttPayloadBytes + 2_000))).toBe('ended');
  const web = await mad.open({ bytes: Buffer.from('GET / HTTP/1.1\r\n\r\n') });
  await web.ended;
  const claim = await mad.open();
  claim.socket.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]));
  await claim.ended;
  const five = await mad.open({ protocolVersion: 5, clientId: 'five' });
  expect(five.returnCode ?? 1).toBe(1);
  for (const keepalive of [0, 301]) expect((await mad.open({ keepalive })).returnCode).toBe(5);
  const biggest = Buffer.alloc(maxMqttPayloadBytes, ' ');
  expect(await client.publish(sane.topic, biggest)).toBe('acknowledged');
  expect(await client.publish(sane.topic, json([sane.event()]))).toBe('acknowledged');
  expect(await metric('events_admitted_total')).toBe(1);
});

test('a client without a certificate, with a foreign one, of another site or run out is not let in', async () => {
  const { broker, ca, device: newDevice } = await site();
  const device = newDevice();
  const refusals: [string, ReturnType<typeof ca.issue>][] = [
    ['foreign authority', { ...createTestCa(clock.wallMs()).issue({ names: { uris: [deviceUrn(device.owner)] } }), caPem: ca.rootPem }],
    ['other site', ca.issue({ names: { uris: [deviceUrn({ ...device.owner, siteId: 'thpt-khac' as never })] } })],
    ['a name in CN only', ca.issue({ subject: deviceUrn(device.owner), names: { dns: ['localhost'] } })],
    ['two names', ca.issue({ names: { uris: [deviceUrn(device.owner), deviceUrn(newDevice().owner)] } })],
    ['run out', ca.issue({ names: { uris: [deviceUrn(device.owner)] }, fromMs: clock.wallMs() - 9e9, toMs: clock.wallMs() - 1e6 })],
  ];
  for (const [, identity] of refusals) expect((await device.open({ identity })).returnCode).toBeUndefined();
  const plain = connect(broker.mqttPort, '127.0.0.1');
  plain.on('error', () => undefined);
  plain.write('hello?\r\n\r\n');
  await new Promise((resolve) => plain.once('close', resolve));
  expect((await device.open()).returnCode).toBe(0);
});

test('a device that reads nothing is cut off, and the others do not wait for it', async () => {
  const { site: running, centre } = await siteWithCentre();
  const [frozen, busy] = [running.device(), running.device()];
  const sleeper = await frozen.open();
  await sleeper.subscribe(desiredTopic(frozen.owner));
  sleeper.socket.pause();
  const page = 'x'.repeat(4_000);
  const desired = { drivers: { air: { kind: 'pms5003', config: { a: page, b: page, c: page } } } };
  const { deviceId } = frozen.owner;
  const documents = Array.from({ length: 1_000 }, (_, at) => ({
    device: deviceId,
    document: { version: at + 1, hash: 'c'.repeat(64), desired },
  }));
  centre.wish({ documents });
  const client = await busy.open();
  for (let round = 0; round < 50; round += 1) expect(await client.publish(busy.topic, json([busy.event()]))).toBe('acknowledged');
  await until(() => running.logLines.some((line) => line.includes('"reason":"slow-reader"')));
  expect(await client.publish(busy.topic, json([busy.event()]))).toBe('acknowledged');
  const awake = await frozen.open({ clientId: 'awake' });
  await awake.subscribe(desiredTopic(frozen.owner));
  expect(JSON.parse((await awake.next(desiredTopic(frozen.owner))).payload.toString())).toMatchObject({ version: 1_000 });
});

test('while the store is full nothing is acknowledged, and the status says so', async () => {
  const { broker, folder, device: newDevice, logLines } = await site({ maxStoreBytes: 4 * 1024 * 1024 });
  const device = newDevice();
  const event = json([device.event()]);
  const second = openSiteDatabase(folder, { maxBytes: 2 ** 31 });
  second.exec('CREATE TABLE ballast (bytes BLOB); INSERT INTO ballast VALUES (zeroblob(9000000))');
  const events = Array.from({ length: 90 }, () => device.event());
  const refused = await device.open();
  expect(await refused.publish(device.topic, json(events))).toBe('ended');
  expect((await fetch(new URL('/healthz', broker.statusUrl))).status).toBe(503);
  expect(logLines.join()).toContain('nothing is acknowledged');
  second.exec('DROP TABLE ballast');
  second.close();
  const again = await device.open();
  expect(await again.publish(device.topic, json(events))).toBe('acknowledged');
  expect(await again.publish(device.topic, event)).toBe('acknowledged');
  expect((await fetch(new URL('/healthz', broker.statusUrl))).status).toBe(200);
});

test('a device is cut off beyond its number of connections, and others are not', async () => {
  const { device: newDevice } = await site({ limits: { ...accessLimits, maxPerDevice: 2 } });
  const [greedy, modest] = [newDevice(), newDevice()];
  const codes = [];
  for (const clientId of ['a', 'b', 'c']) codes.push((await greedy.open({ clientId })).returnCode);
  expect(codes).toEqual([0, 0, undefined]);
  expect((await modest.open()).returnCode).toBe(0);
});

test('a device that connects again and again is held back with one line in the log', async () => {
  const { device: newDevice, logLines } = await site({ limits: { ...accessLimits, connectsPerDevice: { burst: 3, perSecond: 0.01 } } });
  const [mad, sane] = [newDevice(), newDevice()];
  for (let round = 0; round < 3; round += 1) await (await mad.open()).end();
  expect((await mad.open()).returnCode).toBeUndefined();
  expect((await mad.open()).returnCode).toBeUndefined();
  expect((await sane.open()).returnCode).toBe(0);
  expect(logLines.filter((line) => line.includes('"reason":"rate-limit"'))).toHaveLength(1);
});

test('a desired document reaches the device, also one that was off, also after a restart without the centre', async () => {
  const { site: running, centre } = await siteWithCentre();
  const device = running.device();
  const document = { version: 3, hash: 'c'.repeat(64), desired: { drivers: {} } };
  const early = await device.open();
  expect(await early.subscribe(desiredTopic(device.owner))).toBe(1);
  centre.wish({ documents: [{ device: device.owner.deviceId, document }] });
  expect(JSON.parse((await early.next(desiredTopic(device.owner))).payload.toString())).toEqual(document);
  await centre.close();
  await running.restart();
  const late = await device.open();
  await late.subscribe(`${devicePrefix(device.owner)}/#`);
  const retained = await late.next(desiredTopic(device.owner));
  expect(retained.retain).toBe(true);
  expect(JSON.parse(retained.payload.toString())).toEqual(document);
});

test('a part of an answer that cannot be read does not keep the rest out', async () => {
  const { site: running, centre } = await siteWithCentre();
  const device = running.device();
  const client = await device.open();
  await client.subscribe(desiredTopic(device.owner));
  const good = { device: device.owner.deviceId, document: { version: 1, hash: 'c'.repeat(64), desired: { drivers: {} } } };
  centre.wish({ documents: [{ device: 'nobody' }, good], revocations: ['?'], roster: { holders: 7 } });
  expect((await client.next(desiredTopic(device.owner))).payload.toString()).toBe(json(good.document));
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)('a revoked device is out at once and cannot resume its session (%s)', async (maxVersion) => {
  const { site: running, centre } = await siteWithCentre();
  const device = running.device();
  const client = await device.open({ maxVersion });
  await client.publish(device.topic, json([device.event()]));
  const session = client.tickets.at(-1)!;
  const twin = await device.open({ maxVersion, session, clientId: 'twin' });
  expect([twin.resumed, twin.returnCode]).toEqual([true, 0]);
  centre.wish({ revocations: [{ device: device.owner.deviceId, revokedAtMs: clock.wallMs(), reason: 'lost' }] });
  await Promise.all([client.ended, twin.ended]);
  const resumed = await device.open({ maxVersion, session: twin.tickets.at(-1) ?? session });
  // 5: not authorized, so that the device can tell it from a broken line; nothing it sends is looked at
  expect(resumed.returnCode).toBe(5);
  await resumed.ended;
  expect((await device.open()).returnCode).toBe(5);
  await running.restart();
  expect((await device.open()).returnCode).toBe(5);
  expect((await running.device().open()).returnCode).toBe(0);
});

test('who is this card, and what time is it', async () => {
  const { site: running, centre } = await siteWithCentre();
  const device = running.device();
  const client = await device.open();
  await client.subscribe(responseTopic(device.owner, '+'));
  const ask = async (service: string, question: unknown, id = '00000000-0000-4000-8000-000000000009'): Promise<unknown> => {
    await client.publish(requestTopic(device.owner, service), json({ id, question }));
    return JSON.parse((await client.next(responseTopic(device.owner, service))).payload.toString());
  };
  const [known, gone] = ['a'.repeat(64), 'b'.repeat(64)];
  const holder = (cardHash: string) => ({ cardHash, personId: '1042', name: 'Nguyễn Thị Minh An', group: '10A1' });
  centre.wish({ roster: { version: 1, holders: [holder(gone)] } });
  await until(async () => ((await ask('who-is', { cardHash: gone })) as { answer: { known: boolean } }).answer.known);
  centre.wish({ roster: { version: 2, holders: [holder(known)] } });
  await until(async () => ((await ask('who-is', { cardHash: known })) as { answer: { known: boolean } }).answer.known);
  expect(await ask('who-is', { cardHash: known })).toMatchObject({
    ok: true,
    answer: { personId: '1042', name: 'Nguyễn Thị Minh An', group: '10A1' },
  });
  expect(await ask('who-is', { cardHash: gone })).toMatchObject({ ok: true, answer: { known: false } });
  const time = (await ask('time', {})) as { answer: { wallMs: number } };
  expect(Math.abs(time.answer.wallMs - clock.wallMs())).toBeLessThan(60_000);
  expect(await ask('who-is', { cardHash: 'short' })).toMatchObject({ ok: false, code: 'REQUEST_INVALID' });
  expect(await ask('oracle', {})).toMatchObject({ ok: false, code: 'REQUEST_UNKNOWN_SERVICE' });
  await client.publish(requestTopic(device.owner, 'time'), 'rubbish');
  expect(await ask('time', {})).toMatchObject({ ok: true });
  // names stay out of the log
  expect(running.logLines.join()).not.toContain('Minh An');
});

test('an answer goes to the device that asked and to nobody else', async () => {
  const { device: newDevice } = await site();
  const [asker, other] = [newDevice(), newDevice()];
  const [client, bystander] = [await asker.open(), await other.open()];
  await client.subscribe(`${devicePrefix(asker.owner)}/#`);
  await bystander.subscribe(`${devicePrefix(other.owner)}/#`);
  await client.publish(requestTopic(asker.owner, 'time'), json({ id: '00000000-0000-4000-8000-000000000009', question: {} }));
  await client.next(responseTopic(asker.owner, 'time'));
  expect([client.received, bystander.received]).toEqual([[], []]);
});

test("an agent's link delivers, hears its wishes and leaves its will", async () => {
  const { site: running, centre } = await siteWithCentre();
  const device = running.device();
  const states: boolean[] = [];
  const will = { topic: presenceTopic(device.owner), payload: json({ online: false }), retain: true };
  const link = openMqttLink({
    url: `mqtts://127.0.0.1:${running.broker.mqttPort}`,
    clientId: 'agent',
    identity: device.identity,
    will,
    onState: ({ connected }) => states.push(connected),
    clock,
    random: systemRandom(),
    log: silentLog,
  });
  cleanUp.push(() => link.close());
  await until(() => link.connected);
  const heard: string[] = [];
  await link.subscribe(desiredTopic(device.owner), ({ payload }) => heard.push(payload.toString()));
  await link.publish(will.topic, json({ online: true, agentVersion: '9.8.7' }), { retain: true });
  await link.publish(device.topic, json([device.event()]));
  expect(await running.metric('events_admitted_total')).toBe(1);
  const document = { version: 1, hash: 'c'.repeat(64), desired: { drivers: {} } };
  centre.wish({ documents: [{ device: device.owner.deviceId, document }] });
  await until(() => heard.length === 1);
  expect(await (await fetch(running.broker.statusUrl)).text()).toContain('9.8.7');
});

test('a device may not command itself', async () => {
  const { device: newDevice } = await site();
  const device = newDevice();
  const client = await device.open();
  expect(await client.publish(commandTopic(device.owner), '{}')).toBe('ended');
});

test('comings and goings reach the centre, in order and once', async () => {
  const { site: running, centre } = await siteWithCentre();
  const device = running.device();
  const client = await device.open();
  await client.end();
  const again = await device.open();
  again.socket.destroy();
  const presence = (): unknown[] =>
    centre.stored.filter(({ type }) => type === 'vn.tramhoc.site.presence.v1').map(({ data }) => [data['online'], data['reason']]);
  await until(() => presence().length === 4);
  expect(presence()).toEqual([
    [true, 'connected'],
    [false, 'closed'],
    [true, 'connected'],
    [false, 'lost'],
  ]);
});

test('a flood of damaged packets from a device leaves the broker up and the others served', async () => {
  const { device: newDevice } = await site();
  const [mad, sane] = [newDevice(), newDevice()];
  const client = await sane.open();
  const subscribe = generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a/#', qos: 0 }] });
  for (let round = 0; round < 20; round += 1) {
    const mangled = Buffer.from(subscribe);
    mangled[(round * 7) % mangled.length]! ^= 1 << (round % 8);
    const noisy = await mad.open({ clientId: `noise-${round}` });
    noisy.socket.write(mangled);
    noisy.socket.end(Buffer.from([0x82, 0x7f, 0x00]));
    noisy.socket.resume();
  }
  expect(await client.publish(sane.topic, json([sane.event()]))).toBe('acknowledged');
});
