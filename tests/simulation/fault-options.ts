/** Everything that goes wrong, as one object of chances. A history uses some of them only, each more or less: so that rare mixes are met as well. */
import type { Dice } from './dice.ts';

/** Chance for each tick of 1.5 s and the whole district, unless it says something else. */
export const defaultFaults = {
  // between a device and its site
  cutCable: 0.06,
  hangCable: 0.03,
  unplugCable: 0.03,
  slowCable: 0.02,
  /** For each publish. */
  publishTwice: 0.03,
  // between a site and the centre; the last four for each request
  cutLine: 0.03,
  slowLine: 0.02,
  loseRequest: 0.03,
  loseAnswer: 0.04,
  lateRequest: 0.02,
  requestTwice: 0.03,
  // programs
  killAgent: 0.03,
  killBroker: 0.03,
  killCentre: 0.02,
  /** In the middle of a statement, before or after a commit, or at a file. */
  killInside: 0.05,
  stopProgram: 0.03,
  // power and clocks
  cutPower: 0.04,
  deadClock: 0.01,
  jumpClock: 0.03,
  /** Time leaps by days. */
  leap: 0.015,
  /** The centre is away for weeks, with life going on at the sites. */
  centreAway: 0.004,
  // disks
  takeImage: 0.03,
  restoreImage: 0.012,
  wipeCard: 0.006,
  /** The centre is put back from a copy of its database. */
  restoreCentre: 0.006,
  fullDisk: 0.02,
  failCommits: 0.02,
  slowDisk: 0.02,
  damagePage: 0.005,
  /** For each opening of a reader's port. */
  portRefused: 0.02,
} as const;
export type FaultName = keyof typeof defaultFaults;
export type Faults = Record<FaultName, number>;

export const noFaults = Object.fromEntries(Object.keys(defaultFaults).map((name) => [name, 0])) as Faults;

/** Half of the faults, each half to twice as often. */
export function someOf(faults: Faults, dice: Dice): Faults {
  return Object.fromEntries(
    Object.entries(faults).map(([name, chance]) => [name, dice.chance(0.55) ? chance * dice.between(0.5, 2) : 0]),
  ) as Faults;
}
