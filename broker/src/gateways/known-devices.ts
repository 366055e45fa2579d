/** Devices behind gateways, kept in the site store over a restart, so that one that goes meanwhile is missed. */
import { SlotId } from '@tramhoc/protocol/ids';
import { z } from 'zod';
import type { SiteDatabase } from '../site-database.ts';
import type { KnownDevice } from './sensor-desk.ts';

const Kept = z.record(
  z.string(),
  z.object({
    adapter: z.string(),
    devices: z.array(z.object({ name: z.string(), slot: SlotId, model: z.string().optional(), id: z.string().optional() })),
  }),
);
type Kept = z.infer<typeof Kept>;

export type KnownDevices = {
  /** Gateways that were there the last time, whether the config still has them or not. */
  all(): Kept;
  /** Within a transaction. */
  keep(gateway: string, adapter: string, devices: readonly KnownDevice[]): void;
  drop(gateway: string): void;
};

const key = 'gateways.known';

export function createKnownDevices({ meta }: Pick<SiteDatabase, 'meta'>): KnownDevices {
  const all = (): Kept => Kept.parse(JSON.parse(meta.get(key) ?? '{}'));
  return {
    all,
    keep(gateway, adapter, devices) {
      meta.set(key, JSON.stringify({ ...all(), [gateway]: { adapter, devices } }));
    },
    drop(gateway) {
      const { [gateway]: _gone, ...others } = all();
      meta.set(key, JSON.stringify(others));
    },
  };
}
