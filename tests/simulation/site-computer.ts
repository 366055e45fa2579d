/** A site's broker: the store, the rules, the way up and the wishes of the product. The MQTT server, TLS and HTTP are left out: mqtt-cable and centre-wire stand there. */
import { zstdCompressSync } from 'node:zlib';
import { every } from '@tramhoc/base/clock';
import type { Identity } from '@tramhoc/base/identity';
import type { Log } from '@tramhoc/base/log';
import { createRefusals } from '@tramhoc/broker/access/refusals';
import type { Peer } from '@tramhoc/broker/access/tls-listener';
import { startCentreSide } from '@tramhoc/broker/centre-side';
import type { DeviceDoor } from '@tramhoc/broker/device-door';
import { createDeviceRules } from '@tramhoc/broker/device-rules';
import { createMetrics } from '@tramhoc/broker/health/metrics';
import type { MqttRules } from '@tramhoc/broker/mqtt-server';
import { createRequestDesk } from '@tramhoc/broker/services/request-service';
import { openSiteStore, type SiteStore } from '@tramhoc/broker/site-store';
import { deliveredPosition } from '@tramhoc/broker/upstream/forwarder';
import type { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import { commandTopic, desiredTopic } from '@tramhoc/protocol/topics';
import { openWiredCentreLink, type SiteWire } from './centre-wire.ts';
import type { Software } from './computer.ts';
import { createBrokerPort } from './mqtt-broker.ts';
import type { BrokerPort } from './mqtt-cable.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import type { VirtualLoop } from './virtual-loop.ts';

export type Site = {
  port: BrokerPort;
  store: SiteStore;
  /** Events that the centre has not confirmed. */
  waiting(): number;
};
export const siteDatabase = '/site/site.db';
/** Never renewed: certificates are another simulation. */
export const noIdentity: Identity = { keyPem: '', certificatePem: '', chainPem: '', caPem: '', notAfterMs: Date.UTC(9999, 0) };

const tidyMs = 60_000;
/** One registry for all: making it costs more than a history may. */
const metrics = createMetrics();

export function siteSoftware({
  siteId,
  brokerId,
  disk,
  wire,
  loop,
  log,
  maxStoreBytes,
  rulesOf,
  onServing,
  beforePuback,
}: {
  siteId: SiteId;
  brokerId: DeviceId;
  disk: SimulatedDisk;
  wire: SiteWire;
  loop: VirtualLoop;
  log: Log;
  maxStoreBytes: number;
  /** Where a broken variant stands between the wire and the rules. */
  rulesOf(rules: MqttRules<Peer>): MqttRules<Peer>;
  onServing(site: Site | undefined): void;
  beforePuback(peer: Peer, payload: Buffer): void;
}): Software {
  return {
    async start(program) {
      const { clock, dice: random } = program;
      let wake: () => void = () => undefined;
      const store = openSiteStore({
        config: { dataDir: '/site', maxStoreBytes, retentionDays: 30 },
        identity: { siteId, deviceId: brokerId },
        ...{ clock, random, log, metrics },
        onCommitted: () => wake(),
        disk: disk.mountedBy(program),
        soon: (work) => void loop.at(program, loop.busyMs(program), 'soon', work),
      });
      store.retention.tidy();
      store.presence.allGone();
      const { ingest, presence, wishes, cards } = store;
      let closing = false;
      const refusals = createRefusals({ clock, log, count: () => undefined });
      const desk = createRequestDesk({
        services: { 'who-is': ({ cardHash }) => cards.whoIs(cardHash), time: () => ({ wallMs: Math.round(clock.wallMs()) }) },
        publish: (topic, payload) => port.publish(topic, payload, { retain: false }),
        ...{ count: () => undefined, onOverload: () => undefined, log },
      });
      const { isRevoked } = wishes;
      const rules = rulesOf(createDeviceRules({ refusals, ingest, presence, desk, isRevoked, isClosing: () => closing, random, log }));
      const port = createBrokerPort(rules, { owner: program, beforePuback });
      const publishDesired: DeviceDoor['publishDesired'] = ({ device, document }) =>
        port.publish(desiredTopic({ siteId, deviceId: device }), JSON.stringify(document), { retain: true });
      const publishCommand: DeviceDoor['publishCommand'] = ({ device, command }) =>
        port.publish(commandTopic({ siteId, deviceId: device }), JSON.stringify(command), { retain: false });
      for (const wish of wishes.documents()) await publishDesired(wish);
      const door: DeviceDoor = {
        ...{ port: 0, disconnect: port.disconnect, publishDesired, publishCommand, connectionCount: port.connectionCount },
        replaceIdentity: () => undefined,
        close: () => Promise.resolve(),
      };
      const centre = startCentreSide({
        centre: { url: 'https://centre', caFile: '' },
        dataDir: '/site',
        identity: { identity: noIdentity, siteId, deviceId: brokerId },
        ...{ store, door, clock, random, log, metrics },
        openLink: () => openWiredCentreLink(program, wire),
        compress: (text) => Promise.resolve(zstdCompressSync(text)),
      });
      wake = centre.wake;
      const tidy = every(clock, tidyMs, () => {
        try {
          store.retention.tidy();
        } catch (err) {
          log.error({ err }, 'the site store could not be tidied; tried again in a minute');
        }
      });
      program.onEnd.push(() => onServing(undefined));
      onServing({ port, store, waiting: () => store.events.lastPosition() - deliveredPosition(store.database) });
      return {
        async stop() {
          tidy.cancel();
          await centre.close();
          closing = true;
          await ingest.idle();
          port.closeAll();
          store.presence.allGone();
          store.close();
        },
      };
    },
  };
}
