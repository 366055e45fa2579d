/**
 * Simulated power cuts: the data folder of one part lies on a disk whose power is cut under load, again and again, on the same files. What was
 * acknowledged is remembered outside that disk.
 */
import { join } from 'node:path';
import { seededRandom } from '@tramhoc/base/random';
import { until } from '../world/until.ts';
import { createLedger } from './acknowledged.ts';
import { startBatchPoster } from './batch-poster.ts';
import { type CaseOptions, type CaseRow, emptyRow, type FaultCase, orFellOver, rowOf } from './fault-case.ts';
import { cannotCutPower, type FileSystem, type LoopDisk, makeLoopDisk } from './loop-disk.ts';
import { openTown, type Town } from './town.ts';

type Part = 'broker' | 'gate' | 'centre';
type Variant = { part: Part; fileSystem: FileSystem; rounds: number; shortRounds: number };

/** 220 in a full run. */
const ofBroker: readonly Variant[] = [
  { part: 'broker', fileSystem: 'ext4', rounds: 110, shortRounds: 2 },
  { part: 'broker', fileSystem: 'xfs', rounds: 40, shortRounds: 0 },
];
const ofAgent: readonly Variant[] = [{ part: 'gate', fileSystem: 'ext4', rounds: 40, shortRounds: 1 }];
const ofCentre: readonly Variant[] = [{ part: 'centre', fileSystem: 'ext4', rounds: 30, shortRounds: 1 }];
/** The test of the test: with `synchronous=NORMAL` put in from outside something must be lost within so many cuts. */
const redWithin = 10;
const testName = 'test of the test: broker with synchronous=NORMAL';
/** How often the line upwards is open during a round: else what is forwarded at once would hide what the disk lost. */
const upLineOpenShare = 0.3;

export const powerCuts: readonly FaultCase[] = [
  {
    name: 'power-cuts-broker',
    missing: () => cannotCutPower('ext4'),
    async *run(options) {
      yield* runVariants(ofBroker, options);
      yield await orFellOver(testName, () => testOfTheTest(options));
    },
  },
  { name: 'power-cuts-agent', missing: () => cannotCutPower('ext4'), run: (options) => runVariants(ofAgent, options) },
  { name: 'power-cuts-centre', missing: () => cannotCutPower('ext4'), run: (options) => runVariants(ofCentre, options) },
];

async function* runVariants(variants: readonly Variant[], options: CaseOptions): AsyncIterable<CaseRow> {
  for (const variant of variants) {
    const name = `power cut: ${nameOf(variant.part)} on ${variant.fileSystem}`;
    const rounds = options.rounds ?? (options.short ? variant.shortRounds : variant.rounds);
    const skipped = rounds === 0 ? 'in the full run only' : cannotCutPower(variant.fileSystem);
    if (skipped !== undefined) yield { ...emptyRow(name), skipped };
    else yield await orFellOver(name, async () => (await runVariant(variant, options, { rounds })).row(name));
  }
}

const nameOf = (part: Part): string => (part === 'gate' ? 'agent' : part);

async function testOfTheTest(options: CaseOptions): Promise<CaseRow> {
  const { row } = await runVariant({ part: 'broker', fileSystem: 'ext4', rounds: 0, shortRounds: 0 }, options, {
    rounds: redWithin,
    nodeOptions: ['--import', join(import.meta.dirname, 'sync-normal.preload.ts')],
    untilLost: true,
  });
  const found = row(testName);
  const broken = found.lost > 0 ? [] : [`${found.rounds} power cuts with synchronous=NORMAL and nothing was lost: the case sees nothing`];
  return { ...found, lost: 0, note: `${found.lost} lost, as it must be`, broken };
}

type Run = { rounds: number; nodeOptions?: readonly string[]; untilLost?: boolean };

