/**
 * Group commit: everything that arrived while the last commit ran goes into the next one, so that a busy site pays for one fsync per batch and a
 * quiet one waits for nobody. What is promised to a device (PUBACK) is promised after the commit.
 */
import type { Clock } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import { createRateLimiter } from '@tramhoc/base/rate-limit';
import { isTramError, TramError } from '@tramhoc/protocol/errors';
import type { DeviceId } from '@tramhoc/protocol/ids';
import type { SiteMetrics } from '../health/metrics.ts';
import type { SiteDatabase } from '../site-database.ts';
import type { Refused } from './admit.ts';
import { type CommitBatch, createCommitBatch, type Delivery, isLocked, isSpaceFault } from './commit-batch.ts';
import type { EventStore } from './event-store.ts';
import type { OwnFacts } from './own-facts.ts';
import type { Quarantine } from './quarantine.ts';

export type Ingest = {
  /** Resolves when the events (or their quarantine entries) are on disk. Rejects DISK_FULL or INTERNAL: nothing was stored. */
  events(delivery: Omit<Delivery, 'received'>): Promise<void>;
  /** Keeps a payload that is no events and cannot be read. */
  setAside(delivery: Omit<Delivery, 'received'>, refused: Refused): Promise<void>;
  /** Runs `write` within the next commit: facts of the broker's own and the state they speak of. */
  write(write: () => void): Promise<void>;
  /** Resolves when nothing waits any more. */
  idle(): Promise<void>;
  /** The fault of the last commit while it lasts, for /healthz. */
  fault(): TramError | undefined;
};

/** About 50 ms of work: the loop gets back to its sockets in between. What waits is bounded by what connections may have under way. */
const maxPerCommit = 2_000;
const sayAgainMs = 60_000;

/** `promised`: a device waits for the acknowledgement. `sender`: what it sent later must not overtake what was refused. */
type Waiting = {
  promised: boolean;
  sender: DeviceId | undefined;
  apply(batch: CommitBatch): void;
  resolve(): void;
  reject(error: unknown): void;
};
const anyPromised = (tasks: readonly Waiting[]): boolean => tasks.some(({ promised }) => promised);

export function createIngest(options: {
  database: SiteDatabase;
  events: EventStore;
  quarantine: Quarantine;
  ownFacts: OwnFacts;
  clock: Clock;
  log: Log;
  metrics: SiteMetrics;
  /** Frees space in a full store; false when there was nothing to free. */
  makeRoom(): boolean;
  onCommitted(): void;
  /** Runs `work` when this turn of the loop has taken what was there; a simulation has its own loop. */
  soon?: (work: () => void) => void;
}): Ingest {
  const { database, clock, log, metrics, soon = setImmediate } = options;
  const parts = {
    ...options,
    transits: new Map(),
    quarantineFacts: createRateLimiter({ burst: 20, perSecond: 0.1 }, { maxKeys: 4_096, nowMs: () => clock.monotonicMs() }),
  };
  let waiting: Waiting[] = [];
  let scheduled = false;
  let idlers: (() => void)[] = [];
  let fault: TramError | undefined;
  let faultPromised = false;
  let saidMs = Number.NEGATIVE_INFINITY;
  /** Of this flush: their connections are about to end. */
  const refused = new Set<DeviceId>();

  const commit = (tasks: readonly Waiting[]): void => {
    const startedMs = clock.monotonicMs();
    const { tally } = database.transaction(() => {
      const batch = createCommitBatch(parts, clock.wallMs());
      for (const task of tasks) task.apply(batch);
      batch.finish();
      return batch;
    });
    metrics.commitSeconds.observe((clock.monotonicMs() - startedMs) / 1_000);
    metrics.commitSubmissions.observe(tasks.length);
    metrics.admitted.inc(tally.admitted);
    metrics.repeated.inc(tally.repeated);
    metrics.quarantineEvicted.inc(tally.quarantineEvicted);
    for (const code of tally.quarantined) metrics.quarantined.inc({ code });
    // a small fact of our own may still fit where the events of a device did not
    if (fault !== undefined && (anyPromised(tasks) || !faultPromised)) {
      log.info({ code: fault.code }, 'the site store takes events again');
      fault = undefined;
    }
    for (const task of tasks) task.resolve();
  };

  const fail = (tasks: readonly Waiting[], cause: unknown): void => {
    fault = isTramError(cause) ? cause : new TramError('INTERNAL', 'the site store refused a commit; look at the log.', { cause });
    faultPromised = anyPromised(tasks);
    metrics.commitFailures.inc({ code: fault.code });
    if (clock.monotonicMs() - saidMs > sayAgainMs) {
      saidMs = clock.monotonicMs();
      log.error({ code: fault.code, err: cause, submissions: tasks.length }, 'nothing is acknowledged: the site store cannot be written');
    }
    for (const task of tasks) {
      if (task.sender !== undefined) refused.add(task.sender);
      task.reject(fault);
    }
  };

  const commitOrFail = (tasks: readonly Waiting[], mayMakeRoom: boolean): void => {
    try {
      commit(tasks);
    } catch (cause) {
      if (isSpaceFault(cause)) {
        if (mayMakeRoom && madeRoom()) commitOrFail(tasks, false);
        else fail(tasks, cause);
      } else if (tasks.length > 1 && !isLocked(cause)) {
        // one submission that the store cannot take must not keep the others out
        for (const task of tasks) {
          if (task.sender !== undefined && refused.has(task.sender)) fail([task], cause);
          else commitOrFail([task], false);
        }
      } else fail(tasks, cause);
    }
  };

  const madeRoom = (): boolean => {
    try {
      return options.makeRoom();
    } catch {
      return false;
    }
  };

  const flush = (): void => {
    const tasks = waiting.slice(0, maxPerCommit);
    waiting = waiting.slice(maxPerCommit);
    refused.clear();
    commitOrFail(tasks, true);
    if (refused.size > 0) {
      const overtaking = waiting.filter(({ sender }) => sender !== undefined && refused.has(sender));
      waiting = waiting.filter((task) => !overtaking.includes(task));
      if (overtaking.length > 0) fail(overtaking, fault);
    }
    options.onCommitted();
    if (waiting.length > 0) soon(flush);
    else {
      scheduled = false;
      for (const resolve of idlers) resolve();
      idlers = [];
    }
  };

  const submit = (apply: Waiting['apply'], sender?: DeviceId): Promise<void> =>
    new Promise((resolve, reject) => {
      waiting.push({ promised: sender !== undefined, sender, apply, resolve, reject });
      if (scheduled) return;
      scheduled = true;
      soon(flush);
    });
  const now = (): Delivery['received'] => ({ wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() });

  return {
    events(delivery) {
      const whole = { ...delivery, received: now() };
      return submit((batch) => batch.deliver(whole), delivery.owner.deviceId);
    },
    setAside(delivery, unreadable) {
      const whole = { ...delivery, received: now() };
      return submit((batch) => batch.setAside(whole, unreadable), delivery.owner.deviceId);
    },
    write: (write) => submit(() => write()),
    idle: () => (scheduled ? new Promise((resolve) => idlers.push(resolve)) : Promise.resolve()),
    fault: () => fault,
  };
}
