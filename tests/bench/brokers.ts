/** The brokers that are compared, each as a process of its own for as long as a piece of work runs. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Identity } from '@tramhoc/base/identity';
import { nodeFlagsOf } from '../../scripts/tramhoc-commands.ts';
import { freePort } from '../world/free-port.ts';
import { type Running, running, startServer } from './child.ts';

export const benchSiteId = 'thpt-bench';
export const haveMosquitto = (): boolean => spawnSync('mosquitto', ['-h']).error === undefined;

export async function withAedes<Result>(work: (port: number) => Promise<Result>): Promise<Result> {
  const broker = await startServer([join(import.meta.dirname, 'stock-aedes', 'main.ts')]);
  try {
    return await work(Number(broker.ready['port']));
  } finally {
    await broker.stop();
  }
}

export async function withOurs<Result>(work: (port: number, broker: Running) => Promise<Result>, identity?: Identity): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'tramhoc-bench-'));
  if (identity !== undefined) writeFileSync(join(folder, 'tls.json'), JSON.stringify(identity), { mode: 0o600 });
  const broker = await startServer([
    ...nodeFlagsOf('broker/src/main.ts'),
    join(import.meta.dirname, 'durable-broker', 'main.ts'),
    folder,
    benchSiteId,
  ]);
  try {
    return await work(Number(broker.ready['port']), broker);
  } finally {
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Tuned as its manual advises for a fan-in: no delay, unlimited queues; otherwise it drops. */
export async function withMosquitto<Result>(
  work: (port: number, broker: Running) => Promise<Result>,
  more: (folder: string) => string = () => '',
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'tramhoc-bench-'));
  const port = await freePort();
  const conf = join(folder, 'mosquitto.conf');
  writeFileSync(
    conf,
    `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\nmax_queued_messages 0\nmax_inflight_messages 0\nlog_dest none\nuser root\n${more(folder)}`,
  );
  const broker: Running = running(spawn('mosquitto', ['-c', conf], { stdio: 'ignore' }));
  try {
    await listening(port);
    return await work(port, broker);
  } finally {
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Somebody listens there. Gives up after ten seconds. */
export async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
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
