/**
 * Several sites in one process: MQTT on plain TCP, the store and the way to the centre as in production.
 * node main.ts <file with SitesOrder> -> {"ready":true,"ports":{"<site>":N}}
 */
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startCentreSide } from '@tramhoc/broker/centre-side';
import { obtainIdentity } from '@tramhoc/broker/upstream/broker-identity';
import { DeviceId } from '@tramhoc/protocol/ids';
import { deps, listenPlain, openBenchSite } from '../durable-broker/plain-site.ts';

export type SitesOrder = {
  centre: { url: string; caFile: string };
  folder: string;
  sites: { siteId: string; claim: { deviceId: string; token: string } }[];
};

/** At least what a store keeps as its reserve on the disk. A site makes it in its first minute: 50 of them at once are 1.6 GiB that nobody measures. */
const reserveBytes = 64 * 1024 * 1024;

const order = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as SitesOrder;
const ports: Record<string, number> = {};
for (const { siteId, claim } of order.sites) {
  const folder = join(order.folder, siteId);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'ballast'), '');
  truncateSync(join(folder, 'ballast'), reserveBytes);
  const { centre } = order;
  const config = { dataDir: folder, centre, claim: { deviceId: DeviceId.parse(claim.deviceId), token: claim.token } };
  const identity = await obtainIdentity(config, deps.log);
  let wake: () => void = () => undefined;
  const site = openBenchSite({ folder, site: siteId, brokerId: identity.deviceId, onCommitted: () => wake() });
  const door = { disconnect: () => 0, publishDesired: async () => undefined, replaceIdentity: () => undefined };
  wake = startCentreSide({
    centre,
    dataDir: folder,
    identity,
    store: site.store,
    door: door as never,
    ...deps,
    metrics: site.metrics,
  }).wake;
  ports[siteId] = await listenPlain(site);
}
process.stdout.write(`${JSON.stringify({ ready: true, ports })}\n`);
process.once('SIGTERM', () => process.exit(0));
