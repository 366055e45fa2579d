/** Whatever a device, a network or a person sends: it is counted, kept aside or refused with a clear error, and nobody else notices. */
import { randomBytes, randomUUID } from 'node:crypto';
import { connect } from 'node:tls';
import { systemClock } from '@tramhoc/base/clock';
import { loadIdentity } from '@tramhoc/base/identity';
import { silentLog } from '@tramhoc/base/log';
import { type MqttLink, openMqttLink } from '@tramhoc/base/mqtt-link';
import { systemRandom } from '@tramhoc/base/random';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { identityFolderOf } from '../world/identity-folder.ts';
import { type AgentInWorld, openWorld, type Site, type World } from '../world/site-world.ts';
import { until } from '../world/until.ts';

let world: World;
let site: Site;
let device: AgentInWorld & { deviceId: string };
let bystander: AgentInWorld & { deviceId: string };
let link: MqttLink;
let events = '';

beforeAll(async () => {
  world = await openWorld();
  site = await world.addSite();
  device = await site.enrolledAgent('gate');
  bystander = await site.enrolledAgent('library');
  events = `tram/1/${site.siteId}/${device.deviceId}/events`;
  link = openMqttLink({
    url: `mqtts://127.0.0.1:${site.mqttPort}`,
    clientId: 'tester',
    identity: loadIdentity(identityFolderOf(device.dataFolder))!,
    onState: () => undefined,
    clock: systemClock(),
    random: systemRandom(),
    log: silentLog,
  });
  await until('the tester is connected', () => link.connected);
});
afterAll(async () => {
  await link?.close();
  await world?.close();
});

const metric = async (name: RegExp): Promise<number> => {
  const text = await (await fetch(new URL('/metrics', site.broker.statusUrl))).text();
  return text
    .split('\n')
    .filter((line) => name.test(line))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
};
const good = (seq: number): object => ({
  specversion: '1.0',
  id: randomUUID(),
  source: `urn:tramhoc:${site.siteId}:${device.deviceId}`,
  type: 'vn.tramhoc.attendance.tap.v1',
  time: '2026-11-23T00:00:00Z',
  datacontenttype: 'application/json',
  epoch: 'badbadbadbadbad0',
  seq,
  bootid: randomUUID(),
  monons: '1',
  clockquality: 'unknown',
  data: { slot: 'gate', cardHash: 'ab'.repeat(32), technology: 'em4100' },
});
const arrived = async (): Promise<number[]> =>
  (await world.api<{ events: { epoch: string; seq: number }[] }>('GET', `/api/events?device=${device.deviceId}&limit=500`)).events
    .filter(({ epoch }) => epoch === 'badbadbadbadbad0')
    .map(({ seq }) => seq)
    .sort((a, b) => a - b);

test('payloads nobody can read are acknowledged, kept aside and counted; the good event after them arrives', async () => {
  const before = await metric(/^tramhoc_.*quarantin.*_total/);
  const bad: (string | Uint8Array)[] = [
    '',
    '{',
    'null',
    '[]',
    '{"a":1}',
    randomBytes(300),
    `[${'['.repeat(5_000)}`,
    '[{"specversion":"1.0"}]',
    JSON.stringify([{ ...good(1), source: `urn:tramhoc:${site.siteId}:${bystander.deviceId}` }]),
  ];
  for (const payload of bad) await link.publish(events, payload);
  await link.publish(events, JSON.stringify([good(1)]));
  await until('the good one is at the centre', async () => (await arrived()).includes(1));
  expect((await metric(/^tramhoc_.*quarantin.*_total/)) - before).toBeGreaterThanOrEqual(bad.length);
});

test('one bad event in a batch does not hold up the others', async () => {
  await link.publish(events, JSON.stringify([good(2), { ...good(3), data: { slot: 'gate' } }, good(4)]));
  await until('the good ones are at the centre', async () => (await arrived()).includes(4));
  expect(await arrived()).toEqual([1, 2, 4]);
});

test('a packet larger than allowed closes that connection and no other', async () => {
  const socket = await rawConnection();
  const closed = new Promise((resolve) => socket.once('close', resolve));
  // CONNECT, then PUBLISH with a remaining length of 200 MB
  socket.write(Buffer.concat([mqttConnect('big'), Buffer.from([0x32, 0x80, 0x84, 0xaf, 0x5f])]));
  for (let count = 0; count < 40 && !socket.destroyed; count += 1) {
    socket.write(Buffer.alloc(16_384));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await closed;
  expect(bystander.agent.status().brokerConnected).toBe(true);
});

test('noise instead of MQTT closes that connection; the broker goes on', async () => {
  for (let round = 0; round < 20; round += 1) {
    const socket = await rawConnection();
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(round % 2 === 0 ? randomBytes(400) : Buffer.concat([mqttConnect(`n${round}`), randomBytes(400)]));
    const timer = setTimeout(() => socket.destroy(), 2_000);
    await closed;
    clearTimeout(timer);
  }
  await link.publish(events, JSON.stringify([good(5)])).catch(() => undefined);
  await until('an event sent afterwards arrives', async () => {
    if (!(await arrived()).includes(5)) await link.publish(events, JSON.stringify([good(5)])).catch(() => undefined);
    return (await arrived()).includes(5);
  });
  expect(bystander.agent.status().brokerConnected).toBe(true);
});

test.each([
  ['text that is not JSON', 'POST', '/api/session', '{', 'application/json', 400],
  ['a body of another kind', 'POST', '/api/session', 'x=1', 'application/x-www-form-urlencoded', 415],
  ['a field that is missing', 'POST', '/api/session', '{"userName":"a"}', 'application/json', 400],
  ['a path that does not exist', 'GET', '/api/nothing', undefined, undefined, 404],
  ['a body of 40 MB', 'POST', '/api/session', 'x'.repeat(40_000_000), 'application/json', 413],
] as const)('%s gets a problem document that says what to do', async (_what, method, path, body, type, status) => {
  const answer = await fetch(new URL(path, world.centre.consoleUrl), {
    method,
    ...(body === undefined ? {} : { body, headers: { 'content-type': type } }),
  });
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toMatch(/application\/problem\+json/);
  const problem = (await answer.json()) as { code: string; detail: string; title: string };
  expect(problem.detail.length).toBeGreaterThan(10);
  expect(problem.code).toMatch(/^[A-Z_]+$/);
});

function mqttConnect(clientId: string): Buffer {
  const id = Buffer.from(clientId);
  return Buffer.concat([Buffer.from([0x10, 12 + id.length, 0, 4]), Buffer.from('MQTT'), Buffer.from([4, 2, 0, 60, 0, id.length]), id]);
}

function rawConnection(): Promise<ReturnType<typeof connect>> {
  const identity = loadIdentity(identityFolderOf(device.dataFolder))!;
  return new Promise((resolve, reject) => {
    const socket = connect(
      { host: '127.0.0.1', port: site.mqttPort, key: identity.keyPem, cert: identity.chainPem, ca: identity.caPem },
      () => {
        socket.off('error', reject);
        socket.on('error', () => undefined);
        socket.resume();
        resolve(socket);
      },
    );
    socket.once('error', reject);
  });
}
