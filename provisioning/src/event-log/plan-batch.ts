/**
 * What a batch does to a log that can be asked and written only in sets: from what is known of its streams to the rows to store, what to keep aside
 * and the receipt. The rules are those of ingest.ts, which asks its store event by event; conformance.test.ts holds the two equal.
 */
import type { TramEvent } from '@tramhoc/protocol/event';
import type { DeviceId, Epoch, SiteId } from '@tramhoc/protocol/ids';
import { type EventReceipt, noMark } from '@tramhoc/protocol/upstream';
import type { Marks } from '../ingest/delivery-marks.ts';
import {
  declaredLoss,
  judgeEvent,
  type Loss,
  type Owner,
  type Quarantined,
  type QuarantineRow,
  quarantined,
  type Registered,
  reusedId,
  reusedIdentity,
} from '../ingest/judge-event.ts';

export type StreamKey = `${DeviceId} ${Epoch}`;
export const streamKey = (device: DeviceId, epoch: Epoch): StreamKey => `${device} ${epoch}`;
/** Seqs `from`..`to`, both included. */
export type Range = { from: number; to: number };

/** `id` in lower case: two spellings of one UUID are one id. */
export type ReadEvent = {
  kind: 'event';
  event: TramEvent;
  owner: Owner;
  key: StreamKey;
  id: string;
  loss: Loss | undefined;
  input: unknown;
};
export type Item = ReadEvent | { kind: 'unreadable'; kept: Quarantined };
/** A batch as it was read, once, before anything is asked. */
export type ReadBatch = { siteId: SiteId; receivedMs: number; marks: Marks | undefined; items: Item[] };

export function readItems(siteId: SiteId, batch: readonly unknown[], receivedMs: number, registered: Registered): Item[] {
  return batch.map((input): Item => {
    const judged = judgeEvent(input, siteId);
    if (judged.kind === 'unreadable') return { kind: 'unreadable', kept: quarantined(input, judged.reason, { siteId, receivedMs }) };
    const { event, owner } = judged;
    const key = streamKey(owner.deviceId, event.epoch);
    return { kind: 'event', event, owner, key, id: event.id.toLowerCase(), loss: declaredLoss(event, owner, registered), input };
  });
}

/** What is known of one stream while its row is locked. */
export type Stream = {
  device: DeviceId;
  epoch: Epoch;
  contiguousSeq: number;
  storedSeq: number;
  /** Ids of the stored events whose seq the batches name, as far as they are not above `storedSeq`. */
  ids: Map<number, string>;
  /** Delivered above `contiguousSeq`: stored, in quarantine or declared dropped. */
  ahead: Range[];
  /** New in this group, to be written where they are still above `contiguousSeq` at the end. */
  newMarks: Range[];
};
export type Known = {
  streams: Map<StreamKey, Stream>;
  /** Ids of the batches that are stored under any identity, as far as that was asked. */
  ids: Set<string>;
  siteMarks: Map<SiteId, string>;
};

export type NamedStream = { device: DeviceId; epoch: Epoch; seqs: number[]; losses: Range[] };

/** Every stream that the batches may move, with what they name there. */
export function streamsNamed(batches: readonly { items: readonly Item[] }[]): Map<StreamKey, NamedStream> {
  const named = new Map<StreamKey, NamedStream>();
  const stream = (device: DeviceId, epoch: Epoch): NamedStream => {
    const key = streamKey(device, epoch);
    let found = named.get(key);
    if (found === undefined) {
      found = { device, epoch, seqs: [], losses: [] };
      named.set(key, found);
    }
    return found;
  };
  for (const { items } of batches)
    for (const item of items) {
      const at = item.kind === 'event' ? { device: item.owner.deviceId, epoch: item.event.epoch, seq: item.event.seq } : item.kept.identity;
      if (at !== undefined) stream(at.device, at.epoch).seqs.push(at.seq);
      if (item.kind === 'event' && item.loss !== undefined) stream(item.loss.device, item.loss.epoch).losses.push(item.loss);
    }
  return named;
}

