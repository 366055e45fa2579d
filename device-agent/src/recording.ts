/** From hardware to the outbox: everything here works without any other computer. */
import type { Clock } from '@tramhoc/base/clock';
import { type Disk, localDisk } from '@tramhoc/base/disk';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import type { EnrolmentGrant } from '@tramhoc/protocol/enrolment';
import type { ClockQuality } from '@tramhoc/protocol/event';
import type { AgentNotice } from '@tramhoc/protocol/local-link';
import { openPunchLedger } from './attendance/punch-ledger.ts';
import { createTaps } from './attendance/taps.ts';
import type { AnyDriverDefinition } from './drivers/driver.ts';
import type { OpenLink } from './drivers/slot.ts';
import { createSlots, type Slots } from './drivers/slots.ts';
import type { Questions } from './link/questions.ts';
import { type Outbox, openOutbox } from './outbox/outbox.ts';
import { createDeviceFaults } from './telemetry/device-faults.ts';
import { greet } from './telemetry/greeting.ts';
import type { HostFacts } from './telemetry/host-facts.ts';
import { createTelemetry } from './telemetry/readings.ts';
import { createSlotEvents } from './telemetry/slot-events.ts';
import { createReconciler, type Reconciler } from './twin/reconciler.ts';
import { openTwinStore } from './twin/twin-store.ts';

export type Recording = {
  outbox: Outbox;
  slots: Pick<Slots, 'list' | 'running' | 'receiptPrinter'>;
  /** Opens and closes the slots: they are there between its start and stop. */
  twin: Reconciler;
  /** After twin.stop() and whatever still drains. */
  close(): void;
};

export type RecordingDeps = {
  dataDir: string;
  grant: EnrolmentGrant;
  facts: HostFacts;
  drivers: readonly AnyDriverDefinition[];
  openLink: OpenLink;
  ask: Questions['ask'];
  tell(notice: AgentNotice): void;
  clockQuality(): ClockQuality;
  /** A slot changed. */
  onChange(): void;
  clock: Clock;
  random: Random;
  log: Log;
  disk?: Disk;
  /** Cap of the outbox; the default is for a computer with a card of some GB. */
  outboxMaxBytes?: number;
};

/** Throws what openOutbox throws. No slot is open yet. */
export function openRecording(deps: RecordingDeps): Recording {
  const { dataDir, grant, drivers, ask, tell, clockQuality, clock, random, log, disk = localDisk } = deps;
  const owner = { siteId: grant.siteId, deviceId: grant.deviceId };
  const definitionOf = (kind: string): AnyDriverDefinition | undefined => drivers.find((driver) => driver.kind === kind);
  /** Rows were given up: the report of the twin may be among them. */
  let reportInDoubt = false;
  const outbox = openOutbox({
    ...{ dataDir, owner, clock, random, log, disk, clockQuality },
    onGaveUp: () => (reportInDoubt = true),
    ...(deps.outboxMaxBytes === undefined ? {} : { maxBytes: deps.outboxMaxBytes }),
  });
  const slotEvents = createSlotEvents({ outbox, health: () => slots.list(), clock, log });
  const wallTrusted = (): boolean => ['site', 'ntp'].includes(clockQuality());
  const ledger = openPunchLedger({ dataDir, waiting: outbox.queue, clock, wallTrusted, log, disk });
  const taps = createTaps({ outbox, ledger, cardKey: grant.cardKey, ask, tell, clock, log });
  const telemetry = createTelemetry({ outbox, clock, log });
  const deviceFaults = createDeviceFaults({ outbox, clock, log });
  const slots = createSlots({
    definitionOf,
    openLink: deps.openLink,
    notes: outbox.notes,
    onReading(reading) {
      deviceFaults.take(reading);
      const kept = [taps.take(reading), telemetry.take(reading)];
      return !kept.includes(false);
    },
    onStatus(status) {
      slotEvents.changed(status);
      deviceFaults.changed(status);
      deps.onChange();
    },
    clock,
    random,
    log,
  });
  const twin = createReconciler({
    store: openTwinStore(dataDir, log, disk),
    slots,
    definitionOf,
    report: (data) => void outbox.accept('vn.tramhoc.twin.reported.v1', data),
    clock,
    log,
  });
  outbox.onChange(() => {
    // once there is room again
    if (!reportInDoubt || outbox.pendingCount() > 0) return;
    reportInDoubt = false;
    twin.tellAgain();
  });
  greet({ outbox, facts: deps.facts, drivers, log });
  return {
    outbox,
    slots,
    twin,
    close() {
      slotEvents.close();
      deviceFaults.close();
      ledger.close();
      outbox.close();
    },
  };
}
