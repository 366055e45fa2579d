import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@tramhoc/base/clock';
import { desiredTopic, devicePrefix, presenceTopic } from '@tramhoc/protocol/topics';
import { afterEach, expect, test } from 'vitest';
import { openSiteDatabase } from './site-database.ts';
import type { RawClient } from './testing/raw-client.ts';
import { createTestCa } from './testing/test-ca.ts';
import { startTestCentre } from './testing/test-centre.ts';
import { makeTestFolder, type TestFolder, testSiteId } from './testing/test-site.ts';

const clock = systemClock();
const mainFile = fileURLToPath(new URL('main.ts', import.meta.url));
const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});

type Ready = { ready: true; mqttUrl: string; statusUrl: string; metricsUrl: string; siteId: string };
type Running = { child: ChildProcess; ready: Promise<Ready | undefined>; errors: () => string; exited: Promise<unknown[]> };

function folder(): TestFolder {
  const made = makeTestFolder({ clock });
  cleanUp.push(made.remove);
  return made;
}

function run({ folder: dataDir, config }: TestFolder, changes: object = {}): Running {
  const file = join(dataDir, 'broker.json');
  writeFileSync(file, JSON.stringify({ ...config, ...changes }));
  const child = spawn(process.execPath, [mainFile, '--config', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  cleanUp.push(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await exited;
  });
  let errors = '';
  child.stderr!.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const ready = new Promise<Ready | undefined>((resolve) => {
    createInterface(child.stdout!).on('line', (line) => {
      if (line.startsWith('{"ready":true')) resolve(JSON.parse(line) as Ready);
    });
    child.once('exit', () => resolve(undefined));
  });
  return { child, ready, errors: () => errors, exited };
}

test('the ready line names what is there, and SIGTERM ends it cleanly', async () => {
  const made = folder();
  const { child, ready, exited } = run(made);
  const { mqttUrl, metricsUrl, statusUrl, siteId } = (await ready)!;
  const device = made.device(() => Number(new URL(mqttUrl).port));
  const client = await device.open();
  expect(await client.publish(device.topic, JSON.stringify([device.event()]))).toBe('acknowledged');
  expect(await (await fetch(metricsUrl)).text()).toContain('tramhoc_events_admitted_total 1');
  expect(await (await fetch(statusUrl)).text()).toContain(siteId);
  expect((await fetch(new URL('/healthz', statusUrl))).status).toBe(200);
  const end = once(client.socket, 'end');
  child.kill('SIGTERM');
  // close_notify, not a reset
  await end;
  expect(await exited).toEqual([0, null]);
});

test.each(['mqtt', 'status'] as const)('a %s port in use is one clear line and exit code 1', async (which) => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  cleanUp.push(() => taken.close());
  const { port } = taken.address() as { port: number };
  const { errors, exited } = run(folder(), { [which]: { host: '127.0.0.1', port } });
  expect(await exited).toEqual([1, null]);
  expect(errors()).toMatch(new RegExp(`^PORT_IN_USE: 127\\.0\\.0\\.1:${port} is already in use; [^\\n]+\\n$`));
});

test('a config with a fault is one clear line that names the field', async () => {
  const { errors, exited } = run(folder(), { retentionDays: 'many' });
  expect(await exited).toEqual([1, null]);
  expect(errors()).toMatch(/^CONFIG_INVALID: \S+broker\.json: retentionDays: [^\n]+\n$/);
});

test('a folder that may not be written is one clear line', async () => {
  const { errors, exited } = run(folder(), { dataDir: '/proc/tramhoc' });
  expect(await exited).toEqual([1, null]);
  expect(errors()).toMatch(/^[A-Z_]+: [^\n]+\n$/);
});

test('an event is acknowledged after it is on disk and not before', async () => {
  const made = folder();
  const { ready } = run(made);
  const port = Number(new URL((await ready)!.mqttUrl).port);
  const device = made.device(() => port);
  const client = await device.open();
  expect(await client.publish(device.topic, JSON.stringify([device.event()]))).toBe('acknowledged');
  // while another process holds the lock for writing, the broker cannot commit
  const database = openSiteDatabase(made.folder, { maxBytes: 2 ** 31 });
  database.exec('BEGIN IMMEDIATE');
  let settled = false;
  const publishing = client.publish(device.topic, JSON.stringify([device.event()])).finally(() => {
    settled = true;
  });
  await clock.sleep(400);
  expect(settled).toBe(false);
  database.exec('COMMIT');
  expect(await publishing).toBe('acknowledged');
  expect(database.prepare('SELECT seq FROM event JOIN run ON run.id = event.run WHERE device = ?').all(device.owner.deviceId)).toHaveLength(
    2,
  );
  database.close();
});

test('kill -9: events that a lost client left as its will are stored at the next start', async () => {
  const made = folder();
  const first = run(made);
  const port = Number(new URL((await first.ready)!.mqttUrl).port);
  const device = made.device(() => port);
  await device.open({ will: { topic: device.topic, payload: JSON.stringify([device.event()]), retain: false } });
  first.child.kill('SIGKILL');
  await first.exited;
  const { metricsUrl } = (await run(made).ready)!;
  expect(await (await fetch(metricsUrl)).text()).toContain('tramhoc_events_admitted_total 1');
});

