/** What a newcomer types: one command starts a whole school, a second start goes on where the first stopped. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../world/until.ts';

const root = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'tramhoc-box-'));
const data = join(folder, 'data');

type Box = { child: ChildProcess; said(): string; ended: Promise<number | null> };
type Run = { console: string; kiosk: string; broker: string; metrics: string; pid: number };
const started: Box[] = [];

function start(...options: string[]): Box {
  const child = spawn(
    process.execPath,
    [join(root, 'site-in-a-box', 'main.ts'), '--data', data, '--port', '0', '--no-electron', ...options],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => chunks.push(chunk.toString('utf8')));
  const box: Box = { child, said: () => chunks.join(''), ended: new Promise((resolve) => child.once('exit', resolve)) };
  started.push(box);
  return box;
}

/** It says a few things after "Ready"; the pipe may bring them later. */
const lastLine = 'A device of your own';
const ready = (box: Box): Promise<Run> =>
  until(
    `the box is ready: ${box.said()}`,
    () => {
      if (box.child.exitCode !== null) throw new Error(`it ended:\n${box.said()}`);
      return box.said().includes(lastLine) && (JSON.parse(readFileSync(join(data, 'run.json'), 'utf8')) as Run);
    },
    60_000,
  );

function api<Answer>(path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request({ socketPath: join(data, 'admin.sock'), path }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => resolve(JSON.parse(text) as Answer));
    })
      .once('error', reject)
      .end();
  });
}
type Devices = { devices: { deviceId: string; role: string; online: boolean }[] };
type Events = { events: { deviceId: string; epoch: string; seq: number; person: { name: string } | null }[] };
const agentIds = async (): Promise<string[]> =>
  (await api<Devices>('/api/devices')).devices
    .filter(({ role }) => role === 'agent')
    .map(({ deviceId }) => deviceId)
    .sort();
const taps = async (): Promise<Events['events']> => (await api<Events>('/api/events?type=vn.tramhoc.attendance.tap.v1&limit=500')).events;

/** Of the processes of this computer those that were started on this folder. */
const partsRunning = (): string[] =>
  spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter((line) => line.includes(data));

let first: Box;
let run: Run;
beforeAll(async () => {
  first = start('--speed', '120', '--seed', '7');
  run = await ready(first);
});
afterAll(async () => {
  for (const { child, ended } of started) {
    if (child.exitCode === null) child.kill('SIGTERM');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

test('it says where everything is, and everything is there', async () => {
  expect(first.said()).toMatch(/user admin, password \S+/);
  expect(readFileSync(join(data, 'run.json'), 'utf8')).not.toMatch(/password|token|secret/i);
  expect((await fetch(run.console)).status).toBe(200);
  expect((await fetch(run.kiosk)).status).toBe(200);
  expect(await (await fetch(run.metrics)).text()).toMatch(/^# HELP tramhoc_/m);
});

test('the school morning arrives at the centre: pupils with their names, one card of a stranger, the air, the projector', async () => {
  const morning = await until(
    'half the school has come',
    async () => {
      const now = await taps();
      return now.length >= 20 ? now : undefined;
    },
    60_000,
  );
  expect(morning.filter(({ person }) => person !== null).length).toBeGreaterThan(15);
  await until('the stranger came', async () => (await taps()).some(({ person }) => person === null), 60_000);
  await until(
    'the air was measured',
    async () => (await api<{ series: unknown[] }>('/api/air?site=thpt-tram-hoc&hours=1')).series.length >= 3,
  );
  await until(
    'the projector is on',
    async () => JSON.stringify(await api('/api/events?type=vn.tramhoc.asset.display.v1')).includes('"power":"on"'),
    60_000,
  );
});

test('a second start beside the first is refused in one line', async () => {
  const second = start();
  expect(await second.ended).toBe(1);
  expect(second.said().trim().split('\n')).toHaveLength(1);
  expect(second.said()).toMatch(/already runs here as process \d+/);
});

test('Ctrl-C ends every part, and the next start goes on with the same devices and loses nothing', async () => {
  const before = { ids: await agentIds(), taps: await taps() };
  first.child.kill('SIGINT');
  expect(await first.ended).toBe(0);
  expect(existsSync(join(data, 'run.json'))).toBe(false);
  await expect(fetch(run.console)).rejects.toThrow();

  const again = start('--speed', '0');
  expect(await ready(again)).toMatchObject({ console: run.console, kiosk: run.kiosk, broker: run.broker });
  expect(again.said()).not.toMatch(/user admin/);
  expect(again.said()).toContain('docs/runbooks/forgotten-password.md');
  await until(
    'the devices are back',
    async () => (await api<Devices>('/api/devices')).devices.filter(({ role, online }) => role === 'agent' && online).length === 2,
  );
  expect(await agentIds()).toEqual(before.ids);
  const identities = (await taps()).map(({ deviceId, epoch, seq }) => `${deviceId}/${epoch}/${seq}`);
  expect(new Set(identities).size).toBe(identities.length);
  expect(identities).toEqual(expect.arrayContaining(before.taps.map(({ deviceId, epoch, seq }) => `${deviceId}/${epoch}/${seq}`)));
  again.child.kill('SIGINT');
  expect(await again.ended).toBe(0);
});

describe('whenever it is ended, no part stays behind', () => {
  const closeTerminal = (box: Box): void => void box.child.kill('SIGHUP');
  const stopReading = (box: Box): void => {
    box.child.stdout?.destroy();
    // what it says next finds that nobody reads
    box.child.stderr?.destroy();
  };
  test.each([
    ['the terminal is closed while the centre starts', 'Tramhoc:', closeTerminal],
    ['the terminal is closed while the broker starts', '✓ centre', closeTerminal],
    ['the terminal is closed while the agents start', '✓ simulated hardware', closeTerminal],
    ['nobody reads any more what it says while the agents start', '✓ simulated hardware', stopReading],
  ])('%s', async (_, said, end) => {
    const box = start('--speed', '0');
    await until(`it says ${said}`, () => box.said().includes(said), 60_000);
    end(box);
    expect(await box.ended).toBe(0);
    expect(partsRunning()).toEqual([]);
  });
});

test('a port that is in use is one clear line, and nothing is left running', async () => {
  const port = Number(new URL(run.console).port);
  const squatter = createServer().listen(port, '127.0.0.1');
  await until('the port is taken', () => squatter.listening);
  const box = start('--speed', '0');
  expect(await box.ended).toBe(1);
  expect(box.said()).toMatch(new RegExp(`✗ centre.*127\\.0\\.0\\.1:${port} is already in use`));
  expect(partsRunning()).toEqual([]);
  await new Promise((resolve) => squatter.close(resolve));
});
