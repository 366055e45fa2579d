/**
 * The site broker's own ingest behind a plain TCP port, for comparison with brokers that are measured without TLS: the same store, rules and MQTT
 * server as in production; only the listener is other, and takes the device from the client id.  node main.ts <folder> [site] -> {"ready":true,"port":N}
 */
import { createServer } from 'node:net';
import { systemClock } from '@tramhoc/base/clock';
import { silentLog } from '@tramhoc/base/log';
import { systemRandom } from '@tramhoc/base/random';
import { createRefusals } from '@tramhoc/broker/access/refusals';
import { createDeviceRules } from '@tramhoc/broker/device-rules';
import { createMetrics } from '@tramhoc/broker/health/metrics';
import { createMqttServer } from '@tramhoc/broker/mqtt-server';
import { openSiteStore } from '@tramhoc/broker/site-store';
import { DeviceId, SiteId } from '@tramhoc/protocol/ids';

const [folder = '', site = 'thpt-bench'] = process.argv.slice(2);
const deps = { clock: systemClock(), random: systemRandom(), log: silentLog };
const metrics = createMetrics();
const siteId = SiteId.parse(site);
const store = openSiteStore({
  config: { dataDir: folder, maxStoreBytes: 4 * 1024 ** 3, retentionDays: 30 },
  identity: { siteId, deviceId: DeviceId.parse('00000000-0000-4000-8000-0000000000bb') },
  ...deps,
  metrics,
  onCommitted: () => undefined,
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
type Peer = Parameters<typeof rules.arrived>[0];
const mqtt = await createMqttServer<{ peer: Peer | undefined }>(
  {
    connect(session, asked) {
      session.peer = { siteId, deviceId: DeviceId.parse(asked.clientId) } as Peer;
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
server.listen(0, '127.0.0.1', () => process.stdout.write(`{"ready":true,"port":${(server.address() as { port: number }).port}}\n`));
process.once('SIGTERM', () => process.exit(0));
