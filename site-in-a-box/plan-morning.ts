/**
 * A school morning as a list of what happens at the hardware, from 06:45 to 07:30. Pure: the same roster and seed give the same morning.
 * Most pupils come in the last ten minutes before the bell at 07:15, some are late, a few stay away, one card is not registered.
 */
export type Happening = { atMs: number } & (
  | { at: 'reader'; card: string }
  | { at: 'scanner'; text: string }
  | { at: 'air'; pm1: number; pm25: number; pm10: number }
);

const minuteMs = 60_000;
const bellMs = 30 * minuteMs;
const morningMs = 45 * minuteMs;
const airEveryMs = minuteMs;
/** A card of the same make that is in nobody's name. */
const strangersCard = '1400BADC0D';

/** `cards`: UIDs in hex. `fraction()` gives 0 <= x < 1. Happenings in order of their time from the start of the morning. */
export function planMorning(cards: readonly string[], fraction: () => number): Happening[] {
  const happenings: Happening[] = [];
  const comers = cards.filter((_, at) => at === 0 || fraction() > 0.08);
  for (const [at, card] of comers.entries()) {
    // the first pupil opens the gate, so that somebody who watches does not wait
    const atMs = at === 0 ? 20_000 : arrivalMs(fraction);
    happenings.push({ atMs, at: 'reader', card });
    // some are not sure that it beeped
    if (fraction() < 0.1) happenings.push({ atMs: atMs + 1_200, at: 'reader', card });
  }
  happenings.push({ atMs: bellMs - 4 * minuteMs, at: 'reader', card: strangersCard });
  // until then the sensor plays frames that were recorded from a real one
  for (let atMs = 2 * minuteMs; atMs < morningMs; atMs += airEveryMs) happenings.push({ atMs, at: 'air', ...airAt(atMs, fraction) });
  return happenings.sort((a, b) => a.atMs - b.atMs);
}

/** Mean of three draws, skewed towards the bell; one in twelve is late. */
function arrivalMs(fraction: () => number): number {
  if (fraction() < 1 / 12) return bellMs + fraction() * 12 * minuteMs;
  const early = Math.min(fraction(), fraction());
  return bellMs - early * 28 * minuteMs - 20_000 * fraction();
}

/** Motorbikes at the gate: fine dust rises towards the bell and falls slowly after it. Whole µg/m³, as the sensor gives them. */
function airAt(atMs: number, fraction: () => number): { pm1: number; pm25: number; pm10: number } {
  const distance = (atMs - bellMs) / (atMs < bellMs ? 12 * minuteMs : 20 * minuteMs);
  const pm25 = Math.round(14 + 34 * Math.exp(-distance * distance) + 4 * fraction());
  return { pm1: Math.round(pm25 * 0.62), pm25, pm10: Math.round(pm25 * 1.35) };
}
