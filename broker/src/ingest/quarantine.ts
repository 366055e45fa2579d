/** What could not be understood: kept at the site for a person to look at, acknowledged so that it blocks nobody. */
import { sha256Hex } from '@tramhoc/base/digest';
import type { DeviceId } from '@tramhoc/protocol/ids';
import type { SiteDatabase } from '../site-database.ts';

export type QuarantineEntry = { device: DeviceId; topic: string; code: string; reason: string; payload: Uint8Array; atMs: number };
export type QuarantineSummary = {
  device: string;
  topic: string;
  code: string;
  reason: string;
  payloadBytes: number;
  atMs: number;
  times: number;
};

export type Quarantine = {
  /** Inside a transaction. Gives how many old entries had to go. */
  put(entry: QuarantineEntry): { evicted: number };
  count(): number;
  latest(limit: number): QuarantineSummary[];
};

/** A week of a device that sends rubbish every minute. */
const maxEntries = 10_000;
const maxBytes = 64 * 1024 * 1024;
const recountEvery = 500;

export function createQuarantine(database: SiteDatabase, limits = { maxEntries, maxBytes }): Quarantine {
  const put = database.prepare<{ times: number }>(
    `INSERT INTO quarantine (at_ms, device, topic, code, reason, payload, digest, times) VALUES (?, ?, ?, ?, ?, ?, ?, 1)
     ON CONFLICT (device, digest) DO UPDATE SET at_ms = excluded.at_ms, times = times + 1 RETURNING times`,
  );
  const totals = database.prepare<{ entries: number; bytes: number | null }>(
    'SELECT count(*) AS entries, sum(length(payload)) AS bytes FROM quarantine',
  );
  const dropOldest = database.prepare<{ bytes: number }>(
    'DELETE FROM quarantine WHERE id = (SELECT min(id) FROM quarantine) RETURNING length(payload) AS bytes',
  );
  const latest = database.prepare<QuarantineSummary>(
    `SELECT device, topic, code, reason, length(payload) AS payloadBytes, at_ms AS atMs, times FROM quarantine
     ORDER BY at_ms DESC, id DESC LIMIT ?`,
  );
  const before = totals.get()!;
  // kept by put(), and counted anew now and then: a transaction that rolled back leaves them a little off
  let known = { entries: before.entries, bytes: before.bytes ?? 0 };
  let puts = 0;
  const recount = (): void => {
    puts = 0;
    const now = totals.get()!;
    known = { entries: now.entries, bytes: now.bytes ?? 0 };
  };
  return {
    put({ device, topic, code, reason, payload, atMs }) {
      const digest = sha256Hex(payload).slice(0, 32);
      const times = put.all(atMs, device, topic.slice(0, 200), code, reason.slice(0, 300), payload, digest)[0]!.times;
      if (times > 1) return { evicted: 0 };
      known = { entries: known.entries + 1, bytes: known.bytes + payload.length };
      if (known.entries <= limits.maxEntries && known.bytes <= limits.maxBytes) return { evicted: 0 };
      puts += 1;
      if (puts >= recountEvery) recount();
      let evicted = 0;
      while (known.entries > limits.maxEntries || known.bytes > limits.maxBytes) {
        const gone = dropOldest.all()[0];
        if (gone === undefined) break;
        known = { entries: known.entries - 1, bytes: known.bytes - gone.bytes };
        evicted += 1;
      }
      return { evicted };
    },
    count: () => totals.get()!.entries,
    latest: (limit) => latest.all(limit),
  };
}
