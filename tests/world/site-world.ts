/**
 * A whole district in one process for scenario tests: the centre, a site broker and agents, on real sockets, real TLS, real SQLite files in a
 * temporary folder. Each part can be stopped and started again on the same files, and the line between site and centre can be cut.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '@tramhoc/base/clock';
import { type Log, silentLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import { GatewaysConfig } from '@tramhoc/broker/gateways/gateway-config';
import { type SiteBroker, startSiteBroker } from '@tramhoc/broker/site-broker';
import { type Agent, startAgent } from '@tramhoc/device-agent/agent';
import type { AgentStatus } from '@tramhoc/protocol/local-link';
import { type Centre, type CentreConfig, startCentre } from '@tramhoc/provisioning/server';
import { type CuttableLink, cuttableLink } from './cuttable-link.ts';
import { freePort } from './free-port.ts';
import { until } from './until.ts';

type Deps = { clock: Clock; log: Log };

export type World = {
  folder: string;
  centre: Centre;
  /** The console's API with the rights of the local administrator. Throws on every status but 2xx. */
  api<Answer>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown, contentType?: string): Promise<Answer>;
  /** `gateways`, `eventsUrl`: as in the broker's config file. */
  addSite(siteId?: string, options?: { gateways?: unknown; eventsUrl?: string }): Promise<Site>;
  restartCentre(): Promise<void>;
  close(): Promise<void>;
};

export type Site = {
  siteId: string;
  /** Between the broker and the centre. */
  upLink: CuttableLink;
  readonly broker: SiteBroker;
  mqttPort: number;
  stopBroker(): Promise<void>;
  startBroker(): Promise<void>;
  /** An agent with an empty folder, or the one whose folder `name` has. */
  startAgent(name: string, more?: { scanPorts?: readonly string[] }): Promise<AgentInWorld>;
  /** Starts an agent and approves its code, as IT would; resolves when it is enrolled. */
  enrolledAgent(name: string, more?: { scanPorts?: readonly string[] }): Promise<AgentInWorld & { deviceId: string }>;
  importCards(rows: readonly { card: string; person: string; name: string; group: string }[]): Promise<void>;
};
export type AgentInWorld = { agent: Agent; dataFolder: string; socketPath: string; configOf: object };

