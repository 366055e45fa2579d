/** Library items that come and go, as events: carries out item-set-machine.ts. */
import type { Clock } from '@tramhoc/base/clock';
import { SlotId } from '@tramhoc/protocol/ids';
import { type ItemsMode, type ItemTag, maxItemsPerEvent } from '@tramhoc/protocol/library';
import type { Outbox } from '../outbox/outbox.ts';
import { type ItemSet, inParts, itemsTold, noItems, seeItems } from './item-set-machine.ts';

export type ItemsSeenTeller = {
  /** Throws what the outbox throws; what was not kept is told with the next look. */
  take(look: { slot: string; kind: string; mode: ItemsMode; items: readonly ItemTag[] }): void;
};

export function createItemsSeen({ outbox, clock }: { outbox: Pick<Outbox, 'accept'>; clock: Clock }): ItemsSeenTeller {
  // a device has 8 slots at a time; names that were used once stay until the agent ends, which is few
  const sets = new Map<string, ItemSet>();
  return {
    take({ slot, kind, mode, items }) {
      const known = sets.get(slot);
      const nowMs = clock.monotonicMs();
      const { set, news } = seeItems(known?.mode === mode ? known : noItems(mode), { items, nowMs });
      sets.set(slot, set);
      if (news === undefined) return;
      for (const { arrived, left, presentCount } of inParts(news, maxItemsPerEvent)) {
        const data = { slot: SlotId.parse(slot), driver: kind, mode, arrived, left, ...(mode === 'passed' ? {} : { presentCount }) };
        outbox.accept('vn.tramhoc.library.items-seen.v1', data);
        sets.set(slot, itemsTold(sets.get(slot)!, { arrived, left }, nowMs));
      }
    },
  };
}
