/** Who carries which card at a site. It comes down to the broker as a wish; names stay in the site and the centre, numbers are hashes. */
import { z } from 'zod';
import { CardHash } from './ids.ts';
import { maxSiteCards } from './limits.ts';

export const CardHolder = z.strictObject({
  cardHash: CardHash,
  /** The school's own number of the person. */
  personId: z.string().min(1).max(40),
  name: z.string().min(1).max(120),
  /** Class or group: `10A1`, `Giáo viên`. */
  group: z.string().max(40),
});
export type CardHolder = z.infer<typeof CardHolder>;

export const SiteRoster = z.strictObject({ version: z.int().min(0), holders: z.array(CardHolder).max(maxSiteCards) });
export type SiteRoster = z.infer<typeof SiteRoster>;
