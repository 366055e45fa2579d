/** The centre as a whole: data folder, parts, listeners; started and stopped in order. */
import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { demandWholeFolder } from '@tramhoc/base/backup';
import type { Clock } from '@tramhoc/base/clock';
import { asFileFault, asListenFault } from '@tramhoc/base/config';
import { localDisk } from '@tramhoc/base/disk';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import { isTramError, TramError } from '@tramhoc/protocol/errors';
import { faults } from '@tramhoc/protocol/event';
import type { FastifyInstance } from 'fastify';
import { openCertificateAuthority } from './ca/certificate-authority.ts';
import { CentreConfig } from './centre-config.ts';
import { centreParts, centreVersion } from './centre-parts.ts';
import { demandNoOther, openAdminSocket } from './cli/admin-socket.ts';
import { openCityLog } from './event-log/city-log.ts';
import { consoleListener } from './http/console-listener.ts';
import { devicesListener } from './http/devices-listener.ts';
import { type CentreStore, openCentreStore } from './store/centre-store.ts';
import { diskSpace } from './store/disk-space.ts';
import { tellSitesAll } from './twin/after-restore.ts';

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

/** Throws CONFIG_INVALID, PORT_IN_USE, PERMISSION_MISSING, DISK_FULL, STORE_TOO_NEW, STORE_CORRUPT, STORE_UNREACHABLE, STORE_REFUSED; what was opened until then is closed. */
export async function startCentre(input: CentreConfig, deps: CentreDeps): Promise<Centre> {
  const parsed = CentreConfig.safeParse(input);
  if (!parsed.success)
    throw new TramError('CONFIG_INVALID', `centre: ${faults(parsed.error)}. Mend the config and start again.`, { cause: parsed.error });
  const opened: Stop[] = [];
  const close = async (): Promise<void> => {
    for (const stop of opened.splice(0).reverse()) await stop();
  };
  try {
    return { ...(await open(parsed.data, deps, opened)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Stop = () => Promise<void> | void;
type Config = ReturnType<typeof CentreConfig.parse>;

async function open(config: Config, deps: CentreDeps, opened: Stop[]): Promise<Omit<Centre, 'close'>> {
  const { random, log } = deps;
  const dataDir = madeFolder(resolve(config.dataDir));
  demandWholeFolder(dataDir);
  const adminSocket = config.adminSocket ?? join(dataDir, 'admin.sock');
  await demandNoOther(adminSocket);
  const space = diskSpace({ ...deps, dataDir, maxBytes: config.maxStoreBytes });
  const store = openCentreStore(dataDir, localDisk, { maxBytes: config.maxStoreBytes, onFull: space.onFull });
  opened.push(() => store.close());
  space.watch(store.db);
  opened.push(() => space.close());
  tellSitesAll(store, dataDir, log);
  const authority = await openCertificateAuthority(dataDir, config.departmentName, deps);
  const { publicUrl } = config.console;
  let localUrl = '';
  const consoleUrl = (): string => (publicUrl ?? localUrl).replace(/\/$/, '');
  const { eventLog } = config;
  const city = eventLog.kind === 'sqlite' ? undefined : await openCityLog(eventLog, { ...deps, store });
  if (city !== undefined) opened.push(() => city.close());
  if (city === undefined) demandOwnLog(store);
  const parts = centreParts({ ...deps, store, space, authority, consoleUrl, city });
  const firstRunPassword = await parts.access.firstRun();

  const devicesApp = await devicesListener({
    ...deps,
    ...parts,
    store,
    authority,
    names: config.devices.names,
    stored: parts.news.ingested,
  });
  opened.push(() => devicesApp.close());
  const folder = config.consoleFolder ?? fileURLToPath(new URL('../dist/console', import.meta.url));
  const consoleApp = await consoleListener({ ...deps, ...parts, publicUrl, folder, version: centreVersion, localUrl: () => localUrl });
  opened.push(() => consoleApp.close());
  opened.push(() => parts.close());
  const devicesPort = await listen(devicesApp, config.devices);
  localUrl = `http://${urlHost(config.console.host)}:${await listen(consoleApp, config.console)}`;
  const adminApp = await openAdminSocket({ path: adminSocket, handlers: parts.handlers, access: parts.access, random, log });
  opened.push(() => adminApp.close());
  const devicesUrl = `https://${urlHost(config.devices.names[0]!)}:${devicesPort}`;
  log.info({ consoleUrl: consoleUrl(), devicesUrl }, 'centre is open');
  return {
    consoleUrl: consoleUrl(),
    devicesUrl,
    metricsUrl: `${localUrl}/metrics`,
    rootCaFile: authority.rootCaFile,
    adminSocket,
    firstRunPassword,
  };
}

/** A centre that went back to SQLite would take facts a second time that PostgreSQL has. */
function demandOwnLog(store: CentreStore): void {
  if (store.db.prepare('SELECT 1 FROM log_place').get() === undefined) return;
  throw new TramError(
    'CONFIG_INVALID',
    'eventLog: this centre keeps its events in PostgreSQL and eventLog is missing in the config; name the database again (docs/runbooks/postgresql.md).',
  );
}

function madeFolder(dataDir: string): string {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    return dataDir;
  } catch (cause) {
    const fault = asFileFault(cause, dataDir);
    if (isTramError(fault)) throw fault;
    throw new TramError('CONFIG_INVALID', `dataDir ${dataDir} cannot be made: ${(cause as Error).message}. Choose another folder.`, {
      cause,
    });
  }
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
