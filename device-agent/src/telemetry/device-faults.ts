/** What devices say is wrong with them, as events: each fault once when it comes and once when it goes, also over a restart. */
import { isDeepStrictEqual } from 'node:util';
import type { Clock, Timer } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import { DeviceFault, faultsOfDisplay, faultsOfPrinter, maxDeviceFaults } from '@tramhoc/protocol/device-fault';
import { SlotId } from '@tramhoc/protocol/ids';
import { noReports, type ReportState, reportStep } from '@tramhoc/protocol/slot-report-machine';
import { z } from 'zod';
import type { Reading } from '../drivers/driver.ts';
import type { SlotStatus } from '../drivers/slot.ts';
import type { SlotReading } from '../drivers/slots.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { planFaultEvents } from './plan-fault-events.ts';

export type DeviceFaults = {
  /** Readings without faults are not for it. Never throws: what cannot be kept is in the log and tried again with the next change. */
  take(reading: SlotReading): void;
  /** A slot that was given up has no faults any more; one that is only lost keeps them. */
  changed(status: SlotStatus): void;
  close(): void;
};

type Present = { driver: string; faults: readonly DeviceFault[] };
type Entry = { reports: ReportState<Present>; timer?: Timer | undefined };

/** When the agent itself ends, its slots close too: what is wrong stays wrong. */
const givenUpMs = 5_000;
const same = (told: Present, now: Present): boolean => isDeepStrictEqual(told.faults, now.faults);
const Told = z.object({ driver: z.string(), faults: z.array(DeviceFault) });

export function createDeviceFaults({
  outbox,
  clock,
  log,
}: {
  outbox: Pick<Outbox, 'accept' | 'notes'>;
  clock: Clock;
  log: Log;
}): DeviceFaults {
  const slots = new Map<string, Entry>();
  let closed = false;
  const entryOf = (slot: string): Entry => {
    const known = slots.get(slot);
    if (known !== undefined) return known;
    const entry: Entry = { reports: { ...noReports<Present>(clock.monotonicMs()), told: toldBefore(outbox, slot) } };
    slots.set(slot, entry);
    return entry;
  };
  const look = (slot: string, present: Present | undefined): void => {
    if (closed) return;
    const entry = entryOf(slot);
    entry.timer?.cancel();
    const before = entry.reports.told;
    const { state, tell, lookAgainMs } = reportStep(entry.reports, {
      status: present,
      nowMs: clock.monotonicMs(),
      same,
    });
    const timer = lookAgainMs === undefined ? undefined : clock.after(lookAgainMs, () => look(slot, undefined), { background: true });
    slots.set(slot, { reports: state, timer });
    if (tell === undefined) return;
    try {
      for (const { fault, raised } of planFaultEvents(before?.faults ?? [], tell.faults))
        outbox.accept('vn.tramhoc.asset.fault.v1', { slot: SlotId.parse(slot), driver: tell.driver, ...fault, raised });
      outbox.notes.set(noteOf(slot), JSON.stringify(tell));
    } catch (err) {
      log.error({ err, slot }, 'a fault of a device could not be kept');
      slots.set(slot, { reports: { ...state, told: before }, timer });
    }
  };
  return {
    take({ slot, kind, reading }) {
      const faults = faultsIn(reading);
      if (faults !== undefined) look(slot, { driver: kind, faults: faults.slice(0, maxDeviceFaults) });
    },
    changed({ slot, kind, state }) {
      if (closed || state !== 'closed') return;
      const entry = entryOf(slot);
      if ((entry.reports.told?.faults ?? []).length === 0 && entry.reports.held === undefined) return;
      entry.timer?.cancel();
      entry.timer = clock.after(givenUpMs, () => look(slot, { driver: kind, faults: [] }), { background: true });
    },
    close() {
      closed = true;
      for (const { timer } of slots.values()) timer?.cancel();
    },
  };
}

function faultsIn(reading: Reading): DeviceFault[] | undefined {
  switch (reading.kind) {
    case 'faults':
      return reading.faults;
    case 'display':
      // most displays tell their faults only while they are on
      return reading.state.power === 'on' || reading.state.faults.length > 0 ? faultsOfDisplay(reading.state) : undefined;
    case 'printer':
      return faultsOfPrinter(reading.state);
    default:
      return undefined;
  }
}

const noteOf = (slot: string): string => `faults.${slot}`;

/** Before the agent was started anew. A slot that is new, or notes that cannot be read, begin with nothing told. */
function toldBefore(outbox: Pick<Outbox, 'notes'>, slot: string): Present {
  const none = { driver: '', faults: [] };
  const note = outbox.notes.get(noteOf(slot));
  if (note === undefined) return none;
  try {
    return Told.safeParse(JSON.parse(note)).data ?? none;
  } catch {
    return none;
  }
}
