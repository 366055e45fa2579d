/** Retained document at `.../presence`: published by the device after connecting, and by the broker for it as last will. */
import { z } from 'zod';
import { BootId } from './ids.ts';

export const Presence = z.object({ online: z.boolean(), bootid: BootId.optional(), agentVersion: z.string().max(32).optional() });
export type Presence = z.infer<typeof Presence>;
