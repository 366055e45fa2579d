/** Tells the centre of gaps that stay. Batches overtake each other for a moment, so a gap has to last before it counts. */
import { type Clock, every, type Timer } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import { Seq } from '@tramhoc/protocol/ids';
import type { SiteDatabase } from '../site-database.ts';
import type { EventStore } from './event-store.ts';
import type { OwnFacts } from './own-facts.ts';

export type GapWatch = { check(): void; openCount(): number; close(): void };

/** A batch that was lost with its connection is sent again within the agent's backoff, which starts at half a second. */
export const gapAfterMs = 15_000;
const checkMs = 5_000;

export function watchGaps(options: {
  database: SiteDatabase;
  events: EventStore;
  ownFacts: OwnFacts;
  clock: Clock;
  log: Log;
  onReported(): void;
}): GapWatch {
  const { database, events, ownFacts, clock, log } = options;
  /** When each open gap was first seen; as many as the store holds (200 a stream). */
  let seen = new Map<string, number>();

  const check = (): void => {
    const nowMs = clock.monotonicMs();
    const still = new Map<string, number>();
    for (const { device, epoch, stream } of events.streamsWithOpenGaps()) {
      const due = stream.gaps.filter((gap) => {
        if (gap.state !== 'open') return false;
        const name = `${device} ${epoch} ${gap.from}`;
        const sinceMs = seen.get(name) ?? nowMs;
        if (nowMs - sinceMs >= gapAfterMs) return true;
        still.set(name, sinceMs);
        return false;
      });
      if (due.length === 0) continue;
      database.transaction(() => {
        const gaps = stream.gaps.map((gap) => (due.includes(gap) ? { ...gap, state: 'reported' as const } : gap));
        events.keepStream({ device, epoch }, { ...stream, gaps });
        for (const { from, to } of due)
          ownFacts.append({ type: 'vn.tramhoc.site.gap.v1', data: { device, epoch, from: Seq.parse(from), to: Seq.parse(to) } });
      });
      for (const { from, to } of due) {
        options.onReported();
        log.warn({ deviceId: device, epoch, from, to }, 'events of a device are missing');
      }
    }
    seen = still;
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
