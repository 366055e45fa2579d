/** Everything that lives in the site store, opened together. */
import { join } from 'node:path';
import type { Ballast, BallastState } from '@tramhoc/base/ballast';
import type { Clock } from '@tramhoc/base/clock';
import { type Disk, localDisk } from '@tramhoc/base/disk';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import type { BrokerConfig } from './broker-config.ts';
import { createWishStore, type WishStore } from './downlink/wishes.ts';
import type { SiteMetrics } from './health/metrics.ts';
import { createEventStore, type EventStore } from './ingest/event-store.ts';
import { type GapWatch, watchGaps } from './ingest/gap-watch.ts';
import { createIngest, type Ingest } from './ingest/ingest.ts';
import { createOwnFacts, type OwnFacts } from './ingest/own-facts.ts';
import { createPresenceBook, type PresenceBook } from './ingest/presence.ts';
import { createQuarantine, type Quarantine } from './ingest/quarantine.ts';
import { type CardList, createCardList } from './services/card-list.ts';
import { openSiteDatabase, type SiteDatabase } from './site-database.ts';
import type { BrokerIdentity } from './upstream/broker-identity.ts';
import { beginLine } from './upstream/delivery-marks.ts';
import { deliveredPosition } from './upstream/forwarder.ts';
import { createRetention, type Retention } from './upstream/retention.ts';

export type SiteStore = {
  database: SiteDatabase;
  events: EventStore;
  ownFacts: OwnFacts;
  quarantine: Quarantine;
  ingest: Ingest;
  presence: PresenceBook;
  gaps: GapWatch;
  retention: Retention;
  cards: CardList;
  wishes: WishStore;
  /** Of the reserve on the disk; `given-up`: the disk is full. */
  reserve(): BallastState;
  close(): void;
};

/** Room for deleting with a WAL of 4 MiB, and for some 8,000 taps: a school's morning, in which somebody can come and free the disk. */
const ballastBytes = 32 * 1024 * 1024;
/** Of what was given up this much may become rows; the rest is for deleting. */
const growthShare = 1 / 4;

/** Throws STORE_CORRUPT, STORE_TOO_NEW, DISK_FULL, PERMISSION_MISSING. */
export function openSiteStore(options: {
  config: Pick<BrokerConfig, 'dataDir' | 'maxStoreBytes' | 'retentionDays'>;
  identity: Pick<BrokerIdentity, 'siteId' | 'deviceId'>;
  clock: Clock;
  random: Random;
  log: Log;
  metrics: SiteMetrics;
  onCommitted(): void;
  disk?: Disk;
  soon?: (work: () => void) => void;
}): SiteStore {
  const { config, identity, clock, random, log, metrics, onCommitted, disk = localDisk } = options;
  let ballast: Ballast | undefined;
  const onFull = (): void => void ballast?.giveUp();
  const database = openSiteDatabase(config.dataDir, { maxBytes: config.maxStoreBytes, disk, onFull });
  try {
    ballast = disk.openBallast?.({
      ...{ path: join(config.dataDir, 'ballast'), bytes: ballastBytes, clock, random, log },
      onChange: (state, bytes) => database.limitGrowth(state === 'given-up' ? bytes * growthShare : undefined),
    });
    const reserve = (): BallastState => ballast?.state() ?? 'none';
    const events = createEventStore(database);
    beginLine(database, { lastPosition: events.lastPosition(), random });
    const ownFacts = createOwnFacts({ database, events, owner: identity, clock, random });
    const quarantine = createQuarantine(database);
    const retention = createRetention({
      database,
      events,
      ownFacts,
      maxBytes: config.maxStoreBytes,
      retentionDays: config.retentionDays,
      deliveredPosition: () => deliveredPosition(database),
      clock,
      onDropped: (count) => metrics.dropped.inc(count),
      diskFull: () => reserve() === 'given-up',
    });
    const ingest = createIngest({
      ...{ database, events, quarantine, ownFacts, clock, log, metrics, makeRoom: retention.makeRoom, onCommitted },
      ...(options.soon === undefined ? {} : { soon: options.soon }),
    });
    const presence = createPresenceBook({ database, ingest, ownFacts, wallMs: clock.wallMs, log });
    const onReported = (): void => {
      metrics.gapsReported.inc();
      onCommitted();
    };
    const gaps = watchGaps({ database, events, ownFacts, clock, log, onReported });
    const cards = createCardList(database);
    const wishes = createWishStore(database, cards);
    const close = (): void => {
      ballast?.close();
      gaps.close();
      database.close();
    };
    return { database, events, ownFacts, quarantine, ingest, presence, gaps, retention, cards, wishes, reserve, close };
  } catch (cause) {
    ballast?.close();
    database.close();
    throw cause;
  }
}
