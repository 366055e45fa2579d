/**
 * Many connections that say nothing. Carries out the order in the file that is named: opens them, says so, and on SIGUSR2 drops all of them at once and lets
 * every one come back as an agent does, with growing pauses, until all are served.  node hold.ts <file> -> {"ready":true,"seconds":N} {"storm":N}
 */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect } from 'node:tls';
import { backoffMs } from '@tramhoc/base/backoff';
import { connectPacket, packetCutter } from './packets.ts';

export type HoldOrder = { port: number; count: number; key: string; cert: string; ca: string };

const order = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as HoldOrder;
const sockets = new Set<Socket>();
/** Handshakes under way while the connections are first opened, so that neither side is measured at its limit. */
const atOnce = 40;
/** The longest that the broker allows; nobody pings. */
const keepAliveS = 300;
const retry = { firstMs: 500, maxMs: 60_000 };

function once(clientId: string): Promise<boolean> {
  return new Promise((resolve) => {
    const { port, key, cert, ca } = order;
    const socket = connect({ port, host: '127.0.0.1', key, cert, ca }, () => void socket.write(connectPacket(clientId, keepAliveS)));
    socket.on('error', () => undefined);
    socket.once('close', () => {
      sockets.delete(socket);
      resolve(false);
    });
    socket.on(
      'data',
      packetCutter((type, body) => {
        if (type !== 0x20 || body[1] !== 0) return;
        sockets.add(socket);
        resolve(true);
      }),
    );
  });
}

async function untilServed(clientId: string): Promise<void> {
  for (let attempt = 1; !(await once(clientId)); attempt += 1)
    await new Promise((resolve) => setTimeout(resolve, backoffMs({ attempt, fraction: Math.random() }, retry)));
}

const names = Array.from({ length: order.count }, (_, at) => `held-${at}`);
const startMs = performance.now();
const left = [...names];
await Promise.all(
  Array.from({ length: atOnce }, async () => {
    for (let name = left.pop(); name !== undefined; name = left.pop()) await untilServed(name);
  }),
);
process.once('SIGUSR2', () => {
  const droppedMs = performance.now();
  for (const socket of sockets) socket.destroy();
  void Promise.all(names.map(untilServed)).then(() => process.stdout.write(`{"storm":${(performance.now() - droppedMs) / 1_000}}\n`));
});
process.stdout.write(`{"ready":true,"seconds":${(performance.now() - startMs) / 1_000}}\n`);
process.once('SIGTERM', () => process.exit(0));
