/** Both event logs over one registry of one site, for the conformance suite. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fakeClock } from '@tramhoc/base/fake-clock';
import { silentLog } from '@tramhoc/base/log';
import { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import type { EventLog } from '../event-log/event-log.ts';
import { openPostgres, type Postgres } from '../event-log/postgres-connection.ts';
import { type PostgresWriter, postgresWriter } from '../event-log/postgres-log.ts';
import { quarantineRows, readPage } from '../event-log/postgres-pages.ts';
import { prepareSchema } from '../event-log/postgres-schema.ts';
import { sqliteLog } from '../event-log/sqlite-log.ts';
import { ingest } from '../ingest/ingest.ts';
import { type CentreStore, openCentreStore } from '../store/centre-store.ts';
import type { EventFilter } from '../store/event-store.ts';

export const siteId = SiteId.parse('thpt-nguyen-du');
export const otherSiteId = SiteId.parse('thcs-le-loi');
export const deviceId = DeviceId.parse('11111111-1111-4111-8111-111111111111');
export const secondId = DeviceId.parse('33333333-3333-4333-8333-333333333333');
export const brokerId = DeviceId.parse('22222222-2222-4222-8222-222222222222');
export const receivedMs = Date.UTC(2026, 10, 23, 1, 0);

/** What a page shows of an event, wherever it is kept. */
export type Shown = Pick<
  Awaited<ReturnType<EventLog['page']>>[number],
  | 'position'
  | 'site_id'
  | 'device_id'
  | 'epoch'
  | 'seq'
  | 'id'
  | 'type'
  | 'device_time'
  | 'clock_quality'
  | 'site_time_ms'
  | 'site_time_method'
  | 'site_time_error_ms'
  | 'received_ms'
  | 'data'
>;
export type TestLog = {
  take: EventLog['take'];
  page(filter: EventFilter): Promise<Shown[]>;
  quarantineCount: EventLog['quarantineCount'];
  close(): Promise<void>;
};

export function testRegistry(): { store: CentreStore; close(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'tramhoc-event-log-'));
  const store = openCentreStore(folder);
  for (const site of [siteId, otherSiteId])
    store.sites.insert({
      ...{ site_id: site, name: 'A', broker_host: 'localhost', broker_port: 8883, card_key: '0'.repeat(64) },
      ...{ broker_device_id: brokerId, created_ms: 0 },
    });
  for (const [id, role] of [
    [deviceId, 'agent'],
    [secondId, 'agent'],
    [brokerId, 'broker'],
  ] as const)
    store.devices.insert({
      ...{ device_id: id, site_id: siteId, role, name: 'x', model: '', serial: '', agent_version: '', fingerprint: id, enrolled_ms: 0 },
    });
  return {
    store,
    close() {
      store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function testSqliteLog(): Promise<TestLog> {
  const { store, close } = testRegistry();
  const log = sqliteLog({ store, ingest: ingest({ store, clock: fakeClock({ wallMs: receivedMs }), log: silentLog }) });
  return { ...log, page: async (filter) => await log.page(filter), close: async () => close() };
}

/** Emptied: making a database for each test takes a second, and so does TRUNCATE of all the partitions. */
export async function testPostgresLog(url: string): Promise<TestLog & { postgres: Postgres; writer: PostgresWriter }> {
  const { store, close } = testRegistry();
  const postgres = openPostgres({ url, writers: 2 }, { log: silentLog, name: 'test' });
  await prepareSchema(postgres);
  const tables = ['events', 'event_ids', 'streams', 'stream_marks', 'site_marks', 'site_devices', 'quarantine'];
  await postgres.with((client) => client.query(tables.map((table) => `DELETE FROM ${table};`).join(' ')));
  const clock = fakeClock({ wallMs: receivedMs });
  const writer = postgresWriter({ postgres, writers: 2, registered: store.devices, clock, log: silentLog });
  return {
    ...{ postgres, writer, take: writer.take },
    page: (filter) => readPage(postgres, filter),
    quarantineCount: () => quarantineRows(postgres),
    async close() {
      await writer.close();
      await postgres.close();
      close();
    },
  };
}
