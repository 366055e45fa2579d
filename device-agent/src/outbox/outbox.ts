/** Every fact this device tells goes through here: it is on disk, with its identity and its clocks, before anybody is told that it counts. */
import { join } from 'node:path';
import type { Ballast, BallastState } from '@tramhoc/base/ballast';
import type { Clock } from '@tramhoc/base/clock';
import { type Disk, localDisk } from '@tramhoc/base/disk';
import { type DurableQueue, type NewRow, openDurableQueue, type QueueRow } from '@tramhoc/base/durable-queue';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import { TramError } from '@tramhoc/protocol/errors';
import { type ClockQuality, type EventData, type EventType, eventData, faults, keepLongest, type TramEvent } from '@tramhoc/protocol/event';
import { type DeviceId, deviceUrn, type Epoch, Seq, type SiteId } from '@tramhoc/protocol/ids';
import { maxEventBytes } from './batch-payload.ts';

export type Outbox = {
  /**
   * Returns after the commit. Throws DISK_FULL or STORE_FULL (nothing was kept), EVENT_INVALID or PAYLOAD_TOO_LARGE for data of the wrong shape or
   * size. `id`: a UUID that follows from the fact itself, where a device may tell it twice; CONFLICT when an event with this id waits already.
   */
  accept<T extends EventType>(type: T, data: EventData<T>, options?: { id?: string }): { seq: number; id: string };
  readonly queue: Pick<DurableQueue, 'read' | 'remove'>;
  /** Small values that live and die with the outbox file. */
  readonly notes: DurableQueue['meta'];
  pendingCount(): number;
  /** Of the reserve on the disk; `given-up`: the disk is full, readings make room for taps and nothing else is kept. */
  reserve(): BallastState;
  /** The next hop owns these rows. */
  delivered(rows: readonly QueueRow[]): void;
  /** Called after each accept and each delivery. */
  onChange(listener: () => void): void;
  close(): void;
};

export type OutboxOptions = {
  dataDir: string;
  owner: { siteId: SiteId; deviceId: DeviceId };
  clock: Clock;
  random: Random;
  log: Log;
  clockQuality(): ClockQuality;
  /** For tests of what happens when the queue is full. */
  maxBytes?: number;
  disk?: Disk;
  /** After a commit in which rows were given up. */
  onGaveUp?: () => void;
};

/** Six weeks of a school's taps have about 40 MiB; more would not fit a cheap board's flash beside the system. */
const outboxMaxBytes = 256 * 1024 * 1024;
/** Readings older than this help nobody. */
const outboxMaxAgeMs = 30 * 24 * 3_600_000;
/** Room for a WAL of 4 MiB and for taps of a day while the disk is full. */
const ballastBytes = 8 * 1024 * 1024;
/** Of what was given up this much may become rows; the rest is for deleting. */
const growthShare = 1 / 4;
/** 9999-12-31: a later wall clock has no four-digit year, and the event would be refused for it. */
const maxWallMs = 253_402_300_799_999;

/**
 * `<dataDir>/outbox.db`. A file of another device (the computer was enrolled anew) is put aside, never sent under the new name.
 * Each start begins a new epoch: whatever was done to the disk in between (an older image, a copied file), no number is given twice. Rows that wait
 * keep the identity they were made with.
 */
