/** Which port each part listens on. Chosen once and kept: devices remember the broker's address. */
import { createServer } from 'node:net';
import { join } from 'node:path';
import { readJsonFileIfAny, writeFileAtomic } from '@tramhoc/base/config';
import { z } from 'zod';

const Ports = z.strictObject({
  console: z.int(),
  devices: z.int(),
  mqtt: z.int(),
  status: z.int(),
  kiosk: z.int(),
  projector: z.int(),
  reader: z.int(),
  scanner: z.int(),
  air: z.int(),
});
export type Ports = z.infer<typeof Ports>;

/** 7400 and the eight after it; `base` 0 takes free ones. What an earlier start chose stands. */
export async function choosePorts(dataFolder: string, base: number): Promise<Ports> {
  const path = join(dataFolder, 'ports.json');
  const kept = Ports.safeParse(readJsonFileIfAny(path));
  if (kept.success) return kept.data;
  const names = Object.keys(Ports.shape) as (keyof Ports)[];
  const numbers = base === 0 ? await freePorts(names.length) : names.map((_, at) => base + at);
  const ports = Object.fromEntries(names.map((name, at) => [name, numbers[at]!])) as Ports;
  writeFileAtomic(path, `${JSON.stringify(ports, null, 2)}\n`);
  return ports;
}

/** All held open together, so that no two are the same. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer();
          server.once('error', reject);
          server.listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
