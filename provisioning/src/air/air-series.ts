/** Curves of the measured values of a site, thinned by averaging to what a screen can show. */
import type { Database } from '@tramhoc/base/sqlite';
import type { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import { type Quantity, quantities } from '@tramhoc/protocol/sensor';
import type { z } from 'zod';
import type { AirSeries } from '../api/contract.ts';

export const maxPoints = 2_000;
/** Sensors of the largest school, six quantities each; the rest is on the device's own page. */
const maxSeries = 600;
const hourMs = 3_600_000;
type Point = { device_id: DeviceId; device_name: string; slot: string; quantity: Quantity; at_ms: number; value: number };
export type AirReader = {
  series(siteId: SiteId, window: { untilMs: number; hours: number }): z.infer<typeof AirSeries>[];
  /** Readings are kept this long; what matters longer is in the events. */
  forgetBefore(atMs: number): void;
};

export function airReader(db: Database): AirReader {
  // grouping by the start of each step makes all series share their times
  const points = db.prepare<Point>(
    `SELECT r.device_id, d.name AS device_name, r.slot, r.quantity, (r.at_ms - r.at_ms % ?) AS step, CAST(avg(r.at_ms) AS INTEGER) AS at_ms, avg(r.value) AS value
     FROM readings r JOIN devices d ON d.device_id = r.device_id WHERE r.site_id = ? AND r.at_ms > ? AND r.at_ms <= ?
     GROUP BY r.device_id, r.slot, r.quantity, step ORDER BY d.name, r.device_id, r.slot, r.quantity, step`,
  );
  const forget = db.prepare('DELETE FROM readings WHERE at_ms < ?');
  return {
    series(siteId, { untilMs, hours }) {
      const fromMs = untilMs - hours * hourMs;
      // one step more than fits: the window may begin and end inside a step
      const stepMs = Math.ceil((hours * hourMs) / (maxPoints - 1));
      const found: z.infer<typeof AirSeries>[] = [];
      for (const row of points.iterate(stepMs, siteId, fromMs, untilMs)) {
        const last = found.at(-1);
        if (last?.deviceId === row.device_id && last.slot === row.slot && last.quantity === row.quantity) {
          last.points.push([row.at_ms, round(row.value)]);
          continue;
        }
        if (found.length >= maxSeries) break;
        found.push({
          ...{ deviceId: row.device_id, deviceName: row.device_name, slot: row.slot, quantity: row.quantity },
          ...{ unit: quantities[row.quantity].unit, points: [[row.at_ms, round(row.value)]] },
        });
      }
      return found;
    },
    forgetBefore: (atMs) => void forget.run(atMs),
  };
}

const round = (value: number): number => Math.round(value * 100) / 100;
