/** How far a device's stream is complete: every seq from 1 on is stored, in quarantine or declared dropped. */
import type { DeviceId, Epoch } from '@tramhoc/protocol/ids';
import type { EventStore, StreamRow } from '../store/event-store.ts';

/** A hole of months that closes is walked over in several batches, so that no transaction takes seconds. */
const maxSteps = 100_000;
const stepsAtOnce = 1_000;

/** Moves `contiguous_seq` on as far as it goes; `highestSeq` is the highest one just delivered. */
export function advanceStream(events: EventStore, stream: { device: DeviceId; epoch: Epoch }, highestSeq: number): StreamRow {
  const before = events.stream(stream.device, stream.epoch);
  let at = before.contiguous_seq;
  for (let steps = 0; steps < maxSteps; ) {
    const marked = events.markOver(stream.device, stream.epoch, at + 1);
    if (marked !== undefined) {
      at = marked;
      steps += 1;
      continue;
    }
    const seqs = events.seqsAfter(stream.device, stream.epoch, at, stepsAtOnce);
    let run = 0;
    while (run < seqs.length && seqs[run] === at + 1) {
      at += 1;
      run += 1;
    }
    steps += run + 1;
    if (run === 0 || seqs.length < stepsAtOnce) {
      // a mark may begin right behind the run
      if (run > 0 && events.markOver(stream.device, stream.epoch, at + 1) !== undefined) continue;
      break;
    }
  }
  const after = { contiguous_seq: at, stored_seq: Math.max(before.stored_seq, highestSeq) };
  events.putStream(stream.device, stream.epoch, after);
  return after;
}
