/** Which batches may be read: memory for their bodies, and few of each site, so that one that sends slowly keeps nobody else out. */
import type { Clock } from '@tramhoc/base/clock';
import { TramError } from '@tramhoc/protocol/errors';
import type { SiteId } from '@tramhoc/protocol/ids';
import { maxUpstreamBytes } from '@tramhoc/protocol/limits';
import { admission } from './admission.ts';

/** Of all bodies that are being read or wait for their turn: 32 of the largest, or one of 100 KB of each site of the largest city. */
const maxBytes = 256 * 1024 * 1024;
/** The one that it sends, and one that broke off and has not been noticed yet. */
const maxOfSite = 2;

export type BatchesInHand = {
  /**
   * Resolves when the body may be read; `bytes`: as it says of itself, undefined where it does not. Gives what must be called when it has been worked on
   * or broke off; a second time is harmless. Throws RATE_LIMITED.
   */
  take(siteId: SiteId, bytes: number | undefined, gone: AbortSignal): Promise<() => void>;
  restMs(): number;
};

export function batchesInHand(clock: Clock): BatchesInHand {
  const room = admission({ clock, capacity: maxBytes });
  const ofSite = new Map<SiteId, number>();
  const count = (siteId: SiteId, change: 1 | -1): void => {
    const now = (ofSite.get(siteId) ?? 0) + change;
    if (now === 0) ofSite.delete(siteId);
    else ofSite.set(siteId, now);
  };
  return {
    async take(siteId, bytes = maxUpstreamBytes, gone) {
      // longer ones are refused as they are read
      const size = Math.min(bytes, maxUpstreamBytes);
      if ((ofSite.get(siteId) ?? 0) >= maxOfSite)
        throw new TramError('RATE_LIMITED', `${maxOfSite} batches of this site are in hand; send one after the other.`, {
          details: { retryAfterS: 2 },
        });
      count(siteId, 1);
      try {
        await room.enter(gone, size);
      } catch (error) {
        count(siteId, -1);
        throw error;
      }
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        count(siteId, -1);
        room.leave(size);
      };
    },
    restMs: room.restMs,
  };
}
