/** What drivers note of the device in a slot, on disk: one text for each slot. */
import type { Log } from '@tramhoc/base/log';
import { z } from 'zod';
import type { Notes } from './driver.ts';

const Kept = z.object({ device: z.string(), texts: z.record(z.string(), z.string()) });
const keyOf = (slot: string): string => `driver.${slot}`;

/** `device`: driver and port; under another one nothing of what was noted holds. A note that the disk refuses lives as long as the slot. */
export function lastingNotes(store: Notes, { slot, device, log }: { slot: string; device: string; log: Log }): Notes {
  const before = read(store.get(keyOf(slot)));
  let texts = before?.device === device ? before.texts : {};
  const keep = (): void => {
    try {
      store.set(keyOf(slot), JSON.stringify({ device, texts }));
    } catch (err) {
      log.warn({ err, slot }, 'a note on a device could not be kept');
    }
  };
  // at once: when the one before comes back, nothing of what was noted of it holds either
  if (before !== undefined && before.device !== device) keep();
  return {
    get: (key) => texts[key],
    set(key, value) {
      if (texts[key] === value) return;
      texts = { ...texts, [key]: value };
      keep();
    },
  };
}

export function forgetNotes(store: Notes, slot: string): void {
  if (store.get(keyOf(slot)) !== undefined) store.set(keyOf(slot), '{}');
}

function read(text: string | undefined): z.infer<typeof Kept> | undefined {
  if (text === undefined) return undefined;
  try {
    return Kept.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
