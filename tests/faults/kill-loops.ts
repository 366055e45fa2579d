/** SIGKILL under load: agent, broker and centre die at any moment and come back, on the same files, while two clients and a reader go on. */
import { seededRandom } from '@tramhoc/base/random';
import { createLedger } from './acknowledged.ts';
import { type CaseOptions, type CaseRow, type FaultCase, orFellOver, rowOf } from './fault-case.ts';
import { openTown } from './town.ts';

const victims = ['gate', 'broker', 'centre'] as const;
const rounds = { full: 60, short: 3 };
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const killLoops: FaultCase = {
  name: 'kill-loops',
  missing: () => undefined,
  async *run(options) {
    yield await orFellOver('kill -9 under load', () => killLoop(options));
  },
};

async function killLoop(options: CaseOptions): Promise<CaseRow> {
  const startedMs = performance.now();
  const random = seededRandom(options.seed);
  const ledger = createLedger();
  const town = await openTown({ template: options.template, ledger, random: () => random.fraction() });
  const kills = { gate: 0, broker: 0, centre: 0 };
  const wanted = options.rounds ?? (options.short ? rounds.short : rounds.full);
  try {
    await town.start('centre');
    await town.start('broker');
    await town.start('gate');
    const reader = await town.reader('gate');
    const publishers = [town.publisher('client-1'), town.publisher('client-2')];
    reader.start(10);
    for (let round = 1; round <= wanted; round += 1) {
      // each of them once, then at random
      const victim = round <= victims.length ? victims[round - 1]! : victims[Math.floor(random.fraction() * victims.length)]!;
      ledger.during(`round ${round}, kill of ${victim}`);
      await sleep(100 + 900 * random.fraction());
      await town.running(victim)!.kill();
      kills[victim] += 1;
      // now and then the others have to do without it for a while
      if (random.fraction() < 0.3) await sleep(1_000 * random.fraction());
      await town.start(victim);
    }
    reader.pause();
    for (const publisher of publishers) publisher.pause();
    await town.drained();
    const comparison = town.compare();
    const note = `killed: agent ${kills.gate}, broker ${kills.broker}, centre ${kills.centre}`;
    return rowOf({ name: 'kill -9 under load', rounds: wanted, ledger, comparison, startedMs, note });
  } finally {
    await town.close();
  }
}
