/** What happens inside one commit: each event is new, a repeat, or not to be understood; streams and quarantine follow. */

import type { RateLimiter } from '@tramhoc/base/rate-limit';
import { TramError } from '@tramhoc/protocol/errors';
import { dataOf, keepLongest, type TramEvent } from '@tramhoc/protocol/event';
import type { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import { type AdmittedEvent, admitPayload, type Refused } from './admit.ts';
import { type EventStore, isSameEvent, type StreamKey } from './event-store.ts';
import type { OwnFacts } from './own-facts.ts';
import { millis, noteTransit, planSiteTime, type Received, type SiteTime, type TransitWindow } from './plan-site-time.ts';
import type { Quarantine } from './quarantine.ts';
import { declareDropped, noteSeq, type Stream } from './seq-gap.ts';
import { createStreamMap } from './stream-map.ts';

export type Delivery = { owner: { siteId: SiteId; deviceId: DeviceId }; topic: string; payload: Uint8Array; received: Received };
/** What a commit did; counted only after it succeeded. */
export type Tally = { admitted: number; repeated: number; quarantined: string[]; quarantineEvicted: number };

export type BatchParts = {
  events: EventStore;
  quarantine: Quarantine;
  ownFacts: OwnFacts;
  /** The quickest way seen from each device; see plan-site-time.ts. */
  transits: Map<DeviceId, TransitWindow>;
  /** A device that sends rubbish is reported upstream now and then, not each time. */
  quarantineFacts: RateLimiter;
};

/** An outbox in this commit. `rowsTell`: how far it has arrived can be read from its rows. */
type Held = { key: StreamKey; stream: Stream; rowsTell: boolean };

/** Devices whose quickest way is remembered: more than a site has. */
const maxTransits = 5_000;

export type CommitBatch = {
  readonly tally: Tally;
  deliver(delivery: Delivery): void;
  /** Sets aside a payload that is no events (a presence that cannot be read). */
  setAside(delivery: Delivery, refused: Refused): void;
  /** Last step before the commit. */
  finish(): void;
};

export function createCommitBatch(parts: BatchParts, nowMs: number): CommitBatch {
  const { events, quarantine, ownFacts } = parts;
  const tally: Tally = { admitted: 0, repeated: 0, quarantined: [], quarantineEvicted: 0 };
  const streams = createStreamMap<Held>();

  const streamOf = (key: StreamKey): Held => {
    const known = streams.get(key);
    if (known !== undefined) return known;
    const held = { key, stream: events.stream(key), rowsTell: true };
    streams.set(key, held);
    return held;
  };

  const setAside = (delivery: Delivery, { code, reason, bytes, place }: Refused): void => {
    const device = delivery.owner.deviceId;
    const { evicted } = quarantine.put({ device, topic: delivery.topic, code, reason, payload: bytes, atMs: nowMs });
    tally.quarantined.push(code);
    tally.quarantineEvicted += evicted;
    if (place !== undefined) {
      const held = streamOf({ device, epoch: place.epoch });
      held.stream = noteSeq(held.stream, place.seq);
      held.rowsTell = false;
    }
    if (parts.quarantineFacts.take(device))
      ownFacts.append({ type: 'vn.tramhoc.site.quarantined.v1', data: { device, code, reason, payloadBytes: bytes.length } });
  };

  const admit = (delivery: Delivery, item: AdmittedEvent, transit: TransitWindow | undefined): void => {
    const { raw, event } = item;
    const device = delivery.owner.deviceId;
    const key = { device, epoch: event.epoch };
    const held = streamOf(key);
    const stream = noteSeq(held.stream, event.seq);
    // above the highest nothing is stored; below, it may be there already
    const stored = event.seq > held.stream.highest ? undefined : events.bodyAt({ ...key, seq: event.seq });
    if (stored !== undefined && !isSameEvent(JSON.parse(stored), raw)) {
      const reason = `seq ${event.seq} was used before for another event`;
      setAside(delivery, { code: 'CONFLICT', reason, bytes: new TextEncoder().encode(JSON.stringify(raw)), place: event });
      return;
    }
    if (stored !== undefined) {
      tally.repeated += 1;
      return;
    }
    // it may have been here and be let go: whoever sends it again still has it, and perhaps a centre that was put back from a copy has not. Else the
    // centre recognises it
    // in its turn, and no gap: the row that follows says so
    if (stream.gaps !== held.stream.gaps) held.rowsTell = false;
    held.stream = stream;
    const dropped = dataOf(event, 'vn.tramhoc.outbox.dropped.v1');
    if (dropped !== undefined) {
      // of this outbox, or of the one before a restore
      const gave = streamOf({ device, epoch: dropped.epoch });
      gave.stream = declareDropped(gave.stream, dropped);
      gave.rowsTell = false;
    }
    const body = stampedBody(item, planSiteTime(event, delivery.received, transit));
    events.insert({ ...key, seq: event.seq, keep: keepLongest.has(event.type), admittedMs: nowMs, body });
    tally.admitted += 1;
  };

  return {
    tally,
    setAside,
    deliver(delivery) {
      const { events: admitted, refused } = admitPayload(delivery.payload, delivery.owner);
      const transit = transitOf(parts.transits, delivery, admitted.at(-1)?.event);
      for (const item of admitted) admit(delivery, item, transit);
      for (const item of refused) setAside(delivery, item);
    },
    finish() {
      for (const { key, stream, rowsTell } of streams.values()) {
        if (rowsTell) events.advanceStream(key, stream);
        else events.keepStream(key, stream);
      }
      events.settle();
    },
  };
}

/** The event as it is kept and sent on: with the site's time in place of a device's own idea of it. */
function stampedBody({ raw, text }: AdmittedEvent, time: SiteTime): string {
  const stamp = stampText(time);
  if (text !== undefined) return `${text.slice(0, -1)},${stamp}`;
  const made = 'sitetime' in raw || 'sitetimemethod' in raw || 'sitetimeerrorms' in raw ? { ...raw, ...unstamped } : raw;
  return `${JSON.stringify(made).slice(0, -1)},${stamp}`;
}

/** The end of a JSON object; a time and a word of ours need no quoting. */
function stampText({ sitetime, sitetimemethod, sitetimeerrorms }: SiteTime): string {
  if (sitetime === undefined) return `"sitetimemethod":"${sitetimemethod}"}`;
  return `"sitetime":"${sitetime}","sitetimemethod":"${sitetimemethod}","sitetimeerrorms":${sitetimeerrorms}}`;
}
const unstamped = { sitetime: undefined, sitetimemethod: undefined, sitetimeerrorms: undefined };

function transitOf(
  transits: BatchParts['transits'],
  { owner, received }: Delivery,
  event: TramEvent | undefined,
): TransitWindow | undefined {
  if (event?.sentmonons === undefined || event.sentbootid === undefined) return undefined;
  const offsetMs = received.monotonicMs - millis(event.sentmonons);
  const window = noteTransit(transits.get(owner.deviceId), { bootId: event.sentbootid, offsetMs, nowMs: received.monotonicMs });
  if (transits.size >= maxTransits) transits.clear();
  transits.set(owner.deviceId, window);
  return window;
}

/** Worth making room or waiting for: the same commit may succeed later. */
export function isSpaceFault(cause: unknown): boolean {
  return cause instanceof TramError && (cause.code === 'DISK_FULL' || cause.code === 'STORE_FULL');
}

/** Another process holds the database: each try waits for seconds, and the next one would as well. */
export function isLocked(cause: unknown): boolean {
  return String((cause as { code?: unknown } | null)?.code ?? '').startsWith('SQLITE_BUSY');
}
