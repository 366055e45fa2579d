/**
 * What leaves the store, and in which order. After its time: what the centre has. When the store is full: what the centre has, oldest first;
 * then telemetry that it has not, with a record of it; taps and feedback last of all. What the broker itself found out (readings of gateways, who came
 * and went, gaps) is telemetry too. A record may go as well, since the next one says what it said; the last fact about who is there stays.
 */
import type { Clock } from '@tramhoc/base/clock';
import { eventData } from '@tramhoc/protocol/event';
import type { DeviceId, Epoch } from '@tramhoc/protocol/ids';
import { Seq } from '@tramhoc/protocol/ids';
import type { EventStore } from '../ingest/event-store.ts';
import type { OwnFacts } from '../ingest/own-facts.ts';
import type { SiteDatabase } from '../site-database.ts';
import { createStoreDays } from './store-days.ts';

export type Retention = {
  /** Removes delivered rows older than the retention time, and more while the store is nearly full. */
  tidy(): { retired: number; dropped: number };
  /** Frees at least some space now; false when there was nothing to free. */
  makeRoom(): boolean;
};

/** Rows of one transaction: a few milliseconds, so that devices do not wait. */
const stepRows = 500;
/** Steps of one tidy(): the rest goes at the next tick. */
const maxSteps = 40;
/** Above this part of the cap rows must go. The rest is for quarantine, lists and the pages that deleting itself needs. */
const fullAt = 0.85;
/** When the oldest rows are nothing but records of different outboxes, or each of another outbox, it is looked further for something that makes room. */
const maxRecordSteps = 8;
/** As many records may stand for as many rows; more become one for each device. */
const maxRecords = 500;

type Gone = { device: DeviceId; epoch: Epoch; seq: number; body: string };
/** `count` events of an outbox are missing, all with a seq within `from`..`to`; or of so many `epochs` of its device, this one the last. */
export type Loss = { device: DeviceId; epoch: Epoch; from: number; to: number; count: number; epochs?: number | undefined };

export function createRetention(options: {
  database: SiteDatabase;
  events: EventStore;
  ownFacts: OwnFacts;
  maxBytes: number;
  retentionDays: number;
  /** Rows up to here are at the centre. */
  deliveredPosition(): number;
  clock: Clock;
  onDropped(count: number): void;
  /** Not the store at its cap, but the disk: somebody may free it, so what was promised to people stays. */
  diskFull(): boolean;
}): Retention {
  const { database, events, ownFacts, clock } = options;
  const days = createStoreDays({ database, clock, keptDays: options.retentionDays, lastPosition: events.lastPosition });
  const first = database.prepare<{ position: number | null }>('SELECT min(position) AS position FROM event');
  const retire = database.prepare(
    'DELETE FROM event WHERE position IN (SELECT position FROM event WHERE position <= ? ORDER BY position LIMIT ?)',
  );
  // of who is there the last fact about each device stays: nobody would say it again
  const giveUp = (keep: 0 | 1) =>
    database.prepare<Gone & { run: number; position: number }>(
      `DELETE FROM event WHERE position IN (
         SELECT position FROM event
         WHERE position > ? AND keep = ${keep} AND position NOT IN (SELECT told FROM presence WHERE told IS NOT NULL) ORDER BY position LIMIT ?)
       RETURNING (SELECT device FROM run WHERE id = run) AS device, (SELECT epoch FROM run WHERE id = run) AS epoch, seq, body, run, position`,
    );
  const giveUpTelemetry = giveUp(0);
  const giveUpKept = giveUp(1);

  /** Without a transaction when nothing can go: in a full store even an empty one may find no room for what waits to be written with it. */
  const retireTo = (position: number): number =>
    (first.get()?.position ?? Number.POSITIVE_INFINITY) > position
      ? 0
      : database.transaction(() => events.removing(() => retire.run(position, stepRows).changes));

  /** Gives how many rows there are less. Rows that are records make room only where several of them become one. */
  const dropUndelivered = (oldest: typeof giveUpTelemetry): number =>
    database.transaction(() => {
      const removed: ReturnType<typeof oldest.all> = [];
      let losses: Loss[] = [];
      events.removing(() => {
        for (let step = 0; step < maxRecordSteps && removed.length <= losses.length; step += 1) {
          const more = oldest.all(options.deliveredPosition(), stepRows);
          if (more.length === 0) break;
          removed.push(...more);
          losses = lossesOf(removed);
        }
        return removed;
      });
      if (removed.length <= losses.length && losses.length > maxRecords) losses = byDevice(losses);
      for (const { from, to, ...loss } of losses)
        ownFacts.append({
          type: 'vn.tramhoc.site.dropped.v1',
          data: { ...loss, from: Seq.parse(from), to: Seq.parse(to), reason: 'size' },
        });
      options.onDropped(removed.length);
      return Math.max(0, removed.length - losses.length);
    });

  const free = (): { retired: number; dropped: number } => {
    const retired = events.forgetEmpty() || retireTo(options.deliveredPosition());
    if (retired > 0) return { retired, dropped: 0 };
    return { retired: 0, dropped: dropUndelivered(giveUpTelemetry) || (options.diskFull() ? 0 : dropUndelivered(giveUpKept)) };
  };
  let wasFull = false;

  return {
    tidy() {
      const total = { retired: 0, dropped: 0 };
      days.count();
      const keptLongEnough = Math.min(options.deliveredPosition(), days.keptLongEnough());
      for (let step = 0, more = stepRows; step < maxSteps && more === stepRows; step += 1) {
        more = retireTo(keptLongEnough);
        total.retired += more;
      }
      for (let step = 0; step < maxSteps && database.usedBytes() > options.maxBytes * fullAt; step += 1) {
        const { retired, dropped } = free();
        total.retired += retired;
        total.dropped += dropped;
        if (retired + dropped === 0) break;
      }
      events.forgetEmpty();
      return total;
    },
    makeRoom() {
      const full = options.diskFull();
      // the reserve was given up for this: whether or not rows could go, there is room now
      const roomNow = full && !wasFull;
      wasFull = full;
      if (full) database.checkpoint();
      const { retired, dropped } = free();
      return retired + dropped > 0 || roomNow;
    },
  };
}

