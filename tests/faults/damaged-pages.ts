/**
 * Pages of the databases damaged while the programs are off, on files that the programs made. A damage may stop the start with an advice, be found when
 * it is read, or be found by the checksum of a row; what is given out must be what was written.
 */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@tramhoc/base/clock';
import { openDurableQueue } from '@tramhoc/base/durable-queue';
import { seededRandom, systemRandom } from '@tramhoc/base/random';
import { openDatabase } from '@tramhoc/base/sqlite';
import { createEventStore } from '@tramhoc/broker/ingest/event-store';
import { openSiteDatabase } from '@tramhoc/broker/site-database';
import { isTramError } from '@tramhoc/protocol/errors';
import { migrations as centreMigrations } from '@tramhoc/provisioning/store/schema';
import BetterSqlite3 from 'better-sqlite3';
import { until } from '../world/until.ts';
import { createLedger } from './acknowledged.ts';
import { damaged } from './damage-page.ts';
import { type CaseOptions, type CaseRow, emptyRow, type FaultCase, orFellOver, rowOf } from './fault-case.ts';
import { openTown, type Town } from './town.ts';

const rounds = { full: 100, short: 10 };
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const damagedPages: FaultCase = {
  name: 'damaged-pages',
  missing: () => undefined,
  async *run(options) {
    const random = seededRandom(options.seed);
    const fraction = (): number => random.fraction();
    const ledger = createLedger();
    const startedMs = performance.now();
    const town = await openTown({ template: options.template, ledger, random: fraction });
    try {
      await fillStores(town, options);
      for (const store of stores) yield await orFellOver(store.name, async () => measure(store, { town, options, fraction }));
      yield await orFellOver(agentRow, () => agentGoesOn(town, startedMs));
    } finally {
      await town.close();
    }
  },
};

/** The site and the centre have delivered events; the agent has some that wait. All programs are off at the end. */
async function fillStores(town: Town, { short }: CaseOptions): Promise<void> {
  for (const part of ['centre', 'broker', 'gate'] as const) await town.start(part);
  const reader = await town.reader('gate');
  const publishers = [town.publisher('client-1', 2), town.publisher('client-2', 2)];
  await sleep(short ? 1_500 : 5_000);
  for (const publisher of publishers) publisher.pause();
  await town.drained();
  town.deviceLine.set({ do: 'cut' });
  await until('the device knows that the line is cut', () => !town.screen('gate').brokerConnected());
  reader.start(2);
  const screen = town.screen('gate');
  const wanted = screen.accepted() + (short ? 200 : 800);
  await until('enough taps wait', () => screen.accepted() >= wanted, 60_000);
  reader.pause();
  for (const part of ['gate', 'broker', 'centre'] as const) await town.running(part)!.stop();
}

type Store = {
  name: string;
  source(town: Town): string;
  /** Bodies as the product gives them out, and how many rows its checksum refused. Throws what the product throws. */
  read(folder: string): { bodies: string[]; refused: number };
};

const outboxPath = (town: Town): string => join(town.dataFolder('gate'), 'outbox.db');
const row = {
  kind: 'record',
  keepLongest: false,
  make: ({ seq, epoch }: { seq: number; epoch: string }) => ({ id: `${epoch} ${seq}`, body: '{}' }),
};

const stores: readonly Store[] = [
  {
    name: 'damaged pages: outbox',
    source: outboxPath,
    read(folder) {
      let refused = 0;
      const queue = openDurableQueue({
        ...{
          path: join(folder, 'store.db'),
          maxBytes: 2 ** 28,
          maxAgeMs: Number.MAX_SAFE_INTEGER,
          clock: systemClock(),
          random: systemRandom(),
        },
        ...{ wallTrusted: () => false, onDropped: () => row },
        onDamaged: ({ count }) => {
          refused += count;
          return row;
        },
      });
      try {
        return {
          bodies: allOf((afterPosition) => queue.read({ afterPosition, limit: 500, maxBytes: 2 ** 24 })).filter((body) => body !== '{}'),
          refused,
        };
      } finally {
        queue.close();
      }
    },
  },
  {
    name: 'damaged pages: site store',
    source: (town) => join(town.dataFolder('broker'), 'site.db'),
    read(folder) {
      copyFileSync(join(folder, 'store.db'), join(folder, 'site.db'));
      const database = openSiteDatabase(folder, { maxBytes: 2 ** 30 });
      try {
        const events = createEventStore(database);
        let refused = 0;
        const bodies = allOf((afterPosition) =>
          events.read({ afterPosition, limit: 500, maxBytes: 2 ** 24 }).map((event) => {
            if (event.damaged) refused += 1;
            return event.damaged ? { ...event, body: undefined } : event;
          }),
        );
        return { bodies, refused };
      } finally {
        database.close();
      }
    },
  },
  {
    name: 'damaged pages: centre',
    source: (town) => town.centreDatabase,
    read(folder) {
      const database = openDatabase(join(folder, 'store.db'), { migrations: centreMigrations });
      try {
        const rows = database
          .prepare('SELECT device_id, epoch, seq, id, type, device_time, mono_ns, data FROM events ORDER BY position')
          .all();
        return { bodies: rows.map((event) => JSON.stringify(event)), refused: 0 };
      } finally {
        database.close();
      }
    },
  },
];

function allOf(read: (afterPosition: number) => { position: number; body: string | undefined }[]): string[] {
  const bodies: string[] = [];
  for (let afterPosition = 0; ; ) {
    const rows = read(afterPosition);
    const last = rows.at(-1);
    if (last === undefined) return bodies;
    // a damaged page may lead back to where one was
    if (last.position <= afterPosition) throw new Error('the rows go round in a circle');
    afterPosition = last.position;
    for (const { body } of rows) if (body !== undefined) bodies.push(body);
  }
}

