/** Devices, their certificates and what they said about themselves. */
import type { Database } from '@tramhoc/base/sqlite';
import type { ClockQuality } from '@tramhoc/protocol/event';
import type { DeviceId, SiteId, SlotId } from '@tramhoc/protocol/ids';

export type DeviceRow = {
  device_id: DeviceId;
  site_id: SiteId;
  role: 'agent' | 'broker';
  name: string;
  model: string;
  serial: string;
  agent_version: string;
  os: string;
  fingerprint: string;
  state: 'active' | 'revoked';
  enrolled_ms: number;
  /** When its last claim was used: certificates made before that are replaced. 0: never. */
  claimed_ms: number;
  revoked_ms: number | null;
  revoked_reason: string | null;
  revoked_cursor: number | null;
  online: 0 | 1;
  online_changed_ms: number | null;
  last_event_ms: number | null;
  clock_quality: ClockQuality | null;
};
/** A device with its newest certificate and what is needed to say whether its twin converged. */
export type DeviceListRow = DeviceRow & {
  certificate_serial: string | null;
  certificate_not_after_ms: number | null;
  desired_version: number | null;
  desired_hash: string | null;
  reported_version: number | null;
  reported_hash: string | null;
  reported_errors: string | null;
  lost_slots: number;
  raised_faults: number;
};
export type NewDeviceRow = Pick<
  DeviceRow,
  'device_id' | 'site_id' | 'role' | 'name' | 'model' | 'serial' | 'agent_version' | 'fingerprint' | 'enrolled_ms'
>;
export type CertificateRow = {
  serial: string;
  device_id: DeviceId;
  fingerprint: string;
  issued_ms: number;
  not_after_ms: number;
  withdrawn_ms: number | null;
};
export type SlotRow = {
  slot: SlotId;
  driver: string;
  state: 'opening' | 'open' | 'lost' | 'closed';
  since_ms: number;
  code: string | null;
  message: string | null;
  skipped_bytes: number;
  reopen_count: number;
  timeout_count: number | null;
  last_frame_ms: number | null;
};
type ComputerRow = { slot: SlotId; at_ms: number; state: string; load: string | null; load_ms: number | null };
export type FaultRow = { slot: SlotId; code: string; level: 'warning' | 'error'; detail: string | null; since_ms: number };
export type ScanRow = {
  device_id: DeviceId;
  scan_id: string;
  modbus: 0 | 1;
  asked_ms: number;
  state: 'asked' | 'began' | 'done';
  told_ms: number | null;
  ports: string;
  more: number;
};
export type DeviceStore = ReturnType<typeof deviceStore>;

/** Of a slot that the device runs or shall run; what it told of others is over. A device that has not reported yet is believed. */
const configured = (slot: string): string =>
  `(r.device_id IS NULL OR ${slot} IN (SELECT key FROM json_each(r.drivers)) OR ${slot} IN (SELECT key FROM json_each(w.document, '$.drivers')))`;
const ofDevice = (tables: string): string =>
  `FROM ${tables} LEFT JOIN desired w USING (device_id) LEFT JOIN reported r USING (device_id) WHERE t.device_id = ? AND ${configured('t.slot')}`;

const listColumns = `d.*, c.serial AS certificate_serial, c.not_after_ms AS certificate_not_after_ms, w.version AS desired_version,
  w.hash AS desired_hash, r.version AS reported_version, r.hash AS reported_hash, r.errors AS reported_errors,
  (SELECT count(*) FROM slots s WHERE s.device_id = d.device_id AND s.state = 'lost' AND ${configured('s.slot')}) AS lost_slots,
  (SELECT count(*) FROM device_faults f WHERE f.device_id = d.device_id AND f.raised = 1 AND ${configured('f.slot')}) AS raised_faults
  FROM devices d
  LEFT JOIN certificates c ON c.serial = (SELECT serial FROM certificates n WHERE n.device_id = d.device_id ORDER BY n.issued_ms DESC, n.serial LIMIT 1)
  LEFT JOIN desired w ON w.device_id = d.device_id
  LEFT JOIN reported r ON r.device_id = d.device_id`;

