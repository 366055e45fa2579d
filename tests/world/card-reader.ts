/** A serial device server with an RDM6300 behind it: whoever connects hears the cards that are presented. */
import { createServer, type Socket } from 'node:net';
import { until } from './until.ts';

export type CardReader = { port: number; present(uid: string): void; connected(): boolean; close(): Promise<void> };

/** Source of the frame: drivers/rdm6300/README.md; written here on its own. */
function frameOf(uid: string): Buffer {
  const check = Buffer.from(uid, 'hex').reduce((sum, byte) => sum ^ byte, 0);
  return Buffer.from(`\x02${uid}${check.toString(16).toUpperCase().padStart(2, '0')}\x03`, 'latin1');
}

export async function cardReader(): Promise<CardReader> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    socket.resume();
  });
  server.listen(0, '127.0.0.1');
  await until('the card reader listens', () => server.listening);
  return {
    port: (server.address() as { port: number }).port,
    present(uid) {
      for (const socket of sockets) socket.write(frameOf(uid));
    },
    connected: () => sockets.size > 0,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
