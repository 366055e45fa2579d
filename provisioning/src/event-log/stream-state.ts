/** What planBatch must know of the streams of a group, read under their locks; and what it changed, written back. Sets in, sets out. */
import type { DeviceId, Epoch, SiteId } from '@tramhoc/protocol/ids';
import type { PoolClient } from 'pg';
import { maxQuarantineRows, type Owner, type QuarantineRow } from '../ingest/judge-event.ts';
import { withoutNul } from './copy-text.ts';
import { type Known, type ReadBatch, type Stream, type StreamKey, streamKey, streamsNamed } from './plan-batch.ts';

/** Seqs behind a hole that are walked over at once when it closes; the rest follows with the next batch. */
const maxAheadSeqs = 100_000;

export type GroupState = {
  known: Known;
  /** As they were found: only what changed is written. */
  before: Map<StreamKey, { contiguousSeq: number; storedSeq: number; hasMarks: boolean }>;
  marksBefore: Map<SiteId, string>;
};
type LockedRow = {
  site_id: SiteId | null;
  mark: string | null;
  device_id: DeviceId;
  epoch: Epoch;
  contiguous_seq: number;
  stored_seq: number;
  has_marks: boolean;
  next_there: boolean;
};

/** Inside a transaction. `exact`: also asks which ids are stored anywhere; otherwise the database refuses a repeated one and the group is tried again. */
export async function lockState(client: PoolClient, group: readonly ReadBatch[], { exact }: { exact: boolean }): Promise<GroupState> {
  const named = streamsNamed(group);
  const sites = [...new Set(group.filter(({ marks }) => marks !== undefined).map(({ siteId }) => siteId))];
  const streams = [...named.values()];
  const { rows } = await client.query<LockedRow>({
    name: 'lock-streams',
    text: 'SELECT * FROM lock_streams($1, $2, $3)',
    values: [sites, streams.map(({ device }) => device), streams.map(({ epoch }) => epoch)],
  });
  const known: Known = { streams: new Map(), ids: new Set(), siteMarks: new Map() };
  const state: GroupState = { known, before: new Map(), marksBefore: new Map() };
  const asked: { device: DeviceId; epoch: Epoch; seq: number }[] = [];
  const odd: Stream[] = [];
  for (const row of rows) {
    if (row.site_id !== null) {
      if (row.mark !== null) state.marksBefore.set(row.site_id, row.mark);
      continue;
    }
    const key = streamKey(row.device_id, row.epoch);
    const { seqs, losses, device, epoch } = named.get(key)!;
    const stream: Stream = {
      ...{ device, epoch, contiguousSeq: row.contiguous_seq, storedSeq: row.stored_seq },
      ...{ ids: new Map(), ahead: [], newMarks: [] },
    };
    known.streams.set(key, stream);
    state.before.set(key, { contiguousSeq: row.contiguous_seq, storedSeq: row.stored_seq, hasMarks: row.has_marks });
    for (const seq of seqs) if (seq <= row.stored_seq) asked.push({ device, epoch, seq });
    // nothing moves while the seq after the contiguous ones is still missing, so what is behind the hole need not be read
    const next = row.contiguous_seq + 1;
    const hole = row.stored_seq > row.contiguous_seq || row.has_marks;
    if (hole && (row.next_there || seqs.includes(next) || losses.some(({ from, to }) => from <= next && to >= next))) odd.push(stream);
  }
  known.siteMarks = new Map(state.marksBefore);
  if (asked.length > 0) await readStoredIds(client, known, asked);
  if (odd.length > 0) await readAhead(client, known, odd);
  if (exact) await readIds(client, known, group);
  return state;
}

async function readStoredIds(
  client: PoolClient,
  known: Known,
  asked: readonly { device: DeviceId; epoch: Epoch; seq: number }[],
): Promise<void> {
  const { rows } = await client.query<{ device_id: DeviceId; epoch: Epoch; seq: number; id: string }>({
    name: 'stored-ids',
    text: `SELECT e.device_id, e.epoch, e.seq, e.id FROM unnest($1::uuid[], $2::text[], $3::int[]) AS a (device_id, epoch, seq)
           JOIN events e USING (device_id, epoch, seq)`,
    values: [asked.map(({ device }) => device), asked.map(({ epoch }) => epoch), asked.map(({ seq }) => seq)],
  });
  for (const { device_id, epoch, seq, id } of rows) known.streams.get(streamKey(device_id, epoch))!.ids.set(seq, id);
}

/** Runs of stored seqs and marks above the contiguous ones. */
async function readAhead(client: PoolClient, known: Known, odd: readonly Stream[]): Promise<void> {
  const { rows } = await client.query<{ device_id: DeviceId; epoch: Epoch; from_seq: number; to_seq: number }>({
    name: 'read-ahead',
    text: `SELECT s.device_id, s.epoch, r.from_seq, r.to_seq FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS s (device_id, epoch, after)
           CROSS JOIN LATERAL (
             SELECT min(seq)::bigint AS from_seq, max(seq)::bigint AS to_seq FROM (
               SELECT seq, seq - row_number() OVER (ORDER BY seq) AS run FROM (
                 SELECT seq FROM events e WHERE e.device_id = s.device_id AND e.epoch = s.epoch AND e.seq > s.after ORDER BY seq LIMIT ${maxAheadSeqs}
               ) AS behind
             ) AS runs GROUP BY run
             UNION ALL
             SELECT from_seq, to_seq FROM stream_marks m WHERE m.device_id = s.device_id AND m.epoch = s.epoch
           ) AS r`,
    values: [odd.map(({ device }) => device), odd.map(({ epoch }) => epoch), odd.map(({ contiguousSeq }) => contiguousSeq)],
  });
  for (const { device_id, epoch, from_seq, to_seq } of rows)
    known.streams.get(streamKey(device_id, epoch))!.ahead.push({ from: from_seq, to: to_seq });
}

