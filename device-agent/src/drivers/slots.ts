/** All slots of this device. What runs is changed by the steps of planTwin, one at a time. */
import { TramError } from '@tramhoc/protocol/errors';
import { maxSlots } from '@tramhoc/protocol/limits';
import type { DriverWish } from '@tramhoc/protocol/twin';
import type { SlotWishes, TwinStep } from '../twin/plan-twin.ts';
import type { AnyDriverDefinition, Notes, Reading, ReceiptPrinter } from './driver.ts';
import type { ItemAccess } from './item-access.ts';
import { forgetNotes, lastingNotes } from './lasting-notes.ts';
import { openSlot, type Slot, type SlotDeps, type SlotStatus } from './slot.ts';

/** A slot as features see it. `config` has been through the driver's schema. */
export type SlotReading = { slot: string; kind: string; config: Readonly<Record<string, unknown>>; reading: Reading };

export type Slots = {
  /** Carries out one step. Throws DRIVER_UNKNOWN, SLOT_LIMIT; a device that does not answer is no error here, it is tried again. */
  apply(step: TwinStep): Promise<void>;
  /** What runs, as it was wished for. */
  running(): SlotWishes;
  list(): (SlotStatus & { title: { vi: string; en: string }; readsCards: boolean; printsReceipts: boolean })[];
  /** Reading and writing tags at this slot; undefined while there is no such reader. */
  items(slot: string): ItemAccess | undefined;
  /** The first printer that is there; undefined when there is none. */
  receiptPrinter(): ReceiptPrinter | undefined;
  /** Closes every slot; all ports are free when it resolves. Slots can be opened again. */
  closeAll(): Promise<void>;
};

export type SlotsDeps = Omit<SlotDeps, 'lasting' | 'onReading' | 'onStatus'> & {
  /** On disk. */
  notes: Notes;
  definitionOf(kind: string): AnyDriverDefinition | undefined;
  onReading(reading: SlotReading): boolean;
  onStatus(status: SlotStatus): void;
};

type Entry = { slot: Slot; wish: DriverWish; config: Readonly<Record<string, unknown>>; definition: AnyDriverDefinition };

export function createSlots(deps: SlotsDeps): Slots {
  const entries = new Map<string, Entry>();
  const resolved = (slot: string, wish: DriverWish): { definition: AnyDriverDefinition; config: Record<string, unknown> } => {
    const definition = deps.definitionOf(wish.kind);
    if (definition === undefined)
      throw new TramError('DRIVER_UNKNOWN', `slot ${slot}: this agent has no driver "${wish.kind}"; update the agent or choose another.`);
    return { definition, config: definition.configSchema.parse(wish.config) as Record<string, unknown> };
  };
  const open = (name: string, wish: DriverWish): void => {
    if (entries.has(name)) throw new TramError('CONFLICT', `slot ${name} is open already; close it first.`);
    if (entries.size >= maxSlots) throw new TramError('SLOT_LIMIT', `at most ${maxSlots} slots; remove one before adding ${name}.`);
    const { definition, config } = resolved(name, wish);
    const slot = openSlot(name, definition, config, {
      ...deps,
      lasting: lastingNotes(deps.notes, { slot: name, device: `${wish.kind} ${definition.link(config).port}`, log: deps.log }),
      onReading: (reading) => {
        const entry = entries.get(name);
        return entry !== undefined && deps.onReading({ slot: name, kind: wish.kind, config: entry.config, reading });
      },
    });
    entries.set(name, { slot, wish, config, definition });
  };
  const close = async (name: string): Promise<void> => {
    const entry = entries.get(name);
    await entry?.slot.close();
    entries.delete(name);
  };
  return {
    async apply(step) {
      switch (step.do) {
        case 'close':
          await close(step.slot);
          if (step.removed) forgetNotes(deps.notes, step.slot);
          return;
        case 'open':
          return open(step.slot, step.wish);
        case 'configure': {
          const entry = entries.get(step.slot);
          if (entry === undefined) throw new TramError('NOT_FOUND', `there is no slot ${step.slot}.`);
          const { config } = resolved(step.slot, step.wish);
          entries.set(step.slot, { ...entry, wish: step.wish, config });
          return entry.slot.configure(config);
        }
        default:
          return step satisfies never;
      }
    },
    running: () => Object.fromEntries([...entries].map(([name, { wish }]) => [name, wish])),
    list: () =>
      [...entries.values()].map(({ slot, definition }) => ({
        ...slot.status(),
        title: definition.title,
        readsCards: definition.capabilities.some(({ can }) => can === 'read-cards'),
        printsReceipts: definition.capabilities.some(({ can }) => can === 'print-receipts'),
      })),
    items: (name) => entries.get(name)?.slot.items(),
    receiptPrinter: () => [...entries.values()].map(({ slot }) => slot.receipts()).find((printer) => printer !== undefined),
    closeAll: async () => void (await Promise.all([...entries.keys()].map(close))),
  };
}
