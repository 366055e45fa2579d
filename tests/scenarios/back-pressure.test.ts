/**
 * A centre that takes nothing more holds its sites back, a site that takes nothing more holds its devices back, and when each takes again everything
 * arrives that was acknowledged. The programs run in processes of their own; the ledger lives in the test. Who was refused waits before it asks again, so the
 * two tests run side by side.
 */
import { join } from 'node:path';
import { systemClock } from '@tramhoc/base/clock';
import { loadIdentity } from '@tramhoc/base/identity';
import { seededRandom } from '@tramhoc/base/random';
import { openRawClient } from '@tramhoc/broker/testing/raw-client';
import { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import { eventsTopic } from '@tramhoc/protocol/topics';
import BetterSqlite3 from 'better-sqlite3';
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest';
import { compareWithCentre, createLedger } from '../faults/acknowledged.ts';
import { eventMaker } from '../faults/publisher.ts';
import { buildTemplate, openTown, siteId, type Template, type Town } from '../faults/town.ts';
import { until } from '../world/until.ts';

const MiB = 1024 * 1024;
let template: Template;
beforeAll(async () => {
  template = await buildTemplate();
}, 120_000);
afterAll(() => template.remove());

async function town({ onTestFinished }: Pick<TestContext, 'onTestFinished'>): Promise<Town> {
  const { fraction } = seededRandom(11);
  const opened = await openTown({ template, ledger: createLedger(), random: fraction });
  onTestFinished(() => opened.close());
  return opened;
}

/** A device that measures all the time; the broker may give its readings up, and then says so. */
function sensor(it: Town): { send(count: number): Promise<number> } {
  const owner = { siteId: SiteId.parse(siteId), deviceId: DeviceId.parse(it.deviceIds['client-2']) };
  const identity = loadIdentity(join(template.folder, 'client-2', 'identity'))!;
  const make = eventMaker(owner);
  const data = { slot: 'air', driver: 'pms5003', measurements: [{ quantity: 'pm25', value: 8 }], sampleCount: 60 };
  return {
    async send(count) {
      const client = await openRawClient({ port: it.brokerPort, identity, clock: systemClock() });
      let taken = 0;
      for (; taken < count; taken += 50) {
        const events = Array.from({ length: 50 }, () => ({ ...make(), type: 'vn.tramhoc.sensor.reading.v1', data }));
        if ((await client.publish(eventsTopic(owner), JSON.stringify(events))) !== 'acknowledged') break;
      }
      await client.end();
      return taken;
    },
  };
}
async function metric(port: number, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return Number(new RegExp(`^tramhoc_${name} (?<value>.*)$`, 'm').exec(text)!.groups!['value']);
}
const health = async (it: Town): Promise<{ store: string }> => await it.api.call('GET', '/api/health');
const rowsOf = <Row>(path: string, sql: string): Row[] => {
  const database = new BetterSqlite3(path, { readonly: true });
  try {
    return database.prepare(sql).all() as Row[];
  } finally {
    database.close();
  }
};

test.concurrent('a centre at its cap holds the site back; the site gives up readings and says which; every tap arrives when there is room', {
  timeout: 240_000,
}, async (ends) => {
  const it = await town(ends);
  it.configure('centre', { maxStoreBytes: 4 * MiB });
  it.configure('broker', { maxStoreBytes: 4 * MiB });
  await it.start('centre');
  await it.start('broker');
  await it.start('gate');
  const reader = await it.reader('gate');
  const air = sensor(it);
  reader.start(50);
  // readings fill the centre, then the site
  let readings = 0;
  await until(
    'the centre takes nothing more',
    async () => {
      readings += await air.send(200);
      return (await health(it)).store === 'STORE_FULL';
    },
    90_000,
  );
  await until(
    'the site holds them back',
    async () => {
      readings += await air.send(200);
      return (await metric(it.statusPort, 'upstream_lag_events')) > 300;
    },
    60_000,
  );
  const full = await metric(it.statusPort, 'store_bytes');
  await until(
    'the site gives readings up',
    async () => {
      readings += await air.send(500);
      return (await metric(it.statusPort, 'store_dropped_events_total')) > 0;
    },
    90_000,
  );
  expect(await metric(it.statusPort, 'store_bytes')).toBeLessThanOrEqual(4 * MiB);
  expect(full).toBeLessThanOrEqual(4 * MiB);
  const screen = it.screen('gate');
  const before = screen.accepted();
  await until('people still tap', () => screen.accepted() > before + 20);
  expect(screen.refused()).toBe(0);
  // an administrator gives the centre more room
  await it.running('centre')!.stop();
  it.configure('centre', { maxStoreBytes: 256 * MiB });
  await it.start('centre');
  reader.pause();
  await it.drained();
  expect((await health(it)).store).toBe('ok');
  const { lost, doubled, broken } = compareWithCentre(it.ledger, { databasePath: it.centreDatabase });
  expect({ lost, doubled, broken }).toEqual({ lost: [], doubled: [], broken: [] });
  // and of the readings each is there or told of
  const [{ there }] = rowsOf<{ there: number }>(
    it.centreDatabase,
    `SELECT count(*) AS there FROM events WHERE device_id = '${it.deviceIds['client-2']}' AND type = 'vn.tramhoc.sensor.reading.v1'`,
  ) as [{ there: number }];
  const told = rowsOf<{ data: string }>(it.centreDatabase, "SELECT data FROM events WHERE type = 'vn.tramhoc.site.dropped.v1'")
    .map(({ data }) => JSON.parse(data) as { device: string; count: number })
    .filter(({ device }) => device === it.deviceIds['client-2'])
    .reduce((sum, { count }) => sum + count, 0);
  expect(there + told).toBe(readings);
  expect(told).toBeGreaterThan(0);
});

test.concurrent('a site that cannot write acknowledges nothing; devices keep what they have and send it when it can', {
  timeout: 120_000,
}, async (ends) => {
  const it = await town(ends);
  await it.start('centre');
  await it.start('broker');
  await it.start('gate');
  const reader = await it.reader('gate');
  const client = it.publisher('client-1', 20);
  reader.start(50);
  await until('both are heard', () => it.ledger.acknowledged.size > 40);
  // somebody else holds the site's database: every commit fails
  const holder = new BetterSqlite3(join(it.dataFolder('broker'), 'site.db'));
  holder.exec('BEGIN IMMEDIATE');
  await until('the site says so', async () => (await fetch(`http://127.0.0.1:${it.statusPort}/healthz`)).status === 503, 30_000);
  const screen = it.screen('gate');
  const pubacks = (): number => [...it.ledger.acknowledged.values()].filter(({ by }) => by === 'puback').length;
  const [accepted, promised] = [screen.accepted(), pubacks()];
  await until(
    'people still tap, and the agent keeps it',
    () => screen.accepted() > accepted + 40 && (screen.pendingEvents() ?? 0) > 20,
    60_000,
  );
  expect(pubacks()).toBe(promised);
  holder.exec('ROLLBACK');
  holder.close();
  await until('devices are heard again', () => pubacks() > promised + 20, 60_000);
  reader.pause();
  client.pause();
  await it.drained();
  const { lost, doubled, broken } = compareWithCentre(it.ledger, {
    databasePath: it.centreDatabase,
    clients: new Set([it.deviceIds['client-1']]),
  });
  expect({ lost, doubled, broken }).toEqual({ lost: [], doubled: [], broken: [] });
});
