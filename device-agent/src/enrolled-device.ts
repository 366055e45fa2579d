/** Everything that runs once a device knows who it is: slots, taps, outbox, link, twin, time. Works from its own disk when nobody else is there. */
import type { Clock } from '@tramhoc/base/clock';
import { type Disk, localDisk } from '@tramhoc/base/disk';
import type { Identity } from '@tramhoc/base/identity';
import type { Log } from '@tramhoc/base/log';
import type { LinkState } from '@tramhoc/base/mqtt-link';
import type { Random } from '@tramhoc/base/random';
import type { EnrolmentGrant } from '@tramhoc/protocol/enrolment';
import type { ClockQuality } from '@tramhoc/protocol/event';
import type { Feedback } from '@tramhoc/protocol/kiosk';
import type { AgentNotice } from '@tramhoc/protocol/local-link';
import type { AgentConfig } from './agent-config.ts';
import { createTaps } from './attendance/taps.ts';
import type { AnyDriverDefinition } from './drivers/driver.ts';
import type { OpenLink } from './drivers/slot.ts';
import { createSlots, type Slots } from './drivers/slots.ts';
import { submitFeedback } from './feedback/submit-feedback.ts';
import type { IdentityStore } from './identity/identity-store.ts';
import { createRenewal } from './identity/renewal.ts';
import { revocationStep, trusted } from './identity/revocation-machine.ts';
import { type OpenMqtt, openSiteLink, type SiteLink } from './link/site-link.ts';
import { createDrain } from './outbox/drain.ts';
import { openOutbox } from './outbox/outbox.ts';
import { driverKinds, type HostFacts } from './telemetry/host-facts.ts';
import { createTelemetry } from './telemetry/readings.ts';
import { createSlotEvents } from './telemetry/slot-events.ts';
import { createSiteTime, type SiteTime } from './time/site-time.ts';
import { createReconciler } from './twin/reconciler.ts';
import { openTwinStore } from './twin/twin-store.ts';

export type EnrolledDevice = {
  brokerConnected(): boolean;
  pendingEvents(): number;
  clockQuality(): ClockQuality;
  slots(): ReturnType<Slots['list']>;
  /** The broker refuses us for good: nothing is recorded and nothing sent, the slots are closed. Ends when the broker lets us in again. */
  revoked(): boolean;
  certificateNotAfterMs(): number;
  submitFeedback(feedback: Feedback): { trackingCode: string };
  close(): Promise<void>;
};

export type EnrolledDeviceDeps = {
  config: AgentConfig;
  store: IdentityStore;
  grant: EnrolmentGrant;
  identity: Identity;
  facts: HostFacts;
  drivers: readonly AnyDriverDefinition[];
  openLink: OpenLink;
  openMqtt: OpenMqtt;
  tell(notice: AgentNotice): void;
  onChange(): void;
  clock: Clock;
  random: Random;
  log: Log;
  disk?: Disk;
  /** The file of systemd says so unless something else does. */
  isNtpSynced?: () => boolean;
  /** Cap of the outbox; the default is for a computer with a card of some GB. */
  outboxMaxBytes?: number;
};

