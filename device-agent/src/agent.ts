/** The agent of one computer: it owns the hardware, says what happened, and does what the centre wishes. */
import { mkdirSync } from 'node:fs';
import type { Clock } from '@tramhoc/base/clock';
import { asFileFault } from '@tramhoc/base/config';
import { type CentreClient, centreClient } from '@tramhoc/base/identity';
import type { Log } from '@tramhoc/base/log';
import { openMqttLink } from '@tramhoc/base/mqtt-link';
import type { Random } from '@tramhoc/base/random';
import { TramError } from '@tramhoc/protocol/errors';
import { faults } from '@tramhoc/protocol/event';
import type { AgentStatus } from '@tramhoc/protocol/local-link';
import type { z } from 'zod';
import { AgentConfig } from './agent-config.ts';
import type { AnyDriverDefinition } from './drivers/driver.ts';
import { drivers as allDrivers } from './drivers/registry.ts';
import type { OpenLink } from './drivers/slot.ts';
import { type EnrolledDevice, startEnrolledDevice } from './enrolled-device.ts';
import { type Enrolment, startEnrolment } from './identity/enrolment.ts';
import { openIdentityStore } from './identity/identity-store.ts';
import type { OpenMqtt } from './link/site-link.ts';
import { type LocalLinkServer, openLocalLink } from './local-link/local-link-server.ts';
import { createAnnouncer } from './status-announcer.ts';
import { hostFacts } from './telemetry/host-facts.ts';
import { openLink as openRealLink } from './transports/open-link.ts';

export type Agent = {
  status(): AgentStatus;
  /** Closes slots and links and leaves everything on disk. Idempotent. */
  close(): Promise<void>;
};

export type AgentDeps = {
  clock: Clock;
  random: Random;
  log: Log;
  openLink?: OpenLink;
  drivers?: readonly AnyDriverDefinition[];
  openMqtt?: OpenMqtt;
  /** After each change, at most ten times a second. */
  onStatus?(status: AgentStatus): void;
};

/**
 * Resolves when the local link listens and, on an enrolled device, its slots have been told to open; broker and centre need not be there.
 * Throws CONFIG_INVALID, PERMISSION_MISSING, DISK_FULL, STORE_CORRUPT, STORE_TOO_NEW, LOCAL_LINK_UNAVAILABLE.
 *
 * A device whose broker refuses it for good is `revoked`: its slots are closed and nothing is recorded any more, because nobody would ever take it
 * and a person at the reader must not be told that it counted. What was recorded before stays on disk. It goes on knocking, and everything comes back
 * when the broker lets it in; `enrolment.restart` makes it a stranger with a new key that asks for a code.
 */
