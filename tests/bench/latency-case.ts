/** From the reader to the centre: when is a tap that is published at a school a row of the centre's database? */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { adminApi } from '../../site-in-a-box/admin-api.ts';
import { type Running, startServer } from './child.ts';
import { Latencies, median } from './median.ts';
import { connectPacket, packetCutter, publishPacket } from './mqtt-load/packets.ts';
import type { SitesOrder } from './sites/main.ts';
import { type Case, type Row, thousands } from './table.ts';

const sites = 50;
/** More processes are nearer to a district and take more of two cores than there is. */
const sitesPerProcess = Number(process.env['BENCH_SITES_PER_PROCESS'] ?? 25);
/** Starting takes a core for half a second each. */
const startAtOnce = 4;
const tapsPerSecond = Number(process.env['BENCH_TAPS'] ?? 1_900);
const warmUpMs = 3_000;
const measureMs = 15_000;
const runs = Number(process.env['BENCH_RUNS'] ?? 3);
/** How exactly a row is seen. */
const lookEveryMs = 4;
const root = join(import.meta.dirname, '..', '..');

type Tap = { sentMs: number; measured: boolean };

export const latencyCase: Case = {
  name: 'latency',
  about: `${thousands(tapsPerSecond)} taps a second over ${sites} sites: MQTT QoS 1 by plain TCP to each site, its store (synchronous=FULL), HTTPS with client certificates to one centre, its SQLite (synchronous=FULL). Measured until another process sees the committed row. Everything on this machine.`,
  async run(print) {
    const found: Latencies[] = [];
    for (let run = 0; run < runs; run += 1) {
      const { latencies, busy } = await oneRun();
      found.push(latencies);
      print(
        `run ${run + 1}: ${thousands(latencies.count)} taps, p50 ${latencies.percentile(0.5)} ms, p99 ${latencies.percentile(0.99)} ms; ${busy}`,
      );
    }
    const at = (share: number): string => `${median(found.map((one) => one.percentile(share))).toFixed(0)} ms`;
    return [{ what: 'tap to row at the centre', figure: `p50 ${at(0.5)}, p99 ${at(0.99)}` }] satisfies Row[];
  },
};

/** `busy`: the share of a core that each program took. */
type Found = { latencies: Latencies; busy: string };

