/**
 * A centre, a site and its agents as processes of the product, with their files in one folder. Setting a site up takes a few seconds, so it is done
 * once (`buildTemplate`), through the programs' own ways; each case takes a copy and may put any part's data folder on another disk.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentStatus } from '@tramhoc/protocol/local-link';
import { type AdminApi, adminApi } from '../../site-in-a-box/admin-api.ts';
import { freePort } from '../world/free-port.ts';
import { type KioskEar, kioskEar } from '../world/kiosk-ear.ts';
import { until } from '../world/until.ts';
import { type Comparison, compareWithCentre, type Ledger } from './acknowledged.ts';
import { type GateReader, openGateReader } from './gate-reader.ts';
import { command, makeFolder, removeFolder } from './leftovers.ts';
import { type Line, openLine } from './line.ts';
import { type Program, type ProgramOptions, startProgram } from './program.ts';
import { type Publisher, startPublisher } from './publisher.ts';

export const siteId = 'thpt-faults';
/** Two that run, two whose certificates the test uses. */
export const agentNames = ['gate', 'door', 'client-1', 'client-2'] as const;
export type AgentName = (typeof agentNames)[number];
type Wrap = Pick<ProgramOptions, 'before' | 'nodeOptions' | 'env'>;

export type Template = { folder: string; deviceIds: Record<AgentName, string>; remove(): void };

export type Town = {
  readonly folder: string;
  readonly deviceIds: Record<AgentName, string>;
  /** Devices of the test's own. */
  readonly clientIds: ReadonlySet<string>;
  readonly centreDatabase: string;
  readonly ledger: Ledger;
  /** What the ledger and the centre say now; nothing must be under way. */
  compare(options?: { excused?(id: string): boolean }): Comparison;
  /** Between broker and centre, and between agents and broker. Clients of the test reach the broker directly. */
  readonly upLine: Line;
  readonly deviceLine: Line;
  readonly brokerPort: number;
  readonly statusPort: number;
  readonly centreUrl: string;
  /** Moves a part's data folder below another one; before its first start. */
  moveData(part: 'centre' | 'broker' | AgentName, folder: string): string;
  dataFolder(part: 'centre' | 'broker' | AgentName): string;
  /** The part that runs, if any. */
  running(part: 'centre' | 'broker' | AgentName): Program | undefined;
  /** Resolves when it is ready. */
  start(part: 'centre' | 'broker' | AgentName, wrap?: Wrap): Promise<Program>;
  /** More of a part's config, from its next start on. */
  configure(part: 'centre' | 'broker', more: object): void;
  /** Does not wait for it to be ready. */
  launch(part: 'centre' | 'broker' | AgentName, wrap?: Wrap): Program;
  api: AdminApi;
  /** A reader for the agent, wished for at the centre; resolves when the agent has opened it. What its screen shows goes into the ledger. */
  reader(agent: AgentName): Promise<GateReader>;
  /** The same at a port of the caller's own. */
  openSlot(agent: AgentName, port: string): Promise<Screen>;
  screen(agent: AgentName): Screen;
  publisher(agent: AgentName, everyMs?: number): Publisher;
  /** Resolves when nothing waits: not at the clients, not on the devices, not at the site. */
  drained(limitMs?: number): Promise<void>;
  close(): Promise<void>;
};
export type Screen = {
  ear: KioskEar;
  pendingEvents(): number | undefined;
  brokerConnected(): boolean;
  slotOpen(): boolean;
  accepted(): number;
  refused(): number;
};

const writeJson = (path: string, value: unknown): void => writeFileSync(path, JSON.stringify(value), { mode: 0o600 });

export async function buildTemplate(): Promise<Template> {
  const folder = makeFolder();
  const programs: Program[] = [];
  try {
    const [console, devices, mqtt] = [await freePort(), await freePort(), await freePort()];
    const adminSocket = join(folder, 'admin.sock');
    const host = '127.0.0.1';
    const run = (options: ProgramOptions, config: unknown): Program => {
      writeJson(options.configPath, config);
      const program = startProgram(options);
      programs.push(program);
      return program;
    };
    const centre = run(
      { name: 'centre', configPath: join(folder, 'centre.json') },
      {
        dataDir: join(folder, 'centre'),
        console: { host, port: console },
        devices: { host, port: devices, names: [host, 'localhost'] },
        adminSocket,
      },
    );
    const said = await centre.ready;
    const ofCentre = { url: String(said['devicesUrl']), caFile: String(said['rootCaFile']) };
    const api = adminApi(adminSocket);
    const claim = await api.call<{ claimUser: string; claimToken: string }>('POST', '/api/sites', {
      ...{ siteId, name: 'Trường thử lỗi', brokerHost: host, brokerPort: mqtt },
    });
    const broker = run(
      { name: 'broker', configPath: join(folder, 'broker.json') },
      {
        dataDir: join(folder, 'broker'),
        centre: ofCentre,
        claim: { deviceId: claim.claimUser, token: claim.claimToken },
        mqtt: { host, port: mqtt },
        status: { host, port: 0 },
      },
    );
    await broker.ready;
    const enrolled = await Promise.all(agentNames.map(async (name) => [name, await enrol({ folder, name, ofCentre, api, run })] as const));
    for (const program of programs.toReversed()) await program.stop();
    return { folder, deviceIds: Object.fromEntries(enrolled) as Template['deviceIds'], remove: () => removeFolder(folder) };
  } catch (error) {
    for (const program of programs) await program.kill();
    removeFolder(folder);
    throw error;
  }
}

