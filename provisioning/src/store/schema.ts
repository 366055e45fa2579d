/**
 * The centre's tables. One list of forward-only migrations; an entry is never edited once released. Types are TEXT, INTEGER (64 bits) and REAL, times
 * are milliseconds since 1970, JSON is TEXT read by a zod schema. Of all this only the event log may lie in PostgreSQL instead, in tables of its own
 * (event-log/postgres-schema.ts, ADR 0012).
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE sites (
    site_id TEXT PRIMARY KEY, name TEXT NOT NULL, broker_host TEXT NOT NULL, broker_port INTEGER NOT NULL,
    card_key TEXT NOT NULL, broker_device_id TEXT NOT NULL, created_ms INTEGER NOT NULL, last_seen_ms INTEGER,
    change_cursor INTEGER NOT NULL, roster_version INTEGER NOT NULL, roster_cursor INTEGER NOT NULL, card_count INTEGER NOT NULL
  );
  CREATE TABLE devices (
    device_id TEXT PRIMARY KEY, site_id TEXT NOT NULL REFERENCES sites (site_id), role TEXT NOT NULL, name TEXT NOT NULL,
    model TEXT NOT NULL, serial TEXT NOT NULL, agent_version TEXT NOT NULL, os TEXT NOT NULL, fingerprint TEXT NOT NULL,
    state TEXT NOT NULL, enrolled_ms INTEGER NOT NULL, revoked_ms INTEGER, revoked_reason TEXT, revoked_cursor INTEGER,
    online INTEGER NOT NULL DEFAULT 0, online_changed_ms INTEGER, presence_epoch TEXT, presence_seq INTEGER,
    last_event_ms INTEGER, clock_quality TEXT
  );
  CREATE INDEX devices_by_site ON devices (site_id);
  CREATE INDEX devices_by_key ON devices (fingerprint);
  CREATE TABLE device_hellos (device_id TEXT PRIMARY KEY, driver_kinds TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL);
  CREATE TABLE device_drivers (
    device_id TEXT NOT NULL, kind TEXT NOT NULL, driver TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (device_id, kind)
  );
  CREATE TABLE certificates (
    serial TEXT PRIMARY KEY, device_id TEXT NOT NULL REFERENCES devices (device_id), fingerprint TEXT NOT NULL,
    issued_ms INTEGER NOT NULL, not_after_ms INTEGER NOT NULL, withdrawn_ms INTEGER
  );
  CREATE INDEX certificates_by_key ON certificates (fingerprint);
  CREATE INDEX certificates_by_device ON certificates (device_id, issued_ms);
  CREATE TABLE claims (
    device_id TEXT PRIMARY KEY REFERENCES devices (device_id), token_hash TEXT NOT NULL, fingerprint TEXT, expires_ms INTEGER NOT NULL,
    csr_hash TEXT, used_ms INTEGER, certificate TEXT
  );
  CREATE TABLE enrolments (
    enrolment_id TEXT PRIMARY KEY, device_code_hash TEXT NOT NULL UNIQUE, code_hash TEXT NOT NULL, fingerprint TEXT NOT NULL,
    name TEXT NOT NULL, model TEXT NOT NULL, serial TEXT NOT NULL, agent_version TEXT NOT NULL, address TEXT NOT NULL,
    created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, tries INTEGER NOT NULL, state TEXT NOT NULL, device_id TEXT
  );
  CREATE INDEX enrolments_by_state ON enrolments (state, expires_ms);
  CREATE INDEX enrolments_by_code ON enrolments (code_hash);
  CREATE TABLE desired (
    device_id TEXT PRIMARY KEY REFERENCES devices (device_id), site_id TEXT NOT NULL, version INTEGER NOT NULL, document TEXT NOT NULL,
    hash TEXT NOT NULL, changed_ms INTEGER NOT NULL, change_cursor INTEGER NOT NULL
  );
  CREATE INDEX desired_by_change ON desired (site_id, change_cursor);
  CREATE INDEX devices_by_revocation ON devices (site_id, revoked_cursor);
  CREATE TABLE desired_history (
    device_id TEXT NOT NULL, version INTEGER NOT NULL, document TEXT NOT NULL, changed_by TEXT NOT NULL, changed_ms INTEGER NOT NULL,
    PRIMARY KEY (device_id, version)
  );
  CREATE TABLE reported (
    device_id TEXT PRIMARY KEY, version INTEGER NOT NULL, hash TEXT NOT NULL, drivers TEXT NOT NULL, errors TEXT NOT NULL,
    reported_ms INTEGER NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL
  );
  CREATE TABLE slots (
    device_id TEXT NOT NULL, slot TEXT NOT NULL, driver TEXT NOT NULL, state TEXT NOT NULL, since_ms INTEGER NOT NULL, code TEXT,
    message TEXT, skipped_bytes INTEGER NOT NULL, reopen_count INTEGER NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (device_id, slot)
  );
  CREATE TABLE displays (
    device_id TEXT NOT NULL, slot TEXT NOT NULL, at_ms INTEGER NOT NULL, state TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (device_id, slot)
  );
  CREATE TABLE events (
    position INTEGER PRIMARY KEY AUTOINCREMENT, site_id TEXT NOT NULL, device_id TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL,
    id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, device_time TEXT NOT NULL, boot_id TEXT NOT NULL, mono_ns TEXT NOT NULL,
    clock_quality TEXT NOT NULL, sent_boot_id TEXT, sent_mono_ns TEXT, site_time_ms INTEGER, site_time_method TEXT NOT NULL,
    site_time_error_ms INTEGER, received_ms INTEGER NOT NULL, data TEXT NOT NULL,
    UNIQUE (device_id, epoch, seq)
  );
  CREATE INDEX events_by_site ON events (site_id, position);
  CREATE INDEX events_by_device ON events (device_id, position);
  CREATE INDEX events_by_type ON events (type, position);
  CREATE TABLE streams (
    device_id TEXT NOT NULL, epoch TEXT NOT NULL, contiguous_seq INTEGER NOT NULL, stored_seq INTEGER NOT NULL, PRIMARY KEY (device_id, epoch)
  );
  CREATE TABLE stream_marks (
    device_id TEXT NOT NULL, epoch TEXT NOT NULL, from_seq INTEGER NOT NULL, to_seq INTEGER NOT NULL,
    PRIMARY KEY (device_id, epoch, from_seq, to_seq)
  );
  CREATE TABLE quarantine (
    position INTEGER PRIMARY KEY AUTOINCREMENT, fingerprint TEXT NOT NULL UNIQUE, site_id TEXT NOT NULL, device_id TEXT,
    received_ms INTEGER NOT NULL, reason TEXT NOT NULL, payload TEXT NOT NULL
  );
  CREATE TABLE taps (
    position INTEGER PRIMARY KEY, site_id TEXT NOT NULL, device_id TEXT NOT NULL, slot TEXT NOT NULL, card_hash TEXT NOT NULL,
    technology TEXT NOT NULL, at_ms INTEGER, day TEXT NOT NULL
  );
  CREATE INDEX taps_by_day ON taps (site_id, day, card_hash);
  CREATE TABLE tap_days (site_id TEXT NOT NULL, day TEXT NOT NULL, tap_count INTEGER NOT NULL, PRIMARY KEY (site_id, day));
  CREATE TABLE readings (
    site_id TEXT NOT NULL, device_id TEXT NOT NULL, slot TEXT NOT NULL, quantity TEXT NOT NULL, at_ms INTEGER NOT NULL, value REAL NOT NULL
  );
  CREATE INDEX readings_by_site ON readings (site_id, at_ms);
  CREATE INDEX readings_by_time ON readings (at_ms);
  CREATE TABLE feedback (
    position INTEGER PRIMARY KEY, site_id TEXT NOT NULL, device_id TEXT NOT NULL, tracking_code TEXT NOT NULL, category TEXT NOT NULL,
    text TEXT NOT NULL, phone TEXT, language TEXT NOT NULL, received_ms INTEGER NOT NULL
  );
  CREATE INDEX feedback_by_site ON feedback (site_id, position);
  CREATE TABLE roster (
    site_id TEXT NOT NULL, card_hash TEXT NOT NULL, person_id TEXT NOT NULL, name TEXT NOT NULL, group_name TEXT NOT NULL,
    PRIMARY KEY (site_id, card_hash)
  );
  CREATE TABLE users (
    user_id TEXT PRIMARY KEY, user_name TEXT NOT NULL UNIQUE, password_hash TEXT NOT NULL, must_change INTEGER NOT NULL,
    failed_count INTEGER NOT NULL, locked_until_ms INTEGER NOT NULL
  );
  CREATE TABLE sessions (
    session_hash TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users (user_id), created_ms INTEGER NOT NULL,
    last_used_ms INTEGER NOT NULL, address TEXT NOT NULL
  );
  CREATE INDEX sessions_by_user ON sessions (user_id);
  CREATE TABLE tokens (
    token_id TEXT PRIMARY KEY, token_hash TEXT NOT NULL UNIQUE, user_id TEXT NOT NULL REFERENCES users (user_id), name TEXT NOT NULL,
    created_ms INTEGER NOT NULL, last_used_ms INTEGER
  );
  CREATE TABLE audit (
    position INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, target TEXT NOT NULL,
    details TEXT NOT NULL, address TEXT NOT NULL
  );
  `,
  // how far each site's own list has arrived: protocol/src/upstream.ts, heldMarkHeader
  `
  CREATE TABLE site_marks (site_id TEXT PRIMARY KEY, mark TEXT NOT NULL);
  `,
  // beside an event log in PostgreSQL: how far its facts have been applied here, and which devices it must be told of (event-log/)
  `
  CREATE TABLE log_place (one INTEGER PRIMARY KEY CHECK (one = 1), log_id TEXT NOT NULL, position INTEGER NOT NULL);
  CREATE TABLE registry_changes (device_id TEXT PRIMARY KEY, change INTEGER NOT NULL);
  CREATE TRIGGER device_added AFTER INSERT ON devices BEGIN
    INSERT INTO registry_changes (device_id, change) VALUES (NEW.device_id, 1) ON CONFLICT (device_id) DO UPDATE SET change = change + 1;
  END;
  CREATE TRIGGER device_changed AFTER UPDATE OF site_id, role, state ON devices BEGIN
    INSERT INTO registry_changes (device_id, change) VALUES (NEW.device_id, 1) ON CONFLICT (device_id) DO UPDATE SET change = change + 1;
  END;
  CREATE TRIGGER certificate_added AFTER INSERT ON certificates BEGIN
    INSERT INTO registry_changes (device_id, change) VALUES (NEW.device_id, 1) ON CONFLICT (device_id) DO UPDATE SET change = change + 1;
  END;
  CREATE TRIGGER certificate_changed AFTER UPDATE OF withdrawn_ms ON certificates BEGIN
    INSERT INTO registry_changes (device_id, change) VALUES (NEW.device_id, 1) ON CONFLICT (device_id) DO UPDATE SET change = change + 1;
  END;
  `,
  // what devices say of their health and of their ports
  `
  ALTER TABLE slots ADD COLUMN timeout_count INTEGER;
  ALTER TABLE slots ADD COLUMN last_frame_ms INTEGER;
  CREATE TABLE device_faults (
    device_id TEXT NOT NULL, slot TEXT NOT NULL, code TEXT NOT NULL, level TEXT NOT NULL, detail TEXT, raised INTEGER NOT NULL,
    since_ms INTEGER NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (device_id, slot, code)
  );
  CREATE TABLE device_scans (
    device_id TEXT PRIMARY KEY, site_id TEXT NOT NULL, scan_id TEXT NOT NULL, modbus INTEGER NOT NULL, asked_ms INTEGER NOT NULL,
    command_cursor INTEGER NOT NULL, state TEXT NOT NULL, told_ms INTEGER, ports TEXT NOT NULL, more INTEGER NOT NULL
  );
  CREATE INDEX device_scans_by_cursor ON device_scans (site_id, command_cursor);
  `,
  // what computers say of themselves (asset.computer, asset.computer-load, asset.usb); `place` of a USB device: its numbers and its port
  `
  CREATE TABLE computers (
    device_id TEXT NOT NULL, slot TEXT NOT NULL, at_ms INTEGER NOT NULL, state TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (device_id, slot)
  );
  CREATE TABLE computer_loads (
    device_id TEXT NOT NULL, slot TEXT NOT NULL, at_ms INTEGER NOT NULL, load TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (device_id, slot)
  );
  CREATE TABLE usb_changes (
    device_id TEXT NOT NULL, slot TEXT NOT NULL, place TEXT NOT NULL, known INTEGER NOT NULL, at_ms INTEGER NOT NULL, epoch TEXT NOT NULL,
    seq INTEGER NOT NULL, PRIMARY KEY (device_id, slot, place)
  );
  `,
  // certificates of a device that were made before this moment are replaced, also those that a centre restored from a copy does not know
  `
  ALTER TABLE devices ADD COLUMN claimed_ms INTEGER NOT NULL DEFAULT 0;
  UPDATE devices SET claimed_ms = max(
    coalesce((SELECT max(withdrawn_ms) FROM certificates c WHERE c.device_id = devices.device_id), 0),
    coalesce((SELECT used_ms FROM claims c WHERE c.device_id = devices.device_id), 0)
  );
  `,
  // wrong passwords are counted in memory (access/sign-in-lock.ts)
  `
  ALTER TABLE users DROP COLUMN failed_count;
  ALTER TABLE users DROP COLUMN locked_until_ms;
  `,
  // punches of terminals whose clock cannot be right (ingest/project-event.ts)
  `
  ALTER TABLE taps ADD COLUMN doubtful INTEGER NOT NULL DEFAULT 0;
  `,
];
