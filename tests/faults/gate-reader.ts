/** An RDM6300 on a serial device server, at a port of its own: it presents one card after the other, each once. */
import { createServer, type Socket } from 'node:net';

export type GateReader = {
  readonly port: number;
  /** How many cards were presented while somebody listened. */
  presented(): number;
  connected(): boolean;
  /** One card now; false when nobody listens. */
  present(): boolean;
  /** Cards one after the other until `pause`. */
  start(everyMs: number): void;
  pause(): void;
  close(): Promise<void>;
};

/** Source of the frame: device-agent/src/drivers/rdm6300/README.md; written here on its own. */
export function cardFrame(number: number): Buffer {
  const uid = `14${number.toString(16).toUpperCase().padStart(8, '0')}`;
  const check = Buffer.from(uid, 'hex').reduce((sum, byte) => sum ^ byte, 0);
  return Buffer.from(`\x02${uid}${check.toString(16).toUpperCase().padStart(2, '0')}\x03`, 'latin1');
}

/** `firstCard`: two readers of one site must not present the same cards. */
export async function openGateReader({ port, firstCard }: { port: number; firstCard: number }): Promise<GateReader> {
  const sockets = new Set<Socket>();
  let count = 0;
  let timer: NodeJS.Timeout | undefined;
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    socket.resume();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const present = (): boolean => {
    if (sockets.size === 0) return false;
    for (const socket of sockets) socket.write(cardFrame(firstCard + count));
    count += 1;
    return true;
  };
  const pause = (): void => clearInterval(timer);
  return {
    port,
    presented: () => count,
    connected: () => sockets.size > 0,
    present,
    start(everyMs) {
      pause();
      timer = setInterval(present, everyMs);
    },
    pause,
    async close() {
      pause();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
