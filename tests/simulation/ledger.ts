/**
 * What was promised, written down where the promise is made: each event at the commit of its outbox, each notice on a screen, each acknowledgement on
 * a wire. At the end it is compared with what the centre has.
 */
import type { DeviceId } from '@tramhoc/protocol/ids';
import type BetterSqlite3 from 'better-sqlite3';
import type { Committed, DiskImage, Platter, SimulatedDisk } from './simulated-disk.ts';

export type Accepted = {
  id: string;
  device: DeviceId;
  epoch: string;
  seq: number;
  type: string;
  keepLongest: boolean;
  /** Of feedback: the code that the person was shown. */
  trackingCode: string | undefined;
  /** A screen said that it counts. */
  presented: boolean;
  /** Given up for lack of space, by the device or by its site. */
  evicted: boolean;
  /** Its site let it go after its time, while the centre may have been put back. */
  letGo: boolean;
  /** Why nobody can have it any more: the only disks that held it were exchanged. */
  excused: string | undefined;
};
export type Ledger = {
  accepted: Map<string, Accepted>;
  /** A disk of it or of its site was exchanged: first arrivals may be out of order. */
  disordered: Set<DeviceId>;
  committed(device: DeviceId, disk: SimulatedDisk, path: string, done: readonly Committed[]): void;
  siteCommitted(disk: SimulatedDisk, path: string, done: readonly Committed[]): void;
  presented(tapId: string, platter: Platter | undefined): void;
  presentedFeedback(trackingCode: string, platter: Platter | undefined): void;
  byPlace(device: string, epoch: string, seq: number): Accepted | undefined;
};

const droppedType = 'vn.tramhoc.outbox.dropped.v1';

export function createLedger(violation: (what: string) => void): Ledger {
  const accepted = new Map<string, Accepted>();
  const places = new Map<string, Accepted>();
  const codes = new Map<string, Accepted>();
  const place = (device: string, epoch: string, seq: number): string => `${device} ${epoch} ${seq}`;
  const show = (entry: Accepted | undefined, platter: Platter | undefined, what: string): void => {
    if (entry === undefined) violation(`shown as accepted before it was committed: ${what}`);
    else if (platter === undefined || platter.unsyncedCommits > 0)
      violation(`shown as accepted although a power cut would still lose it: ${what}`);
    if (entry !== undefined) entry.presented = true;
  };
  return {
    accepted,
    disordered: new Set(),
    byPlace: (device, epoch, seq) => places.get(place(device, epoch, seq)),
    committed(device, disk, path, done) {
      for (const item of done) {
        if (item.what === 'accepted') {
          const [epoch, seq, id, type, keep, , , body] = item.row as [string, number, string, string, number, number, number, string];
          const trackingCode = /"trackingCode":"([^"]+)"/.exec(body)?.[1];
          const entry: Accepted = {
            ...{ id, device, epoch, seq, type, keepLongest: keep === 1, trackingCode },
            ...{ presented: false, evicted: false, letGo: false, excused: undefined },
          };
          accepted.set(id, entry);
          places.set(place(device, epoch, seq), entry);
          if (trackingCode !== undefined) codes.set(trackingCode, entry);
        } else if (item.what === 'evicted') {
          const row = item.row as { id: string; keep_longest: number } | undefined;
          const entry = row === undefined ? undefined : accepted.get(row.id);
          if (entry === undefined) continue;
          entry.evicted = true;
          disk.count(entry.keepLongest ? 'taps given up by a device' : 'telemetry given up by a device');
        }
      }
      const gaveUpKept = done.some((item) => item.what === 'evicted' && (item.row as { keep_longest: number }).keep_longest === 1);
      if (gaveUpKept) attendanceLast(disk, path, violation);
    },
    siteCommitted(disk, path, done) {
      for (const item of done) {
        if (item.what !== 'given up') continue;
        for (const { device, epoch, seq } of item.rows as { device: string; epoch: string; seq: number }[]) {
          const entry = places.get(place(device, epoch, seq));
          if (entry === undefined) continue;
          entry.evicted = true;
          disk.count(entry.keepLongest ? 'taps given up by a site' : 'telemetry given up by a site');
        }
        if (!item.keep || item.rows.length === 0) continue;
        const { left } = disk.platters
          .get(path)!
          .raw.prepare(
            // records of what is gone are no telemetry, nor is the last fact about who is there
            `SELECT count(*) AS left FROM event WHERE keep = 0 AND body NOT LIKE '%"type":"vn.tramhoc.site.dropped.v1"%'
             AND position NOT IN (SELECT told FROM presence WHERE told IS NOT NULL)
             AND position > coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'upstream.position'), 0)`,
          )
          .get() as { left: number };
        if (left > 0) violation(`${disk.name} gave up attendance while it still had ${left} rows of telemetry`);
      }
    },
    presented: (tapId, platter) => show(accepted.get(tapId), platter, `tap ${tapId}`),
    presentedFeedback: (code, platter) => show(codes.get(code), platter, `feedback ${code}`),
  };
}

