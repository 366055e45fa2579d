/** The morning of a city: 1.7 million taps, as the batches of 2,400 sites, through ingest processes with TLS and client certificates into PostgreSQL. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@tramhoc/base/clock';
import { silentLog } from '@tramhoc/base/log';
import { copiedColumns, eventLine } from '@tramhoc/provisioning/event-log/copy-text';
import { findPlace, startLogTail } from '@tramhoc/provisioning/event-log/log-tail';
import { readItems } from '@tramhoc/provisioning/event-log/plan-batch';
import { openPostgres, type Postgres } from '@tramhoc/provisioning/event-log/postgres-connection';
import { headPosition } from '@tramhoc/provisioning/event-log/postgres-pages';
import { prepareSchema } from '@tramhoc/provisioning/event-log/postgres-schema';
import { openCentreStore } from '@tramhoc/provisioning/store/centre-store';
import { postgresPrograms, startPostgres, type TestPostgres } from '@tramhoc/provisioning/testing/test-postgres';
import { ask } from './child.ts';
import { type City, foundCity, register, startIngest } from './city-ground.ts';
import type { CityOrder, CityResult } from './city-load/main.ts';
import { batchesOf, brokerIdOf, type Morning, siteIdOf } from './city-load/morning.ts';
import { median } from './median.ts';
import { type Case, type Row, thousands, times } from './table.ts';

/** 1 is the whole city; smaller while one works on it. */
const scale = Number(process.env['BENCH_SCALE'] ?? 1);
const whole: Omit<Morning, 'seed'> = { sites: Math.max(2, Math.round(2_400 * scale)), taps: Math.round(1_700_000 * scale) };
const runs = Number(process.env['BENCH_RUNS'] ?? 3);
const ingestProcesses = Number(process.env['BENCH_INGEST'] ?? 1);
const clock = systemClock();

/** As docs/runbooks/postgresql.md advises; everything that makes a commit durable is on. */
export const citySettings = { shared_buffers: '1GB', max_wal_size: '8GB', wal_compression: 'lz4', checkpoint_timeout: '15min' };

