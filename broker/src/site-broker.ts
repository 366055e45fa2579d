/** One site's broker, put together: store, devices' side, centre's side, status. It starts with its identity alone; the centre may be away. */
import { demandWholeFolder } from '@tramhoc/base/backup';
import { type Clock, every } from '@tramhoc/base/clock';
import type { Identity } from '@tramhoc/base/identity';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import type { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import { type AccessLimits, accessLimits, demandFreePort } from './access/tls-listener.ts';
import type { BrokerConfig } from './broker-config.ts';
import { type CentreSide, startCentreSide } from './centre-side.ts';
import { openDeviceDoor } from './device-door.ts';
import { type GatewayDoor, openGatewayDoor } from './gateways/gateway-door.ts';
import { createMetrics, exposeReadings } from './health/metrics.ts';
import type { StatusView } from './health/status-page.ts';
import { startStatusServer } from './health/status-server.ts';
import { isSpaceFault } from './ingest/commit-batch.ts';
import { openSiteStore, type SiteStore } from './site-store.ts';
import { type BrokerIdentity, obtainIdentity } from './upstream/broker-identity.ts';
import { deliveredPosition } from './upstream/forwarder.ts';

const brokerVersion = '0.1.0';

export type SiteBroker = {
  readonly siteId: SiteId;
  readonly deviceId: DeviceId;
  readonly mqttPort: number;
  /** Undefined: the config names no gateways. */
  readonly gatewayPort: number | undefined;
  readonly statusUrl: string;
  /** Devices see a clean end, what they were promised is on disk, the store is checkpointed. */
  close(): Promise<void>;
};
export type BrokerDeps = { clock: Clock; random: Random; log: Log; limits?: AccessLimits };

const tidyMs = 60_000;

/** Throws CONFIG_INVALID, PORT_IN_USE, PERMISSION_MISSING, DISK_FULL, STORE_*, and on the first start CENTRE_UNREACHABLE, CENTRE_REFUSED. */
export async function startSiteBroker(config: BrokerConfig, deps: BrokerDeps): Promise<SiteBroker> {
  const { clock, random } = deps;
  demandWholeFolder(config.dataDir);
  const identity = await obtainIdentity(config, deps.log);
  const log = deps.log.child({ siteId: identity.siteId });
  const startedMs = clock.wallMs();
  const metrics = createMetrics();
  const undo: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  try {
    let wake: () => void = () => undefined;
    // a second start by mistake must not write that the devices of the first are gone
    for (const where of [config.mqtt, config.status]) await demandFreePort(where);
    const store = openSiteStore({ config, identity, clock, random, log, metrics, onCommitted: () => wake() });
    undo.push(() => store.close());
    tidyStore(store, log);
    nobodyIsThere(store, log);
    undo.push(() => nobodyIsThere(store, log));
    const door = await openDeviceDoor({
      ...{ listen: config.mqtt, identity, store, limits: deps.limits ?? accessLimits },
      ...{ clock, random, log, metrics },
    });
    undo.push(() => door.close());
    const { ingest, ownFacts, database } = store;
    const gateways =
      config.gateways === undefined
        ? undefined
        : await openGatewayDoor({
            config: config.gateways,
            identity: identity.identity,
            ingest,
            ownFacts,
            database,
            clock,
            random,
            log,
            metrics,
          });
    undo.push(() => gateways?.close());
    const replaceIdentity = (next: Identity): void => {
      door.replaceIdentity(next);
      gateways?.replaceIdentity(next);
    };
    const centre = startCentreSide({
      ...{ centre: config.centre, dataDir: config.dataDir, identity, store, clock, random, log, metrics },
      door: { ...door, replaceIdentity },
    });
    undo.push(() => centre.close());
    wake = centre.wake;
    const tidy = every(clock, tidyMs, () => tidyStore(store, log));
    undo.push(() => tidy.cancel());

    exposeReadings(metrics, {
      connections: door.connectionCount,
      gatewayConnections: () => gateways?.connectionCount() ?? 0,
      sessions: () => door.sessionReadings?.() ?? { kept: 0, queuedBytes: 0, retained: 0 },
      storeBytes: store.database.usedBytes,
      reserveHeld: () => (store.reserve() === 'held' ? 1 : 0),
      lag: () => lagOf(store, clock),
      quarantined: store.quarantine.count,
      gaps: store.gaps.openCount,
      certificateSecondsLeft: () => Math.round((centre.identity().notAfterMs - clock.wallMs()) / 1_000),
    });
    const view = (): StatusView => statusOf({ config, identity, store, centre, gateways, startedMs, clock });
    const status = await startStatusServer({ ...config.status, metrics, view, log });
    undo.push(() => status.close());
    log.info(
      { deviceId: identity.deviceId, mqttPort: door.port, gatewayPort: gateways?.port, statusUrl: status.url },
      'the site broker serves',
    );
    let closed: Promise<void> | undefined;
    return {
      siteId: identity.siteId,
      deviceId: identity.deviceId,
      mqttPort: door.port,
      gatewayPort: gateways?.port,
      statusUrl: status.url,
      close() {
        closed ??= close();
        return closed;
      },
    };
  } catch (cause) {
    await close();
    throw cause;
  }
}

/** A start or an end on a full disk is one all the same; who is there is told again when they connect. */
function nobodyIsThere({ presence, retention }: SiteStore, log: Log): void {
  try {
    try {
      presence.allGone();
    } catch (cause) {
      if (!isSpaceFault(cause)) throw cause;
      retention.makeRoom();
      presence.allGone();
    }
  } catch (err) {
    if (!isSpaceFault(err)) throw err;
    log.warn({ err }, 'the disk is full: the devices that were connected are still shown as connected');
  }
}

function tidyStore({ retention }: SiteStore, log: Log): void {
  try {
    const { retired, dropped } = retention.tidy();
    if (dropped > 0) log.error({ retired, dropped }, 'the site store is full: events that the centre has not were given up');
  } catch (err) {
    log.error({ err }, 'the site store could not be tidied; tried again in a minute');
  }
}

function lagOf({ database, events }: SiteStore, clock: Clock): { events: number; seconds: number } {
  const position = deliveredPosition(database);
  const oldest = events.oldestAfter(position);
  if (oldest === undefined) return { events: 0, seconds: 0 };
  return { events: events.lastPosition() - position, seconds: Math.max(0, Math.round((clock.wallMs() - oldest.admittedMs) / 1_000)) };
}

function statusOf(parts: {
  config: BrokerConfig;
  identity: BrokerIdentity;
  store: SiteStore;
  centre: CentreSide;
  gateways: GatewayDoor | undefined;
  startedMs: number;
  clock: Clock;
}): StatusView {
  const { config, identity, store, centre, gateways, startedMs, clock } = parts;
  const lag = lagOf(store, clock);
  return {
    siteId: identity.siteId,
    deviceId: identity.deviceId,
    version: brokerVersion,
    startedMs,
    nowMs: clock.wallMs(),
    upstream: { ...centre.upstream(), waitingEvents: lag.events, waitingSeconds: lag.seconds },
    downlink: centre.downlink(),
    store: {
      usedBytes: store.database.usedBytes(),
      maxBytes: config.maxStoreBytes,
      fault: store.ingest.fault()?.code,
      reserve: store.reserve(),
    },
    devices: store.presence.list(),
    gateways: gateways?.view(),
    cards: store.cards.count(),
    revoked: store.wishes.revokedCount(),
    gaps: store.gaps.openCount(),
    quarantine: { count: store.quarantine.count(), latest: store.quarantine.latest(10) },
  };
}