/** One record for each outbox: of the rows themselves, and of what those among them recorded. */
export function lossesOf(removed: readonly Gone[]): Loss[] {
  const byStream = new Map<string, Loss>();
  const add = (loss: Loss): void => {
    const key = `${loss.device} ${loss.epoch}`;
    const held = byStream.get(key);
    if (held === undefined) {
      byStream.set(key, loss);
      return;
    }
    byStream.set(key, {
      ...held,
      from: Math.min(held.from, loss.from),
      to: Math.max(held.to, loss.to),
      count: held.count + loss.count,
      ...together(epochsIn(held) + epochsIn(loss) - 1),
    });
  };
  for (const { device, epoch, seq, body } of removed) {
    add({ device, epoch, from: seq, to: seq, count: 1 });
    const recorded = recordedIn(body, device);
    if (recorded !== undefined) add(recorded);
  }
  return [...byStream.values()];
}

const epochsIn = ({ epochs = 1 }: Loss): number => epochs;
const together = (epochs: number): Pick<Loss, 'epochs'> => (epochs > 1 ? { epochs } : {});

function byDevice(losses: readonly Loss[]): Loss[] {
  const devices = new Map<DeviceId, Loss>();
  for (const loss of losses) {
    const held = devices.get(loss.device);
    const more = held === undefined ? {} : { count: held.count + loss.count, epochs: epochsIn(held) + epochsIn(loss) };
    devices.set(loss.device, { ...loss, ...more });
  }
  return [...devices.values()];
}

/** The text is looked at before it is parsed: most rows are no records. */
function recordedIn(body: string, device: DeviceId): Loss | undefined {
  if (!body.includes('.dropped.v1"')) return undefined;
  const { type, data } = JSON.parse(body) as { type: string; data: unknown };
  if (type === 'vn.tramhoc.outbox.dropped.v1') {
    const { success, data: said } = eventData[type].safeParse(data);
    return success ? { device, epoch: said.epoch, from: said.from, to: said.to, count: said.count } : undefined;
  }
  if (type !== 'vn.tramhoc.site.dropped.v1') return undefined;
  const { success, data: said } = eventData[type].safeParse(data);
  return success
    ? { device: said.device, epoch: said.epoch, from: said.from, to: said.to, count: said.count, ...together(said.epochs ?? 1) }
    : undefined;
}
