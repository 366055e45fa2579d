/**
 * One site with plain MQTT and its forwarder: node forwarding-site.ts <folder> <site> <upstream.json> -> {"ready":true,"port":N}
 * upstream.json: { url, caFile, key, cert } of an ingest process and of the broker that speaks to it.
 */
import { readFileSync } from 'node:fs';
import { openCentreLink } from '@tramhoc/broker/upstream/centre-link';
import { startForwarder } from '@tramhoc/broker/upstream/forwarder';
import { deps, listenPlain, openBenchSite } from '../durable-broker/plain-site.ts';

const [folder = '', siteName = '', upstream = ''] = process.argv.slice(2);
const { url, caFile, key, cert } = JSON.parse(readFileSync(upstream, 'utf8')) as { url: string; caFile: string; key: string; cert: string };
let wake: () => void = () => undefined;
const site = openBenchSite({ folder, site: siteName, onCommitted: () => wake() });
const identity = { keyPem: key, chainPem: cert, certificatePem: cert, caPem: '', notAfterMs: 0 };
const forwarder = startForwarder({
  ...{ database: site.store.database, events: site.store.events, ...deps },
  centre: openCentreLink({ url, caFile }, identity, { onReplaced: () => undefined }),
  ...{ count: () => undefined, setAside: () => undefined, onReceipt: () => undefined },
});
wake = forwarder.wake;
process.stdout.write(`${JSON.stringify({ ready: true, port: await listenPlain(site) })}\n`);
process.once('SIGTERM', () => process.exit(0));
