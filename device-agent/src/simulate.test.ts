import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@tramhoc/base/clock';
import { systemRandom } from '@tramhoc/base/random';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { driverOf, drivers } from './drivers/registry.ts';
import { clientCable } from './drivers/simulated-client.ts';
import { simulatorOf } from './drivers/simulators.ts';
import { simulate, type Where } from './simulate.ts';
import { callingServer } from './simulate-network.ts';

const hasSocat = ((): boolean => {
  try {
    execFileSync('socat', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();
const folder = mkdtempSync(join(tmpdir(), 'tram-simulate-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Where the device is for its driver. */
async function portOf(kind: string, where: Where): Promise<string> {
  const simulation = await simulate(simulatorOf(kind)!, where, { clock: systemClock(), random: systemRandom() });
  onTestFinished(simulation.close);
  return simulation.port;
}

const line = { pty: join(folder, 'line') };
const network = { listen: 'tcp://127.0.0.1:0' };
const datagrams = { listen: 'udp://127.0.0.1:0' };
const caller = { call: 'http://127.0.0.1:9' };
const places: Where[] = [network, datagrams, caller, ...(hasSocat ? [line] : [])];

test.each(drivers.map(({ kind }) => kind))('%s is plugged in only where a slot of its driver can be, and says so', async (kind) => {
  for (const where of places) {
    const port = await portOf(kind, where).catch((fault: unknown) => fault);
    if (typeof port === 'string') expect(driverOf(kind)!.configSchema.safeParse({ port })).toMatchObject({ success: true });
    else expect(port).toMatchObject({ code: 'INPUT_INVALID', message: expect.stringContaining(kind) });
  }
});

test.each([
  ['co2-mini', network, /only tests/],
  ['host', line, /only tests/],
  ['zkteco-push', network, /--call http:[^ ]*; its/],
  ['hikvision-isapi', line, /--call http:[^ ]*; its/],
  ['pjlink', line, /--listen tcp:[^ ]*; its/],
  ['zkteco-4370', line, /--listen tcp:[^ ]* or --listen udp:[^ ]*; its/],
  ['rdm6300', caller, /--listen tcp:[^ ]* or --pty [^ ]*; its/],
  ['rdm6300', datagrams, /--listen tcp:[^ ]* or --pty [^ ]*; its/],
] as const)('%s at %o is refused with the ways that it has', async (kind, where, ways) => {
  await expect(portOf(kind, where)).rejects.toMatchObject({ code: 'INPUT_INVALID', message: expect.stringMatching(ways) });
});

test.each(['tcp', 'udp'])('an address of another computer is refused with what to write: %s', async (bus) => {
  await expect(portOf('zkteco-4370', { listen: `${bus}://192.0.2.1:4370` })).rejects.toMatchObject({
    code: 'DRIVER_PORT_UNAVAILABLE',
    message: expect.stringMatching(/192[.]0[.]2[.]1 is not an address of this computer.*0[.]0[.]0[.]0/),
  });
});

async function agentAt(port: number): Promise<Server> {
  const server = createServer((_, response) => response.end('OK'));
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}

function hangUp(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

test('that nobody answers a device that calls is said once, and once more after somebody did', async () => {
  let server = await agentAt(0);
  const { port } = server.address() as AddressInfo;
  await hangUp(server);
  const told: string[] = [];
  const { plug, unplug, ask } = clientCable({ clock: systemClock(), life: async () => undefined });
  const stage = callingServer({ plug, unplug, act: () => undefined, close: unplug }, `http://127.0.0.1:${port}`, (line) => told.push(line));
  onTestFinished(stage.close);
  const call = async (): Promise<number | undefined> => (await ask({ method: 'GET', path: '/' }))?.status;

  expect([await call(), await call(), told]).toEqual([0, 0, [expect.stringContaining('does the slot run?')]]);
  server = await agentAt(port);
  expect([await call(), told.length]).toEqual([200, 1]);
  await hangUp(server);
  expect([await call(), await call(), told.length]).toEqual([0, 0, 2]);
  unplug();
  expect([await call(), told.length]).toEqual([undefined, 2]);
});
