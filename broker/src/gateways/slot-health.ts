/** Whether a device behind a gateway is there, as slot events; a device that comes and goes is told now and then (protocol/src/slot-report-machine.ts). */
import type { Clock, Timer } from '@tramhoc/base/clock';
import type { ErrorCode } from '@tramhoc/protocol/errors';
import type { SlotId } from '@tramhoc/protocol/ids';
import { noReports, reportStep } from '@tramhoc/protocol/slot-report-machine';
import type { OwnFact } from '../ingest/own-facts.ts';

export type SlotHealth = {
  open(): void;
  lost(code: ErrorCode, message: string): void;
  isOpen(): boolean;
  /** Nobody waits for it any more. */
  gone(): void;
  close(): void;
};

type Status = { state: 'open' } | { state: 'lost'; code: ErrorCode; message: string };
const same = (told: Status, now: Status): boolean =>
  told.state === 'lost' && now.state === 'lost' ? told.code === now.code : told.state === now.state;

export function createSlotHealth(options: { slot: SlotId; driver: string; clock: Clock; emit(fact: OwnFact): void }): SlotHealth {
  const { slot, driver, clock, emit } = options;
  let reports = noReports<Status>(clock.monotonicMs());
  let now: Status | undefined;
  let timer: Timer | undefined;
  let comebacks = -1;
  const look = (status: Status | undefined): void => {
    timer?.cancel();
    const step = reportStep(reports, { status, nowMs: clock.monotonicMs(), same });
    reports = step.state;
    timer = step.lookAgainMs === undefined ? undefined : clock.after(step.lookAgainMs, () => look(undefined), { background: true });
    if (step.tell !== undefined) emit(factOf(step.tell));
  };
  const factOf = (status: Status): OwnFact => ({
    type: 'vn.tramhoc.device.slot.v1',
    data: {
      ...{ slot, driver, state: status.state, skippedBytes: 0, reopenCount: Math.max(0, comebacks) },
      ...(status.state === 'lost' ? { code: status.code, message: status.message } : {}),
    },
  });
  const become = (next: Status): void => {
    if (now !== undefined && same(now, next)) return;
    if (next.state === 'open') comebacks += 1;
    now = next;
    look(next);
  };
  return {
    open: () => become({ state: 'open' }),
    lost: (code, message) => become({ state: 'lost', code, message }),
    isOpen: () => now?.state === 'open',
    gone() {
      timer?.cancel();
      emit(closedSlot(slot, driver));
    },
    close: () => timer?.cancel(),
  };
}

/** Nobody waits for this slot any more. */
export function closedSlot(slot: SlotId, driver: string): OwnFact {
  return { type: 'vn.tramhoc.device.slot.v1', data: { slot, driver, state: 'closed', skippedBytes: 0, reopenCount: 0 } };
}
