/** Figures for Prometheus. One registry a centre, so that several run in one process. */
import type { EventReceipt } from '@tramhoc/protocol/upstream';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export type CentreMetrics = {
  ingested(receipt: Pick<EventReceipt, 'accepted' | 'repeated' | 'quarantined'>): void;
  /** Call the result when the batch is committed. */
  batchTimer(): () => void;
  waitingPolls(read: () => number): void;
  liveClients(read: () => number): void;
  sitesOnline(read: () => number): void;
  quarantineRows(read: () => number | Promise<number>): void;
  storeBytes(read: () => number): void;
  reserveHeld(read: () => number): void;
  /** Only with the event log in PostgreSQL. */
  waitingEvents(read: () => number): void;
  logPosition(read: () => number): void;
  logBehindMs(read: () => number): void;
  signIn(result: 'ok' | 'failed' | 'locked'): void;
  /** Prometheus text format. */
  text(): Promise<string>;
  contentType: string;
};

export function centreMetrics(): CentreMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: 'tramhoc_centre_' });
  const events = new Counter({ name: 'tramhoc_centre_events_total', help: 'Events taken from sites', labelNames: ['result'], registers });
  const batches = new Histogram({
    name: 'tramhoc_centre_batch_seconds',
    help: 'Time to store one batch of events',
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers,
  });
  const signIns = new Counter({
    name: 'tramhoc_centre_sign_ins_total',
    help: 'Sign-ins to the console',
    labelNames: ['result'],
    registers,
  });
  const gauge = (name: string, help: string) => (read: () => number | Promise<number>) => {
    new Gauge({
      name: `tramhoc_centre_${name}`,
      help,
      registers,
      async collect() {
        this.set(await read());
      },
    });
  };
  return {
    ingested({ accepted, repeated, quarantined }) {
      events.inc({ result: 'accepted' }, accepted);
      events.inc({ result: 'repeated' }, repeated);
      events.inc({ result: 'quarantined' }, quarantined);
    },
    batchTimer: () => batches.startTimer(),
    waitingPolls: gauge('waiting_polls', 'Site brokers that wait for a change'),
    liveClients: gauge('live_clients', 'Browsers that follow the live stream'),
    sitesOnline: gauge('sites_online', 'Sites heard within the last minute'),
    storeBytes: gauge('store_bytes', 'Bytes in use in the database'),
    reserveHeld: gauge('disk_reserve_held', 'Whether the reserve on the disk is there; 0 for more than a few minutes: the disk is full'),
    quarantineRows: gauge('quarantine_rows', 'Things from sites that could not be read'),
    waitingEvents: gauge('waiting_events', 'Events that are read and wait for their commit'),
    logPosition: gauge('log_position', 'Facts of the event log up to this position are applied here'),
    logBehindMs: gauge('log_behind_ms', 'Age of the newest applied fact while more are waiting; 0 when all are applied'),
    signIn: (result) => signIns.inc({ result }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
