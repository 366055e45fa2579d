/**
 * What leaves the store, and in which order. After its time: what the centre has. When the store is full: what the centre has, oldest first;
 * then telemetry that it has not, with a record of it; taps and feedback last of all.
 */
import type { DeviceId, Epoch } from '@tramhoc/protocol/ids';
import { Seq } from '@tramhoc/protocol/ids';
import type { OwnFacts } from '../ingest/own-facts.ts';
import type { SiteDatabase } from '../site-database.ts';

export type Retention = {
  /** Removes delivered rows older than the retention time, and more while the store is nearly full. */
  tidy(): { retired: number; dropped: number };
  /** Frees at least some space now; false when there was nothing to free. */
  makeRoom(): boolean;
};

const dayMs = 86_400_000;
/** Rows of one transaction: a few milliseconds, so that devices do not wait. */
const stepRows = 500;
/** Steps of one tidy(): the rest goes at the next tick. */
const maxSteps = 40;
/** Above this part of the cap rows must go. The rest is for quarantine, lists and the pages that deleting itself needs. */
const fullAt = 0.85;
/** Outboxes not heard of for this long are forgotten: a device that lay in a cupboard over the summer is not among them. */
const streamLifeMs = 400 * dayMs;

type Removed = { device: DeviceId; epoch: Epoch; seq: number };

export function createRetention(options: {
  database: SiteDatabase;
  ownFacts: OwnFacts;
  maxBytes: number;
  retentionDays: number;
  /** Rows up to here are at the centre. */
  deliveredPosition(): number;
  wallMs(): number;
  onDropped(count: number): void;
}): Retention {
  const { database, ownFacts, wallMs } = options;
  const retire = database.prepare(
    // looks at the oldest rows only: whether they are old enough is decided after finding them
    'DELETE FROM event WHERE position IN (SELECT position FROM event WHERE position <= ? ORDER BY position LIMIT ?) AND admitted_ms < ?',
  );
  const giveUp = database.prepare<Removed>(
    `DELETE FROM event WHERE position IN (SELECT position FROM event WHERE position > ? AND keep = ? AND device <> ? ORDER BY position LIMIT ?)
     RETURNING device, epoch, seq`,
  );
  const forget = database.prepare('DELETE FROM stream WHERE heard_ms < ?');

  const retireOlderThan = (ms: number): number => database.transaction(() => retire.run(options.deliveredPosition(), stepRows, ms).changes);

  /** The broker's own facts stay: the record of what is gone is among them, and they are few. */
  const dropUndelivered = (keep: 0 | 1): number =>
    database.transaction(() => {
      const removed = giveUp.all(options.deliveredPosition(), keep, ownFacts.deviceId, stepRows);
      for (const { device, epoch, from, to, count } of ranges(removed))
        ownFacts.append({
          type: 'vn.tramhoc.site.dropped.v1',
          data: { device, epoch, from: Seq.parse(from), to: Seq.parse(to), count, reason: 'size' },
        });
      options.onDropped(removed.length);
      return removed.length;
    });

  const free = (): { retired: number; dropped: number } => {
    const retired = retireOlderThan(Number.MAX_SAFE_INTEGER);
    if (retired > 0) return { retired, dropped: 0 };
    return { retired: 0, dropped: dropUndelivered(0) || dropUndelivered(1) };
  };

  return {
    tidy() {
      const total = { retired: 0, dropped: 0 };
      const beforeMs = wallMs() - options.retentionDays * dayMs;
      for (let step = 0, more = stepRows; step < maxSteps && more === stepRows; step += 1) {
        more = retireOlderThan(beforeMs);
        total.retired += more;
      }
      for (let step = 0; step < maxSteps && database.usedBytes() > options.maxBytes * fullAt; step += 1) {
        const { retired, dropped } = free();
        total.retired += retired;
        total.dropped += dropped;
        if (retired + dropped === 0) break;
      }
      forget.run(wallMs() - streamLifeMs);
      return total;
    },
    makeRoom() {
      const { retired, dropped } = free();
      return retired + dropped > 0;
    },
  };
}

/** One record for each outbox. */
export function ranges(removed: readonly Removed[]): (Removed & { from: number; to: number; count: number })[] {
  const byStream = new Map<string, Removed & { from: number; to: number; count: number }>();
  for (const row of removed) {
    const key = `${row.device} ${row.epoch}`;
    const held = byStream.get(key) ?? { ...row, from: row.seq, to: row.seq, count: 0 };
    byStream.set(key, { ...held, from: Math.min(held.from, row.seq), to: Math.max(held.to, row.seq), count: held.count + 1 });
  }
  return [...byStream.values()];
}
