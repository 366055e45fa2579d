/**
 * What one would build without us: Mosquitto and a subscriber that puts each event into PostgreSQL before it acknowledges. Against our broker with its
 * forwarder, a centre's ingest process and the same PostgreSQL. The same load, counted until all rows are in the table.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@tramhoc/base/log';
import { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import { openPostgres, type Postgres } from '@tramhoc/provisioning/event-log/postgres-connection';
import { prepareSchema } from '@tramhoc/provisioning/event-log/postgres-schema';
import { postgresPrograms, startPostgres } from '@tramhoc/provisioning/testing/test-postgres';
import { freePort } from '../world/free-port.ts';
import { ask, type Running, running, startServer } from './child.ts';
import { citySettings } from './city-case.ts';
import { foundCity, register, startIngest } from './city-ground.ts';
import { median } from './median.ts';
import type { LoadOrder, LoadResult } from './mqtt-load/load.ts';
import { type Case, type Row, thousands, times } from './table.ts';

const scale = Number(process.env['BENCH_SCALE'] ?? 1);
const runs = Number(process.env['BENCH_RUNS'] ?? 3);
const clients = 100;
const measureMs = Math.max(1_500, Math.round(10_000 * scale));
const siteId = 'thpt-bench';
const deviceOf = (at: number): string => `00000000-0000-4000-8000-${at.toString(16).padStart(12, '0')}`;
type Way = 'ours' | 'each' | 'batches';

export const postgresPeerCase: Case = {
  name: 'postgres-peer',
  about: `${clients} devices publish taps of about 600 bytes, QoS 1, 5 outstanding each, for ${measureMs / 1_000} s, plain TCP; counted until every acknowledged event is a row in PostgreSQL (synchronous_commit). Ours: site broker (PUBACK after fsync), forwarder, an ingest process with TLS, exactly once. Peer: Mosquitto (no durability of its own) and a Node subscriber that commits each event and acknowledges after it; and, to be fair to it, the same subscriber with up to 500 events in one statement.`,
  async run(print) {
    if (postgresPrograms() === undefined) return [{ what: 'PostgreSQL is not installed', figure: '' }];
    const folder = mkdtempSync(join(tmpdir(), 'tramhoc-bench-'));
    const postgres = await startPostgres(citySettings);
    const figures: Record<Way, number[]> = { ours: [], each: [], batches: [] };
    const ways: Way[] = spawnSync('mosquitto', ['-h']).error === undefined ? ['ours', 'each', 'batches'] : ['ours'];
    try {
      for (let run = 1; run <= runs; run += 1)
        for (const way of ways) {
          const url = await postgres.database(`peer_${way}_${run}`);
          const { perSecond, rows } = way === 'ours' ? await ours(folder, url) : await peer(folder, url, way);
          figures[way].push(perSecond);
          print(`run ${run}: ${way}: ${thousands(rows)} rows, ${thousands(perSecond)}/s`);
        }
      return rowsOf(figures);
    } finally {
      await postgres.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function rowsOf({ ours: own, each, batches }: Record<Way, number[]>): Row[] {
  const figure = `${thousands(median(own))}/s`;
  if (each.length === 0) return [{ what: 'device to row', figure, against: 'Mosquitto: not installed' }];
  return [
    {
      ...{ what: 'device to row in PostgreSQL, acknowledged durable at every hop', figure },
      ...{
        against: `Mosquitto + subscriber, a commit for each event: ${thousands(median(each))}/s`,
        ratio: times(median(own) / median(each)),
      },
    },
    {
      ...{ what: 'the same', figure },
      ...{
        against: `Mosquitto + subscriber, up to 500 events in a commit: ${thousands(median(batches))}/s`,
        ratio: times(median(own) / median(batches)),
      },
    },
  ];
}

type Counted = { perSecond: number; rows: number };

/** From the first publish until as many rows are there as were acknowledged. */
async function counted(port: number, rowsNow: () => Promise<number>): Promise<Counted> {
  const order: LoadOrder = {
    ...{ port, window: 5, rate: 0, warmUpMs: 0, measureMs },
    publishers: Array.from({ length: clients }, (_, at) => ({
      clientId: deviceOf(at + 1),
      topic: `tram/1/${siteId}/${deviceOf(at + 1)}/events`,
    })),
    event: {
      ...{
        specversion: '1.0',
        source: `urn:tramhoc:${siteId}:@device`,
        type: 'vn.tramhoc.attendance.tap.v1',
        time: '2026-11-23T00:00:00.000Z',
      },
      ...{ datacontenttype: 'application/json', epoch: '00000000000000aa', bootid: '00000000-0000-4000-8000-00000000b007' },
      ...{ monons: '1000000000', clockquality: 'site', data: { slot: 'gate', cardHash: 'ab'.repeat(32), technology: 'em4100' } },
    },
  };
  const start = performance.now();
  const load = await ask<LoadResult>([join(import.meta.dirname, 'mqtt-load', 'main.ts')], order);
  // the program of the load needs about this long before its first packet
  for (let rows = await rowsNow(); ; rows = await rowsNow()) {
    if (rows >= load.acknowledged) return { rows, perSecond: rows / ((performance.now() - start) / 1_000) };
    if (performance.now() - start > 20 * measureMs + 60_000) throw new Error(`${rows} of ${load.acknowledged} rows arrived`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function ours(folder: string, url: string): Promise<Counted> {
  const log = openPostgres({ url, writers: 1 }, { log: silentLog, name: 'bench' });
  const site = mkdtempSync(join(folder, 'site-'));
  const opened: Running[] = [];
  try {
    await prepareSchema(log);
    const city = await foundCity(site, [{ siteId: SiteId.parse(siteId), brokerId: DeviceId.parse(deviceOf(0xbb)) }]);
    await register(log, city);
    const ingest = await startIngest(site, city, url);
    opened.push(ingest);
    const upstream = join(site, 'upstream.json');
    writeFileSync(upstream, JSON.stringify({ url: ingest.ready['devicesUrl'], caFile: city.caFile, ...city.identities[0] }));
    const broker = await startServer([join(import.meta.dirname, 'peer', 'forwarding-site.ts'), site, siteId, upstream]);
    opened.push(broker);
    return await counted(Number(broker.ready['port']), () => rowsIn(log, `events WHERE type = 'vn.tramhoc.attendance.tap.v1'`));
  } finally {
    for (const one of opened.toReversed()) await one.stop();
    await log.close();
  }
}

async function peer(folder: string, url: string, way: 'each' | 'batches'): Promise<Counted> {
  const log = openPostgres({ url, writers: 1 }, { log: silentLog, name: 'bench' });
  const port = await freePort();
  const conf = join(folder, `mosquitto-${port}.conf`);
  writeFileSync(
    conf,
    `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\nmax_queued_messages 0\nmax_inflight_messages 0\nlog_dest none\nuser root\n`,
  );
  const broker = running(spawn('mosquitto', ['-c', conf], { stdio: 'ignore' }));
  try {
    await log.query({
      text: `CREATE TABLE plain_events (id uuid PRIMARY KEY, device_id text NOT NULL, seq integer NOT NULL, type text NOT NULL, data text NOT NULL)`,
    });
    const subscriber = await startServer([join(import.meta.dirname, 'peer', 'subscriber.ts'), String(port), url, way]);
    try {
      return await counted(port, () => rowsIn(log, 'plain_events'));
    } finally {
      await subscriber.stop();
    }
  } finally {
    await broker.stop();
    await log.close();
  }
}

async function rowsIn(log: Postgres, table: string): Promise<number> {
  return (await log.query<{ count: number }>({ text: `SELECT count(*) AS count FROM ${table}` }))[0]!.count;
}
