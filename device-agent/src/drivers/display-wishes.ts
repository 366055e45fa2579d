/** Which wishes of a display came true, noted so that neither a new connection nor a restart gives them once more. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Wishes } from './display-dialect.ts';
import type { Notes } from './driver.ts';

const key = 'came-true';
const Note = z.object({
  power: z.enum(['on', 'off']).exactOptional(),
  input: z.string().exactOptional(),
  volumePct: z.number().exactOptional(),
  muted: z.boolean().exactOptional(),
}) satisfies z.ZodType<Wishes>;

export function cameTrue(lasting: Notes | undefined): Wishes {
  const note = lasting?.get(key);
  return note === undefined ? {} : (Note.safeParse(JSON.parse(note)).data ?? {});
}

export function noteCameTrue(lasting: Notes | undefined, came: Wishes): void {
  lasting?.set(key, JSON.stringify(came));
}

/** A wish that was taken back or changed is a new one when it comes again, also when the display was away meanwhile. */
export function forgetChanged(lasting: Notes, wishes: Wishes): void {
  const came = cameTrue(lasting);
  const still = Object.fromEntries(Object.entries(came).filter(([aspect, value]) => wishes[aspect as keyof Wishes] === value));
  if (!isDeepStrictEqual(still, came)) noteCameTrue(lasting, still);
}
