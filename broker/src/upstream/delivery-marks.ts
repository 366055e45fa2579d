/**
 * What the centre is known to hold of this site's list, as durable as the list. Either side may be put back from an older copy: then the marks differ,
 * and the list goes on from where the centre really is (protocol/src/upstream.ts, heldMarkHeader; plan-rewind.ts).
 */
import type { Clock } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import { heldMarkHeader, nextMarkHeader, noMark } from '@tramhoc/protocol/upstream';
import { z } from 'zod';
import type { SiteDatabase } from '../site-database.ts';
import { heldPosition, type Line, markOf } from './plan-rewind.ts';

export type DeliveryMarks = {
  /** What a batch says that ends at `position`; undefined: an empty one, which asks. */
  headers(position: number | undefined): Record<string, string>;
  /** With the cursor, and like it not on disk at once. `mark`: of the receipt; a centre that knows none leaves it out. */
  confirmed(mark: string | undefined): void;
  /**
   * Inside the transaction that moves the cursor: the centre holds `mark`. Gives the position from which to go on, at most `position`.
   */
  adopt(mark: string, position: number, lastPosition: number): number;
  /** A list that has to be sent whole, and was put off because it was sent whole too often not long ago. */
  wholeIsDue(): boolean;
  /** Inside a transaction, with the cursor at 0. */
  wholeBegins(): void;
};

const linesKey = 'upstream.lines';
const markKey = 'upstream.mark';
const owedKey = 'upstream.owed';
/** A start a day for more than a year. A mark of an older line costs the sending of the whole list, which the centre recognises. */
const maxLines = 400;
/**
 * A mark that nobody here knows means that the list is sent whole. Two brokers with one identity (a copied disk that runs twice) would do that to each
 * other without end and get nowhere, so once an hour must do. On a bad day the disk of a site is exchanged and its centre put back within one hour: what
 * is new would overtake what waits for the next hour, so there is more than one to begin with.
 */
const wholeAgainMs = 3_600_000;
const wholesAtOnce = 3;

const Lines = z.array(z.object({ name: z.string(), from: z.int().min(0) }));

const linesOf = ({ meta }: Pick<SiteDatabase, 'meta'>): Line[] => Lines.parse(JSON.parse(meta.get(linesKey) ?? '[]'));

/** Call it at each opening of the store, before anything is written to the list. */
export function beginLine(database: Pick<SiteDatabase, 'meta'>, { lastPosition, random }: { lastPosition: number; random: Random }): void {
  const name = Buffer.from(random.bytes(8)).toString('hex');
  database.meta.set(linesKey, JSON.stringify([...linesOf(database), { name, from: lastPosition }].slice(-maxLines)));
}

export function deliveryMarks({
  database: { meta },
  clock,
  log,
}: {
  database: Pick<SiteDatabase, 'meta'>;
  clock: Clock;
  log: Log;
}): DeliveryMarks {
  const lines = linesOf({ meta });
  const line = lines.at(-1)!;
  const known = (): string => meta.get(markKey) ?? noMark;
  let wholesLeft = wholesAtOnce;
  let countedMs = clock.monotonicMs();
  const mayBegin = (): boolean => {
    const hours = Math.floor((clock.monotonicMs() - countedMs) / wholeAgainMs);
    wholesLeft = Math.min(wholesAtOnce, wholesLeft + hours);
    countedMs += hours * wholeAgainMs;
    return wholesLeft > 0;
  };
  const wholeBegins = (): void => {
    wholesLeft -= 1;
    meta.set(owedKey, '');
  };
  return {
    headers: (position) => ({
      [heldMarkHeader]: known(),
      [nextMarkHeader]: position === undefined ? known() : markOf(line, position),
    }),
    confirmed(mark) {
      if (mark !== undefined && mark !== known()) meta.setLater(markKey, mark);
    },
    adopt(mark, position, lastPosition) {
      const before = known();
      meta.set(markKey, mark);
      const held = mark === noMark ? 0 : heldPosition(mark, lines, lastPosition);
      if (held !== undefined) {
        if (held < position) log.warn({ from: held, to: position, mark }, 'the centre lacks events that it had: they are sent again');
        return Math.min(position, held);
      }
      if (mayBegin()) {
        log.warn({ mark, before }, 'the centre holds a part of this list that is not known here: all of it is sent again');
        wholeBegins();
        return 0;
      }
      meta.set(owedKey, '1');
      log.error(
        { mark, before },
        'another broker sends for this site, or the centre was put back again and again; look whether this broker runs twice',
      );
      return position;
    },
    wholeIsDue: () => meta.get(owedKey) === '1' && mayBegin(),
    wholeBegins,
  };
}
