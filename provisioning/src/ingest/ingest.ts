/** Takes a batch of a site's events: one transaction, exactly once per (device, epoch, seq), then the receipt. */
import type { Clock } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import type { ClockQuality, TramEvent } from '@tramhoc/protocol/event';
import type { DeviceId, Epoch, SiteId } from '@tramhoc/protocol/ids';
import type { EventReceipt } from '@tramhoc/protocol/upstream';
import type { CentreStore } from '../store/centre-store.ts';
import { advanceMark, type Marks } from './delivery-marks.ts';
import {
  declaredLoss,
  judgeEvent,
  maxQuarantineRows,
  type Owner,
  quarantined,
  reusedId,
  reusedIdentity,
  storedTime,
} from './judge-event.ts';
import { projectEvent } from './project-event.ts';
import { advanceStream } from './stream-progress.ts';

export type Ingested = { receipt: EventReceipt; positions: number[]; devices: ReadonlySet<DeviceId> };
/** Throws CONFLICT when the site believes that the centre holds something else (delivery-marks.ts): nothing is stored. */
export type Ingest = (siteId: SiteId, batch: readonly unknown[], marks?: Marks) => Ingested;

type Touched = Map<string, { device: DeviceId; epoch: Epoch; highestSeq: number }>;
type Work = {
  siteId: SiteId;
  receivedMs: number;
  touched: Touched;
  devices: Set<DeviceId>;
  positions: number[];
  quarantined: number;
  repeated: number;
};

export function ingest({ store, clock, log }: { store: CentreStore; clock: Clock; log: Log }): Ingest {
  return (siteId, batch, marks) => {
    const work: Work = {
      siteId,
      receivedMs: clock.wallMs(),
      touched: new Map(),
      devices: new Set(),
      positions: [],
      quarantined: 0,
      repeated: 0,
    };
    const receipts = store.db.transaction(() => {
      if (marks !== undefined) advanceMark(store.sites, siteId, marks);
      const lastHeard = new Map<DeviceId, ClockQuality>();
      for (const input of batch) takeOne(store, work, input, lastHeard);
      for (const [deviceId, clockQuality] of lastHeard) store.projections.seen(deviceId, { atMs: work.receivedMs, clockQuality });
      if (work.quarantined > 0) store.events.trimQuarantine(maxQuarantineRows);
      return [...work.touched.values()].map(({ device, epoch, highestSeq }) => {
        const { contiguous_seq, stored_seq } = advanceStream(store.events, { device, epoch }, highestSeq);
        return { device, epoch, contiguousSeq: contiguous_seq, storedSeq: stored_seq };
      });
    });
    if (work.quarantined > 0) log.warn({ siteId, count: work.quarantined }, 'events put in quarantine');
    return {
      receipt: {
        ...{ receipts, accepted: work.positions.length, repeated: work.repeated, quarantined: work.quarantined },
        ...(marks === undefined ? {} : { heldMark: marks.next }),
      },
      positions: work.positions,
      devices: work.devices,
    };
  };
}

function takeOne(store: CentreStore, work: Work, input: unknown, lastHeard: Map<DeviceId, ClockQuality>): void {
  const judged = judgeEvent(input, work.siteId);
  if (judged.kind === 'unreadable') {
    quarantine(store, work, input, judged.reason);
    return;
  }
  const { event, owner } = judged;
  const time = storedTime(event);
  const position = store.events.insert(event, owner, time, work.receivedMs);
  if (position === undefined) {
    takeRepeat(store, work, event, owner.deviceId, input);
    return;
  }
  touch(work.touched, { device: owner.deviceId, epoch: event.epoch, seq: event.seq });
  work.positions.push(position);
  work.devices.add(owner.deviceId);
  lastHeard.set(owner.deviceId, event.clockquality);
  takeLoss(store, work, event, owner);
  for (const device of projectEvent(store.projections, {
    fromBroker: store.devices.get(owner.deviceId)?.role === 'broker',
    event,
    position,
    ...owner,
    atMs: time.siteTimeMs,
    receivedMs: work.receivedMs,
  }))
    work.devices.add(device);
}

/** A declared loss closes its hole. What arrives all the same is still stored. */
function takeLoss(store: CentreStore, work: Work, event: TramEvent, owner: Owner): void {
  const loss = declaredLoss(event, owner, store.devices);
  if (loss === undefined) return;
  store.events.mark(loss.device, loss.epoch, loss);
  touch(work.touched, { device: loss.device, epoch: loss.epoch, seq: 0 });
}

/**
 * The identity or the id is there already: the same event again, or another fact under a number or an id that was used before. That one must not vanish:
 * whether it says the same in other words is for a person to see.
 */
function takeRepeat(store: CentreStore, work: Work, event: TramEvent, deviceId: DeviceId, input: unknown): void {
  const stored = store.events.idAt(deviceId, event.epoch, event.seq);
  if (stored !== event.id) {
    quarantine(store, work, input, stored === undefined ? reusedId : reusedIdentity);
    return;
  }
  touch(work.touched, { device: deviceId, epoch: event.epoch, seq: event.seq });
  work.repeated += 1;
}

/** Counts as delivered; where its identity can be read the stream goes on past it. A repeat of it is not kept twice. */
function quarantine(store: CentreStore, work: Work, input: unknown, reason: string): void {
  const { row, identity } = quarantined(input, reason, work);
  store.events.quarantine(row);
  work.quarantined += 1;
  if (identity === undefined) return;
  store.events.mark(identity.device, identity.epoch, { from: identity.seq, to: identity.seq });
  touch(work.touched, identity);
}

function touch(touched: Touched, { device, epoch, seq }: { device: DeviceId; epoch: Epoch; seq: number }): void {
  const key = `${device} ${epoch}`;
  const before = touched.get(key);
  if (before === undefined) touched.set(key, { device, epoch, highestSeq: seq });
  else before.highestSeq = Math.max(before.highestSeq, seq);
}
