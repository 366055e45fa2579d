/** A whole centre over PostgreSQL, with an ingest process beside it, as sites and the console see them. */
import { join } from 'node:path';
import { systemClock } from '@tramhoc/base/clock';
import { type CentreClient, centreClient } from '@tramhoc/base/identity';
import { silentLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AttendanceDay, StoredEvent } from '../api/contract.ts';
import { type IngestProcess, startIngestProcess } from '../ingest-process/ingest-server.ts';
import { type Enrolled, siteA, type TestCentre, testCentre } from '../testing/test-centre.ts';
import { made } from '../testing/test-events.ts';
import { startPostgres, type TestPostgres, withoutPostgres } from '../testing/test-postgres.ts';

let server: TestPostgres;
let databases = 0;
let url: string;
let hall: TestCentre;
const open: { close(): Promise<void> }[] = [];

describe.skipIf(withoutPostgres)(withoutPostgres ? 'a city over PostgreSQL (not installed)' : 'a city over PostgreSQL', () => {
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(() => server.close(), 60_000);
  beforeEach(async () => {
    databases += 1;
    url = await server.database(`city_${databases}`);
    hall = await testCentre({ eventLog: { kind: 'postgresql', url } });
  });
  afterEach(async () => {
    for (const one of open.splice(0).toReversed()) await one.close();
    await hall.stop();
  });
  const ingestProcess = async (): Promise<IngestProcess> => {
    const config = {
      ...{ eventLog: { kind: 'postgresql' as const, url }, certificates: join(hall.dataDir, 'ca') },
      ...{ devices: { host: '127.0.0.1', port: 0 }, status: { host: '127.0.0.1', port: 0 } },
    };
    const started = await startIngestProcess(config, { clock: systemClock(), random: systemRandom(), log: silentLog });
    open.push(started);
    return started;
  };
  /** The same site at another address. */
  const at = (broker: Enrolled, devicesUrl: string): Enrolled => {
    const client: CentreClient = centreClient({ url: devicesUrl, caFile: hall.centre.rootCaFile }, broker.identity);
    open.push(client);
    return { ...broker, client };
  };
  const until = async <Found>(look: () => Promise<Found | undefined>): Promise<Found> => {
    for (let tries = 0; tries < 600; tries += 1) {
      await hall.clock.advance(250);
      const found = await look();
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error('it did not come to that');
  };
  const post = async (who: Enrolled): Promise<number> => {
    const headers = { 'content-type': 'application/cloudevents-batch+json' };
    return (await who.client.request({ method: 'POST', path: '/v1/events', body: '[]', headers })).status;
  };
  /** It takes a second until an ingest process knows of a site that was just enrolled. */
  const known = (who: Enrolled): Promise<true> => until(async () => ((await post(who)) === 200 ? true : undefined));
  const day = async (): Promise<AttendanceDay> =>
    (await hall.ask({ method: 'GET', path: `/api/attendance?site=${siteA}&date=2026-11-23` })) as AttendanceDay;
  const tapCount = async (): Promise<number> =>
    (await day()).rows.reduce((sum, row) => sum + row.tapCount, 0) + (await day()).unknownCards.length;

  test('taps of a site reach the console through the centre and through an ingest process, each once, and so after a restart', async () => {
    const broker = await hall.broker();
    const { deviceId } = await hall.agent();
    const ingest = await ingestProcess();
    const beside = at(broker, ingest.devicesUrl);
    await known(beside);
    const batch = [1, 2, 3].map((seq) => made({ siteId: siteA, deviceId, seq }));
    expect(await hall.send(broker, batch)).toMatchObject({ accepted: 3 });
    expect(await hall.send(beside, [...batch, made({ siteId: siteA, deviceId, seq: 4 })])).toMatchObject({ accepted: 1, repeated: 3 });
    await until(async () => ((await tapCount()) === 4 ? true : undefined));
    const { events } = (await hall.ask({ method: 'GET', path: `/api/events?site=${siteA}&limit=2` })) as { events: StoredEvent[] };
    expect(events.map(({ seq, deviceName }) => [seq, deviceName])).toEqual([
      [4, 'Kiosk sảnh'],
      [3, 'Kiosk sảnh'],
    ]);
    await hall.restart();
    expect(await hall.send(beside, [made({ siteId: siteA, deviceId, seq: 5 })])).toMatchObject({ accepted: 1 });
    await until(async () => ((await tapCount()) === 5 ? true : undefined));
    expect(await (await fetch(`${ingest.statusUrl}/healthz`)).json()).toMatchObject({ ok: true });
    expect(await (await fetch(`${ingest.statusUrl}/metrics`)).text()).toContain('tramhoc_centre_events_total{result="accepted"} 2');
    expect((await hall.http('GET', '/metrics')).text).toMatch(/tramhoc_centre_log_position [1-9]/);
  });

  test('a revoked site and strangers are refused by an ingest process, without the centre being asked', async () => {
    const broker = await hall.broker();
    const agent = await hall.agent();
    const ingest = await ingestProcess();
    const beside = at(broker, ingest.devicesUrl);
    await known(beside);
    expect(await post(at(agent, ingest.devicesUrl))).toBe(403);
    await hall.ask({ method: 'POST', path: `/api/devices/${broker.deviceId}/revoke`, body: { reason: 'lost' } });
    await until(async () => ((await post(beside)) === 403 ? true : undefined));
  });

  test('while the database is away sites are told to come back, and the console goes on with what it has', async () => {
    const broker = await hall.broker();
    const { deviceId } = await hall.agent();
    await hall.send(broker, [made({ siteId: siteA, deviceId, seq: 1 })]);
    await until(async () => ((await tapCount()) === 1 ? true : undefined));
    await server.halt('crash');
    const refused = await broker.client.request({
      ...{ method: 'POST', path: '/v1/events', body: JSON.stringify([made({ siteId: siteA, deviceId, seq: 2 })]) },
      headers: { 'content-type': 'application/cloudevents-batch+json' },
    });
    expect([refused.status, refused.headers['retry-after'], JSON.parse(refused.body.toString()).code]).toEqual([
      503,
      '5',
      'STORE_UNREACHABLE',
    ]);
    expect(await tapCount()).toBe(1);
    await server.start();
    expect(await hall.send(broker, [made({ siteId: siteA, deviceId, seq: 2 })])).toMatchObject({ accepted: 1 });
    await until(async () => ((await tapCount()) === 2 ? true : undefined));
  });

  test('a centre starts only with the log that it has read, and can be told to read all of it again', async () => {
    const broker = await hall.broker();
    const { deviceId } = await hall.agent();
    await hall.send(
      broker,
      [1, 2, 3].map((seq) => made({ siteId: siteA, deviceId, seq })),
    );
    await until(async () => ((await tapCount()) === 3 ? true : undefined));
    const other = await server.database(`other_${databases}`);
    await expect(hall.restart({ kind: 'postgresql', url: other })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(hall.restart({ kind: 'sqlite' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await hall.restart({ kind: 'postgresql', url, replay: true });
    await until(async () => ((await tapCount()) === 3 ? true : undefined));
  });
});
