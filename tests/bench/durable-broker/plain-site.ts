/**
 * The site broker's own ingest behind a plain TCP port, for comparison with brokers that are measured without TLS: the same store, rules and MQTT
 * server as in production; only the listener is other, and takes the device from the client id.
 */
import { createServer } from 'node:net';
import { systemClock } from '@tramhoc/base/clock';
import { silentLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import { createRefusals } from '@tramhoc/broker/access/refusals';
import type { Peer } from '@tramhoc/broker/access/tls-listener';
import { createDeviceRules } from '@tramhoc/broker/device-rules';
import { createMetrics, type SiteMetrics } from '@tramhoc/broker/health/metrics';
import { createMqttServer, type MqttRules } from '@tramhoc/broker/mqtt-server';
import { openSiteStore, type SiteStore } from '@tramhoc/broker/site-store';
import { DeviceId, SiteId } from '@tramhoc/protocol/ids';

export const deps = { clock: systemClock(), random: systemRandom(), log: silentLog };

export type BenchSite = { siteId: SiteId; store: SiteStore; rules: MqttRules<Peer>; metrics: SiteMetrics };

export function openBenchSite({
  folder,
  site,
  brokerId = '00000000-0000-4000-8000-0000000000bb',
  onCommitted = () => undefined,
}: {
  folder: string;
  site: string;
  brokerId?: string;
  onCommitted?(): void;
}): BenchSite {
  const siteId = SiteId.parse(site);
  const metrics = createMetrics();
  const store = openSiteStore({
    config: { dataDir: folder, maxStoreBytes: 4 * 1024 ** 3, retentionDays: 30 },
    identity: { siteId, deviceId: DeviceId.parse(brokerId) },
    ...deps,
    metrics,
    onCommitted,
  });
  const rules = createDeviceRules({
    refusals: createRefusals({ ...deps, count: () => undefined }),
    ingest: store.ingest,
    presence: store.presence,
    desk: { ask: () => undefined } as never,
    isRevoked: () => false,
    isClosing: () => false,
    ...deps,
  });
  return { siteId, store, rules, metrics };
}

/** The port. */
export async function listenPlain({ siteId, rules }: BenchSite): Promise<number> {
  const mqtt = await createMqttServer<{ peer: Peer | undefined }>(
    {
      connect(session, asked) {
        session.peer = { siteId, deviceId: DeviceId.parse(asked.clientId), address: '', notAfterMs: 0 };
        return rules.connect(session.peer, asked);
      },
      publish: (session, publish) => rules.publish(session.peer!, publish),
      subscribe: (session, filter) => rules.subscribe(session.peer!, filter),
      deliver: (session, topic) => rules.deliver(session.peer!, topic),
      arrived: (session) => rules.arrived(session.peer!),
      gone: (session, how) => rules.gone(session.peer!, how),
    },
    { log: silentLog, clock: deps.clock },
  );
  const server = createServer({ noDelay: true }, (socket) => mqtt.serve(socket, { peer: undefined }, { onFault: () => undefined }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { port: number }).port;
}