function attendanceLast(disk: SimulatedDisk, path: string, violation: (what: string) => void): void {
  const { left } = disk.platters
    .get(path)!
    .raw.prepare('SELECT count(*) AS left FROM queue WHERE keep_longest = 0 AND kind <> ?')
    .get(droppedType) as { left: number };
  if (left > 0) violation(`${disk.name} gave up attendance while it still had ${left} rows of telemetry`);
}

/** Ids of the events in a database of an agent, a site or the centre; none when it is damaged or not there. */
export function idsIn(raw: BetterSqlite3.Database | undefined, table: 'queue' | 'event' | 'events'): Set<string> {
  const sql = table === 'event' ? "SELECT body ->> '$.id' FROM event WHERE json_valid(body)" : `SELECT id FROM ${table}`;
  try {
    return new Set(raw?.prepare(sql).pluck().all() as string[] | undefined);
  } catch (cause) {
    // a damaged file has nothing; a question that the schema does not understand is ours
    if (String(cause).includes('no such')) throw cause;
    return new Set();
  }
}

export type Exchange = {
  ledger: Ledger;
  image: DiskImage | undefined;
  path: string;
  /** What the disk held before it was damaged or exchanged. */
  held: ReadonlySet<string>;
  open(bytes: Buffer): BetterSqlite3.Database;
  table: 'queue' | 'event';
  /** Every other disk that may hold a copy. */
  elsewhere: readonly ReadonlySet<string>[];
};

/** The exact rule of what may be missing: an event whose last copy was on a disk that is exchanged, and not in the image that is put there. */
export function excuse({ ledger, image, path, held, open, table, elsewhere }: Exchange, why: string): number {
  const bytes = image?.databases.get(path);
  const old = bytes === undefined ? undefined : open(bytes);
  const kept = idsIn(old, table);
  old?.close();
  let count = 0;
  for (const id of held) {
    const entry = ledger.accepted.get(id);
    if (entry === undefined || entry.excused !== undefined || kept.has(id) || elsewhere.some((ids) => ids.has(id))) continue;
    entry.excused = why;
    count += 1;
  }
  return count;
}

/** Whether the centre has been told that this event was given up. */
export function declaredLosses(centre: BetterSqlite3.Database): (entry: Pick<Accepted, 'device' | 'epoch' | 'seq'>) => boolean {
  const rows = centre
    .prepare("SELECT device_id, data FROM events WHERE type IN ('vn.tramhoc.outbox.dropped.v1', 'vn.tramhoc.site.dropped.v1')")
    .all() as { device_id: string; data: string }[];
  const ranges = rows.map(({ device_id, data }) => {
    const { device, epoch, from, to } = JSON.parse(data) as { device?: string; epoch: string; from: number; to: number };
    return { device: device ?? device_id, epoch, from, to };
  });
  return ({ device, epoch, seq }) =>
    ranges.some((range) => range.device === device && range.epoch === epoch && range.from <= seq && seq <= range.to);
}
