/** The program as an operating system sees it: started, killed, stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { writeFileAtomic } from '@tramhoc/base/config';
import { desiredHash } from '@tramhoc/base/digest';
import { newKey, saveIdentity } from '@tramhoc/base/identity';
import { openDatabase } from '@tramhoc/base/sqlite';
import { AgentNotice } from '@tramhoc/protocol/local-link';
import { afterEach, expect, test } from 'vitest';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'main-'));
  ends.push(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A card reader on a serial device server, with an endless row of different cards. */
async function cardReader(): Promise<{ port: number; present(): void; wired(): boolean }> {
  const lines = new Set<Socket>();
  const server: Server = createServer((socket) => {
    lines.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => lines.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    for (const line of lines) line.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  let card = 0;
  return {
    port: (server.address() as { port: number }).port,
    wired: () => lines.size > 0,
    present() {
      card += 1;
      const uid = Buffer.from([0x14, 0, card >> 16, (card >> 8) & 0xff, card & 0xff]);
      const sum = uid.reduce((xor, byte) => xor ^ byte, 0);
      const frame = `\x02${Buffer.concat([uid, Buffer.from([sum])])
        .toString('hex')
        .toUpperCase()}\x03`;
      for (const line of lines) line.write(frame, 'latin1');
    },
  };
}

/** Config and disk of a device that was enrolled, whose broker is away. */
function enrolledDevice(port: number): { configPath: string; dataDir: string; socketPath: string } {
  const folder = freshFolder();
  const dataDir = join(folder, 'data');
  const identity = join(dataDir, 'identity');
  const desired = { drivers: { gate: { kind: 'rdm6300', config: { port: `tcp://127.0.0.1:${port}` } } } } as never;
  saveIdentity(identity, { keyPem: newKey().keyPem, certificatePem: '', chainPem: '', caPem: '', notAfterMs: 4e12 });
  writeFileAtomic(
    join(identity, 'grant.json'),
    JSON.stringify({
      deviceId: '11111111-1111-4111-8111-111111111111',
      siteId: 'thpt-demo',
      siteName: 'Trường demo',
      enrolToken: 't'.repeat(43),
      brokerUrl: 'mqtts://127.0.0.1:1',
      cardKey: '0a'.repeat(32),
    }),
  );
  writeFileAtomic(
    join(dataDir, 'twin.json'),
    JSON.stringify({ document: { version: 1, hash: desiredHash(desired), desired }, running: {} }),
  );
  return { ...writeConfig(folder, { dataDir }), dataDir };
}

function writeConfig(folder: string, more: object): { configPath: string; socketPath: string } {
  const caFile = join(folder, 'root.pem');
  writeFileSync(caFile, '');
  const configPath = join(folder, 'agent.json');
  const socketPath = join(folder, 'agent.sock');
  const config = {
    dataDir: folder,
    name: 'Cổng',
    centre: { url: 'https://127.0.0.1:1', caFile },
    localLink: { path: socketPath },
    logLevel: 'warn',
  };
  writeFileSync(configPath, JSON.stringify({ ...config, ...more }));
  return { configPath, socketPath };
}

type Run = { child: ChildProcess; ready: Promise<unknown>; exit: Promise<{ code: number | null }>; said(): string };
function run(configPath: string): Run {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), '--config', configPath], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  ends.push(() => child.kill('SIGKILL'));
  let said = '';
  child.stderr!.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  const exit = new Promise<{ code: number | null }>((resolve) => child.once('exit', (code) => resolve({ code })));
  const ready = new Promise<unknown>((resolve, reject) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const parsed = JSON.parse(line) as { ready?: boolean };
      if (parsed.ready === true) resolve(parsed);
    });
    void exit.then(() => reject(new Error(`it ended: ${said}`)));
  });
  ready.catch(() => undefined);
  return { child, ready, exit, said: () => said };
}

/** A kiosk that keeps the ids of the taps it was told about. */
function tapsHeard(socketPath: string): { ids: string[]; closed: Promise<void> } {
  const ids: string[] = [];
  const socket = connect(socketPath);
  ends.push(() => socket.destroy());
  socket.on('error', () => undefined);
  createInterface({ input: socket })
    .on('line', (line) => {
      const notice = AgentNotice.parse(JSON.parse(line));
      if (notice.notice === 'tap.accepted') ids.push(notice.tapId);
    })
    .on('error', () => undefined);
  return { ids, closed: new Promise((resolve) => socket.once('close', () => resolve())) };
}

