/** A centre that was put back from a copy has forgotten wishes that sites have seen; their cursors must not hide what it says from now on. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { restoredName } from '@tramhoc/base/backup';
import type { Log } from '@tramhoc/base/log';
import type { CentreStore } from '../store/centre-store.ts';

/** Larger than what any site can have counted since the copy was made. */
const leap = 1_000_000_000;
/** A device follows the newest version it has seen, and it may have seen some that are forgotten here. */
const versionLeap = 1_000;

/** Where a restore leaves word; a simulation has files of its own. */
export type NoteFile = { exists(path: string): boolean; remove(path: string): void };

/**
 * Moves every wish behind every cursor that a site can have, in the same order, and every document over every version that a device can have, so
 * that each site gets all of them again and each device does what this centre says. Once after a restore; twice is harmless.
 */
export function tellSitesAll(
  { db }: Pick<CentreStore, 'db'>,
  dataDir: string,
  log: Log,
  files: NoteFile = { exists: existsSync, remove: rmSync },
): void {
  const note = join(dataDir, restoredName);
  if (!files.exists(note)) return;
  db.transaction(() => {
    db.exec(`UPDATE desired SET change_cursor = change_cursor + ${leap}, version = version + ${versionLeap};
      INSERT INTO desired_history (device_id, version, document, changed_by, changed_ms)
        SELECT device_id, version, document, 'restore', changed_ms FROM desired;
      UPDATE devices SET revoked_cursor = revoked_cursor + ${leap} WHERE revoked_cursor IS NOT NULL;
      UPDATE sites SET roster_cursor = roster_cursor + ${leap} WHERE roster_cursor > 0;
      UPDATE sites SET change_cursor = change_cursor + ${leap};`);
  });
  files.remove(note);
  log.warn({}, 'this centre was put back from a copy: every site gets all wishes again, and sends what is missing here');
}
