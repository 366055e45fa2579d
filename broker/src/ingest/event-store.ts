/** Events of the site in the order they were admitted, and how far each outbox has arrived. Called inside transactions of ingest. */
import { sha256Hex } from '@tramhoc/base/digest';
import type { DeviceId, Epoch } from '@tramhoc/protocol/ids';
import { canonicalJson } from '@tramhoc/protocol/twin';
import type { SiteDatabase } from '../site-database.ts';
import { emptyStream, Gaps, type Stream } from './seq-gap.ts';

export type NewRow = {
  device: DeviceId;
  epoch: Epoch;
  seq: number;
  id: string;
  keep: boolean;
  digest: string;
  admittedMs: number;
  body: string;
};
export type StoredRow = { position: number; device: DeviceId; epoch: Epoch; seq: number; admittedMs: number; body: string };
export type StreamKey = { device: DeviceId; epoch: Epoch };

export type EventStore = {
  insert(row: NewRow): void;
  /** Digest of the row with this identity, or undefined. */
  digestAt(key: StreamKey & { seq: number }): string | undefined;
  isIdTaken(id: string): boolean;
  stream(key: StreamKey): Stream;
  keepStream(key: StreamKey, stream: Stream, heardMs: number): void;
  streamsWithOpenGaps(): (StreamKey & { stream: Stream })[];
  /** Rows after `afterPosition` in order, at most `limit` and about `maxBytes` of bodies, at least one. */
  read(options: { afterPosition: number; limit: number; maxBytes: number }): StoredRow[];
  lastPosition(): number;
  /** When the first row after `position` was admitted. */
  oldestAfter(position: number): { admittedMs: number } | undefined;
};

/** Stamped on the way and different at each try: no part of what an event says. */
const stampedFields = new Set(['sentbootid', 'sentmonons', 'sitetime', 'sitetimemethod', 'sitetimeerrorms']);

/** The first 128 bits of SHA-256 over what the device made. The same event sent twice has the same digest. */
export function eventDigest(raw: Readonly<Record<string, unknown>>): string {
  return sha256Hex(canonicalJson(Object.fromEntries(Object.entries(raw).filter(([key]) => !stampedFields.has(key))))).slice(0, 32);
}

export function createEventStore(database: SiteDatabase): EventStore {
  const insert = database.prepare(
    'INSERT INTO event (device, epoch, seq, id, keep, digest, admitted_ms, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const digestAt = database.prepare<{ digest: string }>('SELECT digest FROM event WHERE device = ? AND epoch = ? AND seq = ?');
  const byId = database.prepare('SELECT 1 FROM event WHERE id = ?');
  const stream = database.prepare<{ highest: number; gaps: string }>('SELECT highest, gaps FROM stream WHERE device = ? AND epoch = ?');
  const keepStream = database.prepare(
    `INSERT INTO stream (device, epoch, highest, gaps, open_gaps, heard_ms) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (device, epoch) DO UPDATE
     SET highest = excluded.highest, gaps = excluded.gaps, open_gaps = excluded.open_gaps, heard_ms = excluded.heard_ms`,
  );
  const gappy = database.prepare<{ device: DeviceId; epoch: Epoch; highest: number; gaps: string }>(
    'SELECT device, epoch, highest, gaps FROM stream WHERE open_gaps > 0',
  );
  const read = database.prepare<StoredRow>(
    `SELECT position, device, epoch, seq, admitted_ms AS admittedMs, body FROM event
     WHERE position > ? AND position <= ? ORDER BY position LIMIT ?`,
  );
  const last = database.prepare<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'event'");
  const oldest = database.prepare<{ admittedMs: number }>(
    'SELECT admitted_ms AS admittedMs FROM event WHERE position > ? ORDER BY position LIMIT 1',
  );
  const lastPosition = (): number => last.get()?.seq ?? 0;
  const asStream = (row: { highest: number; gaps: string }): Stream => ({ highest: row.highest, gaps: Gaps.parse(JSON.parse(row.gaps)) });
  return {
    insert: (row) => void insert.run(row.device, row.epoch, row.seq, row.id, row.keep ? 1 : 0, row.digest, row.admittedMs, row.body),
    digestAt: ({ device, epoch, seq }) => digestAt.get(device, epoch, seq)?.digest,
    isIdTaken: (id) => byId.get(id) !== undefined,
    stream({ device, epoch }) {
      const row = stream.get(device, epoch);
      return row === undefined ? emptyStream : asStream(row);
    },
    keepStream({ device, epoch }, { highest, gaps }, heardMs) {
      const open = gaps.filter(({ state }) => state === 'open').length;
      keepStream.run(device, epoch, highest, JSON.stringify(gaps), open, heardMs);
    },
    streamsWithOpenGaps: () => gappy.all().map((row) => ({ device: row.device, epoch: row.epoch, stream: asStream(row) })),
    read({ afterPosition, limit, maxBytes }) {
      const rows = read.all(afterPosition, lastPosition(), limit);
      let bytes = 0;
      const tooMany = rows.findIndex((row) => {
        bytes += Buffer.byteLength(row.body);
        return bytes > maxBytes;
      });
      return tooMany === -1 ? rows : rows.slice(0, Math.max(1, tooMany));
    },
    lastPosition,
    oldestAfter: (position) => oldest.get(position),
  };
}
