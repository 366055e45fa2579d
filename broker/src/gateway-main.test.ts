import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BrokerConfig } from './broker-config.ts';
import { passwordFits } from './gateways/password.ts';
import { startTestGateways } from './testing/test-gateways.ts';

const program = join(import.meta.dirname, 'gateway-main.ts');
const run = (...args: string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], { encoding: 'utf8' }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number((error as { code?: number }).code ?? 1), out, err }),
    );
  });
let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tramhoc-gateway-'));
  path = join(folder, 'broker.json');
  writeFileSync(path, JSON.stringify({ dataDir: '/var/lib/x', centre: { url: 'https://centre.example.vn', caFile: '/etc/root.pem' } }), {
    mode: 0o640,
  });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a gateway is added with one command, which shows the password once; a fault is one line', async () => {
  const { code, out } = await run('add', '--config', path, '--name', 'zigbee', '--adapter', 'zigbee2mqtt', '--topic', 'truong/zigbee/#');
  expect(code).toBe(0);
  const entry = BrokerConfig.parse(JSON.parse(readFileSync(path, 'utf8'))).gateways!.entries[0]!;
  expect(entry).toMatchObject({ name: 'zigbee', adapter: 'zigbee2mqtt', user: 'zigbee', topics: ['truong/zigbee/#'] });
  const password = /password \/ mật khẩu:\s+(\S+)/.exec(out)![1]!;
  expect(await passwordFits(password, entry.passwordHash)).toBe(true);
  const refused = await run('remove', '--config', path, '--name', 'other');
  expect([refused.code, refused.err]).toEqual([1, expect.stringMatching(/^NOT_FOUND: [^\n]*\n$/)]);
});

test('without a command it says what it can do, with the kinds in both languages', async () => {
  const { code, out } = await run('--help');
  expect(code).toBe(0);
  for (const words of ['tramhoc site gateway add', 'zigbee2mqtt', 'Cảm biến Zigbee', 'Tasmota devices']) expect(out).toContain(words);
});

test('where the gateway signs in is told with its password, and an empty list says how to fill it', async () => {
  expect(await run('list', '--config', path)).toEqual({ code: 0, out: '', err: expect.stringContaining('has no gateways') });
  const { out } = await run('add', '--config', path, '--name', 'air', '--adapter', 'tasmota');
  expect(out).toMatch(/host \/ máy chủ: +the address of this computer/);
  expect(out).toMatch(/port \/ cổng: +1883\n/);
  expect(await run('list', '--config', path)).toMatchObject({ code: 0, out: expect.stringContaining('"name":"air"'), err: '' });
});

test('what is typed wrong is one line and exit code 2', async () => {
  const simulate = ['simulate', '--adapter', 'tasmota', '--user', 'a', '--password', 'b'];
  for (const [words, says] of [
    [['bogus'], /there is no command bogus/],
    [['list'], /--config is missing/],
    [[...simulate, '--url', 'http://x'], /--url http:\/\/x: write mqtt:/],
    [[...simulate, '--url', 'mqtt://x', '--every', 'often'], /--every takes a number from 0\.1/],
    [[...simulate, '--url', 'mqtt://x', '--ca', join(folder, 'none.pem')], /none\.pem cannot be read/],
  ] as const) {
    const { code, out, err } = await run(...words);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(says);
    expect(err).toMatch(/^INPUT_INVALID: [^\n]+\n$/);
  }
});

test('a simulated gadget runs from the command line until it is stopped', async () => {
  const made = await startTestGateways([{ name: 'air', adapter: 'tasmota' }]);
  const args = [
    'simulate',
    '--adapter',
    'tasmota',
    '--url',
    made.url,
    '--user',
    'air',
    '--password',
    made.password,
    '--name',
    'hall',
    '--every',
    '0.5',
  ];
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await expect.poll(made.readings, { timeout: 15_000 }).toContain('air-hall co2 812');
    const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    const foreign = await run('simulate', '--adapter', 'zigbee2mqtt', '--url', made.url, '--user', 'air', '--password', made.password);
    const wrong = await run('simulate', '--adapter', 'tasmota', '--url', made.url, '--user', 'air', '--password', 'wrong');
    for (const { err } of [wrong, foreign])
      expect(err).toMatch(/^BROKER_REFUSED: .*check user name and password, and that the entry is for this kind/);
  } finally {
    child.kill('SIGKILL');
    await made.close();
  }
});