async function oneRun(): Promise<Found> {
  const folder = mkdtempSync(join(tmpdir(), 'tramhoc-bench-'));
  const running: Running[] = [];
  try {
    const centre = await startCentre(folder, running);
    const ports = await startSites(folder, centre, running);
    const [fromMs, before] = [performance.now(), running.map((program) => program.cpuSeconds())];
    const latencies = await measure(join(folder, 'centre', 'centre.sqlite'), ports);
    const seconds = (performance.now() - fromMs) / 1_000;
    const [atCentre = 0, ...atSites] = running.map((program, at) => (100 * (program.cpuSeconds() - before[at]!)) / seconds);
    const ofSites = atSites.reduce((sum, one) => sum + one, 0);
    return { latencies, busy: `of a core: centre ${atCentre.toFixed(0)} %, all sites ${ofSites.toFixed(0)} %` };
  } finally {
    await Promise.all(running.map((program) => program.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

type Centre = { url: string; caFile: string; adminSocket: string };

async function startCentre(folder: string, running: Running[]): Promise<Centre> {
  const adminSocket = join(folder, 'admin.sock');
  const host = '127.0.0.1';
  const config = {
    dataDir: join(folder, 'centre'),
    console: { host, port: 0 },
    devices: { host, port: 0, names: [host, 'localhost'] },
    adminSocket,
  };
  const file = join(folder, 'centre.json');
  writeFileSync(file, JSON.stringify(config));
  const program = await startServer([join(root, 'provisioning', 'src', 'main.ts'), '--config', file]);
  running.push(program);
  return { url: String(program.ready['devicesUrl']), caFile: String(program.ready['rootCaFile']), adminSocket };
}

async function startSites(folder: string, { url, caFile, adminSocket }: Centre, running: Running[]): Promise<Map<string, number>> {
  const api = adminApi(adminSocket);
  const made: SitesOrder['sites'] = [];
  for (let at = 0; at < sites; at += 1) {
    const siteId = `thpt-${at + 10}`;
    const body = { siteId, name: `Trường ${at + 10}`, brokerHost: '127.0.0.1', brokerPort: 8_883 };
    const { claimUser, claimToken } = await api.call<{ claimUser: string; claimToken: string }>('POST', '/api/sites', body);
    made.push({ siteId, claim: { deviceId: claimUser, token: claimToken } });
  }
  const files: string[] = [];
  for (let from = 0; from < sites; from += sitesPerProcess) {
    const order: SitesOrder = { centre: { url, caFile }, folder, sites: made.slice(from, from + sitesPerProcess) };
    const file = join(folder, `sites-${from}.json`);
    writeFileSync(file, JSON.stringify(order), { mode: 0o600 });
    files.push(file);
  }
  const ports = new Map<string, number>();
  for (let from = 0; from < files.length; from += startAtOnce) {
    const programs = await Promise.all(
      files.slice(from, from + startAtOnce).map((file) => startServer([join(import.meta.dirname, 'sites', 'main.ts'), file])),
    );
    running.push(...programs);
    for (const program of programs)
      for (const [siteId, port] of Object.entries(program.ready['ports'] as Record<string, number>)) ports.set(siteId, port);
  }
  return ports;
}

async function measure(database: string, ports: ReadonlyMap<string, number>): Promise<Latencies> {
  const latencies = new Latencies();
  const taps = new Map<string, Tap>();
  const gates = await Promise.all([...ports].map(([siteId, port], at) => openGate(siteId, port, at)));
  const reader = new BetterSqlite3(database, { readonly: true });
  const rows = reader.prepare('SELECT position, id FROM events WHERE position > ? ORDER BY position');
  let position = 0;
  const look = (): void => {
    const seen = rows.all(position) as { position: number; id: string }[];
    const nowMs = performance.now();
    for (const row of seen) {
      position = row.position;
      const tap = taps.get(row.id);
      if (tap === undefined) continue;
      taps.delete(row.id);
      if (tap.measured) latencies.add(nowMs - tap.sentMs);
    }
  };
  const looking = setInterval(look, lookEveryMs);
  const startMs = performance.now();
  let sent = 0;
  try {
    for (let elapsed = 0; elapsed < warmUpMs + measureMs; elapsed = performance.now() - startMs) {
      for (; sent < (elapsed / 1_000) * tapsPerSecond; sent += 1) {
        const sentMs = performance.now();
        taps.set(gates[sent % gates.length]!.tap(), { sentMs, measured: elapsed > warmUpMs });
      }
      await sleep(2);
    }
    // the last ones are on their way
    for (let patience = 0; taps.size > 0 && patience < 2_000; patience += 1) await sleep(10);
    if (taps.size > 0) throw new Error(`${taps.size} taps have not arrived`);
    return latencies;
  } finally {
    clearInterval(looking);
    reader.close();
    for (const gate of gates) gate.close();
  }
}

type Gate = { tap(): string; close(): void };

/** A device that publishes one tap at a time. */
async function openGate(siteId: string, port: number, number: number): Promise<Gate> {
  const deviceId = `00000000-0000-4000-8000-${(number + 1).toString(16).padStart(12, '0')}`;
  const socket = await new Promise<Socket>((resolve, reject) => {
    const opening = connect({ port, host: '127.0.0.1', noDelay: true }, () => void opening.write(connectPacket(deviceId)));
    opening.once('error', reject);
    opening.on(
      'data',
      packetCutter((type) => {
        if (type === 0x20) resolve(opening);
      }),
    );
  });
  let seq = 0;
  return {
    tap() {
      seq += 1;
      const id = `${(number + 1).toString(16).padStart(8, '0')}-0000-4000-8000-${seq.toString(16).padStart(12, '0')}`;
      const event = {
        ...{ specversion: '1.0', id, source: `urn:tramhoc:${siteId}:${deviceId}`, type: 'vn.tramhoc.attendance.tap.v1', seq },
        ...{ time: '2026-11-23T00:00:00.000Z', datacontenttype: 'application/json', epoch: '00000000000000aa' },
        ...{ bootid: '00000000-0000-4000-8000-00000000b007', monons: '1000000000', clockquality: 'site' },
        data: { slot: 'gate', cardHash: 'ab'.repeat(32), technology: 'em4100' },
      };
      const { packet, idAt } = publishPacket(`tram/1/${siteId}/${deviceId}/events`, Buffer.from(JSON.stringify([event])));
      packet.writeUInt16BE((seq % 65_535) + 1, idAt);
      socket.write(packet);
      return id;
    },
    close: () => void socket.destroy(),
  };
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
