/**
 * The event log's tables in PostgreSQL (15 or later). One list of forward-only migrations; an entry is never edited once released.
 *
 * `events` is partitioned by a hash of the device, so that (device, epoch, seq) is unique by the database's own word: a unique key must hold the
 * partition's key. The id is unique over all devices, so it has a table of its own. `position` comes from a sequence under the lock of
 * postgres-log.ts: positions are visible in their order, with holes only where a transaction failed.
 */
import { TramError } from '@tramhoc/protocol/errors';
import type { PoolClient } from 'pg';
import type { Postgres } from './postgres-connection.ts';

/** Partitions of each hashed table: each stays small enough to be vacuumed and reindexed in one go at 10,000 million rows. */
const partitions = 16;
const parts = (table: string): string =>
  Array.from(
    { length: partitions },
    (_, at) => `CREATE TABLE ${table}_${at} PARTITION OF ${table} FOR VALUES WITH (MODULUS ${partitions}, REMAINDER ${at});`,
  ).join('\n');

/** The bulk of all events; a page of one of them is found by walking down the positions. */
export const bulkTypes = ['vn.tramhoc.attendance.tap.v1', 'vn.tramhoc.sensor.reading.v1'] as const;
const bulk = bulkTypes.map((type) => `'${type}'`).join(', ');

export const migrations: readonly string[] = [
  `
  CREATE SEQUENCE event_position;
  CREATE TABLE events (
    position bigint NOT NULL DEFAULT nextval('event_position'), site_id text NOT NULL, device_id uuid NOT NULL, epoch text NOT NULL,
    seq integer NOT NULL, id uuid NOT NULL, type text NOT NULL, device_time text NOT NULL, boot_id uuid NOT NULL, mono_ns text NOT NULL,
    clock_quality text NOT NULL, sent_boot_id uuid, sent_mono_ns text, site_time_ms bigint, site_time_method text NOT NULL,
    site_time_error_ms bigint, received_ms bigint NOT NULL, data text NOT NULL,
    PRIMARY KEY (device_id, epoch, seq)
  ) PARTITION BY HASH (device_id);
  ${parts('events')}
  CREATE INDEX events_by_position ON events (position);
  CREATE INDEX events_by_device ON events (device_id, position);
  CREATE INDEX events_by_rare_type ON events (type, position) WHERE type NOT IN (${bulk});
  CREATE TABLE event_ids (id uuid PRIMARY KEY) PARTITION BY HASH (id);
  ${parts('event_ids')}
  CREATE TABLE streams (
    device_id uuid NOT NULL, epoch text NOT NULL, contiguous_seq bigint NOT NULL DEFAULT 0, stored_seq bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (device_id, epoch)
  ) WITH (fillfactor = 70);
  CREATE TABLE stream_marks (
    device_id uuid NOT NULL, epoch text NOT NULL, from_seq bigint NOT NULL, to_seq bigint NOT NULL, PRIMARY KEY (device_id, epoch, from_seq, to_seq)
  );
  CREATE TABLE site_marks (site_id text PRIMARY KEY, mark text) WITH (fillfactor = 70);
  CREATE TABLE site_devices (site_id text NOT NULL, device_id uuid NOT NULL, PRIMARY KEY (site_id, device_id));
  CREATE TABLE quarantine (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, fingerprint text NOT NULL UNIQUE, site_id text NOT NULL, device_id uuid,
    received_ms bigint NOT NULL, reason text NOT NULL, payload text NOT NULL
  );
  CREATE SEQUENCE registry_change;
  CREATE TABLE registry_devices (
    device_id uuid PRIMARY KEY, site_id text NOT NULL, role text NOT NULL, state text NOT NULL,
    change bigint NOT NULL DEFAULT nextval('registry_change')
  );
  CREATE INDEX registry_devices_by_change ON registry_devices (change);
  CREATE TABLE registry_certificates (
    serial text PRIMARY KEY, device_id uuid NOT NULL, withdrawn boolean NOT NULL, change bigint NOT NULL DEFAULT nextval('registry_change')
  );
  CREATE INDEX registry_certificates_by_change ON registry_certificates (change);

  -- Two steps, because the second must see what was committed while the first waited for its locks. In order, so that two groups cannot wait for each other.
  CREATE FUNCTION lock_streams(p_sites text[], p_devices uuid[], p_epochs text[])
  RETURNS TABLE (site_id text, mark text, device_id uuid, epoch text, contiguous_seq bigint, stored_seq bigint, has_marks boolean, next_there boolean)
  LANGUAGE plpgsql AS $$
  #variable_conflict use_column
  BEGIN
    INSERT INTO site_marks (site_id) SELECT site FROM unnest(p_sites) AS site ORDER BY 1 ON CONFLICT DO NOTHING;
    PERFORM 1 FROM site_marks WHERE site_id = ANY (p_sites) ORDER BY site_id FOR UPDATE;
    INSERT INTO streams (device_id, epoch) SELECT d, e FROM unnest(p_devices, p_epochs) AS s (d, e) ORDER BY 1, 2 ON CONFLICT DO NOTHING;
    PERFORM 1 FROM streams JOIN unnest(p_devices, p_epochs) AS s (d, e) ON device_id = d AND epoch = e ORDER BY device_id, epoch FOR UPDATE OF streams;
    RETURN QUERY SELECT m.site_id, m.mark, NULL::uuid, NULL::text, NULL::bigint, NULL::bigint, NULL::boolean, NULL::boolean
      FROM site_marks m WHERE m.site_id = ANY (p_sites);
    RETURN QUERY SELECT NULL::text, NULL::text, t.device_id, t.epoch, t.contiguous_seq, t.stored_seq,
      EXISTS (SELECT 1 FROM stream_marks k WHERE k.device_id = t.device_id AND k.epoch = t.epoch),
      t.stored_seq > t.contiguous_seq
        AND EXISTS (SELECT 1 FROM events v WHERE v.device_id = t.device_id AND v.epoch = t.epoch AND v.seq = t.contiguous_seq + 1)
        OR EXISTS (SELECT 1 FROM stream_marks k WHERE k.device_id = t.device_id AND k.epoch = t.epoch
                   AND t.contiguous_seq + 1 BETWEEN k.from_seq AND k.to_seq)
      FROM streams t JOIN unnest(p_devices, p_epochs) AS s (d, e) ON t.device_id = d AND t.epoch = e;
  END $$;
  `,
];

