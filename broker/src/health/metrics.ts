/** What Prometheus reads. One registry per broker, so that several can live in one process (tests, a simulated district). */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export type SiteMetrics = ReturnType<typeof createMetrics>;

/** Read at each scrape. */
export type Readings = {
  connections(): number;
  gatewayConnections(): number;
  storeBytes(): number;
  /** 1 or 0. */
  reserveHeld(): number;
  lag(): { events: number; seconds: number };
  quarantined(): number;
  gaps(): number;
  certificateSecondsLeft(): number;
  sessions(): { kept: number; queuedBytes: number; retained: number };
};

export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  const counter = <Label extends string = never>(name: string, help: string, labelNames: readonly Label[] = []): Counter<Label> =>
    new Counter({ name: `tramhoc_${name}`, help, labelNames, registers });
  return {
    registry,
    admitted: counter('events_admitted_total', 'Events stored for the first time'),
    repeated: counter('events_repeated_total', 'Events that were stored already'),
    quarantined: counter('quarantined_total', 'Payloads and events set aside because they could not be understood', ['code'] as const),
    quarantineEvicted: counter('quarantine_evicted_total', 'Old quarantine entries given up for new ones'),
    refused: counter('refused_total', 'Connections, publishes and subscriptions refused', ['reason'] as const),
    violations: counter('mqtt_violations_total', 'Connections ended by a packet that MQTT 3.1.1 forbids', ['clause'] as const),
    sessions: counter('mqtt_sessions_total', 'Messages and sessions given up for want of room or use', ['what'] as const),
    handshakeFaults: counter('handshake_faults_total', 'TLS handshakes that failed'),
    commitFailures: counter('commit_failures_total', 'Commits that failed; what was in them was not acknowledged', ['code'] as const),
    commitSeconds: new Histogram({
      name: 'tramhoc_commit_seconds',
      help: 'Duration of a commit to the site store',
      buckets: [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2],
      registers,
    }),
    commitSubmissions: new Histogram({
      name: 'tramhoc_commit_submissions',
      help: 'Publishes and own facts in one commit',
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000],
      registers,
    }),
    gapsReported: counter('gaps_reported_total', 'Gaps in a device stream reported upstream'),
    dropped: counter('store_dropped_events_total', 'Undelivered events given up because the store was full'),
    upstreamBatches: counter('upstream_batches_total', 'Batches posted to the centre', ['outcome'] as const),
    upstreamEvents: counter('upstream_events_total', 'Events that the centre has confirmed'),
    downlinkPolls: counter('downlink_polls_total', 'Long polls at the centre', ['outcome'] as const),
    gatewayMessages: counter('gateway_messages_total', 'Messages of third-party gateways, by what they were', [
      'gateway',
      'outcome',
    ] as const),
    requests: counter('requests_total', 'Questions of devices', ['service', 'outcome'] as const),
  };
}

export function exposeReadings({ registry }: SiteMetrics, readings: Readings): void {
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name: `tramhoc_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  };
  gauge('connections', 'MQTT connections', readings.connections);
  gauge('gateway_connections', 'Connections of third-party gateways', readings.gatewayConnections);
  gauge('mqtt_kept_sessions', 'MQTT sessions that outlive their connection', () => readings.sessions().kept);
  gauge('mqtt_queued_bytes', 'Bytes that wait for clients', () => readings.sessions().queuedBytes);
  gauge('mqtt_retained_messages', 'Retained messages', () => readings.sessions().retained);
  gauge('store_bytes', 'Bytes in use in the site store', readings.storeBytes);
  gauge(
    'disk_reserve_held',
    'Whether the reserve on the disk is there; 0 for more than a few minutes: the disk is full',
    readings.reserveHeld,
  );
  gauge('upstream_lag_events', 'Events that the centre has not confirmed (at most)', () => readings.lag().events);
  gauge('upstream_lag_seconds', 'Age of the oldest event that the centre has not confirmed', () => readings.lag().seconds);
  gauge('quarantine_entries', 'Entries in quarantine', readings.quarantined);
  gauge('streams_with_gaps', 'Device streams with a gap that has not been reported yet', readings.gaps);
  gauge('certificate_seconds_left', "Life left of the broker's certificate", readings.certificateSecondsLeft);
  collectDefaultMetrics({ register: registry });
}
