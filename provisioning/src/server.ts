/** Builds the centre from its parts, starts and stops them in order. */
import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Clock, every } from '@tramhoc/base/clock';
import { asFileFault, asListenFault } from '@tramhoc/base/config';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import { isTramError, TramError } from '@tramhoc/protocol/errors';
import { faults } from '@tramhoc/protocol/event';
import type { FastifyInstance } from 'fastify';
import { accessDesk } from './access/access-desk.ts';
import { accessHandlers } from './access/access-handlers.ts';
import { airReader } from './air/air-series.ts';
import type { Handlers } from './api/bind-api.ts';
import { attendanceReader } from './attendance/attendance-day.ts';
import { auditLog } from './audit/audit-log.ts';
import { openCertificateAuthority } from './ca/certificate-authority.ts';
import { CentreConfig } from './centre-config.ts';
import { openAdminSocket } from './cli/admin-socket.ts';
import { enrolmentDesk } from './enrolment/enrolment-desk.ts';
import { estDesk } from './enrolment/est-desk.ts';
import { consoleListener } from './http/console-listener.ts';
import { devicesListener } from './http/devices-listener.ts';
import { centreMetrics } from './http/metrics.ts';
import { ingest } from './ingest/ingest.ts';
import { liveHub } from './live/live-hub.ts';
import { liveNews } from './live/live-news.ts';
import { registryHandlers } from './registry/registry-handlers.ts';
import { siteDesk } from './registry/site-desk.ts';
import { sitePresence } from './registry/site-presence.ts';
import { views } from './registry/views.ts';
import { cardImport } from './roster/card-import.ts';
import { type CentreStore, openCentreStore } from './store/centre-store.ts';
import { changeWaiters } from './twin/change-waiters.ts';
import { twinDesk } from './twin/twin-desk.ts';

export const centreVersion = '0.1.0';
const tidyEveryMs = 3_600_000;
const keepReadingsMs = 400 * 86_400_000;
const keepEnrolmentsMs = 30 * 86_400_000;

export type { CentreConfig } from './centre-config.ts';
export type CentreDeps = { clock: Clock; random: Random; log: Log };
export type Centre = {
  consoleUrl: string;
  devicesUrl: string;
  metricsUrl: string;
  rootCaFile: string;
  adminSocket: string;
  /** Password of `admin`, on the very first start only; nobody can read it later. */
  firstRunPassword: string | undefined;
  close(): Promise<void>;
};

