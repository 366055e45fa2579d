/** What sensors, displays, printers, readers of library items and the computer itself tell, as events. */
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import type { EventData } from '@tramhoc/protocol/event';
import { SlotId } from '@tramhoc/protocol/ids';
import type { SlotReading } from '../drivers/slots.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { createItemsSeen } from './items-seen.ts';
import { createUsbWatch } from './usb-watch.ts';

export type Telemetry = {
  /** Measurements, states of devices and items; other readings are not for it. `false`: the disk refused. Never throws: what cannot be kept is in the log. */
  take(reading: SlotReading): boolean;
};

type StateEvent = 'vn.tramhoc.asset.display.v1' | 'vn.tramhoc.asset.printer.v1' | 'vn.tramhoc.asset.computer.v1';
/** A state that does not change is told again this often: of a display so that its hours in use can be added up, of others so that it is seen to be alive. */
const states: Readonly<Record<'display' | 'printer' | 'computer', { type: StateEvent; againMs: number }>> = {
  display: { type: 'vn.tramhoc.asset.display.v1', againMs: 15 * 60_000 },
  printer: { type: 'vn.tramhoc.asset.printer.v1', againMs: 24 * 60 * 60_000 },
  computer: { type: 'vn.tramhoc.asset.computer.v1', againMs: 24 * 60 * 60_000 },
};
/** schema of sensor.reading.v1. */
const maxMeasurements = 16;

export function createTelemetry({ outbox, clock, log }: { outbox: Pick<Outbox, 'accept' | 'notes'>; clock: Clock; log: Log }): Telemetry {
  const itemsSeen = createItemsSeen({ outbox, clock });
  const usb = createUsbWatch({ outbox });
  const told = new Map<string, { state: unknown; toldMs: number }>();
  const accept = (slot: string, work: () => void): boolean => {
    try {
      work();
      return true;
    } catch (err) {
      log.error({ err, slot }, 'a reading could not be kept');
      return false;
    }
  };
  return {
    take({ slot, kind, config, reading }) {
      if (reading.kind === 'measurements') {
        const measurements = reading.measurements.filter(({ value }) => Number.isFinite(value)).slice(0, maxMeasurements);
        if (measurements.length === 0) return true;
        const data = { slot: SlotId.parse(slot), driver: kind, measurements, sampleCount: reading.sampleCount };
        return accept(slot, () => outbox.accept('vn.tramhoc.sensor.reading.v1', data));
      }
      if (reading.kind === 'computer-load') {
        const { load, sampleCount } = reading;
        return accept(slot, () =>
          outbox.accept('vn.tramhoc.asset.computer-load.v1', { slot: SlotId.parse(slot), driver: kind, load, sampleCount }),
        );
      }
      if (reading.kind === 'display' || reading.kind === 'printer' || reading.kind === 'computer') {
        const { type, againMs } = states[reading.kind];
        const before = told.get(slot);
        const nowMs = clock.monotonicMs();
        if (before !== undefined && isDeepStrictEqual(before.state, reading.state) && nowMs - before.toldMs < againMs) return true;
        return accept(slot, () => {
          if (reading.kind === 'computer') usb.look({ slot, kind, config, devices: reading.state.usb });
          outbox.accept(type, { slot: SlotId.parse(slot), driver: kind, state: reading.state } as EventData<StateEvent>);
          told.set(slot, { state: reading.state, toldMs: nowMs });
        });
      }
      if (reading.kind === 'items') {
        const { mode, items } = reading;
        return accept(slot, () => itemsSeen.take({ slot, kind, mode, items }));
      }
      return true;
    },
  };
}
