/**
 * From the site store to the centre, in order, by position. A row stays until a receipt covers it; an answer that got lost costs a repeat, which
 * the centre recognises. So the cursor of a receipt goes to disk with the next commit of events, or a second later: never before the receipt, and
 * a cut of power in between costs the same repeat (ADR 0016).
 */
import type { Clock, Timer } from '@tramhoc/base/clock';
import type { CentreAnswer } from '@tramhoc/base/identity';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import { createRateLimiter } from '@tramhoc/base/rate-limit';
import { isTramError, TramError } from '@tramhoc/protocol/errors';
import { maxUpstreamBytes, maxUpstreamEvents, upstreamLingerMs } from '@tramhoc/protocol/limits';
import { EventReceipt, MarkConflict } from '@tramhoc/protocol/upstream';
import type { EventStore, StoredRow } from '../ingest/event-store.ts';
import type { SiteDatabase } from '../site-database.ts';
import type { CentreLink } from './centre-link.ts';
import { deliveryMarks } from './delivery-marks.ts';
import { packBatch } from './pack-batch.ts';
import { receiptFault } from './plan-receipt.ts';
import { askedWaitMs, waitMs } from './plan-wait.ts';

export type ForwarderState = { connected: boolean; position: number; lastReceiptMs: number | undefined; code: string | undefined };
export type Forwarder = {
  /** Something was committed. */
  wake(): void;
  /** The centre was away: maybe it was put back from a copy and lacks what it had. */
  doubt(): void;
  state(): ForwarderState;
  close(): Promise<void>;
};

/** What a receipt may ask for at most. */
const maxAskedMs = 60_000;
/** Room for the array's brackets and commas below what the centre takes. */
const maxBatchBytes = maxUpstreamBytes - 64 * 1024;
const requestTimeoutMs = 60_000;
/** An event that nobody can read is a rarity; a centre that calls all of them invalid must not be believed. */
const setAsideRate = { burst: 10, perSecond: 10 / 3_600 };
const positionKey = 'upstream.position';
/** A site that is busy commits sooner. */
const settleMs = 1_000;

/** Rows up to here are at the centre. */
export const deliveredPosition = ({ meta }: Pick<SiteDatabase, 'meta'>): number => Number(meta.get(positionKey) ?? 0);

