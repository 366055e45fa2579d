/**
 * The site store: one SQLite file. What is in it is acknowledged; what is acknowledged is in it. One file rather than several, so that an event,
 * what it says about its stream and the facts it causes become durable in one commit.
 */
import { join } from 'node:path';
import { type Disk, localDisk } from '@tramhoc/base/disk';
import type { Database } from '@tramhoc/base/sqlite';

const migrations = [
  `
  -- what goes upstream; position is never used twice, the cursor stands on it
  CREATE TABLE event (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    device TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    id TEXT NOT NULL UNIQUE,
    keep INTEGER NOT NULL,          -- 1: given up last when the store is full
    digest TEXT NOT NULL,           -- of the event as made, without what is stamped on the way
    admitted_ms INTEGER NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (device, epoch, seq)
  ) STRICT;
  CREATE INDEX event_keep ON event (keep, position);

  -- how far each outbox has arrived; gaps is JSON of [{from,to,state}]
  CREATE TABLE stream (
    device TEXT NOT NULL,
    epoch TEXT NOT NULL,
    highest INTEGER NOT NULL,
    gaps TEXT NOT NULL,
    open_gaps INTEGER NOT NULL,
    heard_ms INTEGER NOT NULL,
    PRIMARY KEY (device, epoch)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    device TEXT NOT NULL,
    topic TEXT NOT NULL,
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    payload BLOB NOT NULL,
    digest TEXT NOT NULL,
    times INTEGER NOT NULL,         -- the same thing again counts here
    UNIQUE (device, digest)
  ) STRICT;

  CREATE TABLE presence (
    device TEXT PRIMARY KEY,
    online INTEGER NOT NULL,
    reason TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    agent_version TEXT
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE desired (device TEXT PRIMARY KEY, version INTEGER NOT NULL, document TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE revocation (device TEXT PRIMARY KEY, revoked_ms INTEGER NOT NULL, reason TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE card_holder (
    card_hash TEXT PRIMARY KEY,
    person_id TEXT NOT NULL,
    name TEXT NOT NULL,
    person_group TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  `
  -- sessions that their clients want kept (MQTT 3.1.1, 4.1), retained messages of devices, wills of those who are connected
  CREATE TABLE mqtt_session (client TEXT PRIMARY KEY, owner TEXT NOT NULL, offline_hours INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE mqtt_subscription (
    client TEXT NOT NULL,
    filter TEXT NOT NULL,
    qos INTEGER NOT NULL,
    PRIMARY KEY (client, filter)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE mqtt_outgoing (
    client TEXT NOT NULL,
    position INTEGER NOT NULL,      -- order within the session
    topic TEXT NOT NULL,
    payload BLOB NOT NULL,
    qos INTEGER NOT NULL,           -- as granted to this session
    retain INTEGER NOT NULL,
    state INTEGER NOT NULL,         -- 0 queued, 1 sent, 2 released (PUBREC has come)
    message_id INTEGER NOT NULL,    -- 0 while queued
    PRIMARY KEY (client, position)
  ) STRICT;
  CREATE TABLE mqtt_incoming (client TEXT NOT NULL, message_id INTEGER NOT NULL, PRIMARY KEY (client, message_id)) STRICT, WITHOUT ROWID;
  CREATE TABLE mqtt_retained (topic TEXT PRIMARY KEY, payload BLOB NOT NULL, qos INTEGER NOT NULL) STRICT;
  CREATE TABLE mqtt_will (
    client TEXT PRIMARY KEY,
    topic TEXT NOT NULL,
    payload BLOB NOT NULL,
    qos INTEGER NOT NULL,
    retain INTEGER NOT NULL
  ) STRICT;
  `,
  `
  -- an outbox from one start to the next (device, epoch): how far it has arrived, and a short name for its events; gaps is JSON of [{from,to,state}]
  CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    device TEXT NOT NULL,
    epoch TEXT NOT NULL,
    highest INTEGER NOT NULL,
    gaps TEXT NOT NULL,
    open_gaps INTEGER NOT NULL,
    heard_ms INTEGER NOT NULL,
    UNIQUE (device, epoch)
  ) STRICT;
  INSERT INTO run (device, epoch, highest, gaps, open_gaps, heard_ms) SELECT device, epoch, highest, gaps, open_gaps, heard_ms FROM stream;
  INSERT INTO run (device, epoch, highest, gaps, open_gaps, heard_ms)
    SELECT device, epoch, max(seq), '[]', 0, max(admitted_ms) FROM event GROUP BY device, epoch ON CONFLICT DO NOTHING;
  DROP TABLE stream;
  ALTER TABLE event RENAME TO event_before;
  DROP INDEX event_keep;

  -- what goes upstream; position is never used twice, the cursor stands on it
  CREATE TABLE event (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    keep INTEGER NOT NULL,          -- 1: given up last when the store is full
    crc INTEGER,                    -- CRC-32 over run, seq and body; NULL: written before there was one
    admitted_ms INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  INSERT INTO event (position, run, seq, keep, crc, admitted_ms, body)
    SELECT position, run.id, seq, keep, NULL, admitted_ms, body FROM event_before JOIN run USING (device, epoch);
  UPDATE sqlite_sequence SET seq = (SELECT max(seq) FROM sqlite_sequence WHERE name IN ('event', 'event_before')) WHERE name = 'event';
  INSERT INTO sqlite_sequence (name, seq)
    SELECT 'event', seq FROM sqlite_sequence WHERE name = 'event_before' AND NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'event');
  DROP TABLE event_before;
  -- where the event of a run and seq stands. Written for thousands of events at once: an index of the table above would write a page for each device
  -- with each commit. What is above the position in meta 'event.placed' is not in here yet
  CREATE TABLE place (run INTEGER NOT NULL, seq INTEGER NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (run, seq)) STRICT, WITHOUT ROWID;
  -- taps have none: they are looked for only when no telemetry is left
  CREATE INDEX event_telemetry ON event (position) WHERE keep = 0;
  CREATE INDEX run_open ON run (id) WHERE open_gaps > 0;
  `,
  `
  -- where events of a run stand, those of a stretch of the list in one row: a row for each event cost as much as the event. places is JSON of
  -- [seq, position, ...]; upto is the end of the stretch. How far a run has arrived is written with them, unless a gap came or went
  CREATE TABLE stretch (
    upto INTEGER NOT NULL,
    run INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    places TEXT NOT NULL,
    PRIMARY KEY (upto, run)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO stretch (upto, run, first_seq, last_seq, places)
    SELECT (position / 4096) * 4096 + 4095, run, min(seq), max(seq), '[' || group_concat(seq || ',' || position) || ']' FROM place GROUP BY 1, 2;
  DROP TABLE place;
  `,
  `
  -- where the last fact about a device stands in the list
  ALTER TABLE presence ADD COLUMN told INTEGER;
  UPDATE presence SET told = newest.position FROM (
    SELECT body ->> '$.data.device' AS device, max(position) AS position FROM event
    WHERE keep = 0 AND body LIKE '%"type":"vn.tramhoc.site.presence.v1"%' AND json_valid(body) GROUP BY 1
  ) AS newest WHERE newest.device = presence.device;
  `,
  `
  -- whether anything of a run is stored, and which open gaps a device has. No clock says which runs are forgotten
  CREATE INDEX stretch_run ON stretch (run);
  DROP INDEX run_open;
  CREATE INDEX run_open ON run (device, id) WHERE open_gaps > 0;
  ALTER TABLE run DROP COLUMN heard_ms;
  `,
];

export type Meta = {
  get(key: string): string | undefined;
  set(key: string, value: string): void;
  /**
   * What `get` gives from now on; on disk with the next transaction, whatever that is for, or with `settle`. A commit of its own would cost as much as
   * an event. Lost with the power: only for what costs a repeat when it is old.
   */
  setLater(key: string, value: string): void;
  /** Writes what `setLater` left, if anything. */
  settle(): void;
};
export type SiteDatabase = Database & {
  readonly meta: Meta;
  /** Pages in use, in bytes; what was deleted counts as free although the file keeps its size. */
  usedBytes(): number;
};

/** Above `maxBytes` SQLite refuses to grow (DISK_FULL) and deleting goes on working, which it does not on a full disk. */
export function openSiteDatabase(
  folder: string,
  { maxBytes, disk = localDisk, onFull }: { maxBytes: number; disk?: Disk; onFull?: () => void },
): SiteDatabase {
  const database = disk.openDatabase(join(folder, 'site.db'), { migrations, maxBytes, ...(onFull === undefined ? {} : { onFull }) });
  const get = database.prepare<{ value: string }>('SELECT value FROM meta WHERE key = ?');
  const set = database.prepare('INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value');
  const used = database.prepare<{ bytes: number }>(
    'SELECT (page_count - freelist_count) * page_size AS bytes FROM pragma_page_count(), pragma_freelist_count(), pragma_page_size()',
  );
  const later = new Map<string, string>();
  const { transaction } = database;
  let inside = false;
  const together: Database['transaction'] = (work) => {
    if (inside) return work();
    inside = true;
    try {
      let written: [string, string][] = [];
      const result = transaction(() => {
        const done = work();
        written = [...later];
        for (const [key, value] of written) set.run(key, value);
        return done;
      });
      for (const [key] of written) later.delete(key);
      return result;
    } finally {
      inside = false;
    }
  };
  const meta: Meta = {
    get: (key) => later.get(key) ?? get.get(key)?.value,
    set(key, value) {
      later.delete(key);
      set.run(key, value);
    },
    setLater: (key, value) => void later.set(key, value),
    settle() {
      if (later.size > 0) together(() => undefined);
    },
  };
  return Object.assign(database, { transaction: together, meta, usedBytes: () => used.get()!.bytes });
}