export function openOutbox(options: OutboxOptions): Outbox {
  const { dataDir, owner, clock, log, disk = localDisk } = options;
  const path = join(dataDir, 'outbox.db');
  const rowOf = rowMaker(options);
  let gaveUp = false;
  let ballast: Ballast | undefined;
  const open = (): DurableQueue =>
    openDurableQueue({
      path,
      disk,
      maxBytes: options.maxBytes ?? outboxMaxBytes,
      maxAgeMs: outboxMaxAgeMs,
      random: options.random,
      clock,
      onFull: () => void ballast?.giveUp(),
      wallTrusted: () => ['site', 'ntp'].includes(options.clockQuality()),
      onDropped: ({ epoch, from, to, count, reason }) => {
        log.error({ from, to, count, reason }, 'the outbox is full: its oldest rows were given up');
        gaveUp = true;
        return rowOf('vn.tramhoc.outbox.dropped.v1', { epoch, from: Seq.parse(from), to: Seq.parse(to), count, reason });
      },
      onDamaged: ({ count }) => {
        log.error({ count, path }, 'the disk has damaged events in the outbox: they are kept aside and not sent; exchange the disk');
        return rowOf('vn.tramhoc.outbox.damaged.v1', { count });
      },
    });
  let queue = open();
  const before = queue.meta.get('device');
  if (before !== undefined && before !== owner.deviceId) {
    const pendingCount = queue.pendingCount();
    queue.close();
    putAside(disk, path, before);
    log.warn({ deviceId: before, pendingCount }, 'the outbox belonged to another identity and was put aside');
    queue = open();
  }
  ballast = disk.openBallast?.({
    ...{ path: join(dataDir, 'ballast'), bytes: ballastBytes, clock, random: options.random, log },
    onChange: (state, bytes) => queue.limitGrowth(state === 'given-up' ? bytes * growthShare : undefined),
  });
  queue.meta.set('device', owner.deviceId);

  // also when nothing was recorded under the present one: an image made at that moment may have come back
  queue.renewEpoch();
  const listeners: (() => void)[] = [];
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  return {
    accept(type, data, { id } = {}) {
      gaveUp = false;
      const [row] = appended(queue, rowOf(type, data, id));
      if (gaveUp) options.onGaveUp?.();
      changed();
      return { seq: row!.seq, id: row!.id };
    },
    queue,
    notes: queue.meta,
    pendingCount: () => queue.pendingCount(),
    reserve: () => ballast?.state() ?? 'none',
    delivered(rows) {
      queue.remove(rows.map(({ position }) => position));
      changed();
    },
    onChange: (listener) => void listeners.push(listener),
    close() {
      ballast?.close();
      queue.close();
    },
  };
}

function appended(queue: DurableQueue, row: NewRow): QueueRow[] {
  try {
    return queue.append([row]);
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== 'SQLITE_CONSTRAINT_UNIQUE') throw cause;
    throw new TramError('CONFLICT', 'an event with this id is in the outbox already; nothing is to be done.', { cause });
  }
}

type RowMaker = <T extends EventType>(type: T, data: EventData<T>, id?: string) => NewRow;

/** Makes the row of an event: the clocks are read when it is made, the seq is given by the queue. */
function rowMaker({ owner, clock, random, clockQuality }: OutboxOptions): RowMaker {
  const source = deviceUrn(owner);
  return (type, data, givenId) => {
    const checked = (eventData[type] as { safeParse(input: unknown): ReturnType<(typeof eventData)[EventType]['safeParse']> }).safeParse(
      data,
    );
    if (!checked.success)
      throw new TramError('EVENT_INVALID', `${type}: ${faults(checked.error)}; this is a fault of the agent, report it.`);
    const wallMs = Math.min(Math.max(0, clock.wallMs()), maxWallMs);
    const stamp = {
      time: new Date(wallMs).toISOString(),
      bootid: clock.bootId,
      monons: String(clock.monotonicNs()),
      quality: clockQuality(),
    };
    return {
      kind: type,
      keepLongest: keepLongest.has(type),
      make({ seq, epoch }: { seq: number; epoch: Epoch }) {
        const id = givenId ?? random.uuid();
        const event = {
          specversion: '1.0',
          id,
          source,
          type,
          time: stamp.time,
          datacontenttype: 'application/json',
          epoch,
          seq: seq as TramEvent['seq'],
          bootid: stamp.bootid,
          monons: stamp.monons,
          clockquality: stamp.quality,
          data: checked.data as Record<string, unknown>,
        } satisfies TramEvent;
        const body = JSON.stringify(event);
        const bytes = Buffer.byteLength(body);
        if (bytes > maxEventBytes) throw new TramError('PAYLOAD_TOO_LARGE', `${type} has ${bytes} bytes; at most ${maxEventBytes}.`);
        return { id, body };
      },
    };
  };
}

/** The file and its WAL get the old device's id into their names; an older one of the same name is kept over nothing. */
function putAside(disk: Disk, path: string, deviceId: string): void {
  for (const suffix of ['', '-wal', '-shm']) {
    if (disk.exists(path + suffix)) disk.rename(path + suffix, `${path.replace(/\.db$/, '')}-${deviceId}.db${suffix}`);
  }
}