export function deviceStore(db: Database) {
  const insert = db.prepare(
    `INSERT INTO devices (device_id, site_id, role, name, model, serial, agent_version, os, fingerprint, state, enrolled_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, '', ?, 'active', ?)`,
  );
  const rename = db.prepare('UPDATE devices SET name = ?, model = ?, serial = ?, agent_version = ?, enrolled_ms = ? WHERE device_id = ?');
  const setKey = db.prepare('UPDATE devices SET fingerprint = ? WHERE device_id = ?');
  const one = db.prepare<DeviceRow>('SELECT * FROM devices WHERE device_id = ?');
  const byKey = db.prepare<DeviceRow>(`SELECT * FROM devices WHERE fingerprint = ? AND role = 'agent' AND state = 'active' LIMIT 1`);
  const revokedKey = db.prepare(
    `SELECT 1 FROM devices WHERE fingerprint = ? AND state = 'revoked'
     UNION ALL SELECT 1 FROM certificates c JOIN devices d ON d.device_id = c.device_id WHERE c.fingerprint = ? AND d.state = 'revoked' LIMIT 1`,
  );
  const listed = db.prepare<DeviceListRow>(`SELECT ${listColumns} WHERE d.device_id = ?`);
  const listAll = db.prepare<DeviceListRow>(`SELECT ${listColumns} ORDER BY d.site_id, d.name, d.device_id`);
  const listSite = db.prepare<DeviceListRow>(`SELECT ${listColumns} WHERE d.site_id = ? ORDER BY d.name, d.device_id`);
  const revoke = db.prepare(
    `UPDATE devices SET state = 'revoked', revoked_ms = ?, revoked_reason = ?, revoked_cursor = ?, online = 0 WHERE device_id = ?`,
  );
  const addCertificate = db.prepare(
    'INSERT INTO certificates (serial, device_id, fingerprint, issued_ms, not_after_ms) VALUES (?, ?, ?, ?, ?)',
  );
  const certificate = db.prepare<CertificateRow>('SELECT * FROM certificates WHERE serial = ?');
  const withdraw = db.prepare('UPDATE certificates SET withdrawn_ms = ? WHERE device_id = ? AND withdrawn_ms IS NULL');
  const claimed = db.prepare('UPDATE devices SET claimed_ms = ? WHERE device_id = ?');
  const slots = db.prepare<SlotRow>(`SELECT t.* ${ofDevice('slots t')} ORDER BY t.slot`);
  const faults = db.prepare<FaultRow>(
    `SELECT t.slot, t.code, t.level, t.detail, t.since_ms ${ofDevice('device_faults t')} AND t.raised = 1
     ORDER BY t.level, t.since_ms DESC, t.slot, t.code`,
  );
  const scan = db.prepare<ScanRow>('SELECT * FROM device_scans WHERE device_id = ?');
  const putScan = db.prepare(
    `INSERT OR REPLACE INTO device_scans (device_id, site_id, scan_id, modbus, asked_ms, command_cursor, state, told_ms, ports, more)
     VALUES (?, ?, ?, ?, ?, ?, 'asked', NULL, '[]', 0)`,
  );
  const scansAsked = db.prepare<ScanRow>(
    "SELECT * FROM device_scans WHERE site_id = ? AND command_cursor > ? AND command_cursor <= ? AND asked_ms > ? AND state = 'asked'",
  );
  const displays = db.prepare<{ slot: SlotId; at_ms: number; state: string }>(`SELECT t.* ${ofDevice('displays t')} ORDER BY t.slot`);
  const computers = db.prepare<ComputerRow>(
    `SELECT t.slot, t.at_ms, t.state, l.load, l.at_ms AS load_ms ${ofDevice('computers t LEFT JOIN computer_loads l USING (device_id, slot)')}
     ORDER BY t.slot`,
  );
  const usbChanges = db.prepare<{ slot: SlotId; place: string; known: number; at_ms: number }>(
    'SELECT slot, place, known, at_ms FROM usb_changes WHERE device_id = ?',
  );
  const hello = db.prepare<{ driver_kinds: string }>('SELECT driver_kinds FROM device_hellos WHERE device_id = ?');
  const drivers = db.prepare<{ kind: string; driver: string }>('SELECT kind, driver FROM device_drivers WHERE device_id = ? ORDER BY kind');
  // devices have the same drivers, version by version: the last ones that came name them all
  const driverTitles = db.prepare<{ kind: string; title: string }>(
    `SELECT kind, json_extract(driver, '$.title') AS title FROM device_drivers
     WHERE device_id IN (SELECT device_id FROM device_hellos ORDER BY rowid DESC LIMIT 20) GROUP BY kind ORDER BY kind`,
  );
  return {
    insert: (row: NewDeviceRow) =>
      void insert.run(
        ...[row.device_id, row.site_id, row.role, row.name, row.model, row.serial, row.agent_version, row.fingerprint, row.enrolled_ms],
      ),
    /** The same key enrolled again: what it says of itself may have changed. */
    enrolledAgain: (row: Pick<DeviceRow, 'device_id' | 'name' | 'model' | 'serial' | 'agent_version' | 'enrolled_ms'>) =>
      void rename.run(row.name, row.model, row.serial, row.agent_version, row.enrolled_ms, row.device_id),
    setKey: (deviceId: DeviceId, fingerprint: string) => void setKey.run(fingerprint, deviceId),
    get: (deviceId: string) => one.get(deviceId),
    byKey: (fingerprint: string) => byKey.get(fingerprint),
    /** True for every key that a revoked device ever had a certificate for. */
    revokedKey: (fingerprint: string): boolean => revokedKey.get(fingerprint, fingerprint) !== undefined,
    listed: (deviceId: string) => listed.get(deviceId),
    list: (siteId: SiteId | undefined) => (siteId === undefined ? listAll.all() : listSite.all(siteId)),
    revoke: (deviceId: DeviceId, { atMs, reason, cursor }: { atMs: number; reason: string; cursor: number }) =>
      void revoke.run(atMs, reason, cursor, deviceId),
    addCertificate: (row: Omit<CertificateRow, 'withdrawn_ms'>) =>
      void addCertificate.run(row.serial, row.device_id, row.fingerprint, row.issued_ms, row.not_after_ms),
    certificate: (serial: string) => certificate.get(serial),
    /** A claim of the device is used: all its certificates end, also those that a restored centre has forgotten. */
    withdrawCertificates(deviceId: DeviceId, atMs: number): void {
      withdraw.run(atMs, deviceId);
      claimed.run(atMs, deviceId);
    },
    slots: (deviceId: DeviceId) => slots.all(deviceId),
    /** Those that have not gone. */
    faults: (deviceId: DeviceId) => faults.all(deviceId),
    scan: (deviceId: DeviceId) => scan.get(deviceId),
    /** In place of the one before. */
    putScan: (row: { deviceId: DeviceId; siteId: SiteId; scanId: string; modbus: boolean; askedMs: number; cursor: number }) =>
      void putScan.run(row.deviceId, row.siteId, row.scanId, row.modbus ? 1 : 0, row.askedMs, row.cursor),
    /** Of a site, asked after this moment and after this cursor. */
    scansAsked: (siteId: SiteId, range: { afterMs: number; after: number; until: number }) =>
      scansAsked.all(siteId, range.after, range.until, range.afterMs),
    displays: (deviceId: DeviceId) => displays.all(deviceId),
    computers: (deviceId: DeviceId) => computers.all(deviceId),
    usbChanges: (deviceId: DeviceId) => usbChanges.all(deviceId),
    /** Each title as JSON. */
    driverTitles: () => driverTitles.all(),
    /** Those of its present version, each as JSON. */
    drivers(deviceId: DeviceId): string[] {
      const present = new Set(JSON.parse(hello.get(deviceId)?.driver_kinds ?? '[]') as string[]);
      return drivers.all(deviceId).flatMap(({ kind, driver }) => (present.has(kind) ? [driver] : []));
    },
  };
}
