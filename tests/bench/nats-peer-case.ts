/** QoS 1 publishes to NATS (MQTT over JetStream's file store) beside our broker. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../world/free-port.ts';
import { listening } from './brokers.ts';
import { ask, running, startServer } from './child.ts';
import { median } from './median.ts';
import type { LoadOrder, LoadResult } from './mqtt-load/load.ts';
import { type Case, type Row, thousands, times } from './table.ts';

const scale = Number(process.env['BENCH_SCALE'] ?? 1);
const runs = Number(process.env['BENCH_RUNS'] ?? 3);
const clients = 200;
const siteId = 'thpt-bench';
const deviceOf = (at: number): string => `00000000-0000-4000-8000-${at.toString(16).padStart(12, '0')}`;

const order = (port: number, more: Partial<LoadOrder> = {}): LoadOrder => ({
  ...{ port, window: 5, rate: 0, warmUpMs: Math.round(2_000 * scale), measureMs: Math.max(1_500, Math.round(6_000 * scale)) },
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
  ...more,
});
const load = (one: LoadOrder): Promise<LoadResult> => ask<LoadResult>([join(import.meta.dirname, 'mqtt-load', 'main.ts')], one);

export const natsPeerCase: Case = {
  name: 'nats-peer',
  about: `${clients} devices, one event of about 600 bytes a publish, QoS 1, ${clients * 5} outstanding, plain TCP. Ours acknowledges after the commit (synchronous=FULL); NATS (MQTT over JetStream's file store, a subscriber with QoS 1 holding the interest) with sync_interval: always where its version knows that (2.10); an older one syncs its files every two minutes and acknowledges what a power cut would take.`,
  async run(print) {
    if (spawnSync('nats-server', ['--version']).error !== undefined) return [{ what: 'nats-server is not installed', figure: '' }];
    const [ours, nats]: [LoadResult[], LoadResult[]] = [[], []];
    for (let run = 1; run <= runs; run += 1) {
      ours.push(await withOurs((port) => load(order(port))));
      nats.push(await withNats((port) => load(order(port, { subscribe: { clientId: 'reader', filter: 'tram/#' } }))));
      print(`run ${run}: ours ${thousands(ours.at(-1)!.perSecond)}/s, NATS ${thousands(nats.at(-1)!.perSecond)}/s`);
    }
    const rate = (results: readonly LoadResult[]): number => median(results.map(({ perSecond }) => perSecond));
    const p99 = (results: readonly LoadResult[]): string => `${median(results.map(({ p99Ms }) => p99Ms)).toFixed(1)} ms`;
    const row: Row = {
      what: 'acknowledged after fsync, as fast as they come',
      figure: `${thousands(rate(ours))}/s, p99 ${p99(ours)}`,
      against: `NATS, JetStream, ${syncsAlways() ? 'sync always' : 'synced every 2 minutes'}: ${thousands(rate(nats))}/s, p99 ${p99(nats)}`,
      ratio: times(rate(ours) / rate(nats)),
    };
    return [row];
  },
};

async function withOurs<Result>(work: (port: number) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'tramhoc-bench-'));
  const broker = await startServer([join(import.meta.dirname, 'durable-broker', 'main.ts'), folder, siteId]);
  try {
    return await work(Number(broker.ready['port']));
  } finally {
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Since 2.10. */
function syncsAlways(): boolean {
  const [major = 0, minor = 0] = (/v(\d+)\.(\d+)/.exec(spawnSync('nats-server', ['--version'], { encoding: 'utf8' }).stdout) ?? [])
    .slice(1)
    .map(Number);
  return major > 2 || (major === 2 && minor >= 10);
}

async function withNats<Result>(work: (port: number) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'tramhoc-bench-'));
  const [port, ownPort] = [await freePort(), await freePort()];
  const conf = join(folder, 'nats.conf');
  const sync = syncsAlways() ? ', sync_interval: always' : '';
  writeFileSync(
    conf,
    `server_name: bench\nlisten: "127.0.0.1:${ownPort}"\njetstream { store_dir: "${folder}"${sync} }\nmqtt { listen: "127.0.0.1:${port}", max_ack_pending: 65535 }\n`,
  );
  const server = running(spawn('nats-server', ['-c', conf], { stdio: 'ignore' }));
  try {
    await listening(port);
    return await work(port);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
