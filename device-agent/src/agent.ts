/** The agent of one computer: it owns the hardware, says what happened, and does what the centre wishes. */
import { mkdirSync } from 'node:fs';
import type { Clock } from '@tramhoc/base/clock';
import { asFileFault } from '@tramhoc/base/config';
import type { Log } from '@tramhoc/base/log';
import { openMqttLink } from '@tramhoc/base/mqtt-link';
import type { Random } from '@tramhoc/base/random';
import { createRateLimiter } from '@tramhoc/base/rate-limit';
import { TramError } from '@tramhoc/protocol/errors';
import { faults } from '@tramhoc/protocol/event';
import type { AgentStatus } from '@tramhoc/protocol/local-link';
import type { z } from 'zod';
import { AgentConfig } from './agent-config.ts';
import { type DeviceLife, startDeviceLife } from './device-life.ts';
import type { AnyDriverDefinition } from './drivers/driver.ts';
import { drivers as allDrivers } from './drivers/registry.ts';
import type { OpenLink } from './drivers/slot.ts';
import type { OpenMqtt } from './link/site-link.ts';
import { openLocalLink } from './local-link/local-link-server.ts';
import { createAnnouncer } from './status-announcer.ts';
import { hostFacts } from './telemetry/host-facts.ts';
import { openLink as openRealLink } from './transports/open-link.ts';

/** Faster than people write comes from a page that has gone mad: it must not push taps that wait out of the outbox. */
const feedbackLimit = { burst: 10, perSecond: 0.1 };

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
  makeFolder(config.dataDir);
  let life: DeviceLife | undefined;
  const status = (): AgentStatus => {
    const device = life?.device();
    const siteName = life?.siteName();
    return {
      agentVersion: facts.agentVersion,
      deviceName: config.name,
      ...(siteName === undefined ? {} : { siteName }),
      enrolment: life?.enrolment() ?? { state: 'unclaimed' },
      brokerConnected: device?.brokerConnected() ?? false,
      pendingEvents: device?.pendingEvents() ?? 0,
      clockQuality: device?.clockQuality() ?? 'unknown',
      nowMs: Math.round(clock.wallMs()),
      slots: (device?.slots() ?? []).map(({ slot, kind, title, state, readsCards, printsReceipts }) => ({
        slot,
        kind,
        title,
        state,
        readsCards,
        printsReceipts,
      })),
    };
  };
  const feedbackRate = createRateLimiter(feedbackLimit, { maxKeys: 1, nowMs: () => clock.monotonicMs() });
  const localLink = await openLocalLink({
    path: config.localLink.path,
    groupAccess: config.localLink.groupAccess,
    handlers: {
      'status.get': status,
      'enrolment.restart': () => {
        life?.restartEnrolment();
        return {};
      },
      'feedback.submit': (feedback) => {
        const device = life?.device();
        if (device === undefined || device.revoked())
          throw new TramError('NOT_ALLOWED', 'this device belongs to no site yet; enrol it before it takes feedback.');
        if (!feedbackRate.take(''))
          throw new TramError('RATE_LIMITED', 'feedback came faster than people write; wait a minute and send again.');
        return device.submitFeedback(feedback);
      },
      'receipt.print': async (receipt) => {
        const device = life?.device();
        if (device === undefined) throw new TramError('NOT_ALLOWED', 'this device belongs to no site yet; enrol it before it prints.');
        return device.printReceipt(receipt);
      },
    },
    log,
  });
  const announcer = createAnnouncer(clock, () => {
    const now = status();
    localLink.tell({ notice: 'status', status: now });
    deps.onStatus?.(now);
  });
  try {
    life = await startDeviceLife({
      config,
      facts,
      drivers,
      openLink,
      openMqtt,
      tell: localLink.tell,
      onChange: announcer.changed,
      clock,
      random,
      log,
    });
  } catch (cause) {
    announcer.close();
    await localLink.close();
    throw cause;
  }
  const close = async (): Promise<void> => {
    announcer.close();
    await life?.close();
    await localLink.close();
  };
  let closed: Promise<void> | undefined;
  return {
    status,
    close() {
      closed ??= close();
      return closed;
    },
  };
}

function checked(input: z.input<typeof AgentConfig>): AgentConfig {
  const parsed = AgentConfig.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new TramError('CONFIG_INVALID', `the agent's config: ${faults(parsed.error)}. Mend it and start again.`, { cause: parsed.error });
}

/** Configs and taps of this computer are its owner's business. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw asFileFault(cause, path);
  }
}
