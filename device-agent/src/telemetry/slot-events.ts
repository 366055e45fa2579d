/** Changes of slots as device.slot events, damped by protocol/src/slot-report-machine.ts, and once an hour how they fare. */
import type { Clock, Timer } from '@tramhoc/base/clock';
import { every } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import type { EventData } from '@tramhoc/protocol/event';
import { SlotId } from '@tramhoc/protocol/ids';
import { noReports, type ReportState, reportStep } from '@tramhoc/protocol/slot-report-machine';
import type { SlotStatus } from '../drivers/slot.ts';
import type { Outbox } from '../outbox/outbox.ts';

export type SlotEvents = { changed(status: SlotStatus): void; close(): void };

/** Often enough to see today that a cable gets worse; eight slots make as many events a day as one pupil in a month. */
const healthMs = 3_600_000;

const same = (told: SlotStatus, now: SlotStatus): boolean => told.state === now.state && told.code === now.code && told.kind === now.kind;

export function createSlotEvents({
  outbox,
  health,
  clock,
  log,
}: {
  outbox: Pick<Outbox, 'accept'>;
  /** All slots as they are. */
  health(): readonly SlotStatus[];
  clock: Clock;
  log: Log;
}): SlotEvents {
  // a device has 8 slots at a time; names that were used once stay until the agent ends, which is few
  const slots = new Map<string, { reports: ReportState<SlotStatus>; timer?: Timer | undefined }>();
  const toldCounts = new Map<string, string>();
  let closed = false;
  const tellOf = (status: SlotStatus): void => {
    try {
      outbox.accept('vn.tramhoc.device.slot.v1', eventOf(status, clock.monotonicMs()));
      toldCounts.set(status.slot, countsOf(status));
    } catch (err) {
      log.error({ err, slot: status.slot }, 'a change of a slot could not be kept');
    }
  };
  const look = (name: string, status: SlotStatus | undefined): void => {
    if (closed) return;
    const known = slots.get(name) ?? { reports: noReports<SlotStatus>(clock.monotonicMs()) };
    known.timer?.cancel();
    const { state, tell, lookAgainMs } = reportStep(known.reports, { status, nowMs: clock.monotonicMs(), same });
    const timer = lookAgainMs === undefined ? undefined : clock.after(lookAgainMs, () => look(name, undefined), { background: true });
    slots.set(name, { reports: state, timer });
    if (tell !== undefined) tellOf(tell);
  };
  const hourly = every(clock, healthMs, () => {
    for (const status of health()) {
      const told = slots.get(status.slot)?.reports.told;
      const calm = told !== undefined && same(told, status);
      if (calm && status.state === 'open' && toldCounts.get(status.slot) !== countsOf(status)) tellOf(status);
    }
  });
  return {
    // a slot that is being opened is told when it is open, or when it cannot be opened
    changed(status) {
      if (status.state !== 'opening') look(status.slot, status);
    },
    close() {
      closed = true;
      hourly.cancel();
      for (const { timer } of slots.values()) timer?.cancel();
    },
  };
}

/** What makes an hour's report worth sending: a device that sleeps all night says nothing. */
function countsOf({ skippedBytes, timeoutCount, reopenCount, lastFrameAtMs }: SlotStatus): string {
  return [skippedBytes, timeoutCount, reopenCount, lastFrameAtMs ?? ''].join(' ');
}

function eventOf(status: SlotStatus, nowMs: number): EventData<'vn.tramhoc.device.slot.v1'> {
  const { slot, kind, state, code, message, skippedBytes, reopenCount, timeoutCount, sinceMs, lastFrameAtMs } = status;
  return {
    slot: SlotId.parse(slot),
    driver: kind,
    state,
    ...(code === undefined ? {} : { code }),
    ...(message === undefined ? {} : { message: message.slice(0, 300) }),
    skippedBytes,
    reopenCount,
    timeoutCount,
    stateMs: agoMs(sinceMs, nowMs),
    ...(lastFrameAtMs === undefined ? {} : { lastFrameAgoMs: agoMs(lastFrameAtMs, nowMs) }),
  };
}

const agoMs = (atMs: number, nowMs: number): number => Math.max(0, Math.round(nowMs - atMs));
