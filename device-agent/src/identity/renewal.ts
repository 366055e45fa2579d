/**
 * Renews the certificate by EST simplereenroll, with the same key, when 100 to 120 days are left. The old certificate goes on until the new one has
 * connected: a broker that refuses the new one gets the old one back, and renewal is tried again the next day.
 */
import { type Clock, every, type Timer } from '@tramhoc/base/clock';
import { type Centre, centreClient, enrol, type Identity } from '@tramhoc/base/identity';
import type { Log } from '@tramhoc/base/log';
import type { LinkState } from '@tramhoc/base/mqtt-link';
import { type DeviceId, deviceUrn, type SiteId } from '@tramhoc/protocol/ids';
import type { IdentityStore } from './identity-store.ts';
import { renewalDue, spreadOf } from './plan-renewal.ts';

export type Renewal = {
  /** Every change of the link goes through here; the verdict on a new certificate is the broker's. */
  linkChanged(state: LinkState): void;
  /** Call when the time is known; also looks by itself every six hours. Never rejects. */
  look(): Promise<void>;
  /** The certificate to connect with at start: a renewed one that was not tried yet comes first. */
  readonly current: Identity;
  close(): Promise<void>;
};

/** Months are left: the look costs nothing, the attempt little. */
const lookEveryMs = 6 * 3_600_000;
/** Of the new certificate. One may be chance (the broker does not have the news yet). */
const maxRefusals = 3;
/** After a refusal nothing is gained by asking at once. */
const pauseAfterRefusalMs = 24 * 3_600_000;

export function createRenewal({
  store,
  identity,
  owner,
  centre,
  siteNowMs,
  useIdentity,
  clock,
  log,
}: {
  store: IdentityStore;
  identity: Identity;
  owner: { siteId: SiteId; deviceId: DeviceId };
  centre: Centre;
  /** A time that may be believed; undefined: nobody told it, then nothing is renewed by a clock that may be wrong. */
  siteNowMs(): number | undefined;
  useIdentity(identity: Identity): Promise<void>;
  clock: Clock;
  log: Log;
}): Renewal {
  let inUse = identity;
  let trial = store.next();
  let refusals = 0;
  let notBeforeMs = 0;
  let busy: Promise<void> = Promise.resolve();

  const renew = async (): Promise<void> => {
    const client = centreClient(centre, inUse);
    try {
      const renewed = await enrol(client, { keyPem: inUse.keyPem, subject: owner.deviceId, uri: deviceUrn(owner) });
      store.saveNext(renewed);
      trial = renewed;
      refusals = 0;
      log.info({ deviceId: owner.deviceId, notAfterMs: renewed.notAfterMs }, 'certificate renewed; connecting with it');
      await useIdentity(renewed);
    } finally {
      await client.close();
    }
  };
  const look = async (): Promise<void> => {
    const nowMs = siteNowMs();
    if (trial !== undefined || nowMs === undefined || clock.monotonicMs() < notBeforeMs) return;
    if (!renewalDue({ notAfterMs: inUse.notAfterMs, nowMs, spread: spreadOf(owner.deviceId) })) return;
    busy = renew().catch((err: unknown) => log.warn({ err }, 'the certificate could not be renewed yet'));
    await busy;
  };
  const takeBack = (): void => {
    log.error({ deviceId: owner.deviceId }, 'the broker refuses the renewed certificate; going on with the old one');
    trial = undefined;
    notBeforeMs = clock.monotonicMs() + pauseAfterRefusalMs;
    store.dropNext();
    busy = useIdentity(inUse);
  };
  const looks: Timer = every(clock, lookEveryMs, look);
  return {
    get current() {
      return trial ?? inUse;
    },
    linkChanged({ connected, code }) {
      if (trial === undefined) return;
      if (connected) {
        store.promoteNext();
        inUse = trial;
        trial = undefined;
        log.info({ deviceId: owner.deviceId, notAfterMs: inUse.notAfterMs }, 'the renewed certificate is in use');
      } else if (code === 'BROKER_REFUSED' && ++refusals >= maxRefusals) takeBack();
    },
    look,
    async close() {
      looks.cancel();
      await busy.catch(() => undefined);
    },
  };
}
