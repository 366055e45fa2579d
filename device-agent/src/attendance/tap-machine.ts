/** What counts as a tap. Readers repeat a card about ten times a second while it lies on them: that is one tap. */

/** A card last seen at `lastSeenMs` (monotonic). `counted` is false when the disk refused it: its next presentation is tried again. */
type SeenCard = { lastSeenMs: number; counted: boolean };
/** The cards a reader saw a moment ago, oldest first; keys are keyed hashes, never card numbers. */
export type TapMemory = ReadonlyMap<string, SeenCard>;
export type TapSettings = { ignoreRepeatTapMs: number };

/**
 * `record`: a tap. `repeat`: the card still lies there, say nothing. `again`: it was taken away and presented again too soon to count, and the
 * person should be told that the first time was enough.
 */
export type TapVerdict = 'record' | 'repeat' | 'again';

export const noCards: TapMemory = new Map();
/** After being seen last: a child that is not sure presents the card twice, a class that passes does not present it again for hours. */
export const defaultIgnoreRepeatTapMs = 3_000;
/** A card not seen for this long has left the field; the slowest readers repeat once a second. */
const awayMs = 1_500;
/** Of one reader within the repeat time. Nobody presents that many cards in three seconds; a damaged reader that makes up numbers might. */
export const maxRememberedCards = 64;

/** The card `card` was read at `nowMs` (monotonic). The repeat time counts from when the card was seen last, not from the tap. */
export function presentCard(
  memory: TapMemory,
  { card, nowMs }: { card: string; nowMs: number },
  { ignoreRepeatTapMs }: TapSettings,
): { memory: TapMemory; verdict: TapVerdict } {
  const seen = memory.get(card);
  const goneMs = seen === undefined ? Number.POSITIVE_INFINITY : nowMs - seen.lastSeenMs;
  const away = goneMs >= Math.min(awayMs, ignoreRepeatTapMs);
  const verdict: TapVerdict =
    seen === undefined || goneMs >= ignoreRepeatTapMs || (away && !seen.counted) ? 'record' : away ? 'again' : 'repeat';
  const next = new Map<string, SeenCard>();
  for (const [other, entry] of memory) if (other !== card && nowMs - entry.lastSeenMs < ignoreRepeatTapMs) next.set(other, entry);
  while (next.size >= maxRememberedCards) next.delete(next.keys().next().value!);
  next.set(card, { lastSeenMs: nowMs, counted: verdict === 'record' || seen?.counted === true });
  return { memory: next, verdict };
}

/** The tap just recorded could not be kept. While the card lies there nothing more is tried; presented again, it is. */
export function forgetTap(memory: TapMemory, card: string): TapMemory {
  const seen = memory.get(card);
  return seen === undefined ? memory : new Map(memory).set(card, { ...seen, counted: false });
}
