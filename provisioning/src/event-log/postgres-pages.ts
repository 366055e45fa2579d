/** Stored events read back: pages for the console, and the log in its order for whoever follows it. */
import type { ClockQuality, SiteTimeMethod } from '@tramhoc/protocol/event';
import type { DeviceId, Epoch, SiteId } from '@tramhoc/protocol/ids';
import type { EventFilter } from '../store/event-store.ts';
import type { Postgres } from './postgres-connection.ts';
import { bulkTypes } from './postgres-schema.ts';

export type LogRow = {
  position: number;
  site_id: SiteId;
  device_id: DeviceId;
  epoch: Epoch;
  seq: number;
  id: string;
  type: string;
  device_time: string;
  boot_id: string;
  mono_ns: string;
  clock_quality: ClockQuality;
  sent_boot_id: string | null;
  sent_mono_ns: string | null;
  site_time_ms: number | null;
  site_time_method: SiteTimeMethod;
  site_time_error_ms: number | null;
  received_ms: number;
  data: string;
};

const columns = `position, site_id, device_id, epoch, seq, id, type, device_time, boot_id, mono_ns, clock_quality, sent_boot_id, sent_mono_ns,
  site_time_ms, site_time_method, site_time_error_ms, received_ms, data`;

/** Newest first, or oldest first with `after`. */
export async function readPage(postgres: Postgres, { site, device, type, before, after, limit }: EventFilter): Promise<LogRow[]> {
  const values: unknown[] = [];
  const put = (value: unknown): string => `$${values.push(value)}`;
  const order = after === undefined ? 'DESC' : 'ASC';
  const where: string[] = [];
  if (before !== undefined) where.push(`position < ${put(before)}`);
  if (after !== undefined) where.push(`position > ${put(after)}`);
  if (site !== undefined) where.push(`site_id = ${put(site)}`);
  if (type !== undefined) where.push(`type = ${put(type)}`);
  // said in words of the partial index, because the planner cannot know what the parameter holds
  if (type !== undefined && !(bulkTypes as readonly string[]).includes(type))
    where.push(`type NOT IN (${bulkTypes.map((one) => `'${one}'`).join(', ')})`);
  const tail = `ORDER BY position ${order} LIMIT ${put(limit)}`;
  const wanted = (more: readonly string[]): string =>
    more.length + where.length === 0 ? '' : `WHERE ${[...more, ...where].join(' AND ')}`;
  if (device !== undefined)
    return await postgres.query<LogRow>({
      text: `SELECT ${columns} FROM events ${wanted([`device_id = ${put(device)}`])} ${tail}`,
      values,
    });
  if (site !== undefined) {
    // a site has some dozen devices: the newest of each, then the newest of those
    const text = `SELECT e.* FROM site_devices s CROSS JOIN LATERAL (
        SELECT ${columns} FROM events ${wanted(['device_id = s.device_id'])} ${tail}
      ) e WHERE s.site_id = $${values.indexOf(site) + 1} ${tail}`;
    return await postgres.query<LogRow>({ text, values });
  }
  return await postgres.query<LogRow>({ text: `SELECT ${columns} FROM events ${wanted([])} ${tail}`, values });
}

/** The next rows in the order of the log. Positions become visible in their order (postgres-log.ts), so nothing is passed over. */
export async function readAfter(postgres: Postgres, position: number, limit: number): Promise<LogRow[]> {
  return await postgres.query<LogRow>({
    name: 'read-after',
    text: `SELECT ${columns} FROM events WHERE position > $1 ORDER BY position LIMIT $2`,
    values: [position, limit],
  });
}

/** Position of the newest event; 0 in an empty log. */
export async function headPosition(postgres: Postgres): Promise<number> {
  const rows = await postgres.query<{ position: number | null }>({ text: 'SELECT max(position) AS position FROM events' });
  return rows[0]?.position ?? 0;
}

export async function quarantineRows(postgres: Postgres): Promise<number> {
  const rows = await postgres.query<{ count: number }>({ text: 'SELECT count(*) AS count FROM quarantine' });
  return rows[0]!.count;
}
