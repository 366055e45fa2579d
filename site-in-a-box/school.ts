/** The school of the box: what the centre must know before the first pupil comes. Everything here goes through the centre's own API. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AdminApi } from './admin-api.ts';
import type { Ports } from './ports.ts';

export const school = {
  siteId: 'thpt-tram-hoc',
  name: 'Trường THPT Trạm Học',
  agents: {
    gate: { name: 'Cổng chính', model: 'Máy tính cổng (mô phỏng)', serial: 'BOX-GATE-01' },
    classroom: { name: 'Phòng học 10A1', model: 'Máy tính lớp học (mô phỏng)', serial: 'BOX-ROOM-01' },
  },
} as const;
export type AgentName = keyof typeof school.agents;

const rosterPath = join(import.meta.dirname, 'demo', 'roster.csv');

/** UIDs of the roster, in its order. */
export function rosterCards(): string[] {
  return readFileSync(rosterPath, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',')[0]!);
}

/** Creates the site when the centre does not have it. What comes back lets the broker enrol, once. */
export async function createSchool(admin: AdminApi, ports: Ports): Promise<{ deviceId: string; token: string } | undefined> {
  const { sites } = await admin.call<{ sites: { siteId: string }[] }>('GET', '/api/sites');
  if (sites.some(({ siteId }) => siteId === school.siteId)) return undefined;
  const made = await admin.call<{ claimUser: string; claimToken: string }>('POST', '/api/sites', {
    siteId: school.siteId,
    name: school.name,
    brokerHost: '127.0.0.1',
    brokerPort: ports.mqtt,
  });
  await admin.call('POST', `/api/sites/${school.siteId}/cards`, readFileSync(rosterPath, 'utf8'), 'text/csv');
  return { deviceId: made.claimUser, token: made.claimToken };
}

/** What a person does in the console: type the code, compare the fingerprint, approve. */
export async function approve(admin: AdminApi, agent: AgentName, shown: { userCode: string; fingerprint: string }): Promise<string> {
  const waiting = await admin.call<{ enrolmentId: string; fingerprint: string }>('POST', '/api/enrolments/lookup', {
    code: shown.userCode,
  });
  if (waiting.fingerprint !== shown.fingerprint)
    throw new Error(`the fingerprint of ${agent} at the centre is not the one it shows; it was not approved`);
  const { deviceId } = await admin.call<{ deviceId: string }>('POST', `/api/enrolments/${waiting.enrolmentId}/approve`, {
    siteId: school.siteId,
    name: school.agents[agent].name,
    fingerprint: shown.fingerprint,
  });
  return deviceId;
}

type Wish = { kind: string; config: Record<string, unknown> };
type Drivers = Record<string, Wish>;
export type Wires = { reader: string; scanner: string; air: string; projector: string };

function driversOf(agent: AgentName, wires: Wires): Drivers {
  return agent === 'gate'
    ? {
        'dau-doc-cong': { kind: 'rdm6300', config: { port: wires.reader } },
        'may-quet-ma': { kind: 'scanner-serial', config: { port: wires.scanner, use: 'attendance' } },
      }
    : {
        'khong-khi': { kind: 'pms5003', config: { port: wires.air, reportEveryS: 10, warmUpS: 0 } },
        'may-chieu': { kind: 'pjlink', config: { port: wires.projector, password: 'JBMIAProjectorLink', power: 'on' } },
      };
}

/**
 * Gives a new device its drivers. On a later start only ports that moved (a wire became a pseudo-terminal, or the other way round) are changed:
 * whatever was set in the console stays.
 */
export async function wishDrivers(
  admin: AdminApi,
  { agent, deviceId, wires }: { agent: AgentName; deviceId: string; wires: Wires },
): Promise<void> {
  const detail = await admin.call<{ twinView: { desiredVersion: number; desired: { drivers: Drivers } } }>(
    'GET',
    `/api/devices/${deviceId}`,
  );
  const { desiredVersion, desired } = detail.twinView;
  const wanted = driversOf(agent, wires);
  if (desiredVersion === 0) {
    await admin.call('PUT', `/api/devices/${deviceId}/desired`, { ifVersion: 0, desired: { drivers: wanted } });
    return;
  }
  let moved = false;
  const drivers = structuredClone(desired.drivers);
  // by kind: in an older folder slots have other names
  for (const wish of Object.values(wanted))
    for (const kept of Object.values(drivers)) {
      const simulated = /^tcp:\/\/127\.0\.0\.1:|\/wires\//.test(String(kept.config['port']));
      if (!simulated || kept.kind !== wish.kind || kept.config['port'] === wish.config['port']) continue;
      kept.config['port'] = wish.config['port'];
      moved = true;
    }
  if (moved) await admin.call('PUT', `/api/devices/${deviceId}/desired`, { ifVersion: desiredVersion, desired: { drivers } });
}

/** The device of this agent by its serial number, if the centre knows it. */
export async function deviceOf(admin: AdminApi, agent: AgentName): Promise<string | undefined> {
  const { devices } = await admin.call<{ devices: { deviceId: string; serial: string; state: string }[] }>(
    'GET',
    `/api/devices?site=${school.siteId}`,
  );
  return devices.find(({ serial, state }) => serial === school.agents[agent].serial && state === 'active')?.deviceId;
}

/** Resolves when the slots of every agent are open, or after `limitMs`: a device may have been changed or revoked in the console. */
export async function untilHardwareRuns(admin: AdminApi, limitMs = 30_000): Promise<void> {
  const untilMs = performance.now() + limitMs;
  while (performance.now() < untilMs) {
    const running = await Promise.all((Object.keys(school.agents) as AgentName[]).map((agent) => slotsRun(admin, agent)));
    if (running.every(Boolean)) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function slotsRun(admin: AdminApi, agent: AgentName): Promise<boolean> {
  try {
    const deviceId = await deviceOf(admin, agent);
    if (deviceId === undefined) return false;
    const { slots } = await admin.call<{ slots: { state: string }[] }>('GET', `/api/devices/${deviceId}`);
    return slots.length > 0 && slots.every(({ state }) => state === 'open');
  } catch {
    // the centre may be starting again
    return false;
  }
}