const outcomes = [
  'stopped the start or the reading',
  'found by row checksums',
  'harmless',
  'rows vanished',
  'untrue rows given out',
] as const;
type Outcome = (typeof outcomes)[number];

function measure(store: Store, { town, options, fraction }: { town: Town; options: CaseOptions; fraction(): number }): CaseRow {
  const startedMs = performance.now();
  const wanted = options.rounds ?? (options.short ? rounds.short : rounds.full);
  const folder = join(town.folder, 'damaged');
  const file = readFileSync(store.source(town));
  const { bodies } = readIn(store, folder, file);
  const seen: { outcome: Outcome; integrityCheckSeesIt: boolean }[] = [];
  const broken: string[] = [];
  for (let round = 0; round < wanted; round += 1) {
    const { file: other, damage } = damaged(file, fraction);
    const outcome = tryOne(store, { folder, other, original: bodies });
    seen.push({ outcome, integrityCheckSeesIt: integrityCheckSees(folder, other) });
    // of the centre only SQLite itself looks at pages: docs/reliability.md says so
    if (outcome === 'untrue rows given out' && !store.name.endsWith('centre'))
      broken.push(`${store.name}: rows that nobody wrote were given out after ${damage.kind} of page ${damage.page} changed`);
  }
  rmSync(folder, { recursive: true, force: true });
  const counts = outcomes
    .map((outcome) => ({ outcome, times: seen.filter((one) => one.outcome === outcome).length }))
    .filter(({ times }) => times > 0)
    .map(({ outcome, times }) => `${times} ${outcome}`);
  const mattered = seen.filter(({ outcome }) => outcome !== 'harmless');
  const missed = mattered.filter(({ integrityCheckSeesIt }) => !integrityCheckSeesIt).length;
  const note = `${counts.join(', ')}; integrity_check sees nothing in ${missed} of the ${mattered.length} that matter`;
  return {
    ...emptyRow(store.name),
    rounds: wanted,
    acknowledged: bodies.length,
    seconds: (performance.now() - startedMs) / 1_000,
    note,
    broken,
  };
}

function readIn(store: Store, folder: string, file: Buffer): ReturnType<Store['read']> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  writeFileSync(join(folder, 'store.db'), file);
  return store.read(folder);
}

function tryOne(store: Store, { folder, other, original }: { folder: string; other: Buffer; original: readonly string[] }): Outcome {
  try {
    const { bodies, refused } = readIn(store, folder, other);
    const left = new Set(original);
    const untrue = bodies.filter((body) => !left.delete(body));
    if (untrue.length > 0) return 'untrue rows given out';
    if (refused > 0) return 'found by row checksums';
    return left.size > 0 ? 'rows vanished' : 'harmless';
  } catch (error) {
    if (isTramError(error, 'STORE_CORRUPT')) return 'stopped the start or the reading';
    throw error;
  }
}

/** What SQLite's own check says, for comparison. */
function integrityCheckSees(folder: string, file: Buffer): boolean {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  writeFileSync(join(folder, 'store.db'), file);
  let raw: BetterSqlite3.Database | undefined;
  try {
    raw = new BetterSqlite3(join(folder, 'store.db'));
    return raw.pragma('integrity_check', { simple: true }) !== 'ok';
  } catch {
    return true;
  } finally {
    raw?.close();
  }
}

const agentRow = 'a damaged event in the outbox of an agent';

/** One letter of one card's hash is another one: well-formed in every way, and another pupil. */
async function agentGoesOn(town: Town, startedMs: number): Promise<CaseRow> {
  const path = outboxPath(town);
  const file = readFileSync(path);
  const at = file.indexOf('"cardHash":"', Math.floor(file.length / 2)) + '"cardHash":"'.length;
  const hash = file.toString('latin1', at, at + 64);
  file.write(file[at] === 0x61 ? 'b' : 'a', at);
  writeFileSync(path, file);
  const id = idOf(path, file.toString('latin1', at, at + 64));
  town.deviceLine.set({ do: 'pass' });
  for (const part of ['centre', 'broker', 'gate'] as const) await town.start(part);
  await town.drained();
  const comparison = town.compare({ excused: (other) => other === id });
  const centre = new BetterSqlite3(town.centreDatabase, { readonly: true });
  const told = centre.prepare("SELECT count(*) FROM events WHERE type = 'vn.tramhoc.outbox.damaged.v1'").pluck().get() as number;
  const untrue = centre.prepare('SELECT count(*) FROM events WHERE id = ?').pluck().get(id) as number;
  centre.close();
  const broken = [
    ...(told === 1 ? [] : [`${told} records of damaged events instead of one`]),
    ...(untrue === 0 ? [] : [`the event with another card than ${hash.slice(0, 8)}... was sent as true`]),
  ];
  return rowOf({
    name: agentRow,
    rounds: 1,
    ledger: town.ledger,
    comparison,
    startedMs,
    note: 'kept aside, told to the centre, the others went on',
    broken,
  });
}

function idOf(path: string, hash: string): string {
  const raw = new BetterSqlite3(path, { readonly: true });
  const id = raw.prepare('SELECT id FROM queue WHERE body LIKE ?').pluck().get(`%${hash}%`) as string | undefined;
  raw.close();
  if (id === undefined) throw new Error('the damaged event is not in the outbox');
  return id;
}
