/** A map by outbox. Two maps, one in the other, because to join device and epoch to one key for each event costs more than to look twice. */
import type { StreamKey } from './event-store.ts';

export type StreamMap<Value> = {
  get(key: StreamKey): Value | undefined;
  set(key: StreamKey, value: Value): void;
  values(): Iterable<Value>;
  size(): number;
  clear(): void;
};

export function createStreamMap<Value>(): StreamMap<Value> {
  const byDevice = new Map<StreamKey['device'], Map<StreamKey['epoch'], Value>>();
  let size = 0;
  return {
    get: ({ device, epoch }) => byDevice.get(device)?.get(epoch),
    set({ device, epoch }, value) {
      let byEpoch = byDevice.get(device);
      if (byEpoch === undefined) {
        byEpoch = new Map();
        byDevice.set(device, byEpoch);
      }
      if (!byEpoch.has(epoch)) size += 1;
      byEpoch.set(epoch, value);
    },
    *values() {
      for (const byEpoch of byDevice.values()) yield* byEpoch.values();
    },
    size: () => size,
    clear() {
      byDevice.clear();
      size = 0;
    },
  };
}