/** Any number that nobody else uses: held while the tables are made. */
const migrationLock = 8_241_001;

/**
 * Makes or brings forward the tables. Throws STORE_TOO_NEW, STORE_REFUSED, STORE_UNREACHABLE, and CONFIG_INVALID for a server that would lose what it
 * acknowledged. Gives the log's own name: another database, or one made anew, has another.
 */
export async function prepareSchema(postgres: Postgres): Promise<{ logId: string }> {
  return await postgres.with(async (client) => {
    await demandDurable(client);
    await client.query('BEGIN');
    try {
      await client.query(`SELECT pg_advisory_xact_lock(${migrationLock})`);
      await client.query('CREATE TABLE IF NOT EXISTS event_log (version integer NOT NULL, log_id uuid NOT NULL DEFAULT gen_random_uuid())');
      const found = (await client.query<{ version: number; log_id: string }>('SELECT version, log_id FROM event_log')).rows[0];
      const version = found?.version ?? 0;
      if (version > migrations.length)
        throw new TramError(
          'STORE_TOO_NEW',
          `the event log in PostgreSQL was written by a newer version (schema ${version}, this one knows ${migrations.length}); start the newer version.`,
        );
      for (const migration of migrations.slice(version)) await client.query(migration);
      const text =
        found === undefined
          ? 'INSERT INTO event_log (version) VALUES ($1) RETURNING log_id'
          : 'UPDATE event_log SET version = $1 RETURNING log_id';
      const { rows } = await client.query<{ log_id: string }>(text, [migrations.length]);
      await client.query('COMMIT');
      return { logId: rows[0]!.log_id };
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  });
}

async function demandDurable(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ fsync: string; pages: string; encoding: string; version: number }>(
    `SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS pages, current_setting('server_encoding') AS encoding,
       current_setting('server_version_num')::int AS version`,
  );
  const { fsync, pages, encoding, version } = rows[0]!;
  if (version < 150_000) throw new TramError('CONFIG_INVALID', 'eventLog: PostgreSQL is older than 15; use a newer one.');
  if (fsync !== 'on' || pages !== 'on')
    throw new TramError(
      'CONFIG_INVALID',
      'eventLog: PostgreSQL runs with fsync or full_page_writes off and would lose acknowledged events; switch them on.',
    );
  if (encoding !== 'UTF8') throw new TramError('CONFIG_INVALID', 'eventLog: the database is not in UTF8; make it with ENCODING UTF8.');
}
