/** What to do so that the slots run what is wanted. Law: apply every step, plan again, get []. */
import { isDeepStrictEqual } from 'node:util';
import type { DriverWish } from '@tramhoc/protocol/twin';

/** Slot -> driver and its config as the centre wrote it. */
export type SlotWishes = Readonly<Record<string, DriverWish>>;
export type TwinStep =
  /** `removed`: it will not be opened again. */
  | { do: 'close'; slot: string; removed: boolean }
  | { do: 'configure'; slot: string; wish: DriverWish }
  | { do: 'open'; slot: string; wish: DriverWish };

/**
 * The steps from `running` to `wanted`. Closing comes first: a port must be free before another slot opens it. `sameLink` says whether a driver may
 * take the new config while its link stays open (same kind, same port and settings); where it may not, the slot is closed and opened.
 */
export function planTwin(
  running: SlotWishes,
  wanted: SlotWishes,
  sameLink: (before: DriverWish, after: DriverWish) => boolean,
): TwinStep[] {
  const closing: TwinStep[] = [];
  const configuring: TwinStep[] = [];
  const opening: TwinStep[] = [];
  for (const slot of Object.keys(running)) if (!Object.hasOwn(wanted, slot)) closing.push({ do: 'close', slot, removed: true });
  for (const [slot, wish] of Object.entries(wanted)) {
    const before = Object.hasOwn(running, slot) ? running[slot] : undefined;
    if (before === undefined) opening.push({ do: 'open', slot, wish });
    else if (isDeepStrictEqual(before, wish)) continue;
    else if (sameLink(before, wish)) configuring.push({ do: 'configure', slot, wish });
    else {
      closing.push({ do: 'close', slot, removed: false });
      opening.push({ do: 'open', slot, wish });
    }
  }
  return [...closing, ...configuring, ...opening];
}

/** What runs after a step. */
export function afterStep(running: SlotWishes, step: TwinStep): SlotWishes {
  const next = { ...running };
  switch (step.do) {
    case 'close':
      delete next[step.slot];
      return next;
    case 'configure':
    case 'open':
      next[step.slot] = step.wish;
      return next;
    default:
      return step satisfies never;
  }
}
