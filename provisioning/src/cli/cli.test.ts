/** The centre and its command line as programs: what they print, how they end. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newKey } from '@tramhoc/base/identity';
import type { EnrolmentStarted } from '@tramhoc/protocol/enrolment';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { siteA, type TestCentre, testCentre } from '../testing/test-centre.ts';
import { runCommand } from './run-command.ts';

const program = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
let folder: string;
let hall: TestCentre;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tramhoc-cli-'));
  hall = await testCentre();
});
afterAll(async () => {
  await hall.stop();
  rmSync(folder, { recursive: true, force: true });
});

type Ended = { code: number; out: string; err: string };
const run = (file: string, ...args: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(process.execPath, [program(file), ...args], { cwd: folder, encoding: 'utf8' }, (error, out, err) =>
      resolve({ code: error === null ? 0 : ((error as { code?: number }).code ?? 1), out, err }),
    );
  });
const socket = (): string[] => ['--socket', hall.centre.adminSocket];
const cli = (...args: string[]) => runCommand([...socket(), ...args], undefined);
const done = async (...args: string[]): Promise<unknown> => {
  const { code, out, err } = await cli(...args);
  expect(err).toBe('');
  expect(code).toBe(0);
  return JSON.parse(out);
};

test('a site is set up from the command line alone', async () => {
  expect(await done('create-site', siteA, '--name', 'Trường A', '--broker-host', 'localhost')).toMatchObject({
    site: { siteId: siteA, brokerPort: 8883 },
    claimToken: expect.any(String),
  });
  const about = { publicKey: Buffer.from(newKey().spki).toString('base64'), name: 'Kiosk', model: 'm', serial: 's', agentVersion: '1' };
  const started = (await hall.devices('POST', '/v1/enrolment', { body: about })).json as EnrolmentStarted;
  expect(await done('list-enrolments')).toMatchObject({ pending: [{ fingerprint: started.fingerprint }] });

  // nobody sits there to compare: the fingerprint must be given, and be the right one
  const named = ['approve', started.userCode, '--site', siteA, '--name', 'Sảnh'];
  expect(await cli(...named)).toMatchObject({ code: 2, err: expect.stringContaining('--fingerprint') });
  expect(await cli(...named, '--fingerprint', 'AAAA-AAAA-AAAA-AAAA')).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^ENROL_KEY_MISMATCH: /),
  });
  const { deviceId } = (await done(...named, '--fingerprint', started.fingerprint)) as { deviceId: string };

  const [desired, cards] = [join(folder, 'desired.json'), join(folder, 'list.csv')];
  writeFileSync(desired, '{"drivers":{"gate":{"kind":"rdm6300","config":{"port":"/dev/ttyUSB0"}}}}');
  expect(await done('set-desired', deviceId, desired)).toMatchObject({ desiredVersion: 1 });
  writeFileSync(cards, 'so_the;ma;ho_ten;lop\n14008EC793;HS1;An;10A1\n');
  expect(await done('import-cards', siteA, cards)).toEqual({ imported: 1, version: 1, faults: [], faultCount: 0 });
  expect(await done('revoke', deviceId, '--reason', 'lost')).toMatchObject({ state: 'revoked' });
  expect(await done('list-devices', '--site', siteA)).toMatchObject({
    devices: expect.arrayContaining([expect.objectContaining({ deviceId, state: 'revoked' })]),
  });
  expect(await done('reset-password')).toMatchObject({ userName: 'admin', password: expect.stringMatching(/-/) });
}, 60_000);

test('what is missing or wrong is said in one line', async () => {
  expect(await cli('create-site', 'x-y')).toMatchObject({ code: 2, err: 'INPUT_INVALID: --name is missing.\n' });
  expect(await cli('fly')).toMatchObject({
    code: 2,
    err: expect.stringMatching(/^INPUT_INVALID: there is no command fly; --help lists them; usage: tramhoc centre [^\n]+\n$/),
  });
  expect(await cli('list-sites', 'extra')).toMatchObject({ code: 2, err: expect.stringContaining('"extra" is a word too many') });
  expect(await cli('list-devices', '--site', 'nope')).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^NOT_FOUND: there is no site nope/),
  });
  const [none, broken] = [join(folder, 'none.json'), join(folder, 'broken.json')];
  writeFileSync(broken, '{"drivers":');
  expect(await cli('set-desired', 'x', none)).toMatchObject({
    code: 2,
    err: expect.stringMatching(/^INPUT_INVALID: \S+none\.json cannot be read: /),
  });
  expect(await cli('set-desired', 'x', broken)).toMatchObject({
    code: 2,
    err: expect.stringMatching(/^INPUT_INVALID: \S+broken\.json is not JSON: /),
  });
  expect(await run('./main.ts', ...socket(), 'list-sites')).toMatchObject({ code: 0, err: '', out: expect.stringContaining(siteA) });
  expect(await run('./main.ts', '--socket', join(folder, 'none.sock'), 'list-sites')).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^CENTRE_UNREACHABLE: .*\n$/),
  });
}, 30_000);

test('the admin socket is for its owner only', () => {
  expect(statSync(hall.centre.adminSocket).mode & 0o777).toBe(0o600);
  expect(statSync(hall.dataDir).mode & 0o777).toBe(0o700);
});

const configFile = (name: string, more: object = {}): string => {
  const path = join(folder, `${name}.json`);
  const listener = { host: '127.0.0.1', port: 0 };
  writeFileSync(
    path,
    JSON.stringify({ dataDir: join(folder, name), console: listener, devices: { ...listener, names: ['localhost'] }, ...more }),
  );
  return path;
};

/** Lines of standard output until the centre is ready. */
async function started(child: ChildProcess): Promise<Record<string, unknown>[]> {
  const lines: Record<string, unknown>[] = [];
  let text = '';
  return await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        lines.push(JSON.parse(text.slice(0, end)) as Record<string, unknown>);
        text = text.slice(end + 1);
      }
      if (lines.some((line) => line['ready'] === true)) resolve(lines);
    });
  });
}
const ended = (child: ChildProcess): Promise<number | null> => new Promise((resolve) => child.once('exit', (code) => resolve(code)));