/** What a person does: reads the code on the device, compares the fingerprint, approves. */
async function enrol(parts: {
  folder: string;
  name: AgentName;
  ofCentre: { url: string; caFile: string };
  api: AdminApi;
  run(options: ProgramOptions, config: unknown): Program;
}): Promise<string> {
  const { folder, name, ofCentre, api, run } = parts;
  const dataDir = join(folder, name);
  let shown: { userCode: string; fingerprint: string } | undefined;
  run(
    {
      ...{ name: 'agent', configPath: join(folder, `${name}.json`) },
      onLine: ({ enrolment }) => {
        shown ??= enrolment as typeof shown;
      },
    },
    { dataDir, name, model: 'máy thử', serial: `SN-${name}`, centre: ofCentre, localLink: { path: join(folder, `${name}.sock`) } },
  );
  const { userCode, fingerprint } = await until(`${name} shows its code`, () => shown);
  const { enrolmentId } = await api.call<{ enrolmentId: string }>('POST', '/api/enrolments/lookup', { code: userCode });
  const { deviceId } = await api.call<{ deviceId: string }>('POST', `/api/enrolments/${enrolmentId}/approve`, {
    siteId,
    name,
    fingerprint,
  });
  await until(`${name} has its certificate`, () => readdirSync(join(dataDir, 'identity')).includes('identity.json'));
  return deviceId;
}

/** Where the parts stand when they do not all stand on loopback. The lines of the test are not in between then. */
export type Places = {
  /** Address of the centre, and of the broker as the centre's computer sees it. */
  centreHost: string;
  brokerHost: string;
};
export type TownOptions = { template: Template; ledger: Ledger; random(): number; places?: Places };

