/** What sensors, displays and readers of library items tell, as events. */
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import type { DisplayState } from '@tramhoc/protocol/asset';
import { SlotId } from '@tramhoc/protocol/ids';
import type { SlotReading } from '../drivers/slots.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { createItemsSeen } from './items-seen.ts';

export type Telemetry = {
  /** Measurements, display states and items; other readings are not for it. `false`: the disk refused. Never throws: what cannot be kept is in the log. */
  take(reading: SlotReading): boolean;
};

/** A display that does not change is told again this often, so that hours in use can be added up. */
const displayAgainMs = 15 * 60_000;
/** schema of sensor.reading.v1. */
const maxMeasurements = 16;

export function createTelemetry({ outbox, clock, log }: { outbox: Pick<Outbox, 'accept'>; clock: Clock; log: Log }): Telemetry {
  const itemsSeen = createItemsSeen({ outbox, clock });
  const displays = new Map<string, { state: DisplayState; toldMs: number }>();
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
    take({ slot, kind, reading }) {
      if (reading.kind === 'measurements') {
        const measurements = reading.measurements.filter(({ value }) => Number.isFinite(value)).slice(0, maxMeasurements);
        if (measurements.length === 0) return true;
        const data = { slot: SlotId.parse(slot), driver: kind, measurements, sampleCount: reading.sampleCount };
        return accept(slot, () => outbox.accept('vn.tramhoc.sensor.reading.v1', data));
      }
      if (reading.kind === 'display') {
        const told = displays.get(slot);
        const nowMs = clock.monotonicMs();
        if (told !== undefined && isDeepStrictEqual(told.state, reading.state) && nowMs - told.toldMs < displayAgainMs) return true;
        return accept(slot, () => {
          outbox.accept('vn.tramhoc.asset.display.v1', { slot: SlotId.parse(slot), driver: kind, state: reading.state });
          displays.set(slot, { state: reading.state, toldMs: nowMs });
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
