/** The event log of a centre that has PostgreSQL: it writes what comes to the centre itself, follows the log, and tells it who may send. */
import type { Clock } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import type { CentreStore } from '../store/centre-store.ts';
import type { EventRow } from '../store/event-store.ts';
import type { EventLog } from './event-log.ts';
import { type Applied, findPlace, type LogTail, startLogTail } from './log-tail.ts';
import { openPostgres, type PostgresConfig } from './postgres-connection.ts';
import { postgresWriter } from './postgres-log.ts';
import { type LogRow, quarantineRows, readPage } from './postgres-pages.ts';
import { prepareSchema } from './postgres-schema.ts';
import { startRegistryMirror } from './registry-mirror.ts';

export type CityLog = EventLog & {
  /** Once: starts to follow the log. `applied` is told of what was applied to the centre's file. */
  follow(applied: (batch: Applied) => void): void;
  position(): number;
  behindMs(): number;
  close(): Promise<void>;
};

/** Throws STORE_UNREACHABLE, STORE_REFUSED, STORE_TOO_NEW, CONFIG_INVALID. */
export async function openCityLog(
  config: PostgresConfig,
  { store, clock, log }: { store: CentreStore; clock: Clock; log: Log },
): Promise<CityLog> {
  const postgres = openPostgres(config, { log, name: 'tramhoc centre' });
  try {
    const { logId } = await prepareSchema(postgres);
    await findPlace({ store, postgres, logId }, { replay: config.replay });
    const mirror = await startRegistryMirror({ store, postgres, clock, log });
    const writer = postgresWriter({ postgres, writers: config.writers, registered: store.devices, clock, log });
    let tail: LogTail | undefined;
    let quarantineCount = 0;
    return {
      async take(siteId, batch, marks) {
        const ingested = await writer.take(siteId, batch, marks);
        tail?.wake();
        return ingested;
      },
      page: async (filter) => (await readPage(postgres, filter)).map((row) => shownRow(store, row)),
      async quarantineCount() {
        // a figure for Prometheus: while the database is away the last one stands
        quarantineCount = await quarantineRows(postgres).catch(() => quarantineCount);
        return quarantineCount;
      },
      follow(applied) {
        tail = startLogTail({ store, postgres, logId, clock, log, applied });
      },
      position: () => tail?.position() ?? 0,
      behindMs: () => tail?.behindMs() ?? 0,
      async close() {
        await writer.close();
        await tail?.close();
        await mirror.close();
        await postgres.close();
      },
    };
  } catch (error) {
    await postgres.close();
    throw error;
  }
}

/** With the names that the centre knows: of the device, and of the card's holder. */
export function shownRow(store: CentreStore, row: LogRow): EventRow {
  const tap = row.type === 'vn.tramhoc.attendance.tap.v1' ? (JSON.parse(row.data) as { cardHash?: unknown }) : undefined;
  const holder = typeof tap?.cardHash === 'string' ? store.roster.holder(row.site_id, tap.cardHash) : undefined;
  return {
    ...row,
    device_name: store.devices.get(row.device_id)?.name ?? null,
    person_id: holder?.person_id ?? null,
    person_name: holder?.name ?? null,
    person_group: holder?.group_name ?? null,
  };
}
