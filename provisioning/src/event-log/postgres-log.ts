/**
 * Batches of many sites into PostgreSQL, each exactly once. Whatever waits while a transaction runs goes together in the next one: a commit costs the
 * same for one event and for thousands.
 *
 * A transaction of a group, by whichever process:
 *   1. lock_streams: the rows of the streams and site marks it may move. Two processes with the same batch meet here; the second sees what the first did.
 *   2. planBatch, which is pure, decides about each event.
 *   3. COPY of the ids: a repeated one that nobody expected ends the transaction, and the group is tried again with the stored ids before it.
 *   4. An advisory lock, then COPY of the rows, which take their positions from the sequence, then COMMIT. The lock is released after the commit can be
 *      seen, so positions become visible in their order: who has read up to position n will never find a row at or below n afterwards. Everything from
 *      the lock on is one message to the server; it is never held while the network is waited for.
 */
import type { Clock } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import { TramError } from '@tramhoc/protocol/errors';
import type { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import type { PoolClient } from 'pg';
import type { Ingested } from '../ingest/ingest.ts';
import type { Owner, QuarantineRow, Registered } from '../ingest/judge-event.ts';
import { CopyIn } from './copy-in.ts';
import { copiedColumns, eventLine } from './copy-text.ts';
import type { TakeBatch } from './event-log.ts';
import { planBatch, type ReadBatch, readItems, type Verdict } from './plan-batch.ts';
import { type Postgres, sqlState } from './postgres-connection.ts';
import { lockState, writeState } from './stream-state.ts';

/** Of one transaction: about 100 ms of the database's time, so that a batch never waits long for the one before it. */
const maxGroupEvents = 6_000;
const maxGroupBatches = 256;
/** Read and waiting, about 2 KiB an event. More are told to come back. */
const maxWaitingEvents = 60_000;
/** Deadlocks and repeated ids end by themselves; each try sees more of what the others committed. */
const maxTries = 6;
/** Taken before the first position of a transaction and kept to its end. Any number that nobody else uses. */
const positionLock = 8_241_002;

type Waiting = { batch: ReadBatch; done(ingested: Ingested): void; fail(error: unknown): void };
export type PostgresWriter = {
  take: TakeBatch;
  waitingEvents(): number;
  /** Ends when what waits is stored or refused. */
  close(): Promise<void>;
};

export function postgresWriter(options: {
  postgres: Postgres;
  writers: number;
  registered: Registered;
  clock: Clock;
  log: Log;
}): PostgresWriter {
  const { postgres, writers, registered, clock, log } = options;
  const queue: Waiting[] = [];
  let waitingEvents = 0;
  const running = new Set<Promise<void>>();

  const nextGroup = (): Waiting[] => {
    const group: Waiting[] = [];
    for (let events = 0; queue.length > 0 && group.length < maxGroupBatches; ) {
      events += queue[0]!.batch.items.length;
      if (group.length > 0 && events > maxGroupEvents) break;
      group.push(queue.shift()!);
    }
    return group;
  };
  const work = async (): Promise<void> => {
    for (let group = nextGroup(); group.length > 0; group = nextGroup()) {
      await storeGroup(postgres, group, log);
      for (const { batch } of group) waitingEvents -= batch.items.length;
    }
  };
  const wake = (): void => {
    if (running.size >= writers) return;
    const one: Promise<void> = work().finally(() => running.delete(one));
    running.add(one);
  };
  return {
    take(siteId, input, marks) {
      if (waitingEvents + input.length > maxWaitingEvents)
        throw new TramError('RATE_LIMITED', 'the centre is busy; send the batch again.', { details: { retryAfterS: 2 } });
      if (input.length === 0 && marks === undefined)
        return { receipt: { receipts: [], accepted: 0, repeated: 0, quarantined: 0 }, positions: [], devices: new Set() };
      const receivedMs = clock.wallMs();
      const items = readItems(siteId, input, receivedMs, registered);
      waitingEvents += items.length;
      return new Promise((done, fail) => {
        queue.push({ batch: { siteId, receivedMs, marks, items }, done, fail });
        wake();
      });
    },
    waitingEvents: () => waitingEvents,
    async close() {
      await Promise.all(running);
    },
  };
}

/** Never throws: each batch is told what became of it. */
async function storeGroup(postgres: Postgres, group: readonly Waiting[], log: Log): Promise<void> {
  try {
    const verdicts = await withTries(
      postgres,
      group.map(({ batch }) => batch),
    );
    for (const [at, verdict] of verdicts.entries()) answer(group[at]!, verdict, log);
  } catch (error) {
    // a fault of the data: the others of the group must not suffer for one
    if (group.length > 1 && isDataFault(error)) {
      for (const one of group) await storeGroup(postgres, [one], log);
      return;
    }
    const fault = isDataFault(error)
      ? new TramError('EVENT_INVALID', `PostgreSQL cannot keep an event of this batch (${sqlState(error)}); it is to be set aside.`, {
          cause: error,
        })
      : error;
    for (const { fail } of group) fail(fault);
  }
}

/** SQLSTATE class 22: a value that its column cannot hold. */
const isDataFault = (error: unknown): boolean => sqlState(error)?.startsWith('22') === true;
/** Two groups met: a deadlock, a lock waited for too long, an id or a row that the other had just stored. */
const isCollision = (error: unknown): boolean => ['40001', '40P01', '55P03', '23505'].includes(sqlState(error) ?? '');

async function withTries(postgres: Postgres, group: readonly ReadBatch[]): Promise<Verdict[]> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await postgres.with((client) => inTransaction(client, group, { exact: tries > 1 }));
    } catch (error) {
      if (!isCollision(error)) throw error;
      if (tries >= maxTries)
        throw new TramError(
          'STORE_UNREACHABLE',
          'the event log is busy with the same events in several processes; the site sends them again.',
          {
            cause: error,
            details: { retryAfterS: 5 },
          },
        );
    }
  }
}