/** Resolves when the slots of the last document on disk have been told to open. Throws what openOutbox throws. */
export async function startEnrolledDevice(deps: EnrolledDeviceDeps): Promise<EnrolledDevice> {
  const { config, store, grant, facts, drivers, clock, random, log, onChange, tell, disk = localDisk } = deps;
  const { dataDir } = config;
  const owner = { siteId: grant.siteId, deviceId: grant.deviceId };
  const definitionOf = (kind: string): AnyDriverDefinition | undefined => drivers.find((driver) => driver.kind === kind);
  let revocation = { ...trusted, revoked: store.revoked() };
  const ask: SiteLink['ask'] = (service, question) => link.ask(service, question);

  const time: SiteTime = createSiteTime({
    ...{ dataDir, clock, log, disk, askSite: () => ask('time', {}) },
    ...(deps.isNtpSynced === undefined ? {} : { isNtpSynced: deps.isNtpSynced }),
  });
  const outbox = openOutbox({
    ...{ dataDir, owner, clock, random, log, disk, clockQuality: time.quality },
    ...(deps.outboxMaxBytes === undefined ? {} : { maxBytes: deps.outboxMaxBytes }),
  });
  const slotEvents = createSlotEvents({ outbox, clock, log });
  const taps = createTaps({ outbox, cardKey: grant.cardKey, ask, tell, clock, log });
  const telemetry = createTelemetry({ outbox, clock, log });
  const slots = createSlots({
    definitionOf,
    openLink: deps.openLink,
    onReading(reading) {
      if (revocation.revoked) return;
      taps.take(reading);
      telemetry.take(reading);
    },
    onStatus(status) {
      slotEvents.changed(status);
      onChange();
    },
    clock,
    random,
    log,
  });
  const twin = createReconciler({
    store: openTwinStore(dataDir, log, disk),
    slots,
    definitionOf,
    report: (data) => void outbox.accept('vn.tramhoc.twin.reported.v1', data),
    log,
  });
  const judge = (state: LinkState): void => {
    const was = revocation.revoked;
    if (state.connected) revocation = revocationStep(revocation, { type: 'connected' });
    else if (state.code === 'BROKER_REFUSED') revocation = revocationStep(revocation, { type: 'refused', nowMs: clock.monotonicMs() });
    if (revocation.revoked === was) return;
    store.setRevoked(revocation.revoked);
    if (revocation.revoked) log.error(owner, 'the broker refuses this device: it was revoked; its slots are closed');
    else log.info(owner, 'the broker lets this device in again');
    void (revocation.revoked ? twin.stop() : twin.start());
  };
  const onLinkState = (state: LinkState): void => {
    renewal.linkChanged(state);
    judge(state);
    drain.linkChanged(state.connected && !revocation.revoked);
    if (state.connected) void time.ask().then(renewal.look);
    onChange();
  };
  const renewal = createRenewal({
    store,
    identity: deps.identity,
    owner,
    centre: config.centre,
    siteNowMs: () => time.nowMs() ?? (time.quality() === 'ntp' ? clock.wallMs() : undefined),
    useIdentity: (identity) => link.useIdentity(identity),
    clock,
    log,
  });
  const drain = createDrain({
    queue: outbox.queue,
    publish: (payload) => link.publishEvents(payload),
    delivered: outbox.delivered,
    clock,
    log,
  });
  outbox.onChange(() => {
    drain.wake();
    onChange();
  });
  sayHello();
  const link = openSiteLink({
    owner,
    brokerUrl: grant.brokerUrl,
    identity: renewal.current,
    agentVersion: facts.agentVersion,
    openMqtt: deps.openMqtt,
    onState: onLinkState,
    onDesired: twin.desiredArrived,
    clock,
    random,
    log,
  });
  if (!revocation.revoked) await twin.start();

  function sayHello(): void {
    try {
      outbox.accept('vn.tramhoc.device.hello.v1', { ...facts, driverKinds: driverKinds(drivers) });
    } catch (err) {
      log.error({ err }, 'the greeting could not be kept; going on without it');
    }
  }
  return {
    brokerConnected: () => link.connected,
    pendingEvents: () => outbox.pendingCount(),
    clockQuality: time.quality,
    slots: () => slots.list(),
    revoked: () => revocation.revoked,
    certificateNotAfterMs: () => renewal.current.notAfterMs,
    submitFeedback: (feedback) => submitFeedback(feedback, { outbox, random }),
    async close() {
      // readings stop first, then what they led to is sent as far as the broker takes it, then the file closes
      await twin.stop();
      slotEvents.close();
      time.close();
      await renewal.close();
      drain.close();
      await link.close();
      outbox.close();
    },
  };
}
