/**
 * A device of the test's own: it publishes events with QoS 1, several batches under way, keeps what was not acknowledged and sends it again, as an
 * agent does. What the broker acknowledged goes into the ledger.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { systemClock } from '@tramhoc/base/clock';
import { type Identity, loadIdentity } from '@tramhoc/base/identity';
import { openRawClient, type RawClient } from '@tramhoc/broker/testing/raw-client';
import { DeviceId, deviceUrn, SiteId } from '@tramhoc/protocol/ids';
import { eventsTopic } from '@tramhoc/protocol/topics';
import { until } from '../world/until.ts';
import type { Ledger } from './acknowledged.ts';

export type Publisher = {
  readonly deviceId: string;
  connected(): boolean;
  /** Makes nothing new; what waits is still sent. */
  pause(): void;
  resume(): void;
  /** Everything made was acknowledged. */
  idle(): Promise<void>;
  close(): Promise<void>;
};
export type PublisherOptions = {
  port: number;
  siteId: string;
  deviceId: string;
  identityFolder: string;
  ledger: Ledger;
  random(): number;
  /** Between two batches. */
  everyMs?: number;
};

const clock = systemClock();
/** Batches under way: a fast agent has as many. */
const maxUnderWay = 8;
const maxBatchEvents = 6;
const tryAgainMs = 60;

type Batch = { ids: string[]; payload: string; underWay: boolean };

export function startPublisher(options: PublisherOptions): Publisher {
  const { ledger, random, everyMs = 5 } = options;
  const identity: Identity = loadIdentity(options.identityFolder)!;
  const owner = { siteId: SiteId.parse(options.siteId), deviceId: DeviceId.parse(options.deviceId) };
  const makeEvent = eventMaker(owner);
  const topic = eventsTopic(owner);
  let waiting: Batch[] = [];
  let client: RawClient | undefined;
  let paused = false;
  let closed = false;

  const makeBatch = (): Batch => {
    const events = Array.from({ length: 1 + Math.floor(random() * maxBatchEvents) }, makeEvent);
    for (const { id } of events) ledger.made(id);
    return { ids: events.map(({ id }) => id), payload: JSON.stringify(events), underWay: false };
  };
  const send = (over: RawClient, batch: Batch): void => {
    batch.underWay = true;
    void over.publish(topic, batch.payload).then((how) => {
      batch.underWay = false;
      if (how !== 'acknowledged') return;
      for (const id of batch.ids) ledger.acknowledge(id, 'puback');
      waiting = waiting.filter((other) => other !== batch);
    });
  };
  const session = async (): Promise<void> => {
    const over = await openRawClient({
      ...{ port: options.port, identity, clock, clientId: `${owner.deviceId}/faults`, keepalive: 15 },
    });
    if (over.returnCode !== 0) {
      over.socket.destroy();
      return;
    }
    client = over;
    let live = true;
    void over.ended.then(() => {
      live = false;
    });
    for (const batch of waiting) send(over, batch);
    while (live && !closed) {
      if (!paused && waiting.length < maxUnderWay) {
        const batch = makeBatch();
        waiting.push(batch);
        send(over, batch);
      }
      await clock.sleep(everyMs);
    }
    client = undefined;
    if (live) await over.end();
    await over.ended;
    // answers that came with the last bytes have been counted now
    await until('no batch is under way', () => waiting.every(({ underWay }) => !underWay));
  };
  const run = async (): Promise<void> => {
    while (!closed) {
      await session().catch(() => undefined);
      if (!closed) await clock.sleep(tryAgainMs);
    }
  };
  const done = run();
  return {
    deviceId: owner.deviceId,
    connected: () => client !== undefined,
    pause: () => {
      paused = true;
    },
    resume: () => {
      paused = false;
    },
    idle: () => until(`everything of ${owner.deviceId} is acknowledged`, () => waiting.length === 0, 60_000).then(() => undefined),
    async close() {
      closed = true;
      client?.socket.destroy();
      await done;
    },
  };
}

/** Taps as an agent makes them, each with a card of its own, numbered in one epoch. */
export function eventMaker(owner: { siteId: SiteId; deviceId: DeviceId }): () => { id: string } & Record<string, unknown> {
  const epoch = randomBytes(8).toString('hex');
  let seq = 0;
  return () => {
    seq += 1;
    const monons = String(clock.monotonicNs());
    return {
      specversion: '1.0',
      id: randomUUID(),
      source: deviceUrn(owner),
      type: 'vn.tramhoc.attendance.tap.v1',
      time: new Date(clock.wallMs()).toISOString(),
      datacontenttype: 'application/json',
      ...{ epoch, seq, bootid: clock.bootId, monons, clockquality: 'ntp', sentbootid: clock.bootId, sentmonons: monons },
      data: { slot: 'gate', cardHash: randomBytes(32).toString('hex'), technology: 'em4100' },
    };
  };
}
