/** A PostgreSQL of our own for tests and benchmarks: a new cluster in a temporary folder on a free port, as a user without rights (it refuses root). */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';

export type TestPostgres = {
  port: number;
  /** Makes an empty database and gives its URL. */
  database(name: string): Promise<string>;
  /** Of the running server and its children, user and system. */
  cpuSeconds(): number;
  /** As a shutdown of the service; `crash`: as a power cut of the process, without a checkpoint. */
  halt(how?: 'stop' | 'crash'): Promise<void>;
  start(): Promise<void>;
  /** Stops it and removes its folder. */
  close(): Promise<void>;
};

/** Debian keeps the server's programs out of the PATH, one folder for each version. undefined when there is none of version 15 or later. */
export function postgresPrograms(): string | undefined {
  const base = '/usr/lib/postgresql';
  const versions = existsSync(base) ? readdirSync(base).filter((version) => Number(version) >= 15) : [];
  const folders = versions.toSorted((a, b) => Number(b) - Number(a)).map((version) => join(base, version, 'bin'));
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

/** For a test's name, so that it says why it did not run. */
export const withoutPostgres = postgresPrograms() === undefined;

export async function startPostgres(settings: Record<string, string> = {}): Promise<TestPostgres> {
  const programs = postgresPrograms()!;
  const who = unprivileged();
  const folder = mkdtempSync(join(tmpdir(), 'tramhoc-postgres-'));
  chmodSync(folder, 0o700);
  if (who.uid !== undefined) chownSync(folder, who.uid, who.gid!);
  const data = join(folder, 'data');
  const made = spawnSync(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'tramhoc', '--auth-local=reject', '--auth-host=trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'],
    { ...who, cwd: folder, encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
  const port = await freePort();
  const all = { listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '', ...settings };
  writeFileSync(
    join(data, 'postgresql.conf'),
    Object.entries(all)
      .map(([key, value]) => `${key} = '${value}'\n`)
      .join(''),
  );
  let server: ReturnType<typeof spawn> | undefined;
  const test: TestPostgres = {
    port,
    async database(name) {
      const client = new Client({ host: '127.0.0.1', port, user: 'tramhoc', database: 'postgres' });
      await client.connect();
      await client.query(`CREATE DATABASE ${name} ENCODING UTF8 TEMPLATE template0 LOCALE 'C.UTF-8'`);
      await client.end();
      return `postgresql://tramhoc@127.0.0.1:${port}/${name}`;
    },
    cpuSeconds: () => cpuOf(server!.pid!),
    async start() {
      server = spawn(join(programs, 'postgres'), ['-D', data], { ...who, cwd: folder, stdio: 'ignore' });
      await answering(port, server);
    },
    async halt(how = 'stop') {
      const ending = server;
      server = undefined;
      if (ending === undefined || ending.exitCode !== null) return;
      ending.kill(how === 'stop' ? 'SIGINT' : 'SIGQUIT');
      await once(ending, 'exit');
    },
    async close() {
      await test.halt('crash');
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await test.start();
  return test;
}

/** Who it runs as when we are root. */
function unprivileged(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const user = spawnSync('id', ['-u', 'postgres']).status === 0 ? 'postgres' : 'nobody';
  const id = (flag: string): number => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function answering(port: number, server: ReturnType<typeof spawn>): Promise<void> {
  for (let attempt = 0; attempt < 300 && server.exitCode === null; attempt += 1) {
    const client = new Client({ host: '127.0.0.1', port, user: 'tramhoc', database: 'postgres' });
    try {
      await client.connect();
      await client.end();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error('PostgreSQL does not start');
}

/** The postmaster waits for its children, so what those that ended have used is in its own figures. */
function cpuOf(pid: number): number {
  const figures = (of: string): number => {
    const fields = readIfThere(`/proc/${of}/stat`)?.split(') ')[1]?.split(' ');
    if (fields === undefined) return 0;
    return (Number(fields[11]) + Number(fields[12]) + (of === String(pid) ? Number(fields[13]) + Number(fields[14]) : 0)) / 100;
  };
  const children = (readIfThere(`/proc/${pid}/task/${pid}/children`) ?? '').trim().split(/\s+/).filter(Boolean);
  return [String(pid), ...children].reduce((sum, of) => sum + figures(of), 0);
}

/** A process may end while it is looked at. */
function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
