/** Opens the centre's database: one file, the stores of each area over it. */
import { join } from 'node:path';
import { type Disk, localDisk } from '@tramhoc/base/disk';
import type { Database } from '@tramhoc/base/sqlite';
import { type AccessStore, accessStore } from './access-store.ts';
import { type DeviceStore, deviceStore } from './device-store.ts';
import { type EnrolmentStore, enrolmentStore } from './enrolment-store.ts';
import { type EventStore, eventStore } from './event-store.ts';
import { type ProjectionStore, projectionStore } from './projection-store.ts';
import { type RosterStore, rosterStore } from './roster-store.ts';
import { migrations } from './schema.ts';
import { type SiteStore, siteStore } from './site-store.ts';
import { type TwinStore, twinStore } from './twin-store.ts';

export type CentreStore = {
  db: Database;
  sites: SiteStore;
  devices: DeviceStore;
  enrolments: EnrolmentStore;
  events: EventStore;
  projections: ProjectionStore;
  twins: TwinStore;
  roster: RosterStore;
  access: AccessStore;
  close(): void;
};

/** Throws STORE_TOO_NEW, STORE_CORRUPT, DISK_FULL, PERMISSION_MISSING. */
export function openCentreStore(
  dataDir: string,
  disk: Disk = localDisk,
  limits: { maxBytes?: number; onFull?: () => void } = {},
): CentreStore {
  const db = disk.openDatabase(join(dataDir, 'centre.sqlite'), { migrations, ...limits });
  return {
    db,
    sites: siteStore(db),
    devices: deviceStore(db),
    enrolments: enrolmentStore(db),
    events: eventStore(db),
    projections: projectionStore(db),
    twins: twinStore(db),
    roster: rosterStore(db),
    access: accessStore(db),
    close: () => db.close(),
  };
}