export async function openTown({ template, ledger, random, places }: TownOptions): Promise<Town> {
  const folder = makeFolder();
  // sockets cannot be copied; the reserve of a disk is as large as that disk allows, and each part makes its own
  cpSync(template.folder, folder, { recursive: true, filter: (source) => !/\.sock$|\/ballast(?:\.new)?$/.test(source) });
  const [console, devices, mqtt, status] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const host = '127.0.0.1';
  const upLine = await openLine({ port: await freePort(), targetPort: devices, random });
  const deviceLine = await openLine({ port: await freePort(), targetPort: mqtt, random });
  const dataFolders = new Map<string, string>(['centre', 'broker', ...agentNames].map((part) => [part, join(folder, part)]));
  const programs = new Map<string, Program>();
  const screens = new Map<AgentName, Screen>();
  const readers: GateReader[] = [];
  const publishers: Publisher[] = [];
  const adminSocket = join(folder, 'admin.sock');
  const api = adminApi(adminSocket);
  const centreUrl = `https://${host}:${devices}`;
  const rootCaFile = join(folder, 'root.pem');
  cpSync(join(template.folder, 'centre', 'ca', 'root.pem'), rootCaFile);
  for (const name of agentNames) {
    const path = join(folder, name, 'identity', 'grant.json');
    writeJson(path, {
      ...JSON.parse(readFileSync(path, 'utf8')),
      brokerUrl: places === undefined ? `mqtts://${host}:${deviceLine.port}` : `mqtts://localhost:${mqtt}`,
    });
  }
  const more = new Map<string, object>();
  const configOf = (part: string): unknown => {
    const dataDir = dataFolders.get(part)!;
    if (part === 'centre')
      return {
        ...{ dataDir, adminSocket, console: { host, port: console }, ...more.get(part) },
        devices: {
          host: places?.centreHost ?? host,
          port: devices,
          names: [host, 'localhost', ...(places === undefined ? [] : [places.centreHost])],
        },
      };
    const url = places === undefined ? `https://${host}:${upLine.port}` : `https://${places.centreHost}:${devices}`;
    const centre = { url, caFile: rootCaFile };
    if (part === 'broker')
      return {
        ...{ dataDir, centre, mqtt: { host: places === undefined ? host : '0.0.0.0', port: mqtt } },
        status: { host: places?.brokerHost ?? host, port: status },
        ...more.get(part),
      };
    return { dataDir, name: part, centre, localLink: { path: join(folder, `${part}.sock`) }, logLevel: 'warn' };
  };
  const town: Town = {
    ...{ folder, ledger, upLine, deviceLine, brokerPort: mqtt, statusPort: status, centreUrl, api, deviceIds: template.deviceIds },
    clientIds: new Set([template.deviceIds['client-1'], template.deviceIds['client-2']]),
    get centreDatabase() {
      return join(dataFolders.get('centre')!, 'centre.sqlite');
    },
    compare: (options = {}) =>
      compareWithCentre(ledger, {
        ...{ databasePath: town.centreDatabase, clients: town.clientIds, ...options },
        elsewhere: [join(dataFolders.get('broker')!, 'site.db'), ...agentNames.map((name) => join(dataFolders.get(name)!, 'outbox.db'))],
      }),
    dataFolder: (part) => dataFolders.get(part)!,
    moveData(part, below) {
      const to = join(below, part);
      cpSync(dataFolders.get(part)!, to, { recursive: true });
      // the copying is ours, not the product's: the faults begin after it
      command('sync', '-f', to);
      dataFolders.set(part, to);
      return to;
    },
    configure: (part, settings) => void more.set(part, settings),
    running: (part) => (programs.get(part)?.running() === true ? programs.get(part) : undefined),
    launch(part, wrap = {}) {
      const configPath = join(folder, `${part}.json`);
      writeJson(configPath, configOf(part));
      const name = part === 'centre' || part === 'broker' ? part : 'agent';
      const program = startProgram({ ...wrap, name, configPath, env: { LOG_LEVEL: 'warn', ...wrap.env } });
      programs.set(part, program);
      return program;
    },
    async start(part, wrap) {
      const program = town.launch(part, wrap);
      await program.ready;
      return program;
    },
    async reader(agent) {
      const opened = await openGateReader({ port: await freePort(), firstCard: (1 + readers.length) * 0x0100_0000 });
      readers.push(opened);
      await town.openSlot(agent, `tcp://${host}:${opened.port}`);
      return opened;
    },
    async openSlot(agent, port) {
      const screen = town.screen(agent);
      await wish(api, template.deviceIds[agent], port);
      await until(`${agent} opens its reader`, () => screen.slotOpen(), 30_000);
      return screen;
    },
    screen(agent) {
      const screen = screens.get(agent) ?? watchScreen(join(folder, `${agent}.sock`), ledger);
      screens.set(agent, screen);
      return screen;
    },
    publisher(agent, everyMs) {
      const identityFolder = join(template.folder, agent, 'identity');
      const deviceId = template.deviceIds[agent];
      const publisher = startPublisher({
        ...{ port: mqtt, siteId, deviceId, identityFolder, ledger, random },
        ...(everyMs === undefined ? {} : { everyMs }),
      });
      publishers.push(publisher);
      return publisher;
    },
    async drained(limitMs = 120_000) {
      for (const publisher of publishers) await publisher.idle();
      for (const [name, screen] of screens)
        await until(
          `${name} has sent everything`,
          () => screen.ear.connected() && screen.brokerConnected() && screen.pendingEvents() === 0,
          limitMs,
        );
      await until(
        'the site has delivered everything',
        async () => (await metric({ host: places?.brokerHost ?? host, port: status }, 'upstream_lag_events')) === 0,
        limitMs,
      );
    },
    async close() {
      for (const reader of readers) await reader.close();
      for (const screen of screens.values()) screen.ear.close();
      for (const publisher of publishers) await publisher.close();
      for (const program of programs.values()) await program.kill();
      await Promise.all([upLine.close(), deviceLine.close()]);
      removeFolder(folder);
    },
  };
  mkdirSync(folder, { recursive: true });
  return town;
}

async function wish(api: AdminApi, deviceId: string, port: string): Promise<void> {
  await api.call('PUT', `/api/devices/${deviceId}/desired`, {
    ifVersion: 0,
    desired: { drivers: { gate: { kind: 'rdm6300', config: { port } } } },
  });
}

async function metric({ host, port }: { host: string; port: number }, name: string): Promise<number | undefined> {
  const answer = await fetch(`http://${host}:${port}/metrics`, { signal: AbortSignal.timeout(5_000) });
  const text = await answer.text();
  const line = text.split('\n').find((found) => found.startsWith(`tramhoc_${name} `));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

/** A kiosk beside the reader: what it may show as done is the promise to a person. */
function watchScreen(socketPath: string, ledger: Ledger): Screen {
  const counts = { accepted: 0, refused: 0 };
  let status: AgentStatus | undefined;
  const ear = kioskEar(socketPath, {
    onNotice(notice) {
      if (notice.notice === 'tap.accepted') {
        counts.accepted += 1;
        ledger.acknowledge(notice.tapId, 'screen');
      } else if (notice.notice === 'tap.refused') counts.refused += 1;
      else if (notice.notice === 'status') status = notice.status;
    },
    onGone() {
      status = undefined;
    },
  });
  return {
    ear,
    pendingEvents: () => status?.pendingEvents,
    brokerConnected: () => status?.brokerConnected === true,
    slotOpen: () => status?.slots.some(({ state }) => state === 'open') === true,
    accepted: () => counts.accepted,
    refused: () => counts.refused,
  };
}
