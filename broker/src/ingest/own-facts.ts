/** The broker is a device too: what it has to say goes into the same store, with an epoch and seq of its own. */
import type { Clock } from '@tramhoc/base/clock';
import type { Random } from '@tramhoc/base/random';
import type { EventData, EventType, TramEvent } from '@tramhoc/protocol/event';
import { type DeviceId, deviceUrn, Epoch, Seq, type SiteId } from '@tramhoc/protocol/ids';
import type { SiteDatabase } from '../site-database.ts';
import type { EventStore } from './event-store.ts';

export type OwnFact = { [T in EventType]: { type: T; data: EventData<T> } }[EventType];
export type OwnFacts = {
  readonly deviceId: DeviceId;
  epoch(): Epoch;
  lastSeq(): number;
  /** Writes the fact with the next seq and gives its position. Call it inside a transaction; what rolls back leaves no hole. */
  append(fact: OwnFact): number;
  /** The centre knows seqs of this epoch that this store does not: it was restored from a backup. From now on another epoch, seq from 1. */
  renewEpoch(): void;
};

const epochKey = 'own.epoch';
const seqKey = 'own.seq';

export function createOwnFacts(options: {
  database: SiteDatabase;
  events: EventStore;
  owner: { siteId: SiteId; deviceId: DeviceId };
  clock: Clock;
  random: Random;
}): OwnFacts {
  const { database, events, owner, clock, random } = options;
  const { meta } = database;
  const renewEpoch = (): void =>
    database.transaction(() => {
      meta.set(epochKey, Epoch.parse(Buffer.from(random.bytes(8)).toString('hex')));
      meta.set(seqKey, '0');
    });
  // each start begins a new one: whatever was done to the disk in between, no number is given twice. Also when nothing was recorded under the
  // present one: an image made at that moment may have come back
  renewEpoch();
  const epoch = (): Epoch => Epoch.parse(meta.get(epochKey));
  const lastSeq = (): number => Number(meta.get(seqKey));
  return {
    deviceId: owner.deviceId,
    epoch,
    lastSeq,
    renewEpoch,
    append({ type, data }) {
      const seq = Seq.parse(lastSeq() + 1);
      const wallMs = clock.wallMs();
      const time = new Date(wallMs).toISOString();
      const event: TramEvent = {
        specversion: '1.0',
        id: random.uuid(),
        source: deviceUrn(owner),
        type,
        time,
        datacontenttype: 'application/json',
        epoch: epoch(),
        seq,
        bootid: clock.bootId,
        monons: String(clock.monotonicNs()),
        // the broker's clock is the clock of the site
        clockquality: 'site',
        sitetime: time,
        sitetimemethod: 'same-boot',
        sitetimeerrorms: 0,
        data: data as Record<string, unknown>,
      };
      const position = events.insert({
        device: owner.deviceId,
        epoch: event.epoch,
        seq,
        keep: false,
        admittedMs: wallMs,
        body: JSON.stringify(event),
      });
      meta.set(seqKey, String(seq));
      return position;
    },
  };
}
