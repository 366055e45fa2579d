/** Makes sites and gives their brokers the claim they enrol with. */
import type { Clock } from '@tramhoc/base/clock';
import { sha256Hex } from '@tramhoc/base/digest';
import type { Random } from '@tramhoc/base/random';
import { TramError } from '@tramhoc/protocol/errors';
import { DeviceId, type SiteId } from '@tramhoc/protocol/ids';
import type { z } from 'zod';
import type { NewSite } from '../api/contract.ts';
import type { Actor, AuditLog } from '../audit/audit-log.ts';
import type { CentreStore } from '../store/centre-store.ts';

/** The broker's machine may be set up some days after the site was made. */
const claimLifeMs = 14 * 86_400_000;

/** As long as people may call a device. */
const maxNameLength = 80;

export type Claim = { claimUser: string; claimToken: string };
export type SiteDesk = {
  /** Throws CONFLICT when the id is taken. */
  create(site: z.output<typeof NewSite>, by: Actor): Claim;
  /** A new claim for the site's broker, e.g. after its machine was replaced; its old certificate ends when the claim is used. Throws NOT_FOUND. */
  renewClaim(siteId: SiteId, by: Actor): Claim;
};

export function siteDesk({
  store,
  clock,
  random,
  audit,
  changed,
}: {
  store: CentreStore;
  clock: Clock;
  random: Random;
  audit: AuditLog;
  changed: (siteId: SiteId) => void;
}): SiteDesk {
  const putClaim = (deviceId: DeviceId): Claim => {
    const claimToken = Buffer.from(random.bytes(32)).toString('base64url');
    store.enrolments.putClaim({
      device_id: deviceId,
      token_hash: sha256Hex(claimToken),
      fingerprint: null,
      expires_ms: clock.wallMs() + claimLifeMs,
    });
    return { claimUser: deviceId, claimToken };
  };
  return {
    create(site, by) {
      const claim = store.db.transaction(() => {
        if (store.sites.get(site.siteId) !== undefined)
          throw new TramError('CONFLICT', `there is a site ${site.siteId} already; choose another id.`);
        const brokerId = DeviceId.parse(random.uuid());
        const nowMs = clock.wallMs();
        store.sites.insert({
          ...{ site_id: site.siteId, name: site.name, broker_host: site.brokerHost, broker_port: site.brokerPort, created_ms: nowMs },
          ...{ card_key: Buffer.from(random.bytes(32)).toString('hex'), broker_device_id: brokerId },
        });
        store.devices.insert({
          ...{ device_id: brokerId, site_id: site.siteId, role: 'broker', name: brokerName(site.name), model: '', serial: '' },
          ...{ agent_version: '', fingerprint: '', enrolled_ms: nowMs },
        });
        audit.note({ ...by, action: 'site-created', target: site.siteId });
        return putClaim(brokerId);
      });
      changed(site.siteId);
      return claim;
    },
    renewClaim: (siteId, by) =>
      store.db.transaction(() => {
        const site = store.sites.get(siteId);
        if (site === undefined) throw new TramError('NOT_FOUND', `there is no site ${siteId}.`);
        if (store.devices.get(site.broker_device_id)!.state === 'revoked')
          throw new TramError('SITE_REVOKED', 'the broker of this site is revoked; a revoked identity is not given out again.');
        audit.note({ ...by, action: 'site-claim-renewed', target: siteId });
        return putClaim(site.broker_device_id);
      }),
  };
}

/** What the site's broker is called among its devices, cut between words. */
export function brokerName(siteName: string): string {
  const whole = `Máy chủ ${siteName}`;
  if (whole.length <= maxNameLength) return whole;
  const kept = whole.slice(0, maxNameLength);
  return `${kept.slice(0, kept.lastIndexOf(' '))}…`;
}
