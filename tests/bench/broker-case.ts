/** QoS 1 publishes of 200 devices: ours with PUBACK after fsync, Mosquitto forwarding to a subscriber without durability. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, type Running, running, startServer } from './child.ts';
import { median } from './median.ts';
import type { LoadOrder, LoadResult } from './mqtt-load/load.ts';
import { type Case, type Row, thousands, times } from './table.ts';

const clients = 200;
const window = 5;
const runs = 3;
const siteId = 'thpt-bench';
const deviceOf = (at: number): string => `00000000-0000-4000-8000-${at.toString(16).padStart(12, '0')}`;

const event = (deviceId: string): Record<string, unknown> => ({
  specversion: '1.0',
  source: `urn:tramhoc:${siteId}:${deviceId}`,
  type: 'vn.tramhoc.attendance.tap.v1',
  time: '2026-11-23T00:00:00.000Z',
  datacontenttype: 'application/json',
  epoch: '00000000000000aa',
  bootid: '00000000-0000-4000-8000-00000000b007',
  monons: '1000000000',
  clockquality: 'site',
  data: { slot: 'gate', cardHash: 'ab'.repeat(32), technology: 'em4100' },
});

const order = (port: number, more: Partial<LoadOrder>, event_: Record<string, unknown>): LoadOrder => ({
  port,
  publishers: Array.from({ length: clients }, (_, at) => ({
    clientId: deviceOf(at + 1),
    topic: `tram/1/${siteId}/${deviceOf(at + 1)}/events`,
  })),
  event: event_,
  window,
  rate: 0,
  warmUpMs: 2_000,
  measureMs: 6_000,
  ...more,
});
const load = (one: LoadOrder): Promise<LoadResult> => ask<LoadResult>([join(import.meta.dirname, 'mqtt-load', 'main.ts')], one);

export const brokerCase: Case = {
  name: 'broker',
  about: `${clients} devices, one event of about 600 bytes a publish, QoS 1, ${clients * window} outstanding, plain TCP. Ours checks each event, keeps it in SQLite (synchronous=FULL) and acknowledges after the commit.`,
  async run(print) {
    const haveMosquitto = spawnSync('mosquitto', ['-h']).error === undefined;
    const figures = { ours: [] as LoadResult[], paced: [] as LoadResult[], peer: [] as LoadResult[] };
    for (let run = 0; run < runs; run += 1) {
      figures.ours.push(await withOurs((port) => load(order(port, {}, event('@device')))));
      print(`run ${run + 1}: ours ${thousands(figures.ours.at(-1)!.perSecond)}/s`);
      figures.paced.push(await withOurs((port) => load(order(port, { rate: 2_000 }, event('@device')))));
      print(`run ${run + 1}: ours at 2,000/s: p99 ${figures.paced.at(-1)!.p99Ms.toFixed(1)} ms`);
      if (!haveMosquitto) continue;
      figures.peer.push(
        await withMosquitto((port) => load(order(port, { subscribe: { clientId: 'reader', filter: 'tram/#' } }, event('@device')))),
      );
      print(
        `run ${run + 1}: mosquitto ${thousands(figures.peer.at(-1)!.perSecond)}/s, forwarded ${thousands(figures.peer.at(-1)!.forwarded)}`,
      );
    }
    const ours = median(figures.ours.map(({ perSecond }) => perSecond));
    const rows: Row[] = [];
    const peer = figures.peer.length === 0 ? undefined : median(figures.peer.map(({ perSecond }) => perSecond));
    rows.push({
      what: 'acknowledged after fsync, as fast as they come',
      figure: `${thousands(ours)}/s, p99 ${median(figures.ours.map(({ p99Ms }) => p99Ms)).toFixed(1)} ms`,
      against: peer === undefined ? 'Mosquitto: not installed' : `Mosquitto, QoS 1 forwarding, no durability: ${thousands(peer)}/s`,
      ...(peer === undefined ? {} : { ratio: times(ours / peer) }),
    });
    rows.push({
      what: 'at 2,000/s: publish to PUBACK',
      figure: `p50 ${median(figures.paced.map(({ p50Ms }) => p50Ms)).toFixed(2)} ms, p99 ${median(figures.paced.map(({ p99Ms }) => p99Ms)).toFixed(2)} ms`,
    });
    return rows;
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

/** Tuned as its manual advises for a fan-in: no delay, unlimited queues; otherwise it drops. */
async function withMosquitto<Result>(work: (port: number) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'tramhoc-bench-'));
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const conf = join(folder, 'mosquitto.conf');
  writeFileSync(
    conf,
    `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\nmax_queued_messages 0\nmax_inflight_messages 0\nlog_dest none\nuser root\n`,
  );
  const broker: Running = running(spawn('mosquitto', ['-c', conf], { stdio: 'ignore' }));
  try {
    await listening(port);
    return await work(port);
  } finally {
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on ${port}`);
}
