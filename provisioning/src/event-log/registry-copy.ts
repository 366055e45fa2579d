/** The registry as an ingest process has it: in memory, read from PostgreSQL at the start and looked at again every second. */
import { type Clock, every } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import type { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import type { Registry } from '../enrolment/device-identity.ts';
import type { Postgres } from './postgres-connection.ts';

const lookEveryMs = 1_000;

type Row = { change: number } & (
  | { serial: null; device_id: DeviceId; site_id: SiteId; role: 'agent' | 'broker'; state: 'active' | 'revoked' }
  | { serial: string; device_id: DeviceId; withdrawn: boolean }
);

/** About 30 MB for a city of 108,000 devices. `freshMs`: how long ago the database last answered. */
export type RegistryCopy = Registry & { freshMs(): number; look(): Promise<void>; close(): Promise<void> };

/** Throws what the database throws; later faults are only logged, and what is known goes on to count. */
export async function openRegistryCopy({ postgres, clock, log }: { postgres: Postgres; clock: Clock; log: Log }): Promise<RegistryCopy> {
  const devices = new Map<string, { site_id: SiteId; role: 'agent' | 'broker'; state: 'active' | 'revoked' }>();
  const certificates = new Map<string, { serial: string; device_id: DeviceId; withdrawn_ms: number | null }>();
  let change = 0;
  let answeredMs = clock.monotonicMs();
  // one statement sees one moment; one writer, the centre, makes one transaction after the other, so whatever comes later has higher numbers
  const look = async (): Promise<void> => {
    const rows = await postgres.query<Row>({
      name: 'registry-changes',
      text: `SELECT NULL AS serial, device_id, site_id, role, state, NULL AS withdrawn, change FROM registry_devices WHERE change > $1
             UNION ALL SELECT serial, device_id, NULL, NULL, NULL, withdrawn, change FROM registry_certificates WHERE change > $1`,
      values: [change],
    });
    for (const row of rows) {
      change = Math.max(change, row.change);
      if (row.serial === null) devices.set(row.device_id, { site_id: row.site_id, role: row.role, state: row.state });
      else certificates.set(row.serial, { serial: row.serial, device_id: row.device_id, withdrawn_ms: row.withdrawn ? 0 : null });
    }
    answeredMs = clock.monotonicMs();
  };
  await look();
  let failing = false;
  let running: Promise<void> = Promise.resolve();
  const timer = every(clock, lookEveryMs, () => {
    running = look().then(
      () => {
        failing = false;
      },
      (error: unknown) => {
        if (!failing) log.warn({ err: (error as Error).message }, 'the registry cannot be read; what is known of it goes on to count');
        failing = true;
      },
    );
    return running;
  });
  return {
    get: (deviceId) => devices.get(deviceId),
    certificate: (serial) => certificates.get(serial),
    freshMs: () => clock.monotonicMs() - answeredMs,
    look,
    async close() {
      timer.cancel();
      await running;
    },
  };
}
