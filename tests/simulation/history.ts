/** One history: a district lives through a bad day (safety: whatever happens, nothing false is said), then everything is mended (liveness: all arrives). */

import type { VariantName } from './broken-variants.ts';
import { centreDatabase } from './centre-computer.ts';
import { compareLedger, twinFault, withinLimits } from './compare-ledger.ts';
import { dice as diceOf } from './dice.ts';
import { createDistrict, type District } from './district.ts';
import { defaultFaults, type FaultName, type Faults, someOf } from './fault-options.ts';
import { injectFault } from './inject-fault.ts';
import { changeWish, somethingHappens } from './people.ts';

export type HistoryOptions = {
  seed: number;
  faults?: Faults | undefined;
  variant?: VariantName | undefined;
  ledgerOnly?: boolean | undefined;
  print?: ((line: string) => void) | undefined;
};
export type HistoryResult = {
  seed: number;
  violations: string[];
  counts: Record<string, number>;
  /** Equal for two runs of a seed. */
  traceHash: string;
  acceptedEvents: number;
  virtualMs: number;
  turns: number;
};

const tickMs = 1_500;
/** Backoffs go up to a minute, a start that failed is tried again after 5 s; a quarter of an hour is for ever. */
const mendedWithinMs = 15 * 60_000;
/** An agent tells what it runs four times a day, whatever became of the last report. */
const regularReportMs = 6.2 * 3_600_000;
const wholeListMs = 61 * 60_000;
/** Gaps are reported after 15 s: what follows from them must have arrived too. */
const calmMs = 25_000;

let running: District | undefined;
/** Promises that nobody caught: the history that runs is to blame, a real program would have ended. */
export function catchRejections(): void {
  process.on('unhandledRejection', (error) => {
    if (running === undefined) throw error;
    running.loop.crashed(error);
  });
}

export async function runHistory({ seed, faults = defaultFaults, variant, ledgerOnly, print }: HistoryOptions): Promise<HistoryResult> {
  const dice = diceOf(seed);
  const chosen = someOf(faults, dice);
  // most days are short and few are concerned: more mixes of faults for the same time
  const large = dice.chance(0.25);
  const district = createDistrict({ dice, faults: chosen, variant, print, ledgerOnly, large });
  running = district;
  try {
    await badDay(district, chosen, large ? dice.whole(12, 40) : dice.whole(3, 12));
    withinLimits(district);
    if (await mended(district)) compareLedger(district);
  } catch (error) {
    district.violation(`the history itself failed: ${String((error as Error).stack ?? error)}`);
  } finally {
    running = undefined;
    for (const { computer } of [district.centre, ...district.sites, ...district.devices])
      if (computer.program) computer.program.alive = false;
    district.close();
  }
  return {
    seed,
    violations: district.violations,
    counts: Object.fromEntries(district.counts),
    traceHash: district.loop.trace.hash(),
    acceptedEvents: district.ledger.accepted.size,
    virtualMs: district.loop.nowMs,
    turns: district.loop.turnCount,
  };
}

async function badDay(district: District, faults: Faults, ticks: number): Promise<void> {
  const { dice, loop, centre, sites, devices } = district;
  centre.computer.startNow();
  await loop.run(50);
  for (const { computer } of sites) computer.startNow();
  for (const { computer } of devices) computer.startNow();
  for (const device of devices) changeWish(device, district);
  await loop.run(dice.between(0, 5_000));
  for (let tick = 0; tick < ticks; tick += 1) {
    withinLimits(district);
    for (const name of Object.keys(faults) as FaultName[]) if (dice.chance(faults[name])) injectFault(name, district);
    const busy = dice.chance(0.1) ? 6 : 1;
    for (let times = 0; times < busy; times += 1) {
      if (dice.chance(0.75)) somethingHappens(district);
      await loop.run((tickMs / busy) * dice.between(0.2, 1.8));
    }
  }
}

/** Faults stop. Gives whether all came to rest; what did not is a violation of its own. */
async function mended(district: District): Promise<boolean> {
  const { loop, centre, sites, devices, violation } = district;
  loop.trace.note('world', 'faults stop');
  district.mend();
  for (const { computer } of [centre, ...sites, ...devices])
    Object.assign(computer.disk, { full: false, failingCommits: 0, slowMs: 0, killPlan: undefined });
  for (const { line } of sites) Object.assign(line, { down: false, slow: false, loseRequest: 0, loseAnswer: 0, late: 0, twice: 0 });
  for (const { cable } of devices) Object.assign(cable, { down: false, slow: false, duplicate: 0 });
  // damaged disks are exchanged within three minutes; everybody else starts at once
  const damaged = [...sites, ...devices].some(({ held }) => held !== undefined);
  for (const { computer } of [centre, ...sites, ...devices]) computer.heal();
  await loop.run(damaged ? 5 * 60_000 : 10);
  if (centre.computer.disk.exchanges > 0) await sitesLookAtTheCentre(district);
  let untilMs = loop.nowMs + mendedWithinMs;
  let restless: string | undefined = 'not looked at';
  let regular = false;
  while (loop.nowMs < untilMs) {
    await loop.run(3_000);
    restless = unrest(district);
    if (restless?.startsWith('twin') === true && !regular && loop.nowMs > untilMs - mendedWithinMs / 2) {
      // a report that a full site gave up is made again by the clock
      regular = true;
      district.count('twins that agreed only with the next regular report');
      loop.leap(regularReportMs);
      untilMs += regularReportMs;
    }
    if (restless !== undefined) continue;
    await loop.run(calmMs);
    restless = unrest(district);
    if (restless === undefined) return true;
  }
  violation(`a quarter of an hour after the faults stopped: ${restless}`);
  return false;
}

/**
 * A site finds out what a centre lacks that was put back from a copy when it reaches it again, which may take a minute, or the copy may be older than
 * all it knows: then it sends the whole list, after the third time once an hour.
 */
async function sitesLookAtTheCentre({ loop }: District): Promise<void> {
  await loop.run(3 * 60_000);
  loop.leap(wholeListMs);
  await loop.run(2 * 60_000);
}

function unrest({ centre, sites, devices }: District): string | undefined {
  if (centre.serving === undefined) return 'the centre does not serve';
  for (const { computer, serving } of sites) {
    if (serving === undefined) return `${computer.name} does not serve`;
    if (serving.waiting() > 0) return `${computer.name} has ${serving.waiting()} events that the centre has not`;
  }
  for (const { computer, serving } of devices) {
    if (serving === undefined) return `${computer.name} does not run`;
    if (!serving.connected()) return `${computer.name} is not connected`;
    if (serving.pending() > 0) return `${computer.name} has ${serving.pending()} events that its site has not`;
  }
  const platter = centre.computer.disk.platters.get(centreDatabase)!;
  for (const { deviceId, computer } of devices) {
    const fault = twinFault(platter, deviceId);
    if (fault !== undefined) return `twin of ${computer.name}: ${fault}`;
  }
  return undefined;
}
