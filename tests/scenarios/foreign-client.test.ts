/** Debian's mosquitto clients with a device's certificate, and curl with a token: nobody needs our software to talk to ours. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadIdentity } from '@tramhoc/base/identity';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { identityFolderOf } from '../world/identity-folder.ts';
import { type AgentInWorld, openWorld, type Site, type World } from '../world/site-world.ts';
import { until } from '../world/until.ts';

const has = (command: string, word: string): boolean => spawnSync(command, [word], { stdio: 'ignore' }).error === undefined;

type Outcome = { status: number; stdout: string; stderr: string };
const run = (command: string, args: string[]): Promise<Outcome> =>
  new Promise((resolve) => {
    execFile(command, args, { timeout: 15_000 }, (error, stdout, stderr) =>
      resolve({ status: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    );
  });

let world: World;
let site: Site;
let device: AgentInWorld & { deviceId: string };
let other: AgentInWorld & { deviceId: string };
let tls: string[];
let prefix = '';

beforeAll(async () => {
  world = await openWorld();
  site = await world.addSite();
  device = await site.enrolledAgent('gate');
  other = await site.enrolledAgent('library');
  const identity = loadIdentity(identityFolderOf(device.dataFolder))!;
  const folder = mkdtempSync(join(world.folder, 'foreign-'));
  for (const [name, text] of Object.entries({ 'ca.pem': identity.caPem, 'cert.pem': identity.chainPem, 'key.pem': identity.keyPem }))
    writeFileSync(join(folder, name), text, { mode: 0o600 });
  tls = [
    '-h',
    '127.0.0.1',
    '-p',
    String(site.mqttPort),
    '--cafile',
    join(folder, 'ca.pem'),
    '--cert',
    join(folder, 'cert.pem'),
    '--key',
    join(folder, 'key.pem'),
    '-V',
    'mqttv311',
    '-q',
    '1',
  ];
  prefix = `tram/1/${site.siteId}/${device.deviceId}`;
});
afterAll(() => world?.close());

const eventOf = (deviceId: string, seq: number): object => ({
  specversion: '1.0',
  id: randomUUID(),
  source: `urn:tramhoc:${site.siteId}:${deviceId}`,
  type: 'vn.tramhoc.attendance.tap.v1',
  time: '2026-11-23T00:00:00Z',
  datacontenttype: 'application/json',
  epoch: 'feedfacefeedface',
  seq,
  bootid: randomUUID(),
  monons: '1',
  clockquality: 'unknown',
  data: { slot: 'foreign', cardHash: 'ab'.repeat(32), technology: 'code' },
});
const foreignTaps = async (): Promise<{ epoch: string; seq: number; deviceId: string }[]> =>
  (
    await world.api<{ events: { epoch: string; seq: number; deviceId: string }[] }>(
      'GET',
      '/api/events?type=vn.tramhoc.attendance.tap.v1&limit=500',
    )
  ).events.filter(({ epoch }) => epoch === 'feedfacefeedface');

describe.skipIf(!has('mosquitto_pub', '--help'))('mosquitto_pub and mosquitto_sub (need mosquitto-clients)', () => {
  test('what it publishes below its own prefix arrives at the centre', async () => {
    const said = await run('mosquitto_pub', [
      ...tls,
      '-t',
      `${prefix}/events`,
      '-m',
      JSON.stringify([eventOf(device.deviceId, 1), eventOf(device.deviceId, 2)]),
    ]);
    expect(said).toMatchObject({ status: 0 });
    await until('both events are at the centre', async () => (await foreignTaps()).length === 2);
  });

  test('sent again it counts no second time', async () => {
    const event = JSON.stringify([eventOf(device.deviceId, 3)]);
    for (let time = 0; time < 3; time += 1) await run('mosquitto_pub', [...tls, '-t', `${prefix}/events`, '-m', event]);
    await until('the third event is at the centre', async () => (await foreignTaps()).length === 3);
    await run('mosquitto_pub', [...tls, '-t', `${prefix}/events`, '-m', JSON.stringify([eventOf(device.deviceId, 4)])]);
    await until('the fourth is there', async () => (await foreignTaps()).some(({ seq }) => seq === 4));
    expect((await foreignTaps()).map(({ seq }) => seq).sort()).toEqual([1, 2, 3, 4]);
  });

  test('it reads its own desired document, and asks a question', async () => {
    await world.api('PUT', `/api/devices/${device.deviceId}/desired`, { ifVersion: 0, desired: { drivers: {} } });
    const document = await run('mosquitto_sub', [...tls, '-t', `${prefix}/twin/desired`, '-C', '1', '-W', '10']);
    expect(JSON.parse(document.stdout)).toMatchObject({ version: 1, desired: { drivers: {} } });

    const id = randomUUID();
    const answers = spawn('mosquitto_sub', [...tls, '-t', `${prefix}/response/who-is`, '-C', '1', '-W', '10']);
    let answer = '';
    answers.stdout.on('data', (chunk: Buffer) => {
      answer += chunk.toString('utf8');
    });
    await until('the question is answered', async () => {
      await run('mosquitto_pub', [
        ...tls,
        '-t',
        `${prefix}/request/who-is`,
        '-m',
        JSON.stringify({ id, question: { cardHash: 'cd'.repeat(32) } }),
      ]);
      return answer.includes(id);
    });
    expect(JSON.parse(answer.split('\n')[0]!)).toMatchObject({ id, ok: true, answer: { known: false } });
  });

  test('outside its prefix it is refused', async () => {
    const foreign = `tram/1/${site.siteId}/${other.deviceId}`;
    const before = (await foreignTaps()).length;
    const published = await run('mosquitto_pub', [...tls, '-t', `${foreign}/events`, '-m', JSON.stringify([eventOf(other.deviceId, 1)])]);
    expect(published.status).not.toBe(0);
    await run('mosquitto_pub', [...tls, '-t', `${prefix}/events`, '-m', JSON.stringify([eventOf(other.deviceId, 1)])]);
    await world.api('PUT', `/api/devices/${other.deviceId}/desired`, { ifVersion: 0, desired: { drivers: {} } });
    for (const filter of [`${foreign}/#`, '#', 'tram/#', `tram/1/${site.siteId}/+/twin/desired`, '$SYS/#']) {
      const heard = await run('mosquitto_sub', [...tls, '-t', filter, '-C', '1', '-W', '1']);
      expect([filter, heard.stdout]).toEqual([filter, '']);
    }
    expect((await foreignTaps()).length).toBe(before);
  });
});

test.skipIf(!has('curl', '--version'))('curl reads the API with a token, and is told how when it has none (needs curl)', async () => {
  const { secret } = await world.api<{ secret: string }>('POST', '/api/tokens', { name: 'kiểm tra' });
  const url = `${world.centre.consoleUrl.replace(/\/$/, '')}/api/events?limit=5`;
  const read = await run('curl', ['-sS', '-f', '-H', `Authorization: Bearer ${secret}`, url]);
  expect(read.status).toBe(0);
  expect(JSON.parse(read.stdout)).toHaveProperty('events');
  const refused = await run('curl', ['-sS', '-w', '%{http_code}', url]);
  expect(refused.stdout).toMatch(/NOT_SIGNED_IN.*401$/s);
  const description = await run('curl', ['-sS', '-f', '-H', `Authorization: Bearer ${secret}`, url.replace(/events.*/, 'openapi.json')]);
  expect(JSON.parse(description.stdout)).toMatchObject({
    openapi: expect.stringMatching(/^3\.1/),
    paths: { '/api/events': expect.anything() },
  });
});
