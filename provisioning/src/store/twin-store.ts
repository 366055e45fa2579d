/** Desired and reported documents, and what changed for a site since a cursor. */
import type { Database } from '@tramhoc/base/sqlite';
import type { DeviceId, SiteId } from '@tramhoc/protocol/ids';

export type DesiredRow = {
  device_id: DeviceId;
  version: number;
  document: string;
  hash: string;
  changed_ms: number;
  change_cursor: number;
};
export type ReportedRow = { version: number; hash: string; drivers: string; errors: string; reported_ms: number };
export type ChangeRow = { change_cursor: number; kind: 'document' | 'revocation'; device_id: DeviceId };
export type TwinStore = ReturnType<typeof twinStore>;

export function twinStore(db: Database) {
  const desired = db.prepare<DesiredRow>('SELECT * FROM desired WHERE device_id = ?');
  const putDesired = db.prepare(
    `INSERT INTO desired (device_id, site_id, version, document, hash, changed_ms, change_cursor) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (device_id) DO UPDATE SET version = excluded.version, document = excluded.document, hash = excluded.hash,
       changed_ms = excluded.changed_ms, change_cursor = excluded.change_cursor`,
  );
  const addHistory = db.prepare(
    'INSERT INTO desired_history (device_id, version, document, changed_by, changed_ms) VALUES (?, ?, ?, ?, ?)',
  );
  const reported = db.prepare<ReportedRow>('SELECT * FROM reported WHERE device_id = ?');
  const changes = db.prepare<ChangeRow>(
    `SELECT change_cursor, 'document' AS kind, device_id FROM desired WHERE site_id = ? AND change_cursor > ?
     UNION ALL SELECT revoked_cursor AS change_cursor, 'revocation' AS kind, device_id FROM devices WHERE site_id = ? AND revoked_cursor > ?
     ORDER BY change_cursor LIMIT ?`,
  );
  return {
    desired: (deviceId: DeviceId) => desired.get(deviceId),
    putDesired: (row: DesiredRow & { site_id: SiteId; changed_by: string }) => {
      putDesired.run(row.device_id, row.site_id, row.version, row.document, row.hash, row.changed_ms, row.change_cursor);
      addHistory.run(row.device_id, row.version, row.document, row.changed_by, row.changed_ms);
    },
    reported: (deviceId: DeviceId) => reported.get(deviceId),
    /** Oldest change first. */
    changesAfter: (siteId: SiteId, after: number, limit: number) => changes.all(siteId, after, siteId, after, limit),
  };
}
