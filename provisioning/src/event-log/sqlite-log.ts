/** The event log in the centre's own file: what follows from an event is written in the transaction that stores it. */
import { groupCommit } from '../ingest/group-commit.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { CentreStore } from '../store/centre-store.ts';
import type { EventLog, TakeBatch } from './event-log.ts';

/** `demandRoom` throws when the disk or the file is full: then nothing is begun. */
export function sqliteLog({ store, ingest, demandRoom }: { store: CentreStore; ingest: Ingest; demandRoom?: () => void }): EventLog {
  const commit = groupCommit({ db: store.db, ingest });
  const take: TakeBatch = (siteId, batch, marks) => {
    // an empty batch asks, and writes nothing
    if (batch.length > 0) demandRoom?.();
    return commit(siteId, batch, marks);
  };
  return { take, page: (filter) => store.events.page(filter), quarantineCount: () => store.events.quarantineCount() };
}
