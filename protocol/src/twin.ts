/**
 * Wishes. The centre assigns `version` (one more with each change) and sends whole documents, never patches: a device that missed ten
 * versions needs only the last. Converged = the device reported the same version and hash, with no errors.
 */
import { z } from 'zod';
import { SlotId } from './ids.ts';
import { maxSlots, maxTwinBytes, maxTwinDepth } from './limits.ts';

/** Blocks `__proto__` and keeps keys printable. */
const Key = z.string().regex(/^(?!__)[a-zA-Z0-9_-]{1,64}$/);
const Scalar = z.union([z.string().max(4_096), z.number(), z.boolean()]);
export type ConfigValue = string | number | boolean | ConfigValue[] | { [key: string]: ConfigValue };
export const ConfigValue: z.ZodType<ConfigValue> = z.lazy(() =>
  z.union([Scalar, z.array(ConfigValue).max(64), z.record(Key, ConfigValue)]),
);

export const DriverWish = z.strictObject({ kind: z.string().regex(/^[a-z0-9-]{1,32}$/), config: z.record(Key, ConfigValue) });
export type DriverWish = z.infer<typeof DriverWish>;

/** What the centre wants a device to run: slot -> driver and its config. */
export const DesiredState = z.strictObject({
  drivers: z.record(SlotId, DriverWish).refine((drivers) => Object.keys(drivers).length <= maxSlots, `at most ${maxSlots} slots`),
});
export type DesiredState = z.infer<typeof DesiredState>;

/** The retained document at `.../twin/desired`. `hash` is SHA-256 (hex) of the canonical JSON of `desired`. */
export const DesiredDocument = z.strictObject({ version: z.int().min(1), hash: z.string().regex(/^[0-9a-f]{64}$/), desired: DesiredState });
export type DesiredDocument = z.infer<typeof DesiredDocument>;

/** JSON with the keys of every object in code-unit order and no spaces (RFC 8785 for our value range). */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`)
      .join(',')}}`;
  return JSON.stringify(value);
}

/** Why a document may not be sent, or undefined. Checked before the schema: the walk itself is bounded. */
export function twinLimitFault(value: unknown): string | undefined {
  if (depthOf(value, maxTwinDepth + 1) > maxTwinDepth) return `nested deeper than ${maxTwinDepth} levels`;
  const bytes = new TextEncoder().encode(JSON.stringify(value)).length;
  return bytes > maxTwinBytes ? `${bytes} bytes; at most ${maxTwinBytes}` : undefined;
}

function depthOf(value: unknown, left: number): number {
  if (typeof value !== 'object' || value === null || left === 0) return 0;
  let deepest = 0;
  for (const inner of Object.values(value)) deepest = Math.max(deepest, depthOf(inner, left - 1));
  return deepest + 1;
}
