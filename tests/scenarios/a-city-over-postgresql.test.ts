/** A city: a card at a school's gate goes through its broker to an ingest process, into PostgreSQL, and is seen in the console; the database may go away in between. */
import { join } from 'node:path';
import { systemClock } from '@tramhoc/base/clock';
import { silentLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import { type IngestProcess, startIngestProcess } from '@tramhoc/provisioning/ingest-process/ingest-server';
import { startPostgres, type TestPostgres, withoutPostgres } from '@tramhoc/provisioning/testing/test-postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CardReader, cardReader } from '../world/card-reader.ts';
import { type AgentInWorld, openWorld, type Site, untilStatus, type World } from '../world/site-world.ts';
import { until } from '../world/until.ts';

type Events = { events: { seq: number; person: { name: string } | null }[] };
type Day = { rows: { name: string; tapCount: number }[] };

describe.skipIf(withoutPostgres)(`a city over PostgreSQL${withoutPostgres ? ' (not installed)' : ''}`, () => {
  let postgres: TestPostgres;
  let world: World;
  let ingest: IngestProcess;
  let site: Site;
  let device: AgentInWorld & { deviceId: string };
  let reader: CardReader;

  beforeAll(async () => {
    postgres = await startPostgres();
    const eventLog = { kind: 'postgresql' as const, url: await postgres.database('city') };
    world = await openWorld({ eventLog });
    const listeners = { devices: { host: '127.0.0.1', port: 0 }, status: { host: '127.0.0.1', port: 0 } };
    ingest = await startIngestProcess(
      { eventLog, certificates: join(world.folder, 'centre', 'ca'), ...listeners },
      { clock: systemClock(), random: systemRandom(), log: silentLog },
    );
    site = await world.addSite('thpt-demo', { eventsUrl: `${ingest.devicesUrl}/v1/events` });
    await site.importCards([
      { card: '14008EC793', person: 'HS0001', name: 'Nguyễn Thị Ngọc An', group: '10A1' },
      { card: '14008EC7A0', person: 'HS0002', name: 'Trần Quốc Bình', group: '10A1' },
    ]);
    reader = await cardReader();
    device = await site.enrolledAgent('gate');
    await world.api('PUT', `/api/devices/${device.deviceId}/desired`, {
      ifVersion: 0,
      desired: { drivers: { reader: { kind: 'rdm6300', config: { port: `tcp://127.0.0.1:${reader.port}` } } } },
    });
    await untilStatus(device.agent, 'the reader is open', ({ slots }) => slots.some(({ state }) => state === 'open'));
  });
  afterAll(async () => {
    await reader?.close();
    await world?.close();
    await ingest?.close();
    await postgres?.close();
  });

  const taps = async (): Promise<Events['events']> =>
    (await world.api<Events>('GET', `/api/events?device=${device.deviceId}&type=vn.tramhoc.attendance.tap.v1`)).events;
  const present = async (): Promise<string[]> =>
    (await world.api<Day>('GET', `/api/attendance?site=${site.siteId}`)).rows
      .filter(({ tapCount }) => tapCount === 1)
      .map(({ name }) => name);
  const arrived = (count: number): Promise<string[]> =>
    until(`${count} are there`, async () => ((await present()).length === count ? await present() : undefined), 45_000);

  test('a card at the gate is a name in the console, through the ingest process', async () => {
    reader.present('14008EC793');
    expect(await arrived(1)).toEqual(['Nguyễn Thị Ngọc An']);
    expect(await taps()).toMatchObject([{ person: { name: 'Nguyễn Thị Ngọc An' } }]);
    const figures = await (await fetch(`${ingest.statusUrl}/metrics`)).text();
    expect(figures).toMatch(/tramhoc_centre_events_total\{result="accepted"\} [1-9]/);
  });

  test('a card that is presented while the database is away waits at the school and arrives once', async () => {
    await postgres.halt('crash');
    reader.present('14008EC7A0');
    await until('the tap waits', async () =>
      (await (await fetch(`${site.broker.statusUrl}/metrics`)).text()).match(/upstream_lag_events [1-9]/),
    );
    await postgres.start();
    expect(await arrived(2)).toEqual(['Nguyễn Thị Ngọc An', 'Trần Quốc Bình']);
    expect(await taps()).toHaveLength(2);
  });
});
