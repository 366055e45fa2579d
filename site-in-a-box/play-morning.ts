/** Carries out a planned morning at the simulators, then keeps a slow day going until it is stopped. */
import type { Hardware } from './hardware.ts';
import { type Happening, planMorning } from './plan-morning.ts';

export type Playing = { stop(): void };

/** After the morning somebody passes the gate about this often. */
const dayTapMs = 25_000;
const dayAirMs = 30_000;

/** `speed` 30 plays the 45 minutes in a minute and a half. */
export function playMorning({
  hardware,
  cards,
  speed,
  fraction,
}: {
  hardware: Hardware;
  cards: readonly string[];
  speed: number;
  fraction(): number;
}): Playing {
  const morning = planMorning(cards, fraction);
  let timer: NodeJS.Timeout | undefined;
  const carryOut = (happening: Happening): void => {
    switch (happening.at) {
      case 'reader':
        hardware.devices.reader.send(`tap ${happening.card}`);
        break;
      case 'scanner':
        hardware.devices.scanner.send(`scan ${happening.text}`);
        break;
      case 'air':
        hardware.devices.air.send(`air ${happening.pm1} ${happening.pm25} ${happening.pm10}`);
        break;
      default:
        happening satisfies never;
    }
  };
  const next = (at: number, playedMs: number): void => {
    const happening = morning[at];
    if (happening === undefined) {
      timer = setTimeout(day, dayTapMs, 0);
      return;
    }
    timer = setTimeout(
      () => {
        carryOut(happening);
        next(at + 1, happening.atMs);
      },
      (happening.atMs - playedMs) / speed,
    );
  };
  const day = (sinceAirMs: number): void => {
    carryOut({ atMs: 0, at: 'reader', card: cards[Math.floor(fraction() * cards.length)]! });
    const airDue = sinceAirMs + dayTapMs >= dayAirMs;
    if (airDue) {
      const pm25 = Math.round(16 + 8 * fraction());
      carryOut({ atMs: 0, at: 'air', pm1: Math.round(pm25 * 0.62), pm25, pm10: Math.round(pm25 * 1.35) });
    }
    timer = setTimeout(day, dayTapMs, airDue ? 0 : sinceAirMs + dayTapMs);
  };
  next(0, 0);
  return { stop: () => clearTimeout(timer) };
}
