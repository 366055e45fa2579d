/** Replaces a site's card list as a whole, or not at all. Card numbers are hashed as they are read and never kept. */
import { TramError } from '@tramhoc/protocol/errors';
import type { SiteId } from '@tramhoc/protocol/ids';
import type { z } from 'zod';
import type { CardImportResult } from '../api/contract.ts';
import type { Actor, AuditLog } from '../audit/audit-log.ts';
import type { CentreStore } from '../store/centre-store.ts';
import { readCardCsv } from './card-csv.ts';

export type CardImport = (siteId: SiteId, csv: Uint8Array, by: Actor) => z.infer<typeof CardImportResult>;

/** Throws NOT_FOUND, CSV_INVALID. Faults of single lines are in the result, and then nothing is imported. */
export function cardImport({
  store,
  audit,
  changed,
}: {
  store: CentreStore;
  audit: AuditLog;
  changed: (siteId: SiteId) => void;
}): CardImport {
  return (siteId, csv, by) => {
    const site = store.sites.get(siteId);
    if (site === undefined) throw new TramError('NOT_FOUND', `there is no site ${siteId}.`);
    const { holders, faults, faultCount } = readCardCsv(csv, site.card_key);
    if (faultCount > 0) return { imported: 0, version: site.roster_version, faults, faultCount };
    const version = store.db.transaction(() => {
      const next = store.sites.get(siteId)!.roster_version + 1;
      store.roster.replace(siteId, holders);
      store.sites.rosterChanged(siteId, { version: next, cursor: store.sites.nextCursor(siteId), cardCount: holders.length });
      audit.note({ ...by, action: 'cards-imported', target: siteId, details: { cards: holders.length, version: next } });
      return next;
    });
    changed(siteId);
    return { imported: holders.length, version, faults: [], faultCount: 0 };
  };
}