export async function startAgent(input: z.input<typeof AgentConfig>, deps: AgentDeps): Promise<Agent> {
  const config = checked(input);
  const { clock, random, log, openLink = openRealLink, drivers = allDrivers, openMqtt = openMqttLink } = deps;
  const facts = hostFacts(config);
  // configs and taps of this computer are its owner's business
  makeFolder(config.dataDir);
  const store = openIdentityStore(config.dataDir);
  let enrolment: Enrolment | undefined;
  let device: EnrolledDevice | undefined;
  let localLink: LocalLinkServer | undefined;
  let closing = false;
  /** Changes between stranger and enrolled device, one at a time. */
  let turn: Promise<void> = Promise.resolve();

  const status = (): AgentStatus => {
    const grant = device === undefined ? undefined : store.grant();
    return {
      agentVersion: facts.agentVersion,
      deviceName: config.name,
      ...(grant === undefined ? {} : { siteName: grant.siteName }),
      enrolment: enrolmentStatus(),
      brokerConnected: device?.brokerConnected() ?? false,
      pendingEvents: device?.pendingEvents() ?? 0,
      clockQuality: device?.clockQuality() ?? 'unknown',
      nowMs: Math.round(clock.wallMs()),
      slots: (device?.slots() ?? []).map(({ slot, kind, state, readsCards }) => ({ slot, kind, state, readsCards })),
    };
  };
  const enrolmentStatus = (): AgentStatus['enrolment'] => {
    if (device === undefined) return enrolment?.status() ?? { state: 'unclaimed' };
    if (device.revoked()) return { state: 'revoked' };
    const { deviceId, siteId } = identified;
    return { state: 'enrolled', deviceId, siteId, certificateNotAfterMs: Math.round(device.certificateNotAfterMs()) };
  };
  let identified = { deviceId: '', siteId: '' };
  const announcer = createAnnouncer(clock, () => {
    const now = status();
    localLink?.tell({ notice: 'status', status: now });
    deps.onStatus?.(now);
  });

  const startDevice = async (): Promise<boolean> => {
    const grant = store.grant();
    const identity = store.identity();
    if (grant === undefined || identity === undefined) return false;
    identified = { deviceId: grant.deviceId, siteId: grant.siteId };
    device = await startEnrolledDevice({
      config,
      store,
      grant,
      identity,
      facts,
      drivers,
      openLink,
      openMqtt,
      tell: (notice) => localLink?.tell(notice),
      onChange: announcer.changed,
      clock,
      random,
      log: log.child({ deviceId: grant.deviceId }),
    });
    announcer.changed();
    return true;
  };
  const startStranger = (): void => {
    const centre = centreOf(config);
    const { agentVersion, model, serial } = facts;
    const mine = startEnrolment({
      store,
      centre,
      about: { name: config.name, model, serial, agentVersion },
      onChange: announcer.changed,
      onEnrolled: () =>
        inTurn(async () => {
          enrolment = undefined;
          await mine.close();
          await centre.close();
          await startDevice();
        }),
      clock,
      random,
      log,
    });
    enrolment = { ...mine, close: () => mine.close().then(() => centre.close()) };
    announcer.changed();
  };
  const inTurn = (work: () => Promise<void>): void => {
    turn = turn
      .then(() => (closing ? undefined : work()))
      .catch((err: unknown) => log.error({ err }, 'the agent could not go on after a change of its identity; start it again'));
  };
  const restartEnrolment = (): void => {
    if (device === undefined) enrolment?.restart();
    else if (device.revoked())
      inTurn(async () => {
        const old = device;
        device = undefined;
        await old?.close();
        store.reset();
        startStranger();
      });
    else throw new TramError('CONFLICT', 'this device is enrolled; revoke it in the console before enrolling it anew.');
  };

  localLink = await openLocalLink({
    path: config.localLink.path,
    groupAccess: config.localLink.groupAccess,
    handlers: {
      'status.get': status,
      'enrolment.restart': () => {
        restartEnrolment();
        return {};
      },
      'feedback.submit': (feedback) => {
        if (device === undefined || device.revoked())
          throw new TramError('NOT_ALLOWED', 'this device belongs to no site yet; enrol it before it takes feedback.');
        return device.submitFeedback(feedback);
      },
    },
    log,
  });
  try {
    if (!(await startDevice())) startStranger();
  } catch (cause) {
    await localLink.close();
    throw cause;
  }
  let closed: Promise<void> | undefined;
  return {
    status,
    close() {
      closed ??= (async () => {
        closing = true;
        announcer.close();
        await enrolment?.close();
        await turn;
        await device?.close();
        await localLink.close();
      })();
      return closed;
    },
  };
}

function checked(input: z.input<typeof AgentConfig>): AgentConfig {
  const parsed = AgentConfig.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new TramError('CONFIG_INVALID', `the agent's config: ${faults(parsed.error)}. Mend it and start again.`, { cause: parsed.error });
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw asFileFault(cause, path);
  }
}

/** The root certificate is read here: without it there is nobody to trust. */
function centreOf({ centre }: AgentConfig): CentreClient {
  try {
    return centreClient(centre);
  } catch (cause) {
    throw new TramError(
      'CONFIG_INVALID',
      `centre.caFile ${centre.caFile} cannot be read (${(cause as Error).message}); put the root certificate there.`,
      { cause },
    );
  }
}
