/** The event log in the centre's own file: what follows from an event is written in the transaction that stores it. */
import type { Ingest } from '../ingest/ingest.ts';
import type { CentreStore } from '../store/centre-store.ts';
import type { EventLog } from './event-log.ts';

export function sqliteLog({ store, ingest }: { store: CentreStore; ingest: Ingest }): EventLog {
  return { take: ingest, page: (filter) => store.events.page(filter), quarantineCount: () => store.events.quarantineCount() };
}
