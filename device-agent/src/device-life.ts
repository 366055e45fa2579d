/** A computer is a stranger that asks for a code, or a device of a site. This goes from one to the other and back. */
import type { Clock } from '@tramhoc/base/clock';
import { type CentreClient, centreClient } from '@tramhoc/base/identity';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import { TramError } from '@tramhoc/protocol/errors';
import type { AgentNotice, AgentStatus } from '@tramhoc/protocol/local-link';
import type { AgentConfig } from './agent-config.ts';
import type { AnyDriverDefinition } from './drivers/driver.ts';
import type { OpenLink } from './drivers/slot.ts';
import { type EnrolledDevice, startEnrolledDevice } from './enrolled-device.ts';
import { type Enrolment, startEnrolment } from './identity/enrolment.ts';
import { openIdentityStore } from './identity/identity-store.ts';
import type { OpenMqtt } from './link/site-link.ts';
import type { HostFacts } from './telemetry/host-facts.ts';

export type DeviceLife = {
  /** undefined for a stranger. */
  device(): EnrolledDevice | undefined;
  siteName(): string | undefined;
  enrolment(): AgentStatus['enrolment'];
  /** A new code for a stranger; a revoked device becomes a stranger with a new key. Throws CONFLICT for a device in good standing. */
  restartEnrolment(): void;
  close(): Promise<void>;
};

export type DeviceLifeDeps = {
  config: AgentConfig;
  facts: HostFacts;
  drivers: readonly AnyDriverDefinition[];
  openLink: OpenLink;
  openMqtt: OpenMqtt;
  tell(notice: AgentNotice): void;
  onChange(): void;
  clock: Clock;
  random: Random;
  log: Log;
};

type Now = { device: EnrolledDevice; deviceId: string; siteId: string; siteName: string } | { enrolment: Enrolment } | undefined;

/** Throws CONFIG_INVALID (damaged identity, no root certificate) and what the outbox throws on opening. */
export async function startDeviceLife(deps: DeviceLifeDeps): Promise<DeviceLife> {
  const { config, facts, onChange, clock, random, log } = deps;
  const store = openIdentityStore(config.dataDir);
  let now: Now;
  let closing = false;
  let turn: Promise<void> = Promise.resolve();
  /** One change at a time; the last one before closing is still carried out or not begun. */
  const inTurn = (work: () => Promise<void>): void => {
    turn = turn
      .then(() => (closing ? undefined : work()))
      .catch((err: unknown) => log.error({ err }, 'the agent could not go on after a change of its identity; start it again'));
  };
  const becomeDevice = async (): Promise<boolean> => {
    const grant = store.grant();
    const identity = store.identity();
    if (grant === undefined || identity === undefined) return false;
    const { deviceId, siteId, siteName } = grant;
    const device = await startEnrolledDevice({ ...deps, store, grant, identity, log: log.child({ deviceId }) });
    now = { device, deviceId, siteId, siteName };
    onChange();
    return true;
  };
  const becomeStranger = (): void => {
    const centre = centreOf(config);
    const { agentVersion, model, serial } = facts;
    const about = { name: config.name, model, serial, agentVersion };
    const mine = startEnrolment({
      ...{ store, centre, about, onChange, clock, random, log },
      onEnrolled: () =>
        inTurn(async () => {
          await centre.close();
          await becomeDevice();
        }),
    });
    now = { enrolment: { ...mine, close: () => mine.close().then(() => centre.close()) } };
    onChange();
  };
  const device = (): EnrolledDevice | undefined => (now !== undefined && 'device' in now ? now.device : undefined);
  if (!(await becomeDevice())) becomeStranger();

  return {
    device,
    siteName: () => (now !== undefined && 'device' in now ? now.siteName : undefined),
    enrolment() {
      if (now === undefined) return { state: 'unclaimed' };
      if ('enrolment' in now) return now.enrolment.status();
      if (now.device.revoked()) return { state: 'revoked' };
      const { deviceId, siteId } = now;
      return { state: 'enrolled', deviceId, siteId, certificateNotAfterMs: Math.round(now.device.certificateNotAfterMs()) };
    },
    restartEnrolment() {
      if (now !== undefined && 'enrolment' in now) now.enrolment.restart();
      else if (device()?.revoked() === true)
        inTurn(async () => {
          const old = device();
          now = undefined;
          await old?.close();
          store.reset();
          becomeStranger();
        });
      else throw new TramError('CONFLICT', 'this device is enrolled; revoke it in the console before enrolling it anew.');
    },
    async close() {
      closing = true;
      if (now !== undefined && 'enrolment' in now) await now.enrolment.close();
      await turn;
      await device()?.close();
    },
  };
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