/** Four starts, on a machine that may be busy. */
test('every tap that a screen was told of is on disk, whenever the agent is killed', { timeout: 90_000 }, async () => {
  const reader = await cardReader();
  const { configPath, dataDir, socketPath } = enrolledDevice(reader.port);
  const told: string[] = [];
  for (let round = 0; round < 4; round += 1) {
    const { child, ready, exit } = run(configPath);
    await ready;
    const heard = tapsHeard(socketPath);
    await expect.poll(reader.wired, { timeout: 10_000 }).toBe(true);
    const presenting = setInterval(() => reader.present(), 3);
    const enough = Math.ceil(Math.random() * 60);
    await expect.poll(() => heard.ids.length, { timeout: 10_000, interval: 1 }).toBeGreaterThan(enough);
    child.kill('SIGKILL');
    await exit;
    clearInterval(presenting);
    // what was written to the socket before the kill still arrives
    await heard.closed;
    told.push(...heard.ids);
    await expect.poll(reader.wired).toBe(false);
  }
  const database = openDatabase(join(dataDir, 'outbox.db'), { migrations: ['', '', ''] });
  const rows = database.prepare<{ id: string; epoch: string; seq: number }>('SELECT id, epoch, seq FROM queue ORDER BY position').all();
  database.close();
  const kept = new Set(rows.map(({ id }) => id));
  expect(told.filter((id) => !kept.has(id))).toEqual([]);
  expect(told.length).toBeGreaterThan(4);
  // each start counts from 1 under an epoch of its own, without a hole
  for (const seqs of Map.groupBy(rows, ({ epoch }) => epoch).values())
    expect(seqs.map(({ seq }) => seq)).toEqual(seqs.map((_, at) => at + 1));
});

test('SIGTERM stops it cleanly and frees the socket', async () => {
  const { configPath, socketPath } = writeConfig(freshFolder(), {});
  const { child, ready, exit } = run(configPath);
  expect(await ready).toEqual({ ready: true, localLink: socketPath });
  child.kill('SIGTERM');
  expect(await exit).toEqual({ code: 0 });
  const again = run(configPath);
  await again.ready;
});

test('a fault in the config ends it with one line that names file and field', async () => {
  const { configPath } = writeConfig(freshFolder(), { name: '' });
  const { exit, said } = run(configPath);
  expect(await exit).toEqual({ code: 1 });
  expect(said().trim().split('\n')).toEqual([expect.stringMatching(/^CONFIG_INVALID: .*agent\.json: name: /)]);
});

test('a root certificate that is not there ends it with one line that says so', async () => {
  const { configPath } = writeConfig(freshFolder(), {
    centre: { url: 'https://127.0.0.1:1', caFile: join(tmpdir(), 'nowhere', 'root.pem') },
  });
  const { exit, said } = run(configPath);
  expect(await exit).toEqual({ code: 1 });
  expect(said().trim().split('\n')).toEqual([expect.stringMatching(/^CONFIG_INVALID: .*root\.pem/)]);
});

test('what most agents never need is not loaded with the agent: Node’s fetch, HTTP, WebSockets, libraries of single buses', async () => {
  const here = JSON.stringify(import.meta.url);
  const script = `
    const { createRequire } = await import('node:module');
    const require = createRequire(${here});
    await import(new URL('./agent.ts', ${here}));
    const part = (name) => import(new URL('../../base/src/' + name + '.ts', ${here}));
    const [{ openMqttLink }, { systemClock }, { systemRandom }, { silentLog }] = await Promise.all(['mqtt-link', 'clock', 'random', 'log'].map(part));
    const identity = { keyPem: '', chainPem: '', caPem: '' };
    const tried = Promise.withResolvers();
    const deps = { clock: systemClock(), random: systemRandom(), log: silentLog, onState: tried.resolve };
    openMqttLink({ url: 'mqtts://127.0.0.1:1', clientId: 'a', identity, ...deps });
    await tried.promise;
    const { cache } = createRequire(require.resolve('mqtt'))('mqtt-packet/numbers');
    console.log(JSON.stringify({ parts: process.moduleLoadList, files: Object.keys(require.cache), packetIds: Object.keys(cache).length }));
    process.exit(0);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await new Promise((resolve) => child.once('close', resolve));
  const { parts, files, packetIds } = JSON.parse(text) as { parts: string[]; files: string[]; packetIds: number };
  // the lists say what is loaded at all
  expect(parts).toContain('NativeModule tls');
  expect(files.some((file) => file.includes('better-sqlite3'))).toBe(true);
  expect(parts.filter((part) => /undici|http2|NativeModule https?$/.test(part))).toEqual([]);
  expect(files.filter((file) => /node-hid|pcsc-mini|systeminformation|undici|x509|modbus-serial|\/ws\/|\/socks\//.test(file))).toEqual([]);
  expect(packetIds).toBe(0);
});
