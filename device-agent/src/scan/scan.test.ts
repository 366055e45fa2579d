/** The scan as a program and as a function, on real pseudo-terminals and sockets. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@tramhoc/base/clock';
import { silentLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import { DriverWish } from '@tramhoc/protocol/twin';
import { expect, onTestFinished, test } from 'vitest';
import { mhz19Simulator } from '../drivers/mhz19/simulator.ts';
import { pjlink } from '../drivers/pjlink/driver.ts';
import { pjlinkSimulator } from '../drivers/pjlink/simulator.ts';
import { pms5003Simulator } from '../drivers/pms5003/simulator.ts';
import { drivers } from '../drivers/registry.ts';
import type { OpenLink } from '../drivers/slot.ts';
import { openIdentityStore } from '../identity/identity-store.ts';
import { simulate, type Where } from '../simulate.ts';
import { openLink } from '../transports/open-link.ts';
import { openTwinStore } from '../twin/twin-store.ts';
import { scanLines } from './print-scan.ts';
import { scanHardware } from './scan.ts';

const deps = { clock: systemClock(), random: systemRandom() };
const hasSocat = ((): boolean => {
  try {
    execFileSync('socat', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'tram-scan-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
async function plugIn(definition: Parameters<typeof simulate>[0], where: Where): Promise<string> {
  const simulation = await simulate(definition, where, deps);
  onTestFinished(() => simulation.close());
  return simulation.port;
}
const none = { listSerialPorts: async () => [], listHid: async () => [] };

test.skipIf(!hasSocat)(
  'finds what hangs on serial lines and device servers, and leaves alone what a slot has',
  async () => {
    const path = join(folder(), 'air');
    const dust = await plugIn(pms5003Simulator, { pty: path });
    const co2 = await plugIn(mhz19Simulator, { listen: 'tcp://127.0.0.1:0' });
    const ports = new Map([['tcp://127.0.0.1:9', 'desk']]);
    const openings: string[] = [];
    const { ports: list } = await scanHardware(
      { extraPorts: [dust, co2, 'tcp://127.0.0.1:9', join(path, '..', 'gone')] },
      {
        ...none,
        definitions: drivers.filter(({ discovery }) => discovery?.search === undefined),
        openLink: (spec, how) => {
          openings.push(spec.port);
          return openLink(spec, how);
        },
        slots: ports,
        clock: deps.clock,
      },
    );
    expect(list).toMatchObject([
      { port: expect.anything(), state: 'found' },
      { port: expect.anything(), state: 'found' },
      { port: expect.stringContaining('gone'), state: 'unavailable', note: expect.stringContaining('no such port') },
      { port: 'tcp://127.0.0.1:9', state: 'in-use', slot: 'desk' },
    ]);
    expect(list.find(({ port }) => port === dust)).toMatchObject({ kind: 'pms5003', config: { model: 'pms5003' } });
    expect(list.find(({ port }) => port === co2)).toMatchObject({ kind: 'mhz19', evidence: expect.stringContaining('ppm') });
    expect(openings).not.toContain('tcp://127.0.0.1:9');
  },
  60_000,
);

test('what answers a search on the network is found once, and left alone where a slot has it', async () => {
  const found = ['tcp://192.168.1.40', 'tcp://192.168.1.41'].map((port) => ({ port, evidence: { vi: 'trả lời', en: 'answers a search' } }));
  const definitions = [{ ...pjlink, discovery: { search: async () => found } }];
  const slots = new Map([['tcp://192.168.1.41:4352', 'board']]);
  const { ports } = await scanHardware({}, { ...none, definitions, openLink, slots, clock: deps.clock });
  expect(ports).toEqual([
    { port: 'tcp://192.168.1.40', state: 'found', kind: 'pjlink', evidence: 'answers a search', evidenceVi: 'trả lời', config: {} },
    { port: 'tcp://192.168.1.41', state: 'in-use', slot: 'board' },
  ]);
  expect(await scanHardware({ listenOnly: true }, { ...none, definitions, openLink, slots, clock: deps.clock })).toEqual({
    ports: [],
    more: 0,
  });
});

test('a projector is known by its greeting where its address is given; what sends words that no driver knows is not called silent', async () => {
  const board = await plugIn(pjlinkSimulator, { listen: 'tcp://127.0.0.1:0' });
  const chatter = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write('220 printer ready\r\n');
  });
  await new Promise<void>((resolve) => chatter.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void chatter.close());
  const strange = `tcp://127.0.0.1:${(chatter.address() as AddressInfo).port}`;
  const { ports } = await scanHardware(
    { listenOnly: true, extraPorts: [board, strange] },
    { ...none, definitions: drivers, openLink, slots: new Map(), clock: deps.clock },
  );
  expect(ports.find(({ port }) => port === board)).toMatchObject({
    state: 'found',
    kind: 'pjlink',
    evidence: expect.stringContaining('greets'),
  });
  const unknown = ports.find(({ port }) => port === strange)!;
  expect(scanLines(unknown, () => undefined)).toEqual([
    strange,
    '  unknown    nothing that a driver knows',
    '  do         19 bytes came that no driver knows; its device server may be set to another speed.',
  ]);
  // this computer needs no question
  expect(ports.find(({ port }) => port === 'host:')).toMatchObject({ state: 'found', kind: 'host' });
}, 60_000);

test('a scan that is ended early tells what it has', async () => {
  const ending = new AbortController();
  const port = await plugIn(mhz19Simulator, { listen: 'tcp://127.0.0.1:0' });
  const definitions = drivers.filter(({ kind }) => kind === 'rdm6300' || kind === 'pjlink');
  const scanning = scanHardware(
    { extraPorts: [port] },
    { ...none, definitions, openLink, slots: new Map(), clock: deps.clock, signal: ending.signal },
  );
  await deps.clock.sleep(50);
  ending.abort(new Error('enough'));
  expect(await scanning).toEqual({ ports: [{ port, state: 'silent', note: expect.stringContaining('search again') }], more: 0 });
});

test('a scan that is ended while a port is being opened does not blame the port', async () => {
  const ending = new AbortController();
  const asked = Promise.withResolvers<void>();
  const opening: OpenLink = (_, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      asked.resolve();
    });
  const definitions = drivers.filter(({ kind }) => kind === 'rdm6300');
  const port = 'tcp://127.0.0.1:9';
  const scanning = scanHardware(
    { extraPorts: [port] },
    { ...none, definitions, openLink: opening, slots: new Map(), clock: deps.clock, signal: ending.signal },
  );
  await asked.promise;
  ending.abort(new Error('enough'));
  expect(await scanning).toEqual({ ports: [{ port, state: 'silent', note: expect.stringContaining('search again') }], more: 0 });
});

type Ended = { code: number; out: string; err: string };
const scan = (...args: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(process.execPath, [join(import.meta.dirname, 'main.ts'), '--listen-only', ...args], { encoding: 'utf8' }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });

test('the command writes a configuration that a device can be given, with the slots that it has', async () => {
  const port = await plugIn(pms5003Simulator, { listen: 'tcp://127.0.0.1:0' });
  const dataDir = folder();
  const file = join(dataDir, 'proposal.json');
  const desk = { kind: 'rdm6300', config: { port: '/dev/ttyUSB7' } };
  openIdentityStore(dataDir);
  openTwinStore(dataDir, silentLog).save({ running: { desk: DriverWish.parse(desk) } });
  const { code, out } = await scan('--data-dir', dataDir, '--port', port, '--write', file);
  expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('pms5003: Plantower air quality sensor (PMS5003)') });
  expect(out).toContain('2 slots added (pms5003, host), 1 kept');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
    drivers: { desk, pms5003: { kind: 'pms5003', config: { port, model: 'pms5003' } }, host: { kind: 'host', config: { port: 'host:' } } },
  });
}, 60_000);

test('no configuration is proposed from a folder that is no agent’s, or whose twin is damaged: it would close every slot', async () => {
  const [agent, broker] = [folder(), folder()];
  openIdentityStore(agent);
  writeFileSync(join(agent, 'twin.json'), '{"running":');
  writeFileSync(join(broker, 'identity.json'), '{}');
  const file = join(broker, 'proposal.json');
  for (const dataDir of [join(agent, 'gone'), broker, join(broker, 'identity.json')])
    expect(await scan('--data-dir', dataDir, '--write', file)).toEqual({
      ...{ code: 2, out: '' },
      err: `INPUT_INVALID: ${dataDir} holds no data of an agent; give the dataDir of its config.\n`,
    });
  expect(await scan('--data-dir', agent, '--write', file)).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^CONFIG_INVALID: .*twin/),
  });
  expect(existsSync(file)).toBe(false);
}, 60_000);

test('what is asked for wrongly is told before the scan begins, and no file is overwritten', async () => {
  const place = folder();
  const taken = join(place, 'proposal.json');
  writeFileSync(taken, 'mine');
  expect(await scan('--write', taken)).toMatchObject({ code: 2, out: '', err: expect.stringContaining('is there already') });
  expect(readFileSync(taken, 'utf8')).toBe('mine');
  expect(await scan('--write', join(place, 'none', 'a.json'))).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringContaining('is no folder'),
  });
  expect(await scan('--write', join(taken, 'a.json'))).toMatchObject({ code: 2, out: '', err: expect.stringContaining('is no folder') });
  expect(await scan('--loud')).toEqual({
    ...{ code: 2, out: '' },
    err: expect.stringMatching(/^INPUT_INVALID: Unknown option '--loud'; usage: tramhoc agent scan [^\n]+\n$/),
  });
}, 60_000);
