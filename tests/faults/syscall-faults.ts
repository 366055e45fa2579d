/**
 * System calls that fail, by strace: the process dies at the Nth sync, a sync gives EIO, writing gives ENOSPC from the Nth time on. Nothing that was
 * acknowledged may be missing afterwards, and a process that gives up says why with a code.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '@tramhoc/base/random';
import { errorCodes } from '@tramhoc/protocol/errors';
import { createLedger } from './acknowledged.ts';
import { type CaseOptions, type CaseRow, type FaultCase, orFellOver, rowOf } from './fault-case.ts';
import { haveCommand } from './leftovers.ts';
import type { Program } from './program.ts';
import { openTown, type Town } from './town.ts';

type Part = 'gate' | 'broker' | 'centre';
type Fault = { name: string; calls: string; does: string };

const sync = 'fsync,fdatasync';
const faults: readonly Fault[] = [
  { name: 'kill at the Nth sync', calls: sync, does: 'signal=KILL:when=' },
  { name: 'EIO at the Nth sync', calls: sync, does: 'error=EIO:when=' },
  { name: 'ENOSPC from the Nth write on', calls: 'pwrite64', does: 'error=ENOSPC:when=' },
];
const parts: readonly Part[] = ['broker', 'gate', 'centre'];
/** Early in the start, in the start, and under load. A start needs about 10 syncs and 60 writes. */
const places = [2, 9, 25, 60, 140, 300];
const loadMs = 2_500;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const syscallFaults: FaultCase = {
  name: 'syscall-faults',
  missing: () => (haveCommand('strace') ? undefined : 'needs strace'),
  async *run(options) {
    // a short run has one of them, another one on another day
    const chosen = options.short ? [faults[options.seed % faults.length]!] : faults;
    for (const fault of chosen) yield await orFellOver(fault.name, () => runFault(fault, options));
  },
};

/** One town for all places of one fault: what a process leaves behind must do for the next start as well. */
async function runFault(fault: Fault, options: CaseOptions): Promise<CaseRow> {
  const startedMs = performance.now();
  const random = seededRandom(options.seed);
  const ledger = createLedger();
  const town = await openTown({ template: options.template, ledger, random: () => random.fraction() });
  const broken: string[] = [];
  const ends = new Map<string, number>();
  const rounds = roundsOf(options, random);
  try {
    for (const part of ['centre', 'broker', 'gate'] as const) await town.start(part);
    const reader = await town.reader('gate');
    const publishers = [town.publisher('client-1'), town.publisher('client-2')];
    reader.start(15);
    for (const { part, at } of rounds) {
      ledger.during(`${fault.name}, ${part}, N = ${at}`);
      await town.running(part)!.kill();
      const nth = fault.calls === 'pwrite64' ? `${at * 6}+` : String(at);
      const trace = join(town.folder, 'trace');
      const wrapped = town.launch(part, { before: straced(fault, { when: nth, trace }) });
      await Promise.race([wrapped.ended, wrapped.ready.catch(() => undefined)]);
      await Promise.race([wrapped.ended, sleep(loadMs)]);
      const end = await howItEnded(wrapped, trace);
      ends.set(end.what, (ends.get(end.what) ?? 0) + 1);
      if (end.fault !== undefined) broken.push(`${fault.name}, ${part}, N = ${at}: ${end.fault}`);
      await town.start(part);
    }
    await settle(town, [reader, ...publishers]);
    const comparison = town.compare();
    // in a short run the one place may lie behind what a slow computer reaches
    if (!options.short && ends.get('not reached') === rounds.length) broken.push('the fault was never reached: the case sees nothing');
    const note = [...ends].map(([what, times]) => `${times} ${what}`).join(', ');
    return rowOf({ name: fault.name, rounds: rounds.length, ledger, comparison, startedMs, note, broken });
  } finally {
    await town.close();
  }
}

function roundsOf(options: CaseOptions, random: { fraction(): number }): { part: Part; at: number }[] {
  if (options.short) return [{ part: parts[Math.floor(random.fraction() * 2)]!, at: 60 }];
  const wanted = options.rounds ?? parts.length * places.length;
  return Array.from({ length: wanted }, (_, round) => {
    const place = places[Math.floor(round / parts.length) % places.length]!;
    return { part: parts[round % parts.length]!, at: place + Math.floor(random.fraction() * place * 0.5) };
  });
}

const straced = ({ calls, does }: Fault, { when, trace }: { when: string; trace: string }): string[] => [
  ...['strace', '-f', '-qq', '-o', trace, '-e', `trace=${calls}`, '-e', `inject=${calls}:${does}${when}`],
];

async function settle(town: Town, sources: readonly { pause(): void }[]): Promise<void> {
  for (const source of sources) source.pause();
  await town.drained();
}

/** It may go on, be killed by the fault, or end by itself with a line that has a code. */
async function howItEnded(program: Program, trace: string): Promise<{ what: string; fault?: string }> {
  if (program.running()) {
    await program.kill();
    return { what: /INJECTED/.test(readFileSync(trace, 'utf8')) ? 'went on' : 'not reached' };
  }
  const { code, signal } = await program.ended;
  if (signal === 'SIGKILL' || code === 137) return { what: 'killed' };
  const said = program.said();
  const named = errorCodes.find((one) => one !== 'INTERNAL' && said.includes(`${one}: `));
  if (named !== undefined) return { what: `ended with ${named}` };
  return { what: 'ended without a code', fault: `it ended (${code ?? signal}) without a code: ${said.slice(-400)}` };
}
