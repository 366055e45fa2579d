/** The side that looks to the centre: events go up, wishes come down, the certificate is renewed. All of it may fail for weeks. */
import type { Clock } from '@tramhoc/base/clock';
import type { Centre, CentreClient, Identity } from '@tramhoc/base/identity';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import { DeviceId } from '@tramhoc/protocol/ids';
import type { EventReceipt } from '@tramhoc/protocol/upstream';
import type { DeviceDoor } from './device-door.ts';
import { type Downlink, startDownlink } from './downlink/downlink.ts';
import type { SiteMetrics } from './health/metrics.ts';
import type { StoredRow } from './ingest/event-store.ts';
import type { SiteStore } from './site-store.ts';
import { type BrokerIdentity, keepRenewed } from './upstream/broker-identity.ts';
import { openCentreLink } from './upstream/centre-link.ts';
import { type Forwarder, startForwarder } from './upstream/forwarder.ts';

export type CentreSide = {
  /** Something was committed. */
  wake(): void;
  upstream: Forwarder['state'];
  downlink: Downlink['state'];
  identity(): Identity;
  close(): Promise<void>;
};

/** Requests that run on an old certificate end by themselves within a long poll. */
const oldClientLifeMs = 60_000;

/** Does not wait for the centre. Throws CONFIG_INVALID when the root certificate cannot be read. */
export function startCentreSide(options: {
  centre: Centre & { eventsUrl?: string | undefined };
  dataDir: string;
  identity: BrokerIdentity;
  store: SiteStore;
  door: DeviceDoor;
  clock: Clock;
  random: Random;
  log: Log;
  metrics: SiteMetrics;
  openLink?: typeof openCentreLink;
  compress?: (text: string) => Promise<Uint8Array>;
}): CentreSide {
  const { identity, store, door, clock, random, log, metrics, openLink = openCentreLink } = options;
  const centre = openLink(options.centre, identity.identity, {
    onReplaced: (old: CentreClient) => clock.after(oldClientLifeMs, () => void old.close(), { background: true }),
  });
  const forwarder = startForwarder({
    ...{ database: store.database, events: store.events, centre, clock, random, log },
    eventsUrl: options.centre.eventsUrl,
    count(outcome, count) {
      metrics.upstreamBatches.inc({ outcome });
      metrics.upstreamEvents.inc(count);
    },
    setAside: (row, code) => setAside(store, row, { code, atMs: clock.wallMs() }),
    onReceipt: (receipt) => noticeRestore(store, receipt, log),
    ...(options.compress === undefined ? {} : { compress: options.compress }),
  });
  const downlink = startDownlink({
    ...{ centre, wishes: store.wishes, siteId: identity.siteId, clock, random, log },
    count: (outcome) => metrics.downlinkPolls.inc({ outcome }),
    onReached: forwarder.doubt,
    onRevoked(devices) {
      store.wishes.revoke(devices);
      for (const deviceId of devices) if (door.disconnect(deviceId) > 0) log.warn({ deviceId }, 'a revoked device was cut off');
    },
    onWishes({ documents, commands = [] }) {
      for (const wish of documents)
        door
          .publishDesired(wish)
          .catch((err: unknown) => log.error({ err, deviceId: wish.device }, 'a desired document was not published'));
      for (const wish of commands)
        door.publishCommand(wish).catch((err: unknown) => log.error({ err, deviceId: wish.device }, 'a command was not published'));
    },
  });
  const renewal = keepRenewed({
    ...{ dataDir: options.dataDir, current: identity, centre, clock, log },
    onRenewed(next) {
      door.replaceIdentity(next);
      centre.replaceIdentity(next);
    },
  });
  return {
    wake: forwarder.wake,
    upstream: forwarder.state,
    downlink: downlink.state,
    identity: renewal.identity,
    async close() {
      renewal.close();
      await Promise.all([downlink.close(), forwarder.close()]);
      await centre.close();
    },
  };
}

/** With a record for the centre, unless it would be one about a record. */
function setAside({ quarantine, ownFacts }: SiteStore, row: StoredRow, { code, atMs }: { code: string; atMs: number }): void {
  const payload = Buffer.from(row.body);
  const reason = row.damaged ? 'the disk of the site has changed it' : 'the centre will not take it';
  quarantine.put({ device: row.device, topic: 'upstream', code, reason, payload, atMs });
  if (row.device === ownFacts.deviceId) return;
  // a damaged row may have lost whose it was
  const device = DeviceId.safeParse(row.device).data ?? ownFacts.deviceId;
  ownFacts.append({ type: 'vn.tramhoc.site.quarantined.v1', data: { device, code, reason, payloadBytes: payload.length } });
}

/** The centre has facts of ours that we do not: this store is an old copy, and its next seqs are taken. */
function noticeRestore({ ownFacts }: SiteStore, { receipts }: EventReceipt, log: Log): void {
  const mine = receipts.find(({ device, epoch }) => device === ownFacts.deviceId && epoch === ownFacts.epoch());
  if (mine === undefined || mine.storedSeq <= ownFacts.lastSeq()) return;
  log.warn({ storedSeq: mine.storedSeq, lastSeq: ownFacts.lastSeq() }, 'this store was restored from a backup; it gets a new epoch');
  ownFacts.renewEpoch();
}