export function startForwarder(options: {
  database: SiteDatabase;
  events: EventStore;
  centre: CentreLink;
  /** Where the events go when that is not the centre itself: an ingest process of a city. */
  eventsUrl?: string | undefined;
  clock: Clock;
  random: Random;
  log: Log;
  count(outcome: string, events: number): void;
  /** One event that the centre will not take, whatever is tried: it is set aside and the next one goes. Runs in the cursor's transaction. */
  setAside(row: StoredRow, code: string): void;
  onReceipt(receipt: EventReceipt): void;
  /** To zstd. The default packs what is large in the thread pool; a simulation waits for nobody. */
  compress?: (text: string) => Promise<Uint8Array>;
}): Forwarder {
  const { database, events, centre, clock, random, log, compress = packBatch } = options;
  const stop = new AbortController();
  const position = (): number => deliveredPosition(database);
  const state: ForwarderState = { connected: false, position: position(), lastReceiptMs: undefined, code: undefined };
  /** Smaller after the centre found a batch too large or unreadable; grows again with each success. */
  let batchEvents = maxUpstreamEvents;
  let wake: () => void = () => undefined;
  const marks = deliveryMarks({ database, clock, log });
  /** The centre is asked what it holds, by the next batch or an empty one. */
  let doubtful = true;
  /** Answers in a row that said that it holds something else. */
  let conflicts = 0;

  const somethingNew = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
      if (doubtful || marks.wholeIsDue() || events.lastPosition() > position() || stop.signal.aborted) resolve();
    });

  const moveTo = (next: () => number): void => {
    state.position = database.transaction(() => {
      const position = next();
      database.meta.set(positionKey, String(position));
      return position;
    });
  };
  let settling: Timer | undefined;
  const settle = (): void => {
    settling?.cancel();
    settling = undefined;
    try {
      database.meta.settle();
    } catch (err) {
      log.warn({ err }, 'how far the centre is could not be written; it goes with the next commit');
    }
  };
  const confirm = (rows: readonly StoredRow[], mark: string | undefined): void => {
    state.position = rows.at(-1)?.position ?? position();
    database.meta.setLater(positionKey, String(state.position));
    marks.confirmed(mark);
    settling ??= clock.after(settleMs, settle, { background: true });
  };

  /** Gives how long the centre asks us to wait. */
  const send = async (rows: readonly StoredRow[]): Promise<number> => {
    const answer = await centre.request({
      method: 'POST',
      path: options.eventsUrl ?? '/v1/events',
      headers: {
        ...{ 'content-type': 'application/cloudevents-batch+json', 'content-encoding': 'zstd' },
        ...marks.headers(rows.at(-1)?.position),
      },
      body: await compress(`[${rows.map(({ body }) => body).join(',')}]`),
      timeoutMs: requestTimeoutMs,
      signal: stop.signal,
    });
    if (answer.status === 409 && rewound(answer)) return 0;
    if (answer.status !== 200) throw refusal(answer);
    const receipt = EventReceipt.safeParse(parsed(answer.body));
    const fault = receipt.success ? receiptFault(rows, receipt.data) : 'it is no receipt';
    if (!receipt.success || fault !== undefined)
      throw new TramError(
        'CENTRE_REFUSED',
        `the centre's receipt does not cover the batch (${fault}); nothing is given up, look at its log.`,
      );
    confirm(rows, receipt.data.heldMark);
    doubtful = false;
    conflicts = 0;
    options.onReceipt(receipt.data);
    return receipt.data.retryAfterMs ?? 0;
  };

  /** The centre holds something else than we believed. Twice in a row is waited for: somebody changes it under us. */
  const rewound = (answer: CentreAnswer): boolean => {
    const conflict = MarkConflict.safeParse(parsed(answer.body));
    if (!conflict.success || conflicts > 1) {
      conflicts = 0;
      return false;
    }
    conflicts += 1;
    moveTo(() => marks.adopt(conflict.data.heldMark, position(), events.lastPosition()));
    return true;
  };

  const setAsides = createRateLimiter(setAsideRate, { maxKeys: 1, nowMs: () => clock.monotonicMs() });
  /**
   * A batch that cannot be read is halved until the event to blame stands alone. It is set aside when the centre calls it invalid, or cannot read it but
   * reads a batch without it: else the fault is of the way or of the centre, and passes. Throws what stands in the way of the empty batch.
   */
  const onRefused = async (rows: readonly StoredRow[], error: TramError): Promise<boolean> => {
    const { status, code } = error.details ?? {};
    const row = rows[0];
    if (row === undefined || (status !== 400 && status !== 413 && status !== 422)) return false;
    if (rows.length > 1) {
      batchEvents = Math.max(1, Math.floor(rows.length / 2));
      return true;
    }
    if (code === 'PAYLOAD_MALFORMED' || code === 'PAYLOAD_TOO_LARGE') {
      await send([]);
      // the answer was that it holds something else: the list goes on from there, and nothing is known of the event
      if (conflicts > 0) return true;
    } else if (code !== 'EVENT_INVALID') return false;
    // one event after the other is refused: that is the centre's trouble and not theirs
    if (!setAsides.take('')) return false;
    moveTo(() => {
      options.setAside(row, String(code));
      return row.position;
    });
    log.error({ code, deviceId: row.device, seq: row.seq }, 'the centre will not take an event; it is kept in quarantine');
    return true;
  };

  /** The disk has changed what was written: it is no truth that could be sent. */
  const keepDamaged = (row: StoredRow): void => {
    moveTo(() => {
      options.setAside(row, 'STORE_CORRUPT');
      return row.position;
    });
    const advice = 'an event was damaged on the disk of the site and is kept in quarantine; look at the disk (docs/runbooks/restore.md)';
    log.error({ code: 'STORE_CORRUPT', deviceId: row.device, seq: row.seq }, advice);
  };

  const round = async (): Promise<void> => {
    await somethingNew();
    if (stop.signal.aborted) return;
    if (marks.wholeIsDue())
      moveTo(() => {
        marks.wholeBegins();
        return 0;
      });
    // while the event to blame is looked for, nothing is gained by waiting for more
    if (!doubtful && batchEvents === maxUpstreamEvents && events.lastPosition() - position() < maxUpstreamEvents)
      await clock.sleep(upstreamLingerMs, stop.signal);
    const all = events.read({ afterPosition: position(), limit: batchEvents, maxBytes: maxBatchBytes });
    const damagedAt = all.findIndex(({ damaged }) => damaged);
    const rows = damagedAt > 0 ? all.slice(0, damagedAt) : all;
    if (rows[0]?.damaged === true) {
      keepDamaged(rows[0]);
      return;
    }
    // evicted meanwhile: nothing is left below the last position
    if (rows.length === 0) moveTo(events.lastPosition);
    if (rows.length === 0 && !doubtful) return;
    try {
      const askedMs = await send(rows);
      batchEvents = Math.min(maxUpstreamEvents, batchEvents * 2);
      options.count('ok', rows.length);
      if (!state.connected) log.info({ position: state.position }, 'events reach the centre');
      Object.assign(state, { connected: true, lastReceiptMs: clock.wallMs(), code: undefined });
      if (askedMs > 0) await clock.sleep(Math.min(askedMs, maxAskedMs), stop.signal);
    } catch (error) {
      if (!isTramError(error, 'CENTRE_REFUSED') || !(await onRefused(rows, error))) throw error;
      options.count('split', 0);
    }
  };

  const run = async (): Promise<void> => {
    for (let attempt = 0; !stop.signal.aborted; ) {
      try {
        await round();
        attempt = 0;
      } catch (error) {
        if (stop.signal.aborted) return;
        attempt += 1;
        const code = isTramError(error) ? error.code : 'INTERNAL';
        const askedMs = isTramError(error) ? (error.details?.['askedMs'] as number | undefined) : undefined;
        const delayMs = waitMs({ attempt, fraction: random.fraction(), ...(askedMs === undefined ? {} : { askedMs }) });
        if (state.connected || attempt === 1 || attempt % 20 === 0)
          log.warn({ code, attempt, delayMs: Math.round(delayMs), err: (error as Error).message }, 'events wait at the site');
        Object.assign(state, { connected: false, code });
        options.count(code, 0);
        await clock.sleep(delayMs, stop.signal).catch(() => undefined);
      }
    }
  };
  const done = run();
  return {
    wake: () => wake(),
    doubt() {
      doubtful = true;
      wake();
    },
    state: () => ({ ...state, position: position() }),
    async close() {
      stop.abort();
      wake();
      await done;
      settle();
    },
  };
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function refusal(answer: CentreAnswer): TramError {
  const problem = parsed(answer.body) as { code?: unknown; detail?: unknown } | undefined;
  const code = typeof problem?.code === 'string' ? problem.code : undefined;
  const detail = typeof problem?.detail === 'string' ? problem.detail.slice(0, 200) : `HTTP ${answer.status}`;
  return new TramError('CENTRE_REFUSED', `the centre took no events: ${detail}; look at its log.`, {
    details: { status: answer.status, code, askedMs: askedWaitMs(answer.headers['retry-after']) },
  });
}
