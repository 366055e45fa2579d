/**
 * A disk without room: a small tmpfs as data folder, filled by somebody else. What cannot be kept is refused and said so, and when there is room again
 * everything goes on by itself.
 */
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '@tramhoc/base/random';
import { until } from '../world/until.ts';
import { createLedger } from './acknowledged.ts';
import { type CaseOptions, type CaseRow, type FaultCase, orFellOver, rowOf } from './fault-case.ts';
import { command, lacking } from './leftovers.ts';
import { openTown } from './town.ts';

type Part = 'gate' | 'broker' | 'centre';
const nameOf = (part: Part): string => `full disk: ${part === 'gate' ? 'agent' : part}`;
/** Room for the programs' own files and a few seconds of load. */
const diskBytes = 24 * 1024 * 1024;
const rounds = { full: 4, short: 1 };
const fullMs = 3_000;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const fullDisk: FaultCase = {
  name: 'full-disk',
  missing: () => lacking('mount', 'umount'),
  async *run(options) {
    const parts: Part[] = options.short ? ['gate'] : ['gate', 'broker', 'centre'];
    for (const part of parts) yield await orFellOver(nameOf(part), () => runPart(part, options));
  },
};

async function runPart(part: Part, options: CaseOptions): Promise<CaseRow> {
  const startedMs = performance.now();
  const random = seededRandom(options.seed);
  const ledger = createLedger();
  const town = await openTown({ template: options.template, ledger, random: () => random.fraction() });
  const broken: string[] = [];
  const wanted = options.rounds ?? (options.short ? rounds.short : rounds.full);
  const notes: string[] = [];
  try {
    const disk = join(town.folder, 'small');
    mkdirSync(disk);
    command('mount', '-t', 'tmpfs', '-o', `size=${diskBytes}`, 'tramhoc-faults', disk);
    town.moveData(part, disk);
    const ballast = join(disk, 'of-somebody-else');
    for (const other of ['centre', 'broker', 'gate'] as const) await town.start(other);
    const reader = await town.reader('gate');
    const publisher = town.publisher('client-1', 20);
    reader.start(10);
    for (let round = 1; round <= wanted; round += 1) {
      ledger.during(`round ${round}`);
      await sleep(500 + 500 * random.fraction());
      const before = ledger.acknowledged.size;
      fill(ballast);
      await sleep(fullMs);
      const program = town.running(part);
      // a part that ended says why, and its supervisor goes on trying
      if (program === undefined) notes.push('it ended');
      // half of the time it is started anew on the full disk
      if (program === undefined || round % 2 === 0) {
        await program?.kill();
        const again = town.launch(part);
        await Promise.race([again.ready, again.ended, sleep(5_000)]).catch(() => undefined);
        if (!again.running() && !/DISK_FULL: /.test(again.said()))
          broken.push(`on a full disk it ended without DISK_FULL: ${again.said().slice(-300)}`);
        if (!again.running()) notes.push('a start on the full disk was refused with DISK_FULL');
      } else if (!/DISK_FULL|STORE_FULL/.test(program.said())) notes.push('nothing was refused');
      rmSync(ballast);
      if (town.running(part) === undefined) await town.start(part);
      const during = ledger.acknowledged.size - before;
      await until(
        `acknowledgements after there is room again (${during} while it was full)`,
        () => ledger.acknowledged.size > before + during + 20,
        90_000,
      );
    }
    reader.pause();
    publisher.pause();
    await town.drained();
    const comparison = town.compare();
    const note = [`${town.screen('gate').refused()} taps refused on the screen`, ...new Set(notes)].join('; ');
    return rowOf({ name: nameOf(part), rounds: wanted, ledger, comparison, startedMs, note, broken });
  } finally {
    await town.close();
  }
}

/** Takes every free byte. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  try {
    for (let bytes = 1024 * 1024; bytes >= 1; ) {
      try {
        writeSync(file, Buffer.alloc(bytes));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        bytes = Math.floor(bytes / 16);
      }
    }
  } finally {
    closeSync(file);
  }
}