/** Everything that was started, so that close() ends it in the right order. */
export async function openWorld({
  clock = systemClock(),
  log = silentLog,
  eventLog,
}: Partial<Deps> & Pick<CentreConfig, 'eventLog'> = {}): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'tramhoc-world-'));
  const deps = { clock, random: systemRandom(), log };
  const adminSocket = join(folder, 'admin.sock');
  const ports = { console: 0, devices: 0 };
  const begin = (): Promise<Centre> =>
    startCentre(
      {
        dataDir: join(folder, 'centre'),
        console: { host: '127.0.0.1', port: ports.console },
        devices: { host: '127.0.0.1', port: ports.devices, names: ['127.0.0.1', 'localhost'] },
        adminSocket,
        ...(eventLog === undefined ? {} : { eventLog }),
      },
      deps,
    );
  let centre = await begin();
  ports.console = Number(new URL(centre.consoleUrl).port);
  ports.devices = Number(new URL(centre.devicesUrl).port);
  const sites: SiteInWorld[] = [];
  const world: World = {
    folder,
    get centre() {
      return centre;
    },
    api: (method, path, body, contentType) => callApi(adminSocket, { method, path, body, contentType }),
    async addSite(siteId = 'thpt-demo', { gateways, eventsUrl } = {}) {
      const site = await openSite({ siteId, world, deps, gateways, eventsUrl });
      sites.push(site);
      return site;
    },
    async restartCentre() {
      await centre.close();
      centre = await begin();
    },
    async close() {
      for (const site of sites) await site.close();
      await centre.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return world;
}

type SiteInWorld = Site & { close(): Promise<void> };

async function openSite({
  siteId,
  world,
  deps,
  gateways,
  eventsUrl,
}: {
  siteId: string;
  world: World;
  gateways: unknown;
  eventsUrl: string | undefined;
  deps: Deps & { random: ReturnType<typeof systemRandom> };
}): Promise<SiteInWorld> {
  const upLink = await cuttableLink(Number(new URL(world.centre.devicesUrl).port));
  const mqttPort = await freePort();
  const made = await world.api<{ claimUser: string; claimToken: string }>('POST', '/api/sites', {
    siteId,
    name: `Trường ${siteId}`,
    brokerHost: '127.0.0.1',
    brokerPort: mqttPort,
  });
  const agents = new Map<string, Agent>();
  const begin = (): Promise<SiteBroker> =>
    startSiteBroker(
      {
        dataDir: join(world.folder, siteId, 'broker'),
        centre: { url: `https://127.0.0.1:${upLink.port}`, caFile: world.centre.rootCaFile, eventsUrl },
        claim: { deviceId: made.claimUser, token: made.claimToken } as never,
        mqtt: { host: '127.0.0.1', port: mqttPort },
        status: { host: '127.0.0.1', port: 0 },
        retentionDays: 30,
        maxStoreBytes: 256 * 1024 * 1024,
        ...(gateways === undefined ? {} : { gateways: GatewaysConfig.parse(gateways) }),
      },
      deps,
    );
  let broker: SiteBroker | undefined = await begin();
  const site: SiteInWorld = {
    siteId,
    upLink,
    mqttPort,
    get broker() {
      if (broker === undefined) throw new Error('the broker is stopped');
      return broker;
    },
    async stopBroker() {
      await broker?.close();
      broker = undefined;
    },
    async startBroker() {
      broker ??= await begin();
    },
    async startAgent(name, more = {}) {
      const dataFolder = join(world.folder, siteId, name);
      mkdirSync(dataFolder, { recursive: true });
      const socketPath = join(world.folder, `${name}.sock`);
      const configOf = {
        dataDir: dataFolder,
        name,
        model: 'máy thử',
        serial: `SN-${siteId}-${name}`,
        centre: { url: world.centre.devicesUrl, caFile: world.centre.rootCaFile },
        localLink: { path: socketPath },
        ...more,
      };
      const agent = await startAgent(configOf as never, deps);
      agents.set(name, agent);
      return { agent, dataFolder, socketPath, configOf };
    },
    async enrolledAgent(name, more) {
      const started = await site.startAgent(name, more);
      const deviceId = await approveAgent(world, site, started.agent, name);
      return { ...started, deviceId };
    },
    async importCards(rows) {
      const csv = ['card,person,name,group', ...rows.map(({ card, person, name, group }) => [card, person, name, group].join(','))].join(
        '\n',
      );
      await world.api('POST', `/api/sites/${siteId}/cards`, `${csv}\n`, 'text/csv');
    },
    async close() {
      for (const agent of agents.values()) await agent.close();
      await site.stopBroker();
      await upLink.close();
    },
  };
  return site;
}

/** What IT does with the code on the screen; resolves when the agent has its certificate and its broker. */
export async function approveAgent(world: World, site: Pick<Site, 'siteId'>, agent: Agent, name: string): Promise<string> {
  const waiting = await until('the agent shows a code', () => {
    const { enrolment } = agent.status();
    return enrolment.state === 'waiting' ? enrolment : undefined;
  });
  const found = await world.api<{ enrolmentId: string; fingerprint: string }>('POST', '/api/enrolments/lookup', { code: waiting.userCode });
  if (found.fingerprint !== waiting.fingerprint) throw new Error('the centre shows another fingerprint than the device');
  const { deviceId } = await world.api<{ deviceId: string }>('POST', `/api/enrolments/${found.enrolmentId}/approve`, {
    siteId: site.siteId,
    name,
    fingerprint: waiting.fingerprint,
  });
  await untilStatus(
    agent,
    'the agent is enrolled and connected',
    ({ enrolment, brokerConnected }) => enrolment.state === 'enrolled' && brokerConnected,
  );
  return deviceId;
}

export function untilStatus(agent: Agent, what: string, holds: (status: AgentStatus) => boolean, limitMs?: number): Promise<AgentStatus> {
  return until(
    what,
    () => {
      const status = agent.status();
      return holds(status) ? status : undefined;
    },
    limitMs,
  );
}

function callApi<Answer>(
  socketPath: string,
  {
    method,
    path,
    body,
    contentType = 'application/json',
  }: { method: string; path: string; body?: unknown; contentType?: string | undefined },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : contentType === 'application/json' ? JSON.stringify(body) : String(body);
    const call = request({ socketPath, method, path, headers: text === undefined ? {} : { 'content-type': contentType } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const said = Buffer.concat(chunks).toString('utf8');
        if ((answer.statusCode ?? 500) < 300) resolve(JSON.parse(said) as Answer);
        else reject(new Error(`${method} ${path}: HTTP ${answer.statusCode} ${said}`));
      });
    });
    call.once('error', reject);
    call.end(text);
  });
}
