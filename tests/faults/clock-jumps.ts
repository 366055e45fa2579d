/**
 * Wall clocks that jump while a program runs, by libfaketime: back to a year in which no certificate is valid, a year ahead, and back. Taps keep their
 * order; each has the site's time, or says that nobody knows it.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '@tramhoc/base/random';
import BetterSqlite3 from 'better-sqlite3';
import { createLedger } from './acknowledged.ts';
import { type CaseOptions, type CaseRow, type FaultCase, orFellOver, rowOf } from './fault-case.ts';
import { openTown, type Town } from './town.ts';

const libraries = ['x86_64', 'aarch64'].map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`);
const library = libraries.find((path) => existsSync(path));

/** Days from the true time, one after the other; `restart`: the program starts anew while the clock is wrong, as with a dead battery. */
const jumps: readonly { days: number; restart: boolean }[] = [
  { days: -9_000, restart: false },
  { days: 0, restart: false },
  { days: 400, restart: false },
  { days: 0, restart: false },
  { days: -9_000, restart: true },
  { days: 0, restart: false },
];
const betweenMs = 1_500;
/** Far above what a busy computer delays, far below the smallest jump. */
const toleranceMs = 120_000;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const clockJumps: FaultCase = {
  name: 'clock-jumps',
  missing: () => (library === undefined ? 'needs libfaketime (Debian package faketime)' : undefined),
  async *run(options) {
    const parts = options.short ? (['gate'] as const) : (['gate', 'broker'] as const);
    for (const part of parts) yield await orFellOver(nameOf(part), () => runPart(part, options));
  },
};

type Part = 'gate' | 'broker';
const nameOf = (part: Part): string => `clock of the ${part === 'gate' ? 'agent' : part} jumps`;

async function runPart(part: Part, options: CaseOptions): Promise<CaseRow> {
  const startedMs = performance.now();
  const random = seededRandom(options.seed);
  const ledger = createLedger();
  const town = await openTown({ template: options.template, ledger, random: () => random.fraction() });
  const file = join(town.folder, 'faketime');
  const setClock = (days: number): void => writeFileSync(file, `${days < 0 ? '-' : '+'}${Math.abs(days) * 86_400}\n`);
  const env = { LD_PRELOAD: library!, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1', DONT_FAKE_MONOTONIC: '1' };
  const shownMs = new Map<string, number>();
  const rounds = options.short ? jumps.slice(0, 2) : jumps;
  try {
    setClock(0);
    for (const each of ['centre', 'broker', 'gate'] as const) await town.start(each, each === part ? { env } : {});
    const reader = await town.reader('gate');
    const heard = rememberWhenShown(town, shownMs);
    reader.start(25);
    for (const { days, restart } of rounds) {
      ledger.during(`the clock is ${days} days off`);
      setClock(days);
      if (restart) {
        await town.running(part)!.kill();
        await town.start(part, { env });
      }
      await sleep(betweenMs);
    }
    reader.pause();
    setClock(0);
    await town.drained();
    heard.stop();
    const comparison = town.compare();
    // a site whose own clock is wrong cannot give the right time: then only order and number are promised
    const times = part === 'gate' ? timesOf(town.centreDatabase, shownMs) : { note: '', broken: [] };
    return rowOf({ name: nameOf(part), rounds: rounds.length, ledger, comparison, startedMs, ...times });
  } finally {
    await town.close();
  }
}

/** By the clock of this computer, which does not jump. */
function rememberWhenShown(town: Town, shownMs: Map<string, number>): { stop(): void } {
  const { heard } = town.screen('gate').ear;
  let at = 0;
  const timer = setInterval(() => {
    for (; at < heard.length; at += 1) {
      const notice = heard[at]!;
      if (notice.notice === 'tap.accepted') shownMs.set(notice.tapId, Date.now());
    }
  }, 10);
  return { stop: () => clearInterval(timer) };
}

function timesOf(databasePath: string, shownMs: ReadonlyMap<string, number>): { note: string; broken: string[] } {
  const database = new BetterSqlite3(databasePath, { readonly: true });
  const rows = database
    .prepare(
      "SELECT id, device_time, site_time_ms, site_time_method FROM events WHERE type = 'vn.tramhoc.attendance.tap.v1' ORDER BY position",
    )
    .all() as { id: string; device_time: string; site_time_ms: number | null; site_time_method: string }[];
  database.close();
  const methods = new Map<string, number>();
  const broken: string[] = [];
  let wrongAtDevice = 0;
  for (const { id, device_time, site_time_ms, site_time_method } of rows) {
    const trueMs = shownMs.get(id);
    if (trueMs === undefined) continue;
    methods.set(site_time_method, (methods.get(site_time_method) ?? 0) + 1);
    if (Math.abs(Date.parse(device_time) - trueMs) > toleranceMs) wrongAtDevice += 1;
    if (site_time_ms !== null && Math.abs(site_time_ms - trueMs) > toleranceMs)
      broken.push(`tap ${id} of ${new Date(trueMs).toISOString()} stands at ${new Date(site_time_ms).toISOString()} (${site_time_method})`);
    if (site_time_ms === null && site_time_method !== 'unknown') broken.push(`tap ${id} has no time and does not say so`);
  }
  if (wrongAtDevice === 0) broken.push('no tap had a wrong time on the device: the case sees nothing');
  const times = [...methods].map(([method, count]) => `${count} ${method}`).join(', ');
  return { note: `times of taps: ${times}; ${wrongAtDevice} were wrong on the device`, broken: broken.slice(0, 5) };
}
