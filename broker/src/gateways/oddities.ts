/** Sensors that give no readings, each with the reason, for the status page: the newest ones, each once. */
import type { UnsupportedReason } from '../adapters/adapter.ts';

export type Oddity = { sensor: string; why: UnsupportedReason; unit: string | undefined; times: number };
export type Oddities = { note(oddity: { sensor: string; why: UnsupportedReason; unit?: string | undefined }): void; list(): Oddity[] };

/** What somebody reads on a page. */
const maxOddities = 64;

export function createOddities(): Oddities {
  const known = new Map<string, Oddity>();
  return {
    note({ sensor, why, unit }) {
      const key = `${sensor} ${why}`;
      const before = known.get(key);
      // at the end again: who speaks stays, and who fell silent makes way
      known.delete(key);
      known.set(key, { sensor, why, unit: unit?.slice(0, 16), times: (before?.times ?? 0) + 1 });
      if (known.size > maxOddities) known.delete(known.keys().next().value!);
    },
    list: () => [...known.values()],
  };
}
