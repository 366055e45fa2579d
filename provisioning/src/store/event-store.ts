/** Events as they came, and how far each device's stream is complete. */
import type { Database } from '@tramhoc/base/sqlite';
import type { ClockQuality, SiteTimeMethod, TramEvent } from '@tramhoc/protocol/event';
import type { DeviceId, Epoch, SiteId } from '@tramhoc/protocol/ids';

export type EventRow = {
  position: number;
  site_id: SiteId;
  device_id: DeviceId;
  device_name: string | null;
  epoch: string;
  seq: number;
  id: string;
  type: string;
  device_time: string;
  clock_quality: ClockQuality;
  site_time_ms: number | null;
  site_time_method: SiteTimeMethod;
  site_time_error_ms: number | null;
  received_ms: number;
  data: string;
  person_id: string | null;
  person_name: string | null;
  person_group: string | null;
};
export type EventFilter = {
  site?: SiteId | undefined;
  device?: DeviceId | undefined;
  type?: string | undefined;
  before?: number | undefined;
  after?: number | undefined;
  limit: number;
};
export type StoredTime = { siteTimeMs: number | null; method: SiteTimeMethod; errorMs: number | null };
export type StreamRow = { contiguous_seq: number; stored_seq: number };
export type EventStore = ReturnType<typeof eventStore>;

const columns = `e.position, e.site_id, e.device_id, d.name AS device_name, e.epoch, e.seq, e.id, e.type, e.device_time, e.clock_quality,
  e.site_time_ms, e.site_time_method, e.site_time_error_ms, e.received_ms, e.data,
  r.person_id AS person_id, r.name AS person_name, r.group_name AS person_group
  FROM events e LEFT JOIN devices d ON d.device_id = e.device_id
  LEFT JOIN taps t ON t.position = e.position LEFT JOIN roster r ON r.site_id = t.site_id AND r.card_hash = t.card_hash`;

