/**
 * Tells PostgreSQL who may send: devices with site, role and state, and their certificates. Ingest processes read it there. Triggers of the centre's
 * file note every change in the transaction that makes it (store/schema.ts), so none is forgotten.
 */
import { type Clock, every } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import type { CentreStore } from '../store/centre-store.ts';
import type { Postgres } from './postgres-connection.ts';

/** Half of what a revoked site may go on sending; the other half is the ingest process's own look. */
const lookEveryMs = 500;
const rowsAtOnce = 2_000;

type DeviceFact = { device_id: string; site_id: string; role: string; state: string };
type CertificateFact = { serial: string; device_id: string; withdrawn: number };

export type RegistryMirror = { check(): Promise<void>; close(): Promise<void> };

/** Sends everything once, then what changes: the database may be a new or an older one. Throws what the database throws. */
export async function startRegistryMirror({
  store,
  postgres,
  clock,
  log,
}: {
  store: CentreStore;
  postgres: Postgres;
  clock: Clock;
  log: Log;
}): Promise<RegistryMirror> {
  const { db } = store;
  const deviceColumns = 'device_id, site_id, role, state FROM devices';
  const certificateColumns = 'serial, device_id, withdrawn_ms IS NOT NULL AS withdrawn FROM certificates';
  const waiting = db.prepare<{ device_id: string; change: number }>('SELECT device_id, change FROM registry_changes LIMIT ?');
  const sent = db.prepare('DELETE FROM registry_changes WHERE device_id = ? AND change = ?');
  const device = db.prepare<DeviceFact>(`SELECT ${deviceColumns} WHERE device_id = ?`);
  const certificates = db.prepare<CertificateFact>(`SELECT ${certificateColumns} WHERE device_id = ?`);

  const pass = async (): Promise<number> => {
    const changes = waiting.all(rowsAtOnce);
    if (changes.length === 0) return 0;
    await send(
      postgres,
      changes.flatMap(({ device_id }) => device.get(device_id) ?? []),
      changes.flatMap(({ device_id }) => certificates.all(device_id)),
    );
    db.transaction(() => {
      for (const { device_id, change } of changes) sent.run(device_id, change);
    });
    return changes.length;
  };
  await sendAll(
    postgres,
    db.prepare<DeviceFact>(`SELECT ${deviceColumns}`).all(),
    db.prepare<CertificateFact>(`SELECT ${certificateColumns}`).all(),
  );
  let failing = false;
  let running: Promise<void> = Promise.resolve();
  const look = async (): Promise<void> => {
    try {
      while ((await pass()) === rowsAtOnce);
      failing = false;
    } catch (error) {
      if (!failing) log.warn({ err: (error as Error).message }, 'the registry does not reach PostgreSQL; tried again');
      failing = true;
    }
  };
  const timer = every(clock, lookEveryMs, () => {
    running = look();
    return running;
  });
  return {
    check: async () => void (await pass()),
    async close() {
      timer.cancel();
      await running;
    },
  };
}

async function sendAll(postgres: Postgres, devices: readonly DeviceFact[], certificates: readonly CertificateFact[]): Promise<void> {
  for (let at = 0; at < Math.max(devices.length, certificates.length); at += rowsAtOnce)
    await send(postgres, devices.slice(at, at + rowsAtOnce), certificates.slice(at, at + rowsAtOnce));
}

/** Only rows that differ are written, so that readers are told of nothing that did not change. */
async function send(postgres: Postgres, devices: readonly DeviceFact[], certificates: readonly CertificateFact[]): Promise<void> {
  await postgres.query({
    text: `INSERT INTO registry_devices AS r (device_id, site_id, role, state) SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[])
           ON CONFLICT (device_id) DO UPDATE SET site_id = excluded.site_id, role = excluded.role, state = excluded.state, change = nextval('registry_change')
           WHERE (r.site_id, r.role, r.state) IS DISTINCT FROM (excluded.site_id, excluded.role, excluded.state)`,
    values: [
      devices.map((one) => one.device_id),
      devices.map((one) => one.site_id),
      devices.map((one) => one.role),
      devices.map((one) => one.state),
    ],
  });
  await postgres.query({
    text: `INSERT INTO registry_certificates AS r (serial, device_id, withdrawn) SELECT * FROM unnest($1::text[], $2::uuid[], $3::boolean[])
           ON CONFLICT (serial) DO UPDATE SET device_id = excluded.device_id, withdrawn = excluded.withdrawn, change = nextval('registry_change')
           WHERE (r.device_id, r.withdrawn) IS DISTINCT FROM (excluded.device_id, excluded.withdrawn)`,
    values: [
      certificates.map((one) => one.serial),
      certificates.map((one) => one.device_id),
      certificates.map((one) => one.withdrawn === 1),
    ],
  });
}
