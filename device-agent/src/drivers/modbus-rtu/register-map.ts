/** What a transmitter tells in which registers: data, one file each in transmitters/. A new transmitter is one file and one line in transmitters.ts. */
import { Quantity } from '@tramhoc/protocol/sensor';
import { z } from 'zod';
import type { Sample } from '../interval-average.ts';
import type { RegisterTable } from './pdu.ts';

const MapValue = z.strictObject({
  quantity: Quantity,
  /** Read with function 3 (holding) or 4 (input). */
  table: z.enum(['holding', 'input']),
  /** From 0, as on the wire: 30001 in a manual is input register 0. */
  address: z.int().min(0).max(0xffff),
  /** `float32`: IEEE 754 in two registers, the higher half first. */
  type: z.enum(['int16', 'uint16', 'float32']),
  /** The value is the register times this; manuals say "divide by 10". */
  scale: z.number().positive().default(1),
  /** What the device can measure; anything else is a fault or a warm-up and is not reported. */
  min: z.number(),
  max: z.number(),
});
export type MapValue = z.infer<typeof MapValue>;

export const RegisterMap = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{1,30}$/),
  title: z.strictObject({ vi: z.string().min(2), en: z.string().min(2) }),
  /** Document, version, page; and what could not be confirmed. */
  source: z.string().min(20),
  /** As it leaves the factory; without it the device has a network plug alone. */
  serial: z
    .strictObject({
      baudRate: z.int().min(300).max(115_200),
      parity: z.enum(['none', 'even', 'odd']),
      stopBits: z.union([z.literal(1), z.literal(2)]),
    })
    .optional(),
  /** Nothing is reported for this long after opening. */
  warmUpS: z.int().min(0).max(600),
  /**
   * So many registers between two values may be read along; only where a source shows that the device answers them. An answer does not say which
   * registers it holds: by its length alone a late one is told from that to another question, so no two questions of a map may have the same.
   */
  readableGap: z.int().min(0).max(100).default(0),
  values: z.array(MapValue).min(1).max(16),
});
export type RegisterMap = z.infer<typeof RegisterMap>;
export type SerialMap = RegisterMap & { serial: NonNullable<RegisterMap['serial']> };

export function registersOf({ type }: MapValue): number {
  return type === 'float32' ? 2 : 1;
}

/** Registers by table and address, as far as they were read. */
export type ReadWords = Readonly<Record<RegisterTable, ReadonlyMap<number, number>>>;

/** What may be reported of what was read. */
export function sampleOf({ values }: RegisterMap, words: ReadWords): Sample {
  const sample: Partial<Record<Quantity, number>> = {};
  for (const value of values) {
    const number = numberOf(value, words[value.table]);
    if (number !== undefined && number >= value.min && number <= value.max) sample[value.quantity] = number;
  }
  return sample;
}

/** undefined when it was not read, or is no number. */
function numberOf({ type, address, scale }: MapValue, words: ReadonlyMap<number, number>): number | undefined {
  const high = words.get(address);
  if (high === undefined) return undefined;
  switch (type) {
    case 'uint16':
      return high * scale;
    case 'int16':
      return (high > 0x7fff ? high - 0x1_0000 : high) * scale;
    case 'float32': {
      const low = words.get(address + 1);
      if (low === undefined) return undefined;
      const view = new DataView(new ArrayBuffer(4));
      view.setUint16(0, high);
      view.setUint16(2, low);
      const number = view.getFloat32(0) * scale;
      return Number.isFinite(number) ? number : undefined;
    }
    default:
      return type satisfies never;
  }
}