export const cityCase: Case = {
  name: 'city',
  about: `A city morning: ${thousands(whole.taps)} taps as batches of ${thousands(whole.sites)} sites (500 events at most, zstd, one batch of a site at a time), HTTPS with a client certificate each, ${ingestProcesses} ingest process(es), PostgreSQL with synchronous_commit, exactly once, 200 after the commit. Batches are made and connections opened before the clock runs; load, ingest and PostgreSQL share the machine.`,
  async run(print) {
    if (postgresPrograms() === undefined) return [{ what: 'PostgreSQL is not installed', figure: '' }];
    const folder = mkdtempSync(join(tmpdir(), 'tramhoc-bench-'));
    const postgres = await startPostgres(citySettings);
    try {
      const brokers = Array.from({ length: whole.sites }, (_, site) => ({ siteId: siteIdOf(site), brokerId: brokerIdOf(site) }));
      const site = await foundCity(folder, brokers);
      const found: Run[] = [];
      for (let seed = 1; seed <= runs; seed += 1) {
        found.push(await oneRun({ folder, postgres, site, morning: { ...whole, seed } }, print));
      }
      return rowsOf(found);
    } finally {
      await postgres.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

type Run = { result: CityResult; ingestCpu: number; postgresCpu: number; copySeconds: number; copyCpu: number; tailSeconds: number };
type Bench = { folder: string; postgres: TestPostgres; site: City; morning: Morning };

async function oneRun({ folder, postgres, site, morning }: Bench, print: (line: string) => void): Promise<Run> {
  const url = await postgres.database(`city_${morning.seed}`);
  const log = openPostgres({ url, writers: 2 }, { log: silentLog, name: 'bench' });
  try {
    const { logId } = await prepareSchema(log);
    await register(log, site);
    const processes = await Promise.all(Array.from({ length: ingestProcesses }, () => startIngest(folder, site, url)));
    const before = { ingest: sum(processes.map((one) => one.cpuSeconds())), postgres: postgres.cpuSeconds() };
    const order: CityOrder = {
      urls: processes.map(({ ready }) => String(ready['devicesUrl'])),
      ...{ caFile: site.caFile, morning, identities: site.identities },
    };
    const result = await ask<CityResult>([join(import.meta.dirname, 'city-load', 'main.ts')], order);
    const ingestCpu = sum(processes.map((one) => one.cpuSeconds())) - before.ingest;
    const postgresCpu = postgres.cpuSeconds() - before.postgres;
    for (const one of processes) await one.stop();
    await demandAll(log, morning);
    print(
      `run ${morning.seed}: ${result.seconds.toFixed(1)} s, ${thousands(morning.taps / result.seconds)}/s; CPU a tap: ingest ${micros(ingestCpu, morning)}, PostgreSQL ${micros(postgresCpu, morning)}, load ${micros(result.cpuSeconds, morning)}; connecting took ${result.connectSeconds.toFixed(1)} s, refused ${result.refused}`,
    );
    const tailSeconds = await followAll(folder, log, logId, morning);
    print(`run ${morning.seed}: the console has read all of it in ${tailSeconds.toFixed(1)} s`);
    const copy = await plainCopy(folder, postgres, morning);
    print(`run ${morning.seed}: plain COPY ${copy.seconds.toFixed(1)} s, CPU a tap ${micros(copy.cpu, morning)}`);
    return { result, ingestCpu, postgresCpu, copySeconds: copy.seconds, copyCpu: copy.cpu, tailSeconds };
  } finally {
    await log.close();
  }
}

/** Nothing lost, nothing twice, every stream whole. */
async function demandAll(log: Postgres, { taps }: Morning): Promise<void> {
  const [found] = await log.query<{ rows: number; ids: number; whole: number }>({
    text: `SELECT (SELECT count(*) FROM events) AS rows, (SELECT count(*) FROM event_ids) AS ids, (SELECT sum(contiguous_seq)::bigint FROM streams) AS whole`,
  });
  if (found?.rows !== taps || found.ids !== taps || found.whole !== taps)
    throw new Error(`not all of ${taps} taps: ${JSON.stringify(found)}`);
}

/** The centre's follower, from nothing, into a file of its own. */
async function followAll(folder: string, postgres: Postgres, logId: string, { seed }: Morning): Promise<number> {
  const dataDir = join(folder, `centre-${seed}`);
  const store = openCentreStore(dataDir);
  await findPlace({ store, postgres, logId }, { replay: false });
  const head = await headPosition(postgres);
  const start = performance.now();
  const { promise, resolve } = Promise.withResolvers<void>();
  const tail = startLogTail({
    ...{ store, postgres, logId, clock, log: silentLog },
    applied: ({ rows }) => (rows.at(-1)!.position >= head ? resolve() : undefined),
  });
  await promise;
  const seconds = (performance.now() - start) / 1_000;
  await tail.close();
  store.close();
  rmSync(dataDir, { recursive: true, force: true });
  return seconds;
}

/** The same rows by PostgreSQL's own client into the same tables, ids and all: what the database can take at best over one connection. */
async function plainCopy(folder: string, postgres: TestPostgres, morning: Morning): Promise<{ seconds: number; cpu: number }> {
  const [rows, ids] = [join(folder, 'rows.tsv'), join(folder, 'ids.tsv')];
  const files = [openSync(rows, 'w'), openSync(ids, 'w')] as const;
  for (let site = 0; site < morning.sites; site += 1)
    for (const batch of batchesOf(morning, site))
      for (const item of readItems(siteIdOf(site), JSON.parse(batch) as unknown[], 0, { get: () => undefined })) {
        if (item.kind !== 'event') throw new Error('the load makes events that cannot be read');
        writeSync(files[0], eventLine(item, 0));
        writeSync(files[1], `${item.id}\n`);
      }
  for (const file of files) closeSync(file);
  const url = await postgres.database(`copy_${morning.seed}`);
  const log = openPostgres({ url, writers: 1 }, { log: silentLog, name: 'bench' });
  await prepareSchema(log);
  await log.close();
  const before = postgres.cpuSeconds();
  const start = performance.now();
  const commands = [`\\copy event_ids (id) from '${ids}'`, `\\copy events (${copiedColumns}) from '${rows}'`];
  const psql = spawnSync(
    join(postgresPrograms()!, 'psql'),
    [url, '-q', '-v', 'ON_ERROR_STOP=1', ...commands.flatMap((one) => ['-c', one])],
    { encoding: 'utf8' },
  );
  if (psql.status !== 0) throw new Error(psql.stderr);
  return { seconds: (performance.now() - start) / 1_000, cpu: postgres.cpuSeconds() - before };
}

function rowsOf(found: readonly Run[]): Row[] {
  const seconds = median(found.map(({ result }) => result.seconds));
  const copy = median(found.map(({ copySeconds }) => copySeconds));
  const cpu = (of: (run: Run) => number): string => micros(median(found.map(of)), { ...whole, seed: 0 });
  return [
    {
      what: `${thousands(whole.taps)} taps of ${thousands(whole.sites)} sites, from the first batch to the last answer`,
      figure: `${seconds.toFixed(1)} s, ${thousands(whole.taps / seconds)}/s`,
      against: `plain COPY of the same rows into the same tables: ${copy.toFixed(1)} s`,
      ratio: times(copy / seconds),
    },
    {
      what: 'CPU time of one tap',
      figure: `ingest ${cpu(({ ingestCpu }) => ingestCpu)}, PostgreSQL ${cpu(({ postgresCpu }) => postgresCpu)}`,
      against: `PostgreSQL, plain COPY: ${cpu(({ copyCpu }) => copyCpu)}; the load itself: ${cpu(({ result }) => result.cpuSeconds)}`,
    },
    {
      what: 'the console applies all of it, from nothing',
      figure: `${median(found.map(({ tailSeconds }) => tailSeconds)).toFixed(1)} s`,
    },
  ];
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const micros = (seconds: number, { taps }: Morning): string => `${((seconds * 1e6) / taps).toFixed(1)} µs`;