test('a second start on the same folder by mistake says that the port is in use, and not that the devices are gone', async () => {
  const made = folder();
  const { mqttUrl } = (await run(made).ready)!;
  const ports = { mqtt: { host: '127.0.0.1', port: Number(new URL(mqttUrl).port) } };
  const device = made.device(() => ports.mqtt.port);
  const client = await device.open();
  expect(await client.publish(device.topic, JSON.stringify([device.event()]))).toBe('acknowledged');
  const before = presenceIn(made);
  const second = run(made, ports);
  expect(await second.exited).toEqual([1, null]);
  expect(presenceIn(made)).toEqual(before);
  expect(before).toEqual([{ device: device.owner.deviceId, online: 1 }]);
});

function presenceIn({ folder: dataDir }: TestFolder): unknown[] {
  const database = openSiteDatabase(dataDir, { maxBytes: 2 ** 31 });
  const rows = database.prepare('SELECT device, online FROM presence').all();
  database.close();
  return rows;
}

test('kill -9: a device that keeps its session gets what came while it was away, each once, and its presence is still known', async () => {
  const ca = createTestCa(clock.wallMs());
  const centre = await startTestCentre(ca, { siteId: testSiteId });
  const made = makeTestFolder({ clock, ca, centreUrl: centre.url });
  cleanUp.push(made.remove, () => centre.close());
  let port = 0;
  const device = made.device(() => port);
  const { deviceId } = device.owner;
  const start = async (): Promise<Running> => {
    const running = run(made);
    const { mqttUrl } = (await running.ready)!;
    port = Number(new URL(mqttUrl).port);
    return running;
  };
  const document = (version: number) => ({ version, hash: 'c'.repeat(64), desired: { drivers: {} } });
  const stored = (sql: string): unknown[] => {
    const database = openSiteDatabase(made.folder, { maxBytes: 2 ** 31 });
    const rows = database.prepare(sql).all();
    database.close();
    return rows;
  };

  const first = await start();
  const before = await device.open({ clean: false });
  expect(before.sessionPresent).toBe(false);
  expect(await before.subscribe(desiredTopic(device.owner))).toBe(1);
  expect(await before.publish(presenceTopic(device.owner), '{"online":true}', { retain: true })).toBe('acknowledged');
  await before.end();
  for (const version of [1, 2, 3]) {
    centre.wish({ documents: [{ device: deviceId, document: document(version) }] });
    await expect.poll(() => stored('SELECT 1 FROM mqtt_outgoing'), { timeout: 5_000 }).toHaveLength(version);
  }
  first.child.kill('SIGKILL');
  await first.exited;

  await start();
  const after = await device.open({ clean: false });
  expect([after.returnCode, after.sessionPresent]).toEqual([0, true]);
  for (const version of [1, 2, 3])
    expect(JSON.parse((await after.next(desiredTopic(device.owner))).payload.toString())).toEqual(document(version));
  await expect.poll(() => stored('SELECT 1 FROM mqtt_outgoing'), { timeout: 5_000 }).toHaveLength(0);
  expect(await after.subscribe(`${devicePrefix(device.owner)}/#`)).toBe(1);
  expect((await after.next(presenceTopic(device.owner))).payload.toString()).toBe('{"online":true}');
}, 60_000);

test('kill -9 under load: every acknowledged event is in the store, round after round', async () => {
  const made = folder();
  let port = 0;
  const devices = [1, 2, 3].map(() => made.device(() => port));
  const acknowledged = new Map(devices.map(({ owner }) => [owner.deviceId, new Set<number>()]));
  for (const killAfter of [40, 150, 300]) {
    const { child, ready, exited } = run(made);
    port = Number(new URL((await ready)!.mqttUrl).port);
    let count = 0;
    await Promise.all(
      devices.map(async (device) => {
        const client: RawClient = await device.open();
        // several in flight, as an agent with a backlog has
        await Promise.all(
          [1, 2, 3, 4].map(async () => {
            for (;;) {
              const events = [device.event(), device.event(), device.event()];
              if ((await client.publish(device.topic, JSON.stringify(events))) === 'ended') return;
              for (const { seq } of events) acknowledged.get(device.owner.deviceId)!.add(seq as number);
              count += 1;
              if (count === killAfter) child.kill('SIGKILL');
            }
          }),
        );
      }),
    );
    await exited;
    expect(count).toBeGreaterThanOrEqual(killAfter);
  }
  const database = openSiteDatabase(made.folder, { maxBytes: 2 ** 31 });
  const rows = database.prepare<{ device: string; seq: number }>('SELECT device, seq FROM event JOIN run ON run.id = event.run').all();
  database.close();
  for (const { owner } of devices) {
    const stored = new Set(rows.filter(({ device }) => device === owner.deviceId).map(({ seq }) => seq));
    const promised = acknowledged.get(owner.deviceId)!;
    expect(promised.size).toBeGreaterThan(50);
    expect([...promised].filter((seq) => !stored.has(seq))).toEqual([]);
  }
}, 60_000);
