/** Ports for those who must know theirs before they listen. */
import { createServer } from 'node:net';

/** Below the range that the system gives to those who do not ask for a number. */
const range = { from: 20_000, to: 32_000 };
/** Test files run at once in processes that were started one after the other: their numbers are close, their ports are not. */
let next = range.from + (process.pid % 100) * 120;

export async function freePort(): Promise<number> {
  for (;;) {
    const port = next;
    next = next + 1 >= range.to ? range.from : next + 1;
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}
