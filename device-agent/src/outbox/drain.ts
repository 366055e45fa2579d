/** Sends the outbox: one event at once when there is no backlog, full batches when there is. Rows go when the broker has acknowledged them. */
import type { Clock, Timer } from '@tramhoc/base/clock';
import type { DurableQueue, QueueRow } from '@tramhoc/base/durable-queue';
import type { Log } from '@tramhoc/base/log';
import { isTramError } from '@tramhoc/protocol/errors';
import { maxMqttPayloadBytes } from '@tramhoc/protocol/limits';
import { batchOf } from './batch-payload.ts';
import { type DrainEvent, drainStep, idleDrain, nextRead } from './drain-machine.ts';

export type Drain = {
  linkChanged(connected: boolean): void;
  /** New rows may be there. */
  wake(): void;
  close(): void;
};

/** EventBatch allows 500; what does not fit into the payload is left for the next batch. */
const maxBatchRows = 500;
/** After a refusal without a lost connection: something is wrong that asking at once will not mend. */
const resumeAfterMs = 5_000;

export function createDrain({
  queue,
  publish,
  delivered,
  clock,
  log,
}: {
  queue: Pick<DurableQueue, 'read'>;
  /** Resolves on PUBACK; rejects LINK_CLOSED when the connection went first. */
  publish(payload: string): Promise<void>;
  delivered(rows: readonly QueueRow[]): void;
  clock: Clock;
  log: Log;
}): Drain {
  let state = idleDrain;
  let resume: Timer | undefined;
  let closed = false;
  const apply = (event: DrainEvent): void => {
    state = drainStep(state, event);
  };

  const send = (rows: readonly QueueRow[]): void => {
    const batch = batchOf(rows, { bootId: clock.bootId, monotonicNs: clock.monotonicNs() });
    const id = state.nextId;
    apply({ type: 'sent', positions: batch.rows.map(({ position }) => position) });
    publish(batch.payload).then(
      () => {
        if (closed) return;
        apply({ type: 'acknowledged', id });
        // an acknowledgement of an earlier connection counts as well: the broker owns the rows
        guarded(() => delivered(batch.rows));
        pump();
      },
      (err: unknown) => {
        if (closed) return;
        if (!isTramError(err, 'LINK_CLOSED')) log.error({ err, rowCount: batch.rows.length }, 'a batch was refused');
        apply({ type: 'refused', id });
        if (state.paused) resumeLater();
      },
    );
  };
  const resumeLater = (): void => {
    resume?.cancel();
    resume = clock.after(resumeAfterMs, () => {
      apply({ type: 'resume' });
      pump();
    });
  };
  /** A fault of the outbox file must not reach whoever recorded a tap: the tap is on disk. */
  const guarded = (work: () => void): void => {
    try {
      work();
    } catch (err) {
      log.error({ err }, 'the outbox could not be worked through; it is tried again');
      state = { ...state, paused: true };
      resumeLater();
    }
  };
  const pump = (): void =>
    guarded(() => {
      for (let read = nextRead(state); read !== undefined && !closed; read = nextRead(state)) {
        const rows = queue.read({ afterPosition: read.afterPosition, limit: maxBatchRows, maxBytes: maxMqttPayloadBytes });
        if (rows.length === 0) return;
        send(rows);
      }
    });
  return {
    linkChanged(connected) {
      resume?.cancel();
      apply({ type: connected ? 'connected' : 'disconnected' });
      if (!closed) pump();
    },
    wake() {
      if (!closed) pump();
    },
    close() {
      closed = true;
      resume?.cancel();
    },
  };
}
