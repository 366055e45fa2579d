/**
 * Follows the event log in PostgreSQL and applies what follows from each fact to the centre's own file. The place in the log moves in the transaction
 * that applies the facts before it, so each is applied exactly once, whenever this program ends.
 */
import type { Clock } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import { isTramError, TramError } from '@tramhoc/protocol/errors';
import type { ClockQuality, TramEvent } from '@tramhoc/protocol/event';
import type { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import { projectEvent } from '../ingest/project-event.ts';
import type { CentreStore } from '../store/centre-store.ts';
import type { Postgres } from './postgres-connection.ts';
import { headPosition, type LogRow, readAfter } from './postgres-pages.ts';

/** Of one transaction of ours: about 20 ms, in which the console answers nobody. */
const rowsAtOnce = 1_000;
/** How long a fact waits at most before somebody who looks at the console sees it. */
const lookEveryMs = 200;
const retryMs = { first: 500, most: 10_000 };

export type Applied = { rows: readonly LogRow[]; devices: ReadonlyMap<DeviceId, SiteId> };
export type LogTail = {
  /** Something was committed. */
  wake(): void;
  position(): number;
  /** Between the commit of the newest applied fact and now; 0 when all are applied. */
  behindMs(): number;
  close(): Promise<void>;
};

type Place = { log_id: string; position: number };

/**
 * Where to go on. `replay`: what was derived is emptied and the whole log is read again. Throws CONFIG_INVALID when this is another log than before or
 * one that was put back from a copy: going on would leave facts out.
 */
export async function findPlace(
  { store, postgres, logId }: { store: CentreStore; postgres: Postgres; logId: string },
  { replay }: { replay: boolean },
): Promise<void> {
  const place = store.db.prepare<Place>('SELECT log_id, position FROM log_place').get();
  if (place !== undefined && !replay) {
    await demandSameLog(postgres, { place, logId });
    return;
  }
  if (place === undefined && store.db.prepare('SELECT 1 FROM events LIMIT 1').get() !== undefined)
    throw new TramError(
      'CONFIG_INVALID',
      'eventLog: this centre has its events in SQLite, and moving them to PostgreSQL is not supported; take eventLog out of the config.',
    );
  store.db.transaction(() => {
    for (const table of ['taps', 'tap_days', 'readings', 'feedback']) store.db.exec(`DELETE FROM ${table}`);
    store.db
      .prepare(
        'INSERT INTO log_place (one, log_id, position) VALUES (1, ?, 0) ON CONFLICT (one) DO UPDATE SET log_id = excluded.log_id, position = 0',
      )
      .run(logId);
  });
}

async function demandSameLog(postgres: Postgres, { place, logId }: { place: Place; logId: string }): Promise<void> {
  const head = await headPosition(postgres);
  if (place.log_id === logId && head >= place.position) return;
  const why = place.log_id === logId ? 'an older copy of the log than the one' : 'another log than the one';
  throw new TramError(
    'CONFIG_INVALID',
    `eventLog: PostgreSQL holds ${why} this centre has read (position ${head}, read up to ${place.position}). Name the right database, or set "replay": true once, so that the centre reads all of it again (docs/runbooks/postgresql.md).`,
  );
}

/** After `findPlace`. */
export function startLogTail(options: {
  store: CentreStore;
  postgres: Postgres;
  logId: string;
  clock: Clock;
  log: Log;
  applied(batch: Applied): void;
}): LogTail {
  const { store, postgres, logId, clock, log } = options;
  const readPlace = store.db.prepare<Place>('SELECT log_id, position FROM log_place');
  const putPlace = store.db.prepare('UPDATE log_place SET position = ?');
  let { position } = readPlace.get()!;
  let newestMs: number | undefined;
  const stop = new AbortController();
  let nap = new AbortController();

  const round = async (): Promise<number> => {
    const rows = await readAfter(postgres, position, rowsAtOnce);
    const last = rows.at(-1);
    if (last === undefined || stop.signal.aborted) {
      newestMs = undefined;
      return 0;
    }
    const devices = store.db.transaction(() => {
      const changed = apply(store, rows);
      putPlace.run(last.position);
      return changed;
    });
    position = last.position;
    newestMs = rows.length === rowsAtOnce ? last.received_ms : undefined;
    options.applied({ rows, devices });
    return rows.length;
  };
  const run = async (): Promise<void> => {
    for (let failures = 0; !stop.signal.aborted; ) {
      let waitMs = 0;
      try {
        // after a fault the database may be another one, or an older copy of this one
        if (failures > 0) await demandSameLog(postgres, { place: readPlace.get()!, logId });
        if ((await round()) < rowsAtOnce) waitMs = lookEveryMs;
        failures = 0;
      } catch (error) {
        if (stop.signal.aborted) return;
        failures += 1;
        waitMs = Math.min(retryMs.most, retryMs.first * 2 ** Math.min(failures, 8));
        const fields = { code: isTramError(error) ? error.code : 'INTERNAL', err: (error as Error).message, position, failures };
        if (failures === 1 || failures % 30 === 0)
          log.error(fields, 'the event log is not followed; the console shows older figures until it is');
      }
      if (waitMs === 0) continue;
      nap = new AbortController();
      await clock.sleep(waitMs, AbortSignal.any([nap.signal, stop.signal])).catch(() => undefined);
    }
  };
  const done = run();
  return {
    wake: () => nap.abort(),
    position: () => position,
    behindMs: () => (newestMs === undefined ? 0 : Math.max(0, clock.wallMs() - newestMs)),
    async close() {
      stop.abort();
      await done;
    },
  };
}

/** Inside the transaction. Gives the devices whose rows changed. */
function apply(store: CentreStore, rows: readonly LogRow[]): Map<DeviceId, SiteId> {
  const devices = new Map<DeviceId, SiteId>();
  const lastHeard = new Map<DeviceId, { atMs: number; clockQuality: ClockQuality }>();
  const brokers = new Map<DeviceId, boolean>();
  const taps = new Map<string, { siteId: SiteId; day: string; count: number }>();
  const tables: CentreStore['projections'] = {
    ...store.projections,
    tap(row) {
      store.projections.tapRow(row);
      const key = `${row.siteId} ${row.day}`;
      const counted = taps.get(key);
      if (counted === undefined) taps.set(key, { siteId: row.siteId, day: row.day, count: 1 });
      else counted.count += 1;
    },
  };
  for (const row of rows) {
    const deviceId = row.device_id;
    let fromBroker = brokers.get(deviceId);
    if (fromBroker === undefined) {
      fromBroker = store.devices.get(deviceId)?.role === 'broker';
      brokers.set(deviceId, fromBroker);
    }
    devices.set(deviceId, row.site_id);
    lastHeard.set(deviceId, { atMs: row.received_ms, clockQuality: row.clock_quality });
    const changed = projectEvent(tables, {
      ...{ event: eventOf(row), position: row.position, siteId: row.site_id, deviceId, fromBroker },
      ...{ atMs: row.site_time_ms, receivedMs: row.received_ms },
    });
    for (const device of changed) devices.set(device, row.site_id);
  }
  for (const { siteId, day, count } of taps.values()) store.projections.addTaps(siteId, day, count);
  for (const [deviceId, heard] of lastHeard) store.projections.seen(deviceId, heard);
  return devices;
}

/** What was checked when it was stored. */
function eventOf(row: LogRow): TramEvent {
  return { type: row.type, epoch: row.epoch, seq: row.seq, data: JSON.parse(row.data) as Record<string, unknown> } as TramEvent;
}
