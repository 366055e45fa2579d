/**
 * Batches of several sites in one commit: whatever was read while the last commit ran goes together into the next one. A commit costs a write to the
 * disk that is waited for, whether it is for one event or for a thousand; a centre with one site waits for nobody.
 */
import type { Database } from '@tramhoc/base/sqlite';
import { isTramError } from '@tramhoc/protocol/errors';
import type { SiteId } from '@tramhoc/protocol/ids';
import type { Marks } from './delivery-marks.ts';
import type { Ingest, Ingested } from './ingest.ts';

/** About 50 ms of work: the loop gets back to its sockets in between. What waits is bounded by the batches in hand (events-route.ts). */
const maxGroupEvents = 1_000;

type Waiting = {
  siteId: SiteId;
  batch: readonly unknown[];
  marks: Marks | undefined;
  done(ingested: Ingested): void;
  fail(error: unknown): void;
};
type Outcome = { ingested: Ingested } | { conflict: unknown };

/** Resolves after the commit. `soon` runs `work` when this turn of the loop has taken what was there; a simulation has its own loop. */
export function groupCommit({
  db,
  ingest,
  soon = setImmediate,
}: {
  db: Pick<Database, 'transaction'>;
  ingest: Ingest;
  soon?: (work: () => void) => void;
}): (siteId: SiteId, batch: readonly unknown[], marks?: Marks) => Promise<Ingested> {
  const waiting: Waiting[] = [];
  let scheduled = false;

  const nextGroup = (): Waiting[] => {
    let events = 0;
    const more = waiting.findIndex(({ batch }, at) => {
      events += batch.length;
      return at > 0 && events > maxGroupEvents;
    });
    return waiting.splice(0, more === -1 ? waiting.length : more);
  };
  const commit = (group: readonly Waiting[]): void => {
    const outcomes = db.transaction(() => group.map((one) => attempt(ingest, one)));
    for (const [at, outcome] of outcomes.entries()) {
      if ('ingested' in outcome) group[at]!.done(outcome.ingested);
      else group[at]!.fail(outcome.conflict);
    }
  };
  const commitOrFail = (group: readonly Waiting[]): void => {
    try {
      commit(group);
    } catch (cause) {
      // one batch that the store cannot take must not keep the others out; a disk or a lock refuses them all
      if (group.length > 1 && !isOfTheStore(cause)) for (const one of group) commitOrFail([one]);
      else for (const { fail } of group) fail(cause);
    }
  };
  const flush = (): void => {
    commitOrFail(nextGroup());
    scheduled = waiting.length > 0;
    if (scheduled) soon(flush);
  };
  return (siteId, batch, marks) =>
    new Promise((done, fail) => {
      waiting.push({ siteId, batch, marks, done, fail });
      if (scheduled) return;
      scheduled = true;
      soon(flush);
    });
}

/** A conflict of marks is found before anything of the batch is written: the others of the group need not be undone. */
function attempt(ingest: Ingest, { siteId, batch, marks }: Waiting): Outcome {
  try {
    return { ingested: ingest(siteId, batch, marks) };
  } catch (cause) {
    if (isTramError(cause, 'CONFLICT')) return { conflict: cause };
    throw cause;
  }
}

function isOfTheStore(cause: unknown): boolean {
  const code = String((cause as { code?: unknown } | null)?.code ?? '');
  return code === 'DISK_FULL' || code === 'DISK_FAILED' || code.startsWith('SQLITE_BUSY');
}