/** Throws CONFIG_INVALID, PORT_IN_USE, PERMISSION_MISSING, DISK_FULL, STORE_TOO_NEW, STORE_CORRUPT; what was opened until then is closed. */
export async function startCentre(input: CentreConfig, deps: CentreDeps): Promise<Centre> {
  const parsed = CentreConfig.safeParse(input);
  if (!parsed.success)
    throw new TramError('CONFIG_INVALID', `centre: ${faults(parsed.error)}. Mend the config and start again.`, { cause: parsed.error });
  const opened: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const stop of opened.splice(0).reverse()) await stop();
  };
  try {
    return { ...(await build(parsed.data, deps, opened)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Config = ReturnType<typeof CentreConfig.parse>;

async function build(config: Config, deps: CentreDeps, opened: (() => Promise<void> | void)[]): Promise<Omit<Centre, 'close'>> {
  const { clock, random, log } = deps;
  const dataDir = resolve(config.dataDir);
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const fault = asFileFault(cause, dataDir);
    if (isTramError(fault)) throw fault;
    throw new TramError('CONFIG_INVALID', `dataDir ${dataDir} cannot be made: ${(cause as Error).message}. Choose another folder.`, {
      cause,
    });
  }
  const store = openCentreStore(dataDir);
  opened.push(() => store.close());
  const authority = await openCertificateAuthority(dataDir, config.departmentName, deps);

  let consoleUrl = config.console.publicUrl ?? '';
  const consoleAddress = (): string => consoleUrl.replace(/\/$/, '');
  const metrics = centreMetrics();
  const audit = auditLog(store.access, clock);
  const live = liveHub(clock);
  opened.push(() => live.close());
  const waiters = changeWaiters(clock);
  const presence = sitePresence(store, clock, (siteId) => news.site(siteId));
  opened.push(() => presence.close());
  const shown = views({ store, presence, clock });
  const news = liveNews({ live, store, views: shown });
  const air = airReader(store.db);
  const desk = accessDesk({ store: store.access, clock, random, log, audit, metrics });
  const firstRunPassword = await desk.firstRun();
  const enrolment = enrolmentDesk({ store, clock, random, log, audit, consoleUrl: consoleAddress, changed: news.enrolment });
  const est = estDesk({ store, authority, clock, log, audit, changed: (device) => news.device(device.device_id, device.site_id) });
  const wishChanged = ({ siteId, deviceId }: Parameters<Parameters<typeof twinDesk>[0]['changed']>[0]): void => {
    waiters.wake(siteId);
    news.device(deviceId, siteId);
  };
  const rosterChanged = (siteId: Parameters<typeof news.site>[0]): void => {
    waiters.wake(siteId);
    news.site(siteId);
  };
  const handlers: Handlers = {
    health: () => ({ ok: true, version: centreVersion }),
    ...accessHandlers(desk),
    ...registryHandlers({
      ...{ store, clock, views: shown, enrolment, air, attendance: attendanceReader(store.db) },
      sites: siteDesk({ store, clock, random, audit, changed: news.site }),
      twins: twinDesk({ store, clock, audit, changed: wishChanged }),
      importCards: cardImport({ store, audit, changed: rosterChanged }),
    }),
  };
  metrics.liveClients(() => live.count());
  metrics.sitesOnline(() => presence.onlineCount());
  metrics.quarantineRows(() => store.events.quarantineCount());
  const tidying = every(clock, tidyEveryMs, () => tidy(store, desk, air, clock));
  opened.push(() => tidying.cancel());

  const devicesApp = await devicesListener({
    ...{ store, clock, random, log, authority, enrolment, est, waiters, presence, metrics, names: config.devices.names },
    ...{ ingest: ingest({ store, clock, log }), stored: news.ingested },
  });
  opened.push(async () => {
    waiters.wakeAll();
    await devicesApp.close();
  });
  const folder = config.consoleFolder ?? fileURLToPath(new URL('../dist/console', import.meta.url));
  const consoleApp = await consoleListener({
    ...{ handlers, desk, live, metrics, clock, random, log, publicUrl: config.console.publicUrl, folder, version: centreVersion },
    consoleUrl: () => localUrl,
  });
  opened.push(() => consoleApp.close());
  const devicesPort = await listen(devicesApp, config.devices);
  const consolePort = await listen(consoleApp, config.console);
  const localUrl = `http://${urlHost(config.console.host)}:${consolePort}`;
  consoleUrl = config.console.publicUrl ?? localUrl;
  const adminSocket = config.adminSocket ?? join(dataDir, 'admin.sock');
  const adminApp = await openAdminSocket({ path: adminSocket, handlers, desk, random, log });
  opened.push(() => adminApp.close());
  const devicesUrl = `https://${urlHost(config.devices.names[0]!)}:${devicesPort}`;
  log.info({ consoleUrl, devicesUrl }, 'centre is open');
  return {
    consoleUrl: consoleAddress(),
    devicesUrl,
    metricsUrl: `${localUrl}/metrics`,
    rootCaFile: authority.rootCaFile,
    adminSocket,
    firstRunPassword,
  };
}

function tidy(store: CentreStore, desk: ReturnType<typeof accessDesk>, air: ReturnType<typeof airReader>, clock: Clock): void {
  desk.forgetExpired();
  air.forgetBefore(clock.wallMs() - keepReadingsMs);
  store.enrolments.forgetBefore(clock.wallMs() - keepEnrolmentsMs);
}

async function listen(app: FastifyInstance, where: { host: string; port: number }): Promise<number> {
  try {
    await app.listen(where);
  } catch (cause) {
    throw asListenFault(cause, where);
  }
  return (app.server.address() as AddressInfo).port;
}

/** How others write this host in a URL; the unspecified address is reached on this machine by its loopback one. */
function urlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
