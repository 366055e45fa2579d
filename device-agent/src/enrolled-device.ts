/** What runs once a device knows who it is: the recording, and the connection to the site that may come and go. */
import type { Clock } from '@tramhoc/base/clock';
import { type Disk, localDisk } from '@tramhoc/base/disk';
import type { Identity } from '@tramhoc/base/identity';
import type { Log } from '@tramhoc/base/log';
import type { LinkState } from '@tramhoc/base/mqtt-link';
import type { Random } from '@tramhoc/base/random';
import type { EnrolmentGrant } from '@tramhoc/protocol/enrolment';
import { TramError } from '@tramhoc/protocol/errors';
import type { ClockQuality } from '@tramhoc/protocol/event';
import type { Feedback } from '@tramhoc/protocol/kiosk';
import type { AgentNotice } from '@tramhoc/protocol/local-link';
import type { Receipt } from '@tramhoc/protocol/receipt';
import type { AgentConfig } from './agent-config.ts';
import type { AnyDriverDefinition } from './drivers/driver.ts';
import type { OpenLink } from './drivers/slot.ts';
import type { Slots } from './drivers/slots.ts';
import { submitFeedback } from './feedback/submit-feedback.ts';
import type { IdentityStore } from './identity/identity-store.ts';
import { createRenewal } from './identity/renewal.ts';
import { revocationStep, trusted } from './identity/revocation-machine.ts';
import { type OpenMqtt, openSiteLink, type SiteLink } from './link/site-link.ts';
import { createDrain } from './outbox/drain.ts';
import { openRecording } from './recording.ts';
import { createScanCommands } from './scan/scan-command.ts';
import type { HostFacts } from './telemetry/host-facts.ts';
import { createSiteTime, type SiteTime } from './time/site-time.ts';

export type EnrolledDevice = {
  brokerConnected(): boolean;
  pendingEvents(): number;
  clockQuality(): ClockQuality;
  slots(): ReturnType<Slots['list']>;
  /** The broker refuses us for good: nothing is recorded and nothing sent, the slots are closed. Ends when the broker lets us in again. */
  revoked(): boolean;
  certificateNotAfterMs(): number;
  /** Throws DISK_FULL, STORE_FULL: then nothing was kept. */
  submitFeedback(feedback: Feedback): { trackingCode: string };
  /** Rejects with PRINTER_OFFLINE when there is no printer, and with what the printer says. */
  printReceipt(receipt: Receipt): Promise<{ confirmed: boolean }>;
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
  outboxMaxBytes?: number;
  /** Without it a file of systemd says whether NTP has set the clock. */
  isNtpSynced?: () => boolean;
};

/** Resolves when the slots of the last document on disk have been told to open. Throws what openOutbox throws. */
export async function startEnrolledDevice(deps: EnrolledDeviceDeps): Promise<EnrolledDevice> {
  const { config, store, grant, facts, clock, random, log, onChange, disk = localDisk } = deps;
  const { dataDir } = config;
  const owner = { siteId: grant.siteId, deviceId: grant.deviceId };
  const ask: SiteLink['ask'] = (service, question) => link.ask(service, question);
  const time: SiteTime = createSiteTime({
    ...{ dataDir, clock, log, disk, askSite: () => ask('time', {}) },
    ...(deps.isNtpSynced === undefined ? {} : { isNtpSynced: deps.isNtpSynced }),
  });
  const recording = openRecording({ ...deps, dataDir, ask, clockQuality: time.quality });
  const { outbox, twin } = recording;
  const revocation = watchRevocation({ store, clock, log, onVerdict: (revoked) => void (revoked ? twin.stop() : twin.start()) });
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
  const scans = createScanCommands({ ...deps, outbox, running: recording.slots.running, extraPorts: config.scanPorts });
  const link: SiteLink = openSiteLink({
    owner,
    brokerUrl: grant.brokerUrl,
    identity: renewal.current,
    agentVersion: facts.agentVersion,
    openMqtt: deps.openMqtt,
    onState(state) {
      renewal.linkChanged(state);
      revocation.linkChanged(state);
      drain.linkChanged(state.connected);
      if (state.connected) void time.ask().then(renewal.look);
      onChange();
    },
    onDesired: twin.desiredArrived,
    onCommand: scans.commandArrived,
    clock,
    random,
    log,
  });
  if (!revocation.revoked()) await twin.start();
  return {
    brokerConnected: () => link.connected,
    pendingEvents: () => outbox.pendingCount(),
    clockQuality: time.quality,
    slots: () => recording.slots.list(),
    revoked: revocation.revoked,
    certificateNotAfterMs: () => renewal.current.notAfterMs,
    submitFeedback: (feedback) => submitFeedback(feedback, { outbox, random }),
    async printReceipt(receipt) {
      const printer = recording.slots.receiptPrinter();
      if (printer === undefined) throw new TramError('PRINTER_OFFLINE', 'no receipt printer is plugged in; check its power and cable.');
      return printer.print(receipt);
    },
    async close() {
      await scans.close();
      // readings stop first, then nothing more is sent, then the file closes
      await twin.stop();
      time.close();
      await renewal.close();
      drain.close();
      await link.close();
      recording.close();
    },
  };
}

/** Carries out revocation-machine.ts and remembers its verdict over a restart. */
function watchRevocation({
  store,
  clock,
  log,
  onVerdict,
}: {
  store: IdentityStore;
  clock: Clock;
  log: Log;
  onVerdict(revoked: boolean): void;
}): { linkChanged(state: LinkState): void; revoked(): boolean } {
  let state = { ...trusted, revoked: store.revoked() };
  return {
    revoked: () => state.revoked,
    linkChanged({ connected, code }) {
      const was = state.revoked;
      if (connected) state = revocationStep(state, { type: 'connected' });
      else if (code === 'BROKER_REFUSED') state = revocationStep(state, { type: 'refused', nowMs: clock.monotonicMs() });
      if (state.revoked === was) return;
      store.setRevoked(state.revoked);
      if (state.revoked) log.error({}, 'the broker refuses this device: it was revoked; its slots are closed');
      else log.info({}, 'the broker lets this device in again');
      onVerdict(state.revoked);
    },
  };
}
