/** The side that devices see: TLS listener, guarded sockets, MQTT, services. */
import type { Clock } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import type { DeviceId } from '@tramhoc/protocol/ids';
import { commandTopic, desiredTopic } from '@tramhoc/protocol/topics';
import { createRefusals } from './access/refusals.ts';
import { type AccessLimits, listenTls, type Peer, type TlsListener } from './access/tls-listener.ts';
import type { BrokerConfig } from './broker-config.ts';
import { createDeviceRules } from './device-rules.ts';
import type { Wishes } from './downlink/wishes.ts';
import type { SiteMetrics } from './health/metrics.ts';
import { createMqttServer, type LineFault, type MqttServer } from './mqtt-server.ts';
import { createRequestDesk } from './services/request-service.ts';
import { createSessionStore } from './sessions/session-store.ts';
import type { SiteStore } from './site-store.ts';
import type { BrokerIdentity } from './upstream/broker-identity.ts';

export type DeviceDoor = {
  readonly port: number;
  /** Cuts every connection of the device; the number of them. */
  disconnect(device: DeviceId): number;
  /** Retained, for the device alone. */
  publishDesired(wish: Wishes['documents'][number]): Promise<void>;
  /** To the device if it is connected, else to nobody: agents keep no session. */
  publishCommand(wish: NonNullable<Wishes['commands']>[number]): Promise<void>;
  replaceIdentity: TlsListener['replaceIdentity'];
  connectionCount(): number;
  sessionReadings?: MqttServer<Peer>['readings'];
  /** Waits for what is being committed, lets the acknowledgements out, ends every connection. */
  close(): Promise<void>;
};

/** Turns of the loop within which what was just committed is acknowledged: promise, PUBACK, write. */
const lastTurns = 5;

/** Throws PORT_IN_USE, PERMISSION_MISSING. Desired documents are known before the door opens. */
export async function openDeviceDoor(options: {
  listen: BrokerConfig['mqtt'];
  identity: BrokerIdentity;
  store: SiteStore;
  limits: AccessLimits;
  clock: Clock;
  random: Random;
  log: Log;
  metrics: SiteMetrics;
}): Promise<DeviceDoor> {
  const { identity, store, clock, random, log, metrics } = options;
  const { ingest, presence, wishes, cards } = store;
  const { siteId } = identity;
  const { isRevoked } = wishes;
  let closing = false;
  const refusals = createRefusals({ clock, log, count: (reason) => metrics.refused.inc({ reason }) });
  const desk = createRequestDesk({
    services: { 'who-is': ({ cardHash }) => cards.whoIs(cardHash), time: () => ({ wallMs: Math.round(clock.wallMs()) }) },
    publish: (topic, payload) => mqtt.publish(topic, payload, { retain: false }),
    count: (labels) => metrics.requests.inc(labels),
    onOverload: (who) => refusals.note({ reason: 'request-limit', who, advice: 'the device asks more than it reads; look at its log' }),
    log,
  });
  const rules = createDeviceRules({ refusals, ingest, presence, desk, isRevoked, isClosing: () => closing, random, log, siteId });
  const mqtt = await createMqttServer<Peer>(rules, {
    ...{ log, clock },
    store: createSessionStore(store.database, ingest.write),
    connectTimeoutMs: options.limits.connectMs,
    count: (what) => metrics.sessions.inc({ what }),
  });
  const publishDesired: DeviceDoor['publishDesired'] = ({ device, document }) =>
    mqtt.publish(desiredTopic({ siteId, deviceId: device }), JSON.stringify(document), { retain: true });
  const publishCommand: DeviceDoor['publishCommand'] = ({ device, command }) =>
    mqtt.publish(commandTopic({ siteId, deviceId: device }), JSON.stringify(command), { retain: false });
  try {
    for (const { device, document } of wishes.documents())
      mqtt.remember(desiredTopic({ siteId, deviceId: device }), JSON.stringify(document));
    const listener = await listenTls({
      ...options.listen,
      siteId,
      identity: identity.identity,
      isRevoked,
      limits: options.limits,
      clock,
      refusals,
      onHandshakeFault: () => metrics.handshakeFaults.inc(),
      onConnection(socket, peer) {
        const onFault = (fault: LineFault): void => {
          const clause = fault.reason === 'slow-reader' ? undefined : fault.clause;
          if (clause !== undefined) metrics.violations.inc({ clause });
          const advice = 'the connection was ended; look at what the device runs';
          refusals.note({ reason: fault.reason, who: peer.deviceId, advice, ...(clause === undefined ? {} : { detail: clause }) });
        };
        mqtt.serve(socket, peer, { onFault });
      },
    });
    const close = async (): Promise<void> => {
      closing = true;
      const listenerClosed = listener.close();
      await ingest.idle();
      for (let turn = 0; turn < lastTurns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      await mqtt.close();
      await listenerClosed;
    };
    return {
      port: listener.port,
      disconnect: listener.disconnect,
      publishDesired,
      publishCommand,
      replaceIdentity: listener.replaceIdentity,
      connectionCount: mqtt.connectionCount,
      sessionReadings: mqtt.readings,
      close,
    };
  } catch (cause) {
    await mqtt.close();
    throw cause;
  }
}
