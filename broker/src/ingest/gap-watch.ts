/** Tells the centre of gaps that stay. Batches overtake each other for a moment, so a gap has to last before it counts. */
import { type Clock, every, type Timer } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import { createRateLimiter } from '@tramhoc/base/rate-limit';
import { type DeviceId, type Epoch, Seq } from '@tramhoc/protocol/ids';
import type { SiteDatabase } from '../site-database.ts';
import type { EventStore } from './event-store.ts';
import type { OwnFacts } from './own-facts.ts';
import type { Gap, Stream } from './seq-gap.ts';

export type GapWatch = { check(): void; openCount(): number; close(): void };

/** A batch that was lost with its connection is sent again within the agent's backoff, which starts at half a second. */
export const gapAfterMs = 15_000;
const checkMs = 5_000;
/** Of one check, which is one commit of some milliseconds; a site whose disk was exchanged has a gap for each device. */
const maxPerCheck = 200;
/** A device with more has made them up, or waits for its turn. */
const outboxesOfEach = 20;
/** As many as one outbox can have (seq-gap.ts) at once. What is beyond stays open and is told in its time. */
const pace = { burst: 200, perSecond: 0.1 };

export function watchGaps(options: {
  database: SiteDatabase;
  events: EventStore;
  ownFacts: OwnFacts;
  clock: Clock;
  log: Log;
  onReported(): void;
}): GapWatch {
  const { database, events, ownFacts, clock, log } = options;
  const paces = createRateLimiter(pace, { maxKeys: 4_096, nowMs: () => clock.monotonicMs() });
  /** When each open gap was first seen; as many as are looked at. */
  let seen = new Map<string, number>();

  /** The gaps that have lasted and may be told now. */
  const due = (): { device: DeviceId; epoch: Epoch; stream: Stream; gaps: readonly Gap[] }[] => {
    const nowMs = clock.monotonicMs();
    const still = new Map<string, number>();
    let left = maxPerCheck;
    const found = events.streamsWithOpenGaps(outboxesOfEach).map(({ device, epoch, stream }) => ({
      ...{ device, epoch, stream },
      gaps: stream.gaps.filter(({ state, from }) => {
        if (state !== 'open') return false;
        const name = `${device} ${epoch} ${from}`;
        const sinceMs = seen.get(name) ?? nowMs;
        still.set(name, sinceMs);
        if (nowMs - sinceMs < gapAfterMs || left === 0 || !paces.take(device)) return false;
        left -= 1;
        return true;
      }),
    }));
    seen = still;
    return found.filter(({ gaps }) => gaps.length > 0);
  };

  const check = (): void => {
    const told = due();
    if (told.length === 0) return;
    database.transaction(() => {
      for (const { device, epoch, stream, gaps } of told) {
        const marked = stream.gaps.map((gap) => (gaps.includes(gap) ? { ...gap, state: 'reported' as const } : gap));
        events.keepStream({ device, epoch }, { ...stream, gaps: marked });
        for (const { from, to } of gaps)
          ownFacts.append({ type: 'vn.tramhoc.site.gap.v1', data: { device, epoch, from: Seq.parse(from), to: Seq.parse(to) } });
      }
    });
    for (const { device, epoch, gaps } of told)
      for (const { from, to } of gaps) {
        options.onReported();
        log.warn({ deviceId: device, epoch, from, to }, 'events of a device are missing');
      }
  };
  const guarded = (): void => {
    try {
      check();
    } catch (err) {
      log.warn({ err }, 'gaps could not be reported; tried again');
    }
  };
  const timer: Timer = every(clock, checkMs, guarded);
  return { check, openCount: events.openStreamCount, close: () => timer.cancel() };
}
