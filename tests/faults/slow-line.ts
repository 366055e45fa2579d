/** Lines as schools have them: slow, shaky, cut in the middle of a TLS record, half open. A relay of the test's own stands in both lines. */
import { seededRandom } from '@tramhoc/base/random';
import { until } from '../world/until.ts';
import { createLedger } from './acknowledged.ts';
import { type CaseOptions, type CaseRow, type FaultCase, orFellOver, rowOf } from './fault-case.ts';
import type { Line } from './line.ts';
import { openTown, type Town } from './town.ts';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

type Act = { name: string; rounds: number; shortRounds: number; round(line: Line, town: Town, fraction: () => number): Promise<void> };

/** A device notices a dead line by keep-alive: 15 s and half of it again. */
const keepAliveNoticeMs = 60_000;

/** Whoever loses one connection after the other waits longer and longer before the next, a minute at most. */
const backInMs = 90_000;

const acts: readonly Act[] = [
  {
    ...{ name: 'delay 200 ms, jitter 300 ms', rounds: 3, shortRounds: 0 },
    async round(line) {
      line.set({ do: 'delay', delayMs: 200, jitterMs: 300 });
      await sleep(6_000);
      line.set({ do: 'pass' });
    },
  },
  {
    ...{ name: 'cut in the middle of a TLS record', rounds: 6, shortRounds: 2 },
    async round(line, _town, fraction) {
      await until('somebody uses the line', () => line.openConnections() > 0, backInMs);
      line.cutInRecord();
      await sleep(400 + 1_200 * fraction());
    },
  },
  {
    ...{ name: 'black hole that ends', rounds: 4, shortRounds: 0 },
    async round(line, _town, fraction) {
      line.set({ do: 'hold' });
      await sleep(800 + 4_000 * fraction());
      line.set({ do: 'pass' });
      await sleep(300);
    },
  },
  {
    ...{ name: 'half open until the device notices', rounds: 2, shortRounds: 0 },
    async round(line, town) {
      await until('somebody uses the line', () => line.openConnections() > 0, backInMs);
      line.forgetFarEnds();
      if (line === town.deviceLine) await until('the device notices', () => !town.screen('gate').brokerConnected(), keepAliveNoticeMs);
      else await sleep(3_000);
    },
  },
];

export const slowLine: FaultCase = {
  name: 'slow-line',
  missing: () => undefined,
  async *run(options) {
    for (const act of acts) {
      const rounds = options.rounds ?? (options.short ? act.shortRounds : act.rounds);
      if (rounds > 0) yield await orFellOver(act.name, () => runAct(act, options, rounds));
    }
  },
};

async function runAct(act: Act, options: CaseOptions, rounds: number): Promise<CaseRow> {
  const startedMs = performance.now();
  const random = seededRandom(options.seed);
  const fraction = (): number => random.fraction();
  const ledger = createLedger();
  const town = await openTown({ template: options.template, ledger, random: fraction });
  try {
    for (const part of ['centre', 'broker', 'gate'] as const) await town.start(part);
    const reader = await town.reader('gate');
    const publisher = town.publisher('client-1', 20);
    reader.start(20);
    for (let round = 1; round <= rounds; round += 1) {
      ledger.during(`round ${round}`);
      for (const line of [town.deviceLine, town.upLine]) await act.round(line, town, fraction);
    }
    reader.pause();
    publisher.pause();
    await town.drained();
    const comparison = town.compare();
    return rowOf({ name: act.name, rounds: rounds * 2, ledger, comparison, startedMs });
  } finally {
    await town.close();
  }
}
