/**
 * Where the facts of all sites are kept: batches go in, pages come out. Two of them stand behind this contract: the centre's own SQLite file
 * (sqlite-log.ts) and PostgreSQL (postgres-log.ts, docs/adr/0012-event-log-in-postgresql.md). One conformance suite runs over both.
 */
import type { SiteId } from '@tramhoc/protocol/ids';
import type { Marks } from '../ingest/delivery-marks.ts';
import type { Ingested } from '../ingest/ingest.ts';
import type { EventFilter, EventRow } from '../store/event-store.ts';

/**
 * Answers after the commit: what the receipt names is on disk. Throws CONFLICT (the site's mark is another one), DISK_FULL, EVENT_INVALID, and from
 * PostgreSQL STORE_UNREACHABLE, STORE_REFUSED: then nothing of the batch was taken, or all of it and a repeat is harmless.
 */
export type TakeBatch = (siteId: SiteId, batch: readonly unknown[], marks?: Marks) => Ingested | Promise<Ingested>;

export type EventLog = {
  take: TakeBatch;
  page(filter: EventFilter): EventRow[] | Promise<EventRow[]>;
  quarantineCount(): number | Promise<number>;
};
