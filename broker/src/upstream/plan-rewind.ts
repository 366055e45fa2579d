/** From which row on a centre needs this site's list. Pure. */
import type { DeliveryMark } from '@tramhoc/protocol/upstream';
import type { z } from 'zod';

/**
 * A run of the broker over this store: its rows stand behind position `from`, and those of the next run behind the next line's. An older image of the
 * disk has the lines that were there when it was made, and goes on with one of its own.
 */
export type Line = { name: string; from: number };

/** Opaque to the centre: the name of a line and a position. */
export const markOf = ({ name }: Pick<Line, 'name'>, position: number): z.infer<typeof DeliveryMark> => `${name}.${position}`;

/** Rows up to here are at a centre that holds `mark`; undefined when this store knows nothing of the line. */
export function heldPosition(mark: string, lines: readonly Line[], lastPosition: number): number | undefined {
  const [name, digits = ''] = mark.split('.');
  const at = lines.findIndex((line) => line.name === name);
  if (at === -1 || !/^\d{1,15}$/.test(digits)) return undefined;
  // what that run wrote behind the start of the next one was lost with a disk: those positions are other rows here
  return Math.min(Number(digits), lines[at + 1]?.from ?? lastPosition, lastPosition);
}
