/** The side that third-party gadgets see, apart from the devices' side: a listener, an MQTT server and rules of its own (docs/adr/0013). */
import type { Clock } from '@tramhoc/base/clock';
import type { Identity } from '@tramhoc/base/identity';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import { maxMqttPayloadBytes } from '@tramhoc/protocol/limits';
import { createRefusals } from '../access/refusals.ts';
import type { SiteMetrics } from '../health/metrics.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { OwnFact, OwnFacts } from '../ingest/own-facts.ts';
import { createMqttServer, type LineFault } from '../mqtt-server.ts';
import { deliveryLimits } from '../sessions/delivery-limits.ts';
import type { SiteDatabase } from '../site-database.ts';
import { type Gateway, type GatewaysConfig, gatewayOf } from './gateway-config.ts';
import { type GatewayLimits, gatewayLimits, listenForGateways } from './gateway-listener.ts';
import { createGatewayRules, type GatewayPeer, messagePace } from './gateway-rules.ts';
import { createKnownDevices } from './known-devices.ts';
import { createPace } from './pace.ts';
import { createSensorDesk, type KnownDevice, type SensorDesk } from './sensor-desk.ts';
import { createSignIn } from './sign-in.ts';
import { closedSlot } from './slot-health.ts';

export type GatewayView = {
  name: string;
  adapter: string;
  connections: number;
  devices: ReturnType<SensorDesk['view']>['devices'];
  oddities: ReturnType<SensorDesk['view']>['oddities'];
};

export type GatewayDoor = {
  readonly port: number;
  view(): GatewayView[];
  connectionCount(): number;
  replaceIdentity(identity: Identity): void;
  /** What was measured until now is handed to the store; every connection ends. */
  close(): Promise<void>;
};

/** No gateway hears anything, so nothing waits for one. */
const limits = { ...deliveryLimits, retainedMessages: 0, retainedBytes: 0, sessionMessages: 10, totalBytes: 64 * 1024 };

const lookThere = 'the connection was ended; look at what the gateway runs';
const adviceOn: Readonly<Record<LineFault['reason'], string>> = {
  'mqtt-version': 'it speaks another version of MQTT; set its protocol to MQTT 3.1.1 (5 is not spoken here)',
  'packet-too-large': 'a message is larger than this kind of gateway needs; the connection was ended',
  ...{ 'not-mqtt': lookThere, malformed: lookThere, 'slow-reader': lookThere },
};

/** Throws PORT_IN_USE, PERMISSION_MISSING. */
export async function openGatewayDoor(options: {
  config: GatewaysConfig;
  identity: Identity;
  ingest: Pick<Ingest, 'write' | 'idle'>;
  ownFacts: Pick<OwnFacts, 'append'>;
  database: Pick<SiteDatabase, 'meta'>;
  clock: Clock;
  random: Random;
  log: Log;
  metrics: Pick<SiteMetrics, 'refused' | 'violations' | 'handshakeFaults' | 'gatewayMessages'>;
  limits?: GatewayLimits;
}): Promise<GatewayDoor> {
  const { config, ingest, ownFacts, clock, random, log, metrics } = options;
  const refusals = createRefusals({ clock, log, count: (reason) => metrics.refused.inc({ reason }) });
  const known = createKnownDevices(options.database);
  const write = (facts: readonly OwnFact[], more: () => void = () => undefined): void => {
    const all = (): void => {
      for (const fact of facts) ownFacts.append(fact);
      more();
    };
    ingest.write(all).catch((err: unknown) => log.warn({ err, facts: facts.length }, 'readings of gateways could not be stored'));
  };
  const before = known.all();
  const desks = new Map<Gateway, { desk: SensorDesk; connections: number }>();
  for (const gateway of config.entries.map(gatewayOf)) {
    const { name, adapter } = gateway.entry;
    const emit = (facts: OwnFact[], devices?: KnownDevice[]): void =>
      write(facts, () => devices === undefined || known.keep(name, adapter, devices));
    const kept = before[name]?.adapter === adapter ? { known: before[name].devices } : {};
    desks.set(gateway, { desk: createSensorDesk({ gateway, clock, emit, ...kept }), connections: 0 });
  }
  // what an entry that is no longer there had is not waited for
  for (const [name, { adapter, devices }] of Object.entries(before))
    if (!config.entries.some((entry) => entry.name === name && entry.adapter === adapter))
      write(
        devices.map(({ slot }) => closedSlot(slot, adapter)),
        () => known.drop(name),
      );
  const closeDesks = (): void => {
    for (const { desk } of desks.values()) desk.close();
  };
  const signIn = createSignIn({ gateways: [...desks.keys()], clock, random });
  const pace = createPace(messagePace, clock);
  const rules = createGatewayRules({
    ...{ signIn, refusals, pace, random },
    take(gateway, message) {
      const outcome = desks.get(gateway)!.desk.take(message);
      metrics.gatewayMessages.inc({ gateway: gateway.entry.name, outcome });
      return outcome;
    },
    arrived(gateway) {
      desks.get(gateway)!.connections += 1;
    },
    gone(gateway) {
      desks.get(gateway)!.connections -= 1;
    },
  });
  // without a store: no session outlives its connection, and the ids of gateways live in a server of their own
  const mqtt = await createMqttServer<GatewayPeer>(rules, {
    ...{ log, clock, limits },
    connectTimeoutMs: (options.limits ?? gatewayLimits).connectMs,
  });
  try {
    const listener = await listenForGateways({
      ...{ host: config.host, port: config.port, tls: config.tls, identity: options.identity },
      ...{ limits: options.limits ?? gatewayLimits, clock, refusals },
      onHandshakeFault: () => metrics.handshakeFaults.inc(),
      onConnection(socket, address) {
        const peer: GatewayPeer = { address, gateway: undefined };
        const onFault = (fault: LineFault): void => {
          const clause = fault.reason === 'slow-reader' ? undefined : fault.clause;
          if (clause !== undefined) metrics.violations.inc({ clause });
          const who = peer.gateway?.entry.name ?? address;
          refusals.note({ reason: fault.reason, who, advice: adviceOn[fault.reason], ...(clause === undefined ? {} : { detail: clause }) });
        };
        const maxPayloadBytes = (): number => peer.gateway?.adapter.maxPayloadBytes ?? maxMqttPayloadBytes;
        mqtt.serve(socket, peer, { onFault, maxPayloadBytes });
      },
    });
    return {
      port: listener.port,
      view: () =>
        [...desks].map(([{ entry }, { desk, connections }]) => ({
          ...{ name: entry.name, adapter: entry.adapter, connections },
          ...desk.view(),
        })),
      connectionCount: mqtt.connectionCount,
      replaceIdentity: listener.replaceIdentity,
      async close() {
        const closed = listener.close();
        closeDesks();
        pace.release();
        await mqtt.close();
        await closed;
        await ingest.idle();
      },
    };
  } catch (cause) {
    closeDesks();
    await mqtt.close();
    throw cause;
  }
}
