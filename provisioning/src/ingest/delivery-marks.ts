/** What a site believes the centre holds of its list, compared and replaced in the transaction that stores the batch. */
import { TramError } from '@tramhoc/protocol/errors';
import type { SiteId } from '@tramhoc/protocol/ids';
import { DeliveryMark, heldMarkHeader, nextMarkHeader, noMark } from '@tramhoc/protocol/upstream';
import type { SiteStore } from '../store/site-store.ts';

export type Marks = { held: string; next: string };

/** Of the request's headers; undefined from a site that sends none. Throws PAYLOAD_MALFORMED. */
export function marksOf(headers: Readonly<Record<string, string | string[] | undefined>>): Marks | undefined {
  const [held, next] = [headers[heldMarkHeader], headers[nextMarkHeader]];
  if (held === undefined && next === undefined) return undefined;
  const parsed = [DeliveryMark.safeParse(held), DeliveryMark.safeParse(next)] as const;
  if (!parsed[0].success || !parsed[1].success)
    throw new TramError('PAYLOAD_MALFORMED', `${heldMarkHeader} and ${nextMarkHeader} belong together: 1 to 64 of 0-9 A-Z a-z . -`);
  return { held: parsed[0].data, next: parsed[1].data };
}

/** Inside the transaction. Throws CONFLICT with `details.heldMark`: nothing of the batch may be taken. */
export function advanceMark(sites: Pick<SiteStore, 'mark' | 'putMark'>, siteId: SiteId, { held, next }: Marks): void {
  const here = sites.mark(siteId) ?? noMark;
  if (here !== held)
    throw new TramError('CONFLICT', 'the centre holds another part of this list than the site believes; send again from there.', {
      details: { heldMark: here },
    });
  if (next !== noMark) sites.putMark(siteId, next);
}
