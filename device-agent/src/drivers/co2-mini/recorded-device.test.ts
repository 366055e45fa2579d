/**
 * The driver on a real HID file with the real library: umockdev puts a recorded monitor under the process. `fixtures/`: description of the device,
 * its answers to the system (the feature report must be exactly our key), and three encrypted input reports. Debian: umockdev.
 * A pipe stands for the HID file, so reports that nobody reads in time run into one another, which a real one's do not.
 */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

/** Each starts a program under another, on a machine that may be busy. */
const slowly = { timeout: 60_000 };
const run = promisify(execFile);
const fixtures = join(import.meta.dirname, 'fixtures');
const program = join(import.meta.dirname, '../../testing/print-readings.ts');
const hasUmockdev = ((): boolean => {
  try {
    execFileSync('umockdev-run', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** The recording over and over, slowly enough for a slow start of the program. */
function longScript(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tram-hid-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const recorded = readFileSync(join(fixtures, 'co2.script'), 'latin1').split('\n');
  const [device, ...reports] = recorded.filter((line) => line !== '');
  const repeated = Array.from({ length: 15 }, () => reports.map((line) => line.replace(/^r 150 /, 'r 300 '))).flat();
  writeFileSync(join(folder, 'co2.script'), `${[device, ...repeated].join('\n')}\n`, 'latin1');
  return join(folder, 'co2.script');
}

function words(port: string, lines: number): string[] {
  return [
    ['-d', join(fixtures, 'co2.umockdev')],
    ['-i', `/dev/hidraw0=${join(fixtures, 'full.ioctl')}`],
    ['-s', `/dev/hidraw0=${longScript()}`],
    ['--', process.execPath, program, 'co2-mini', JSON.stringify({ port, warmUpS: 0, reportEveryS: 1 }), `${lines}`],
  ].flat();
}

async function readWith(port: string): Promise<unknown> {
  const { stdout } = await run('umockdev-run', words(port, 1), { timeout: 30_000 });
  return JSON.parse(stdout);
}

test.skipIf(!hasUmockdev).each(['hid:04d9:a052', 'hid:04D9:A052/2.00', 'hid:/dev/hidraw0'])(
  'a recorded monitor is found as %s, given its key and read',
  slowly,
  async (port) => {
    expect(await readWith(port)).toEqual({
      kind: 'measurements',
      measurements: [{ quantity: 'co2', value: 1_111 }],
      sampleCount: expect.any(Number) as number,
    });
  },
);

test.skipIf(!hasUmockdev)('a monitor that is not there says what to do, and which ones are', slowly, async () => {
  expect(await readWith('hid:04d9:a053')).toEqual({ error: 'DRIVER_PORT_UNAVAILABLE', message: expect.stringContaining('plug it in') });
  expect(await readWith('hid:04d9:a052/0815')).toEqual({
    error: 'DRIVER_PORT_UNAVAILABLE',
    message: expect.stringContaining('serial numbers 2.00'),
  });
  expect(await readWith('hid:/dev/hidraw7')).toEqual({
    error: 'DRIVER_PORT_UNAVAILABLE',
    message: expect.stringContaining('ls /dev/hidraw*'),
  });
});

test.skipIf(!hasUmockdev)('a monitor that is unplugged while it is read ends the link', slowly, async () => {
  const device = spawn('umockdev-run', words('hid:04d9:a052', 100), { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void device.kill('SIGKILL'));
  const told: unknown[] = [];
  for await (const chunk of device.stdout) {
    told.push(
      ...String(chunk)
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    );
    // with umockdev the device goes; the program it started lives on and tells what it sees
    device.kill('SIGKILL');
  }
  expect(told[0]).toMatchObject({ kind: 'measurements' });
  expect(told.at(-1)).toEqual({ error: 'DRIVER_PORT_LOST', message: expect.stringContaining('plug the device in again') });
});
