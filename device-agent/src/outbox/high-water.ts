/**
 * The highest seq the broker acknowledged, kept beside the outbox file. When the outbox file is put back from a backup it knows less than this note,
 * and its seqs would name new events with old numbers. A hint, not a promise: an image of the whole disk puts this note back as well.
 */
import { type Disk, localDisk } from '@tramhoc/base/disk';
import type { Log } from '@tramhoc/base/log';
import { Epoch } from '@tramhoc/protocol/ids';
import { z } from 'zod';

const Note = z.object({ epoch: Epoch, seq: z.int().min(0) });
export type HighWater = {
  /** Highest acknowledged seq of `epoch`; 0 when nothing is known of it. */
  of(epoch: Epoch): number;
  note(acknowledged: { epoch: Epoch; seq: number }): void;
  /** Writes what was noted, if anything is new. Never throws: the note is a hint. */
  save(): void;
};

/** A damaged note counts as none. */
export function openHighWater(path: string, log: Log, disk: Disk = localDisk): HighWater {
  let known = readNote(path, disk);
  let savedSeq = known?.seq;
  return {
    of: (epoch) => (known?.epoch === epoch ? known.seq : 0),
    note({ epoch, seq }) {
      if (known?.epoch === epoch && known.seq >= seq) return;
      if (known?.epoch !== epoch) savedSeq = undefined;
      known = { epoch, seq };
    },
    save() {
      if (known === undefined || savedSeq === known.seq) return;
      try {
        disk.writeFileAtomic(path, `${JSON.stringify(known)}\n`, { mode: 0o600 });
        savedSeq = known.seq;
      } catch (err) {
        log.warn({ err }, 'the high-water note of the outbox could not be written');
      }
    },
  };
}

function readNote(path: string, disk: Disk): z.infer<typeof Note> | undefined {
  try {
    return Note.safeParse(disk.readJsonFileIfAny(path)).data;
  } catch {
    return undefined;
  }
}
