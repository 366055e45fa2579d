/** A centre that was put back from a copy has forgotten wishes that sites have seen; their cursors must not hide what it says from now on. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { restoredName } from '@tramhoc/base/backup';
import type { Log } from '@tramhoc/base/log';
import type { CentreStore } from '../store/centre-store.ts';

/** Larger than what any site can have counted since the copy was made. */
const minCursorLeap = 1_000_000_000;
/** A device follows the newest version it has seen, and it may have seen some that are forgotten here. */
const minVersionLeap = 1_000;

/**
 * A copy may be put back twice: what was said after the first time must be passed as well. Nobody says more than one thing a second, so the moment of
 * the restore is added. 0 when the note does not tell it.
 */
const countedFromMs = Date.UTC(2026, 0, 1);
function secondsOf(note: string): number {
  const { restoredAt } = JSON.parse(note) as { restoredAt?: unknown };
  const atMs = typeof restoredAt === 'string' ? Date.parse(restoredAt) : Number.NaN;
  return Number.isNaN(atMs) ? 0 : Math.max(0, Math.floor((atMs - countedFromMs) / 1_000));
}

/** Where a restore leaves word; a simulation has files of its own. */
export type NoteFile = { read(path: string): string | undefined; remove(path: string): void };
const noteFile: NoteFile = {
  read: (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
  remove: rmSync,
};

/**
 * Moves every wish behind every cursor that a site can have, in the same order, and every document over every version that a device can have, so
 * that each site gets all of them again and each device does what this centre says. Once after a restore; twice is harmless.
 */
export function tellSitesAll({ db }: Pick<CentreStore, 'db'>, dataDir: string, log: Log, files: NoteFile = noteFile): void {
  const path = join(dataDir, restoredName);
  const note = files.read(path);
  if (note === undefined) return;
  const later = secondsOf(note);
  const cursorLeap = minCursorLeap + later;
  const versionLeap = minVersionLeap + later;
  db.transaction(() => {
    db.exec(`UPDATE desired SET change_cursor = change_cursor + ${cursorLeap}, version = version + ${versionLeap};
      INSERT INTO desired_history (device_id, version, document, changed_by, changed_ms)
        SELECT device_id, version, document, 'restore', changed_ms FROM desired;
      UPDATE devices SET revoked_cursor = revoked_cursor + ${cursorLeap} WHERE revoked_cursor IS NOT NULL;
      UPDATE sites SET roster_cursor = roster_cursor + ${cursorLeap} WHERE roster_cursor > 0;
      UPDATE sites SET change_cursor = change_cursor + ${cursorLeap};`);
  });
  files.remove(path);
  log.warn({}, 'this centre was put back from a copy: every site gets all wishes again, and sends what is missing here');
}
