/**
 * One site's ingest as a process.  node main.ts <folder> [site] -> {"ready":true,"port":N}. With an identity in <folder>/tls.json it listens as the
 * product does, by TLS with client certificates; the rates at which it lets devices in are those of a site of 6,000.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Identity } from '@tramhoc/base/identity';
import { silentLog } from '@tramhoc/base/log';
import { createRefusals } from '@tramhoc/broker/access/refusals';
import { accessLimits, listenTls, type Peer } from '@tramhoc/broker/access/tls-listener';
import { createMqttServer } from '@tramhoc/broker/mqtt-server';
import { type BenchSite, deps, listenPlain, openBenchSite } from './plain-site.ts';

const [folder = '', siteName = 'thpt-bench'] = process.argv.slice(2);
const site = openBenchSite({ folder, site: siteName });
const tlsFile = join(folder, 'tls.json');
const port = existsSync(tlsFile)
  ? await listenSecure(site, JSON.parse(readFileSync(tlsFile, 'utf8')) as Identity)
  : await listenPlain(site);
process.stdout.write(`{"ready":true,"port":${port}}\n`);
process.once('SIGTERM', () => process.exit(0));

async function listenSecure({ siteId, rules }: BenchSite, identity: Identity): Promise<number> {
  const many = 6_000;
  const mqtt = await createMqttServer<Peer>(rules, { log: silentLog, clock: deps.clock });
  const listener = await listenTls({
    ...{ host: '127.0.0.1', port: 0, siteId, identity, clock: deps.clock },
    isRevoked: () => false,
    limits: {
      ...accessLimits,
      ...{ maxConnections: many, maxPerDevice: many, waitingSockets: many, waitMs: 60_000, handshakeMs: 60_000, connectMs: 60_000 },
      handshakes: { burst: many, perSecond: many },
      handshakesPerAddress: { burst: many * 3, perSecond: many },
      connectsPerDevice: { burst: many * 3, perSecond: many },
    },
    refusals: createRefusals({ ...deps, count: () => undefined }),
    onHandshakeFault: () => undefined,
    onConnection: (socket, peer) => mqtt.serve(socket, peer, { onFault: () => undefined }),
  });
  return listener.port;
}
