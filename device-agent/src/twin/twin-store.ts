/** What the centre wished last and what runs, on disk, so that a device starts with its slots when nobody else is there. */
import { join } from 'node:path';
import { type Disk, localDisk } from '@tramhoc/base/disk';
import type { Log } from '@tramhoc/base/log';
import { DesiredDocument, DriverWish } from '@tramhoc/protocol/twin';
import { z } from 'zod';

export const TwinFile = z.object({
  /** The newest document that was worked through. */
  document: DesiredDocument.optional(),
  running: z.record(z.string(), DriverWish),
});
export type TwinFile = z.infer<typeof TwinFile>;
export type TwinStore = { load(): TwinFile; save(file: TwinFile): void };

/** `<dataDir>/twin.json`, 0600: configs may hold passwords. A damaged file counts as none: the broker has the document, retained. */
export function openTwinStore(dataDir: string, log: Log, disk: Disk = localDisk): TwinStore {
  const path = join(dataDir, 'twin.json');
  return {
    load() {
      try {
        const parsed = TwinFile.safeParse(disk.readJsonFileIfAny(path) ?? { running: {} });
        if (parsed.success) return parsed.data;
        log.error({ err: parsed.error }, 'the stored twin cannot be read; waiting for the document from the broker');
      } catch (err) {
        log.error({ err }, 'the stored twin cannot be read; waiting for the document from the broker');
      }
      return { running: {} };
    },
    save: (file) => disk.writeFileAtomic(path, `${JSON.stringify(file)}\n`, { mode: 0o600 }),
  };
}