export function eventStore(db: Database) {
  const insert = db.prepare(
    `INSERT INTO events (site_id, device_id, epoch, seq, id, type, device_time, boot_id, mono_ns, clock_quality, sent_boot_id, sent_mono_ns,
       site_time_ms, site_time_method, site_time_error_ms, received_ms, data)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  const idAt = db.prepare<{ id: string }>('SELECT id FROM events WHERE device_id = ? AND epoch = ? AND seq = ?');
  const stream = db.prepare<StreamRow>('SELECT contiguous_seq, stored_seq FROM streams WHERE device_id = ? AND epoch = ?');
  const putStream = db.prepare(
    `INSERT INTO streams (device_id, epoch, contiguous_seq, stored_seq) VALUES (?, ?, ?, ?)
     ON CONFLICT (device_id, epoch) DO UPDATE SET contiguous_seq = excluded.contiguous_seq, stored_seq = excluded.stored_seq`,
  );
  const mark = db.prepare('INSERT INTO stream_marks (device_id, epoch, from_seq, to_seq) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING');
  const markOver = db.prepare<{ to_seq: number | null }>(
    'SELECT max(to_seq) AS to_seq FROM stream_marks WHERE device_id = ? AND epoch = ? AND from_seq <= ? AND to_seq >= ?',
  );
  const dropMarks = db.prepare('DELETE FROM stream_marks WHERE device_id = ? AND epoch = ? AND to_seq <= ?');
  const seqsAfter = db.prepare<{ seq: number }>(
    'SELECT seq FROM events WHERE device_id = ? AND epoch = ? AND seq > ? ORDER BY seq LIMIT ?',
  );
  const quarantine = db.prepare(
    `INSERT INTO quarantine (fingerprint, site_id, device_id, received_ms, reason, payload) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  const trimQuarantine = db.prepare('DELETE FROM quarantine WHERE position <= (SELECT max(position) FROM quarantine) - ?');
  const quarantineCount = db.prepare<{ count: number }>('SELECT count(*) AS count FROM quarantine');
  const byPosition = db.prepare<EventRow>(`SELECT ${columns} WHERE e.position = ?`);
  const page = pageQueries(db);
  return {
    /** The position, or undefined when (device, epoch, seq) or the id is there already. */
    insert(event: TramEvent, owner: { siteId: SiteId; deviceId: DeviceId }, time: StoredTime, receivedMs: number): number | undefined {
      const { changes, lastInsertRowid } = insert.run(
        ...[owner.siteId, owner.deviceId, event.epoch, event.seq, event.id, event.type, event.time, event.bootid, event.monons],
        ...[event.clockquality, event.sentbootid ?? null, event.sentmonons ?? null],
        ...[time.siteTimeMs, time.method, time.errorMs, receivedMs, JSON.stringify(event.data)],
      );
      return changes === 1 ? Number(lastInsertRowid) : undefined;
    },
    idAt: (deviceId: DeviceId, epoch: Epoch, seq: number) => idAt.get(deviceId, epoch, seq)?.id,
    stream: (deviceId: DeviceId, epoch: Epoch): StreamRow => stream.get(deviceId, epoch) ?? { contiguous_seq: 0, stored_seq: 0 },
    /** Marks that `contiguous_seq` has passed are not needed any more. */
    putStream(deviceId: DeviceId, epoch: Epoch, row: StreamRow) {
      putStream.run(deviceId, epoch, row.contiguous_seq, row.stored_seq);
      dropMarks.run(deviceId, epoch, row.contiguous_seq);
    },
    /** `from`..`to` count as delivered without being rows of `events`: declared dropped, or in quarantine. */
    mark: (deviceId: DeviceId, epoch: Epoch, { from, to }: { from: number; to: number }) => void mark.run(deviceId, epoch, from, to),
    /** The end of the longest mark over `seq`. */
    markOver: (deviceId: DeviceId, epoch: Epoch, seq: number): number | undefined =>
      markOver.get(deviceId, epoch, seq, seq)?.to_seq ?? undefined,
    seqsAfter: (deviceId: DeviceId, epoch: Epoch, seq: number, limit: number): number[] =>
      seqsAfter.all(deviceId, epoch, seq, limit).map((row) => row.seq),
    /** False when this very thing is in quarantine already. */
    quarantine: (row: {
      fingerprint: string;
      siteId: SiteId;
      deviceId: DeviceId | null;
      receivedMs: number;
      reason: string;
      payload: string;
    }): boolean => quarantine.run(row.fingerprint, row.siteId, row.deviceId, row.receivedMs, row.reason, row.payload).changes === 1,
    trimQuarantine: (keep: number) => void trimQuarantine.run(keep),
    quarantineCount: () => quarantineCount.get()!.count,
    byPosition: (position: number) => byPosition.get(position),
    page,
  };
}

/** Newest first, or oldest first with `after`. One statement for each set of filters in use, made when first needed (32 at most). */
function pageQueries(db: Database) {
  const prepared = new Map<string, ReturnType<typeof db.prepare<EventRow>>>();
  return (filter: EventFilter): EventRow[] => {
    const parts: [string, string | number][] = [];
    if (filter.site !== undefined) parts.push(['e.site_id = ?', filter.site]);
    if (filter.device !== undefined) parts.push(['e.device_id = ?', filter.device]);
    if (filter.type !== undefined) parts.push(['e.type = ?', filter.type]);
    if (filter.before !== undefined) parts.push(['e.position < ?', filter.before]);
    if (filter.after !== undefined) parts.push(['e.position > ?', filter.after]);
    const where = parts.length === 0 ? '' : `WHERE ${parts.map(([sql]) => sql).join(' AND ')}`;
    const sql = `SELECT ${columns} ${where} ORDER BY e.position ${filter.after === undefined ? 'DESC' : 'ASC'} LIMIT ?`;
    let statement = prepared.get(sql);
    if (statement === undefined) {
      statement = db.prepare<EventRow>(sql);
      prepared.set(sql, statement);
    }
    return statement.all(...parts.map(([, value]) => value), filter.limit);
  };
}
