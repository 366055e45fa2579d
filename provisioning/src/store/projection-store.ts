/** What is derived from events in the transaction that stores them: presence, slots, twins, taps, readings, feedback. */
import type { Database, SqlValue } from '@tramhoc/base/sqlite';
import type { ClockQuality } from '@tramhoc/protocol/event';
import type { DeviceId, SiteId } from '@tramhoc/protocol/ids';

/** Where in its source's stream an event stands: a later one of the same epoch wins, an older one that comes late does not. */
export type Order = { epoch: string; seq: number };
export type TapRow = {
  position: number;
  siteId: SiteId;
  deviceId: DeviceId;
  slot: string;
  cardHash: string;
  technology: string;
  atMs: number | null;
  day: string;
  /** The terminal's own time cannot be right: day and time are those at which the site was told. */
  doubtful: boolean;
};
export type ProjectionStore = ReturnType<typeof projectionStore>;

/** `ON CONFLICT` keeps the row when it was made by a later event of the same epoch. */
const newer = (table: string): string => `WHERE ${table}.epoch <> excluded.epoch OR ${table}.seq < excluded.seq`;

export function projectionStore(db: Database) {
  const seen = db.prepare('UPDATE devices SET last_event_ms = ?, clock_quality = ? WHERE device_id = ?');
  const presence = db.prepare(
    `UPDATE devices SET online_changed_ms = CASE WHEN online = ? THEN online_changed_ms ELSE ? END, online = ?, presence_epoch = ?, presence_seq = ?
     WHERE device_id = ? AND site_id = ? AND state = 'active' AND (presence_epoch IS NULL OR presence_epoch <> ? OR presence_seq < ?)`,
  );
  const hello = db.prepare(
    `INSERT INTO device_hellos (device_id, driver_kinds, epoch, seq) VALUES (?, ?, ?, ?) ON CONFLICT (device_id) DO UPDATE SET
       driver_kinds = excluded.driver_kinds, epoch = excluded.epoch, seq = excluded.seq ${newer('device_hellos')}`,
  );
  const driver = db.prepare(
    `INSERT INTO device_drivers (device_id, kind, driver, epoch, seq) VALUES (?, ?, ?, ?, ?) ON CONFLICT (device_id, kind) DO UPDATE SET
       driver = excluded.driver, epoch = excluded.epoch, seq = excluded.seq ${newer('device_drivers')}`,
  );
  const describe = db.prepare('UPDATE devices SET agent_version = ?, model = ?, serial = ?, os = ? WHERE device_id = ?');
  const slot = db.prepare(
    `INSERT INTO slots (device_id, slot, driver, state, since_ms, code, message, skipped_bytes, reopen_count, timeout_count, last_frame_ms, epoch, seq)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (device_id, slot) DO UPDATE SET driver = excluded.driver, state = excluded.state,
       since_ms = excluded.since_ms, code = excluded.code, message = excluded.message, skipped_bytes = excluded.skipped_bytes,
       reopen_count = excluded.reopen_count, timeout_count = excluded.timeout_count, last_frame_ms = excluded.last_frame_ms, epoch = excluded.epoch, seq = excluded.seq ${newer('slots')}`,
  );
  const reported = db.prepare(
    `INSERT INTO reported (device_id, version, hash, drivers, errors, reported_ms, epoch, seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (device_id) DO UPDATE SET version = excluded.version, hash = excluded.hash, drivers = excluded.drivers, errors = excluded.errors,
       reported_ms = excluded.reported_ms, epoch = excluded.epoch, seq = excluded.seq ${newer('reported')}`,
  );
  const display = db.prepare(
    `INSERT INTO displays (device_id, slot, at_ms, state, epoch, seq) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (device_id, slot) DO UPDATE SET
       at_ms = excluded.at_ms, state = excluded.state, epoch = excluded.epoch, seq = excluded.seq ${newer('displays')}`,
  );
  const computer = db.prepare(
    `INSERT INTO computers (device_id, slot, at_ms, state, epoch, seq) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (device_id, slot) DO UPDATE SET
       at_ms = excluded.at_ms, state = excluded.state, epoch = excluded.epoch, seq = excluded.seq ${newer('computers')}`,
  );
  const computerLoad = db.prepare(
    `INSERT INTO computer_loads (device_id, slot, at_ms, load, epoch, seq) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (device_id, slot) DO UPDATE SET
       at_ms = excluded.at_ms, load = excluded.load, epoch = excluded.epoch, seq = excluded.seq ${newer('computer_loads')}`,
  );
  const usb = db.prepare(
    `INSERT INTO usb_changes (device_id, slot, place, known, at_ms, epoch, seq) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (device_id, slot, place) DO UPDATE SET known = excluded.known, at_ms = excluded.at_ms, epoch = excluded.epoch,
       seq = excluded.seq ${newer('usb_changes')}`,
  );
  const fault = db.prepare(
    `INSERT INTO device_faults (device_id, slot, code, level, detail, raised, since_ms, epoch, seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (device_id, slot, code) DO UPDATE SET level = excluded.level, detail = excluded.detail, raised = excluded.raised,
       since_ms = excluded.since_ms, epoch = excluded.epoch, seq = excluded.seq ${newer('device_faults')}`,
  );
  // a scan that is done does not begin again, in whatever order its two events come
  const scan = db.prepare(
    "UPDATE device_scans SET state = ?, told_ms = ?, ports = ?, more = ? WHERE device_id = ? AND scan_id = ? AND state <> 'done'",
  );
  const tap = db.prepare(
    'INSERT INTO taps (position, site_id, device_id, slot, card_hash, technology, at_ms, day, doubtful) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const tapDay = db.prepare(
    'INSERT INTO tap_days (site_id, day, tap_count) VALUES (?, ?, ?) ON CONFLICT (site_id, day) DO UPDATE SET tap_count = tap_days.tap_count + excluded.tap_count',
  );
  const reading = db.prepare('INSERT INTO readings (site_id, device_id, slot, quantity, at_ms, value) VALUES (?, ?, ?, ?, ?, ?)');
  const feedback = db.prepare(
    `INSERT INTO feedback (position, site_id, device_id, tracking_code, category, text, phone, language, received_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const tapRow = ({ position, siteId, deviceId, slot, cardHash, technology, atMs, day, doubtful }: TapRow): void =>
    void tap.run(position, siteId, deviceId, slot, cardHash, technology, atMs, day, doubtful ? 1 : 0);
  const values =
    (statement: { run(...values: SqlValue[]): { changes: number } }) =>
    (...row: SqlValue[]): boolean =>
      statement.run(...row).changes > 0;
  return {
    seen: (deviceId: DeviceId, { atMs, clockQuality }: { atMs: number; clockQuality: ClockQuality }) =>
      void seen.run(atMs, clockQuality, deviceId),
    presence(device: { deviceId: DeviceId; siteId: SiteId }, online: boolean, atMs: number, { epoch, seq }: Order): boolean {
      const flag = online ? 1 : 0;
      return presence.run(flag, atMs, flag, epoch, seq, device.deviceId, device.siteId, epoch, seq).changes > 0;
    },
    /** deviceId, names of its drivers as JSON, epoch, seq */
    hello: values(hello),
    /** deviceId, kind, the driver as JSON, epoch, seq */
    driver: values(driver),
    /** agentVersion, model, serial, os, deviceId */
    describe: values(describe),
    /** In the order of the columns. */
    slot: values(slot),
    reported: values(reported),
    display: values(display),
    computer: values(computer),
    computerLoad: values(computerLoad),
    usb: values(usb),
    fault: values(fault),
    /** state, told_ms, ports as JSON, more, deviceId, scanId */
    scan: values(scan),
    reading: values(reading),
    feedback: values(feedback),
    tap(row: TapRow) {
      tapRow(row);
      tapDay.run(row.siteId, row.day, 1);
    },
    /** For who applies many taps at once: the rows one by one, the counts of each site and day together. */
    tapRow,
    addTaps: (siteId: SiteId, day: string, count: number) => void tapDay.run(siteId, day, count),
  };
}