async function inTransaction(client: PoolClient, group: readonly ReadBatch[], { exact }: { exact: boolean }): Promise<Verdict[]> {
  await client.query('BEGIN');
  try {
    const state = await lockState(client, group, { exact });
    const verdicts = group.map((batch) => planBatch(state.known, batch));
    let [ids, lines] = ['', ''];
    const aside: QuarantineRow[] = [];
    const owners = new Map<DeviceId, Map<SiteId, Owner>>();
    for (const [at, verdict] of verdicts.entries()) {
      if (verdict.do === 'refuse') continue;
      aside.push(...verdict.aside);
      for (const row of verdict.rows) {
        ids += `${row.id}\n`;
        lines += eventLine(row, group[at]!.receivedMs);
        const { siteId, deviceId } = row.owner;
        const sites = owners.get(deviceId);
        if (sites === undefined) owners.set(deviceId, new Map([[siteId, row.owner]]));
        else if (!sites.has(siteId)) sites.set(siteId, row.owner);
      }
    }
    await writeState(client, state, { aside, owners: [...owners.values()].flatMap((sites) => [...sites.values()]) });
    if (lines === '') await client.query('COMMIT');
    else {
      const text = `COPY event_ids (id) FROM STDIN; SELECT pg_advisory_xact_lock(${positionLock}); COPY events (${copiedColumns}) FROM STDIN; COMMIT`;
      await client.query(new CopyIn(text, [ids, lines])).done;
    }
    return verdicts;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

function answer({ batch, done, fail }: Waiting, verdict: Verdict, log: Log): void {
  const { siteId } = batch;
  if (verdict.do === 'refuse') {
    fail(
      new TramError('CONFLICT', 'the centre holds another part of this list than the site believes; send again from there.', {
        details: { heldMark: verdict.heldMark },
      }),
    );
    return;
  }
  if (verdict.receipt.quarantined > 0) log.warn({ siteId, count: verdict.receipt.quarantined }, 'events put in quarantine');
  done({ receipt: verdict.receipt, positions: [], devices: new Set(verdict.rows.map(({ owner }) => owner.deviceId)) });
}
