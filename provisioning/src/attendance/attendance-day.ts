/** Who was there on a day, from the taps of that day and the site's roster as it is now. */
import type { Database } from '@tramhoc/base/sqlite';
import type { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import type { CardHolder } from '@tramhoc/protocol/roster';
import type { AttendanceDay } from '../api/contract.ts';

const unknownCardsShown = 50;
type CardTaps = { card_hash: string; first_ms: number | null; last_ms: number | null; tap_count: number; doubtful: number };
type UnknownTap = { at_ms: number | null; device_id: DeviceId; slot: string; card_hash: string };

export type AttendanceReader = (siteId: SiteId, day: string, holders: readonly CardHolder[]) => AttendanceDay;

export function attendanceReader(db: Database): AttendanceReader {
  const byCard = db.prepare<CardTaps>(
    `SELECT card_hash, min(at_ms) AS first_ms, max(at_ms) AS last_ms, count(*) AS tap_count, max(doubtful) AS doubtful
       FROM taps WHERE site_id = ? AND day = ? GROUP BY card_hash`,
  );
  const unknown = db.prepare<UnknownTap>(
    `SELECT at_ms, device_id, slot, card_hash FROM taps t WHERE site_id = ? AND day = ?
       AND NOT EXISTS (SELECT 1 FROM roster r WHERE r.site_id = t.site_id AND r.card_hash = t.card_hash) ORDER BY position DESC LIMIT ?`,
  );
  return (siteId, day, holders) => {
    const rows = attendanceRows(holders, byCard.all(siteId, day));
    const presentCount = rows.filter((row) => row.tapCount > 0).length;
    return {
      ...{ siteId, date: day, rows, presentCount, absentCount: rows.length - presentCount },
      unknownCards: unknown.all(siteId, day, unknownCardsShown).map(({ at_ms, device_id, slot, card_hash }) => ({
        ...{ atMs: at_ms, deviceId: device_id, slot, cardHashPrefix: card_hash.slice(0, 8) },
      })),
    };
  };
}

/** One row a person, in the roster's order; a person may carry several cards. */
export function attendanceRows(holders: readonly CardHolder[], taps: readonly CardTaps[]): AttendanceDay['rows'] {
  const byHash = new Map(taps.map((row) => [row.card_hash, row]));
  const people = new Map<string, AttendanceDay['rows'][number]>();
  for (const holder of holders) {
    const tapped = byHash.get(holder.cardHash);
    const before = people.get(holder.personId);
    people.set(holder.personId, {
      ...(before ?? { personId: holder.personId, name: holder.name, group: holder.group }),
      firstMs: least(before?.firstMs, tapped?.first_ms),
      lastMs: most(before?.lastMs, tapped?.last_ms),
      tapCount: (before?.tapCount ?? 0) + (tapped?.tap_count ?? 0),
      timeDoubtful: before?.timeDoubtful === true || tapped?.doubtful === 1,
    });
  }
  return [...people.values()];
}

function least(a: number | null | undefined, b: number | null | undefined): number | null {
  return a === null || a === undefined ? (b ?? null) : b === null || b === undefined ? a : Math.min(a, b);
}
function most(a: number | null | undefined, b: number | null | undefined): number | null {
  return a === null || a === undefined ? (b ?? null) : b === null || b === undefined ? a : Math.max(a, b);
}
