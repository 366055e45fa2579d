/** Whether an MH-Z19 measures or preheats: switched on again it answers for minutes with made-up values that look like air. Pure. */

export type Preheat = {
  /** What was last taken for air. */
  believedPpm: number | undefined;
  /** The turn before this answer had none: it may have been without power. At opening nobody knows. */
  missed: boolean;
  /** Nothing is believed since then (monotonic), and why. */
  held: { fromMs: number; why: 'missed' | 'jump' } | undefined;
};

export const justOpened: Preheat = { believedPpm: undefined, missed: true, held: undefined };
/** What the models are known to say while they preheat; some say others (388, 450, 555). README.md. */
const madeUpPpm: ReadonlySet<number> = new Set([400, 410, 500, 505, 5_000]);
/** So near to the value before, it makes no difference: the maker promises no more than ±50 ppm and some percent. */
const nearPpm = 50;

/**
 * The sensor says `ppm`; it is air when the answer has nothing `held`. Held back is what follows a missed turn, until it is again near what it was, and a
 * jump to a made-up value, until it says anything else. A room that really stands at 410 ppm gives no such sign, and `warmUpMs` ends both.
 */
export function hearPpm(memory: Preheat, { ppm, nowMs }: { ppm: number; nowMs: number }, warmUpMs: number): Preheat {
  const { believedPpm, missed } = memory;
  const near = believedPpm !== undefined && Math.abs(ppm - believedPpm) <= nearPpm;
  const madeUp = madeUpPpm.has(ppm);
  const jumped = madeUp && !near;
  const held = missed
    ? { fromMs: nowMs, why: 'missed' as const }
    : (memory.held ?? (jumped ? { fromMs: nowMs, why: 'jump' as const } : undefined));
  const over = held === undefined || near || (held.why === 'jump' && !madeUp) || nowMs - held.fromMs >= warmUpMs;
  return { believedPpm: over ? ppm : believedPpm, missed: false, held: over ? undefined : held };
}