async function readIds(client: PoolClient, known: Known, group: readonly ReadBatch[]): Promise<void> {
  const ids = group.flatMap(({ items }) => items.flatMap((item) => (item.kind === 'event' ? [item.id] : [])));
  const { rows } = await client.query<{ id: string }>({
    name: 'known-ids',
    text: 'SELECT id FROM event_ids WHERE id = ANY ($1::uuid[])',
    values: [ids],
  });
  for (const { id } of rows) known.ids.add(id);
}

/** Inside the same transaction. `owners`: whose events are stored, each site and device once. */
export async function writeState(
  client: PoolClient,
  { known, before, marksBefore }: GroupState,
  { aside, owners }: { aside: readonly QuarantineRow[]; owners: readonly Owner[] },
): Promise<void> {
  const moved: Stream[] = [];
  const marks: { device: DeviceId; epoch: Epoch; from: number; to: number }[] = [];
  const passed: Stream[] = [];
  for (const [key, stream] of known.streams) {
    const was = before.get(key)!;
    if (stream.contiguousSeq !== was.contiguousSeq || stream.storedSeq !== was.storedSeq) moved.push(stream);
    if (was.hasMarks) passed.push(stream);
    for (const { from, to } of stream.newMarks)
      if (to > stream.contiguousSeq) marks.push({ device: stream.device, epoch: stream.epoch, from, to });
  }
  const sites = [...known.siteMarks].filter(([siteId, mark]) => marksBefore.get(siteId) !== mark);
  await client.query({
    name: 'write-state',
    text: `WITH moved AS (
             UPDATE streams t SET contiguous_seq = m.contiguous, stored_seq = m.stored
             FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[]) AS m (device_id, epoch, contiguous, stored)
             WHERE t.device_id = m.device_id AND t.epoch = m.epoch
           ), speaking AS (
             INSERT INTO site_devices (site_id, device_id) SELECT s, d FROM unnest($7::text[], $8::uuid[]) AS o (s, d) ORDER BY 1, 2 ON CONFLICT DO NOTHING
           ) UPDATE site_marks t SET mark = m.mark FROM unnest($5::text[], $6::text[]) AS m (site_id, mark) WHERE t.site_id = m.site_id`,
    values: [
      ...[moved.map(({ device }) => device), moved.map(({ epoch }) => epoch), moved.map(({ contiguousSeq }) => contiguousSeq)],
      ...[moved.map(({ storedSeq }) => storedSeq), sites.map(([siteId]) => siteId), sites.map(([, mark]) => mark)],
      ...[owners.map(({ siteId }) => siteId), owners.map(({ deviceId }) => deviceId)],
    ],
  });
  if (marks.length > 0)
    await client.query({
      text: `INSERT INTO stream_marks (device_id, epoch, from_seq, to_seq)
             SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[]) ON CONFLICT DO NOTHING`,
      values: [
        marks.map(({ device }) => device),
        marks.map(({ epoch }) => epoch),
        marks.map(({ from }) => from),
        marks.map(({ to }) => to),
      ],
    });
  if (passed.length > 0)
    await client.query({
      text: `DELETE FROM stream_marks k USING unnest($1::uuid[], $2::text[], $3::bigint[]) AS m (device_id, epoch, upto)
             WHERE k.device_id = m.device_id AND k.epoch = m.epoch AND k.to_seq <= m.upto`,
      values: [passed.map(({ device }) => device), passed.map(({ epoch }) => epoch), passed.map(({ contiguousSeq }) => contiguousSeq)],
    });
  if (aside.length > 0) await writeQuarantine(client, aside);
}

/** In the order of the fingerprints: two groups with the same rubbish must not wait for each other. */
async function writeQuarantine(client: PoolClient, aside: readonly QuarantineRow[]): Promise<void> {
  const rows = aside.toSorted((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
  await client.query({
    text: `INSERT INTO quarantine (fingerprint, site_id, device_id, received_ms, reason, payload)
           SELECT * FROM unnest($1::text[], $2::text[], $3::uuid[], $4::bigint[], $5::text[], $6::text[]) ON CONFLICT DO NOTHING`,
    values: [
      ...[rows.map(({ fingerprint }) => fingerprint), rows.map(({ siteId }) => siteId), rows.map(({ deviceId }) => deviceId)],
      ...[
        rows.map(({ receivedMs }) => receivedMs),
        rows.map(({ reason }) => withoutNul(reason)),
        rows.map(({ payload }) => withoutNul(payload)),
      ],
    ],
  });
  await client.query(`DELETE FROM quarantine WHERE position <= (SELECT max(position) FROM quarantine) - ${maxQuarantineRows}`);
}
