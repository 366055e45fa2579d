/** What a connection that says nothing costs, and how soon everybody is back when all lines drop at once. TLS with client certificates. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Identity } from '@tramhoc/base/identity';
import { createTestCa } from '@tramhoc/broker/testing/test-ca';
import { haveMosquitto, withMosquitto, withOurs } from './brokers.ts';
import type { Running } from './child.ts';
import { type Case, type Row, thousands, times } from './table.ts';

const count = Number(process.env['BENCH_CONNECTIONS'] ?? 5_000);
const deviceId = '00000000-0000-4000-8000-000000000001';

type Held = { connectSeconds: number; bytesEach: number; stormSeconds: number };

export const connectionsCase: Case = {
  name: 'connections',
  about: `${thousands(count)} clients, TLS with client certificates (P-256, full handshakes), one machine for both sides. Memory is what the broker's process grows by. Then all connections are dropped at once and each client comes back as an agent does.`,
  async run(print) {
    const ca = createTestCa(Date.now());
    const broker = ca.issue({ names: { loopback: true, dns: ['localhost'] } });
    const device = ca.issue({ names: { uris: [`urn:tramhoc:thpt-bench:${deviceId}`] } });
    const ours = await hold(device, print, (work) => withOurs(work, broker));
    if (!haveMosquitto()) return rowsOf(ours, undefined);
    const theirs = await hold(device, print, (work) => withMosquitto(work, (folder) => mosquittoTls(folder, broker)));
    return rowsOf(ours, theirs);
  },
};

function rowsOf(ours: Held, theirs: Held | undefined): Row[] {
  const kilobytes = ({ bytesEach }: Held): string => `${(bytesEach / 1_024).toFixed(1)} KiB`;
  const beside = (text: string, ratio: number): Partial<Row> =>
    theirs === undefined ? { against: 'Mosquitto: not installed' } : { against: text, ratio: times(ratio) };
  return [
    {
      what: 'memory of a connection',
      figure: kilobytes(ours),
      ...beside(`Mosquitto: ${theirs && kilobytes(theirs)}`, ours.bytesEach / (theirs?.bytesEach ?? 1)),
    },
    {
      what: 'all back after all were dropped',
      figure: `${ours.stormSeconds.toFixed(1)} s`,
      ...beside(`Mosquitto: ${theirs?.stormSeconds.toFixed(1)} s`, ours.stormSeconds / (theirs?.stormSeconds ?? 1)),
    },
  ];
}

async function hold(
  device: Identity,
  print: (line: string) => void,
  withBroker: (work: (port: number, broker: Running) => Promise<Held>) => Promise<Held>,
): Promise<Held> {
  const held = await withBroker(async (port, broker) => {
    const before = broker.rssBytes();
    const clients = await startClients({ port, count, key: device.keyPem, cert: device.chainPem, ca: device.caPem });
    try {
      const connectSeconds = Number((await clients.line('ready'))['seconds']);
      const bytesEach = (broker.rssBytes() - before) / count;
      clients.child.kill('SIGUSR2');
      const stormSeconds = Number((await clients.line('storm'))['storm']);
      return { connectSeconds, bytesEach, stormSeconds };
    } finally {
      await clients.close();
    }
  });
  print(
    `connected in ${held.connectSeconds.toFixed(1)} s, ${(held.bytesEach / 1_024).toFixed(1)} KiB each, back in ${held.stormSeconds.toFixed(1)} s`,
  );
  return held;
}

type Clients = { child: ChildProcess; line(name: string): Promise<Record<string, unknown>>; close(): Promise<void> };

async function startClients(order: Record<string, unknown>): Promise<Clients> {
  const folder = mkdtempSync(join(tmpdir(), 'tramhoc-bench-'));
  const file = join(folder, 'order.json');
  writeFileSync(file, JSON.stringify(order), { mode: 0o600 });
  const child = spawn(process.execPath, [join(import.meta.dirname, 'mqtt-load', 'hold.ts'), file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: Record<string, unknown>[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stdout! }).on('line', (text) => {
    lines.push(JSON.parse(text) as Record<string, unknown>);
    for (const look of waiting) look();
  });
  const gone = once(child, 'exit').then(() => {
    throw new Error('the clients ended by themselves');
  });
  gone.catch(() => undefined);
  return {
    child,
    line: (name) =>
      Promise.race([
        gone,
        new Promise<Record<string, unknown>>((resolve) => {
          const look = (): void => {
            const found = lines.find((line) => name in line);
            if (found === undefined) return;
            waiting.delete(look);
            resolve(found);
          };
          waiting.add(look);
          look();
        }),
      ]),
    async close() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await gone.catch(() => undefined);
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function mosquittoTls(folder: string, { keyPem, chainPem, caPem }: Identity): string {
  const files = { keyfile: keyPem, certfile: chainPem, cafile: caPem };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
  const lines = Object.keys(files).map((name) => `${name} ${join(folder, name)}\n`);
  return `${lines.join('')}require_certificate true\n`;
}
