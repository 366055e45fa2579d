/** Changes of slots as device.slot events, damped by protocol/src/slot-report-machine.ts. */
import type { Clock, Timer } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import { SlotId } from '@tramhoc/protocol/ids';
import { noReports, type ReportState, reportStep } from '@tramhoc/protocol/slot-report-machine';
import type { SlotStatus } from '../drivers/slot.ts';
import type { Outbox } from '../outbox/outbox.ts';

export type SlotEvents = { changed(status: SlotStatus): void; close(): void };

const same = (told: SlotStatus, now: SlotStatus): boolean => told.state === now.state && told.code === now.code && told.kind === now.kind;

export function createSlotEvents({ outbox, clock, log }: { outbox: Pick<Outbox, 'accept'>; clock: Clock; log: Log }): SlotEvents {
  // a device has 8 slots at a time; names that were used once stay until the agent ends, which is few
  const slots = new Map<string, { reports: ReportState<SlotStatus>; timer?: Timer | undefined }>();
  let closed = false;
  const look = (name: string, status: SlotStatus | undefined): void => {
    if (closed) return;
    const known = slots.get(name) ?? { reports: noReports<SlotStatus>(clock.monotonicMs()) };
    known.timer?.cancel();
    const { state, tell, lookAgainMs } = reportStep(known.reports, { status, nowMs: clock.monotonicMs(), same });
    const timer = lookAgainMs === undefined ? undefined : clock.after(lookAgainMs, () => look(name, undefined), { background: true });
    slots.set(name, { reports: state, timer });
    if (tell === undefined) return;
    try {
      outbox.accept('vn.tramhoc.device.slot.v1', eventOf(tell));
    } catch (err) {
      log.error({ err, slot: name }, 'a change of a slot could not be kept');
    }
  };
  return {
    // a slot that is being opened is told when it is open, or when it cannot be opened
    changed(status) {
      if (status.state !== 'opening') look(status.slot, status);
    },
    close() {
      closed = true;
      for (const { timer } of slots.values()) timer?.cancel();
    },
  };
}

function eventOf({ slot, kind, state, code, message, skippedBytes, reopenCount }: SlotStatus) {
  return {
    slot: SlotId.parse(slot),
    driver: kind,
    state,
    ...(code === undefined ? {} : { code }),
    ...(message === undefined ? {} : { message: message.slice(0, 300) }),
    skippedBytes,
    reopenCount,
  };
}