async function runVariant(
  { part, fileSystem }: Variant,
  options: CaseOptions,
  { rounds, nodeOptions = [], untilLost = false }: Run,
): Promise<{ row(name: string): CaseRow }> {
  const startedMs = performance.now();
  const random = seededRandom(options.seed);
  const fraction = (): number => random.fraction();
  const ledger = createLedger();
  const town = await openTown({ template: options.template, ledger, random: fraction });
  let disk: LoopDisk | undefined;
  let done = 0;
  try {
    disk = makeLoopDisk(town.folder, 'power', fileSystem);
    town.moveData(part, disk.folder);
    const load = await loads[part](town, fraction);
    let comparison = town.compare();
    while (done < rounds) {
      ledger.during(`round ${done + 1}`);
      await town.start(part, { nodeOptions });
      await load.run(200 + 500 * fraction());
      await cut(town, part, { disk, inFlight: done % 2 === 1 });
      done += 1;
      if (!untilLost) continue;
      await settle(town, part, load, { nodeOptions });
      comparison = town.compare();
      if (comparison.lost.length > 0) break;
      await town.running(part)?.kill();
    }
    if (!untilLost) {
      await settle(town, part, load, {});
      comparison = town.compare();
    }
    return { row: (name) => rowOf({ name, rounds: done, ledger, comparison, startedMs }) };
  } finally {
    await town.close();
  }
}

/**
 * The ioctl is not quite a power cut: a sync that is under way at that moment may return without a fault although its blocks are lost (a loop of
 * nothing but write and fdatasync shows it, in about 1 of 40 cuts on a busy computer). So in every other round the program stands still before the cut,
 * and each acknowledgement counts; in the others the cut comes in the middle of whatever it writes, and what it tells from then on is not counted.
 */
async function cut(town: Town, part: Part, { disk, inFlight }: { disk: LoopDisk; inFlight: boolean }): Promise<void> {
  const program = town.running(part);
  if (!inFlight) await program?.freeze();
  // what was told before is heard now
  await sleep(20);
  town.ledger.doubt(inFlight);
  disk.cutPower();
  await program?.kill();
  await sleep(20);
  town.ledger.doubt(false);
  disk.comeBack();
}

/** No more faults: the part comes back, lines are open, everything that waits is delivered. */
async function settle(town: Town, part: Part, load: Load, wrap: { nodeOptions?: readonly string[] }): Promise<void> {
  town.upLine.set({ do: 'pass' });
  town.deviceLine.set({ do: 'pass' });
  await town.start(part, wrap);
  load.pause();
  await load.settled();
}

type Load = { run(ms: number): Promise<void>; pause(): void; settled(): Promise<void> };
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const loads: Record<Part, (town: Town, fraction: () => number) => Promise<Load>> = {
  async broker(town, fraction) {
    await town.start('centre');
    const publishers = [town.publisher('client-1'), town.publisher('client-2')];
    return {
      async run(ms) {
        town.upLine.set({ do: fraction() < upLineOpenShare ? 'pass' : 'cut' });
        for (const publisher of publishers) publisher.resume();
        await until('the clients are connected', () => publishers.every((publisher) => publisher.connected()));
        await sleep(ms);
      },
      pause() {
        for (const publisher of publishers) publisher.pause();
      },
      settled: () => town.drained(),
    };
  },
  async gate(town, fraction) {
    await town.start('centre');
    await town.start('broker');
    await town.start('gate');
    const reader = await town.reader('gate');
    const screen = town.screen('gate');
    await town.running('gate')!.stop();
    return {
      async run(ms) {
        town.deviceLine.set({ do: fraction() < upLineOpenShare ? 'pass' : 'cut' });
        await until('the reader is open', () => reader.connected() && screen.ear.connected() && screen.slotOpen());
        reader.start(3);
        await sleep(ms);
      },
      pause: () => reader.pause(),
      settled: () => town.drained(),
    };
  },
  async centre(town) {
    const poster = startBatchPoster(town);
    return {
      run: (ms) => poster.run(ms),
      pause: () => poster.pause(),
      settled: () => poster.idle(),
    };
  },
};