test('the program prints its one-time password once, says when it is ready, goes on where it stopped and ends cleanly', async () => {
  const config = configFile('centre');
  const first = spawn(process.execPath, [program('../main.ts'), '--config', config], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = await started(first);
  const password = lines.find((line) => 'firstRunPassword' in line)!;
  expect(password).toEqual({ firstRunUser: 'admin', firstRunPassword: expect.any(String) });
  const ready = lines.find((line) => line['ready'] === true)!;
  expect((await fetch(`${ready['consoleUrl']}/api/health`)).status).toBe(200);
  expect(readFileSync(String(ready['rootCaFile']), 'utf8')).toContain('BEGIN CERTIFICATE');
  // a second one over the same data is refused, and does not disturb the first
  const second = await run('../main.ts', '--config', config);
  expect(second).toMatchObject({ code: 1, err: expect.stringMatching(/^PORT_IN_USE: another centre is running/) });
  expect((await fetch(`${ready['consoleUrl']}/api/health`)).status).toBe(200);
  first.kill('SIGTERM');
  expect(await ended(first)).toBe(0);

  const again = spawn(process.execPath, [program('../main.ts'), '--config', config], { stdio: ['ignore', 'pipe', 'inherit'] });
  expect(JSON.stringify(await started(again))).not.toContain('firstRun');
  again.kill('SIGINT');
  expect(await ended(again)).toBe(0);
}, 60_000);

test('a centre that was killed starts again: its socket file is no obstacle', async () => {
  const config = configFile('killed');
  const first = spawn(process.execPath, [program('../main.ts'), '--config', config], { stdio: ['ignore', 'pipe', 'inherit'] });
  await started(first);
  first.kill('SIGKILL');
  await ended(first);
  const again = spawn(process.execPath, [program('../main.ts'), '--config', config], { stdio: ['ignore', 'pipe', 'inherit'] });
  await started(again);
  again.kill('SIGTERM');
  expect(await ended(again)).toBe(0);
}, 60_000);

test('a port in use, a wrong config and a folder that may not be made end the start with one line each', async () => {
  const holder = createServer();
  const port = await new Promise<number>((resolve) =>
    holder.listen(0, '127.0.0.1', () => resolve((holder.address() as { port: number }).port)),
  );
  const faults = {
    PORT_IN_USE: configFile('taken', { console: { host: '127.0.0.1', port } }),
    CONFIG_INVALID: configFile('wrong', { devices: { host: '127.0.0.1', port: 0, names: [] } }),
    'CONFIG_INVALID ': configFile('file', { dataDir: join(folder, 'cards.csv') }),
    PERMISSION_MISSING: configFile('denied', { dataDir: '/sys/tramhoc' }),
  };
  writeFileSync(join(folder, 'cards.csv'), 'a file, no folder');
  for (const [code, config] of Object.entries(faults)) {
    const result = await run('../main.ts', '--config', config);
    expect(result.code).toBe(1);
    expect(result.err).toMatch(new RegExp(`^${code.trim()}: [^\\n]+\\n$`));
  }
  holder.close();
}, 60_000);
