/** Items of a library as readers see them: RFID tags in books, discs, kits. What is on a tag is read by device-agent/src/library/iso28560. */
import { z } from 'zod';
import { SlotId } from './ids.ts';

/**
 * Upper-case hex, most significant byte first. ISO 15693: 8 bytes that begin with E0 as printed by most tools. EPC: as long as the tag's EPC,
 * 62 bytes at most (EPC Gen2 allows 496 bits).
 */
export const ItemUid = z.string().regex(/^(?:[0-9A-F]{2}){4,62}$/, 'upper-case hex, 4 to 62 bytes');
export type ItemUid = z.infer<typeof ItemUid>;

const byte = z.int().min(0).max(0xff);

export const ItemTag = z.strictObject({
  uid: ItemUid,
  technology: z.enum(['iso15693', 'epc']),
  /** Application family: 07 in the library, C2 on loan (ISO 28560); 3M's own tags D7 and DA. Few readers tell it while they look for tags. */
  afi: byte.optional(),
  /** Data format: 06 = ISO 28560-2, 3E = ISO 28560-3. */
  dsfid: byte.optional(),
  /** From 1, as it is written on the reader. */
  antenna: z.int().min(1).max(0xffff).optional(),
  rssiDbm: z.number().min(-128).max(127).optional(),
});
export type ItemTag = z.infer<typeof ItemTag>;

/** `in-field`: items lie on a pad, they come and go. `passed`: items were carried through a gate. */
export const ItemsMode = z.enum(['in-field', 'passed']);
export type ItemsMode = z.infer<typeof ItemsMode>;

/** Of one event: 200 of the longest EPCs stay below a third of an MQTT payload. A larger change makes several events. */
export const maxItemsPerEvent = 200;

/** What changed since the last event of this slot, or since the agent started. */
export const ItemsSeen = z
  .strictObject({
    slot: SlotId,
    driver: z.string().max(32),
    mode: ItemsMode,
    arrived: z.array(ItemTag).max(maxItemsPerEvent),
    /** Never in mode `passed`: nobody knows when somebody is gone. */
    left: z.array(ItemUid).max(maxItemsPerEvent),
    /** In the field after this change; absent in mode `passed`. */
    presentCount: z.int().min(0).optional(),
  })
  .refine(({ arrived, left }) => arrived.length + left.length <= maxItemsPerEvent, `at most ${maxItemsPerEvent} items`);
export type ItemsSeen = z.infer<typeof ItemsSeen>;
