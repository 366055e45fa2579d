/** Sites and the cursor that says in which order their wishes changed. */
import type { Database } from '@tramhoc/base/sqlite';
import type { DeviceId, SiteId } from '@tramhoc/protocol/ids';

export type SiteRow = {
  site_id: SiteId;
  name: string;
  broker_host: string;
  broker_port: number;
  /** 32 bytes, hex: key of the HMAC over card numbers. Never leaves the centre but to enrolled devices of the site. */
  card_key: string;
  broker_device_id: DeviceId;
  created_ms: number;
  last_seen_ms: number | null;
  change_cursor: number;
  roster_version: number;
  roster_cursor: number;
  card_count: number;
};
export type NewSiteRow = Pick<SiteRow, 'site_id' | 'name' | 'broker_host' | 'broker_port' | 'card_key' | 'broker_device_id' | 'created_ms'>;
export type SiteStore = ReturnType<typeof siteStore>;

export function siteStore(db: Database) {
  const insert = db.prepare(
    `INSERT INTO sites (site_id, name, broker_host, broker_port, card_key, broker_device_id, created_ms, change_cursor, roster_version, roster_cursor,
       card_count) VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0)`,
  );
  const one = db.prepare<SiteRow>('SELECT * FROM sites WHERE site_id = ?');
  const every = db.prepare<SiteRow>('SELECT * FROM sites ORDER BY site_id');
  const nextCursor = db.prepare<{ change_cursor: number }>(
    'UPDATE sites SET change_cursor = change_cursor + 1 WHERE site_id = ? RETURNING change_cursor',
  );
  const rosterChanged = db.prepare('UPDATE sites SET roster_version = ?, roster_cursor = ?, card_count = ? WHERE site_id = ?');
  const seen = db.prepare('UPDATE sites SET last_seen_ms = ? WHERE site_id = ?');
  const mark = db.prepare<{ mark: string }>('SELECT mark FROM site_marks WHERE site_id = ?');
  const putMark = db.prepare(
    'INSERT INTO site_marks (site_id, mark) VALUES (?, ?) ON CONFLICT (site_id) DO UPDATE SET mark = excluded.mark',
  );
  const counts = db.prepare<{ site_id: SiteId; device_count: number; online_count: number }>(
    `SELECT site_id, count(*) AS device_count, sum(online) AS online_count FROM devices WHERE state = 'active' AND role = 'agent' GROUP BY site_id`,
  );
  const siteCounts = db.prepare<{ device_count: number; online_count: number | null }>(
    `SELECT count(*) AS device_count, sum(online) AS online_count FROM devices WHERE site_id = ? AND state = 'active' AND role = 'agent'`,
  );
  const tapsOnDay = db.prepare<{ site_id: SiteId; tap_count: number }>('SELECT site_id, tap_count FROM tap_days WHERE day = ?');
  const siteTapsOnDay = db.prepare<{ tap_count: number }>('SELECT tap_count FROM tap_days WHERE site_id = ? AND day = ?');
  return {
    insert: (row: NewSiteRow) =>
      void insert.run(row.site_id, row.name, row.broker_host, row.broker_port, row.card_key, row.broker_device_id, row.created_ms),
    get: (siteId: string) => one.get(siteId),
    all: () => every.all(),
    /** One more for each change of a wish; inside the transaction of that change. */
    nextCursor: (siteId: SiteId): number => nextCursor.get(siteId)!.change_cursor,
    rosterChanged: (siteId: SiteId, { version, cursor, cardCount }: { version: number; cursor: number; cardCount: number }) =>
      void rosterChanged.run(version, cursor, cardCount, siteId),
    /** How far the site's own list has arrived; undefined before its first batch. */
    mark: (siteId: SiteId): string | undefined => mark.get(siteId)?.mark,
    putMark: (siteId: SiteId, text: string) => void putMark.run(siteId, text),
    seen: (siteId: SiteId, atMs: number) => void seen.run(atMs, siteId),
    deviceCounts: () => counts.all(),
    deviceCountsOf: (siteId: SiteId) => siteCounts.get(siteId)!,
    tapsOn: (day: string) => tapsOnDay.all(day),
    tapsOfSiteOn: (siteId: SiteId, day: string): number => siteTapsOnDay.get(siteId, day)?.tap_count ?? 0,
  };
}