export type Taken = { do: 'take'; receipt: EventReceipt; rows: ReadEvent[]; aside: QuarantineRow[] };
export type Verdict = Taken | { do: 'refuse'; heldMark: string };

/** Changes `known` to what it is after this batch, so that the next one of the same group finds it. */
export function planBatch(known: Known, { siteId, receivedMs, marks, items }: ReadBatch): Verdict {
  const heldMark = known.siteMarks.get(siteId) ?? noMark;
  if (marks !== undefined && marks.held !== heldMark) return { do: 'refuse', heldMark };
  if (marks !== undefined && marks.next !== noMark) known.siteMarks.set(siteId, marks.next);
  const rows: ReadEvent[] = [];
  const aside: QuarantineRow[] = [];
  const touched = new Map<Stream, number>();
  let repeated = 0;
  let quarantinedCount = 0;
  const touch = (stream: Stream, seq: number): void => void touched.set(stream, Math.max(touched.get(stream) ?? 0, seq));
  const mark = (stream: Stream, range: Range): void => {
    stream.newMarks.push(range);
    addRange(stream.ahead, range);
  };
  const keepAside = ({ row, identity }: Quarantined): void => {
    aside.push(row);
    quarantinedCount += 1;
    if (identity === undefined) return;
    const stream = known.streams.get(streamKey(identity.device, identity.epoch))!;
    mark(stream, { from: identity.seq, to: identity.seq });
    touch(stream, identity.seq);
  };
  for (const item of items) {
    if (item.kind === 'unreadable') {
      keepAside(item.kept);
      continue;
    }
    const stream = known.streams.get(item.key)!;
    const { seq } = item.event;
    const there = stream.ids.get(seq);
    if (there === undefined ? known.ids.has(item.id) : there !== item.id) {
      // another fact under a number or an id that was used before must not vanish
      keepAside(quarantined(item.input, there === undefined ? reusedId : reusedIdentity, { siteId, receivedMs }));
      continue;
    }
    touch(stream, seq);
    if (there !== undefined) {
      repeated += 1;
      continue;
    }
    rows.push(item);
    stream.ids.set(seq, item.id);
    known.ids.add(item.id);
    addRange(stream.ahead, { from: seq, to: seq });
    if (item.loss === undefined) continue;
    const losing = known.streams.get(streamKey(item.loss.device, item.loss.epoch))!;
    mark(losing, item.loss);
    touch(losing, 0);
  }
  const receipts = [...touched].map(([stream, highestSeq]) => {
    advance(stream, highestSeq);
    const { device, epoch, contiguousSeq, storedSeq } = stream;
    return { device, epoch, contiguousSeq, storedSeq };
  });
  return {
    do: 'take',
    receipt: {
      ...{ receipts, accepted: rows.length, repeated, quarantined: quarantinedCount },
      ...(marks === undefined ? {} : { heldMark: marks.next }),
    },
    ...{ rows, aside },
  };
}

/** Facts come in the order of their seq, so most of them only lengthen the last range. */
function addRange(ranges: Range[], { from, to }: Range): void {
  const last = ranges.at(-1);
  if (last !== undefined && from >= last.from && from <= last.to + 1) last.to = Math.max(last.to, to);
  else ranges.push({ from, to });
}

function advance(stream: Stream, highestSeq: number): void {
  if (stream.ahead.length > 1) stream.ahead.sort((a, b) => a.from - b.from);
  let at = stream.contiguousSeq;
  let passed = 0;
  for (const { from, to } of stream.ahead) {
    if (from > at + 1) break;
    at = Math.max(at, to);
    passed += 1;
  }
  stream.ahead.splice(0, passed);
  stream.contiguousSeq = at;
  stream.storedSeq = Math.max(stream.storedSeq, highestSeq);
}
