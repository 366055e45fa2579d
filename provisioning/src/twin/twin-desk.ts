/** Wishes for devices: desired documents with versions, and revocations. Both move the site's cursor and wake its broker. */
import type { Clock } from '@tramhoc/base/clock';
import { desiredHash } from '@tramhoc/base/digest';
import { TramError } from '@tramhoc/protocol/errors';
import type { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import { type DesiredState, twinLimitFault } from '@tramhoc/protocol/twin';
import type { Actor, AuditLog } from '../audit/audit-log.ts';
import type { CentreStore } from '../store/centre-store.ts';
import type { DeviceRow } from '../store/device-store.ts';

export type TwinDesk = {
  /** Throws NOT_FOUND, DEVICE_REVOKED, TWIN_INVALID, TWIN_VERSION_CONFLICT. The same document again is no change. */
  setDesired(deviceId: DeviceId, change: { ifVersion: number; desired: DesiredState }, by: Actor): void;
  /** For good: the identity is never used again. Revoking twice is no fault. Throws NOT_FOUND. */
  revoke(deviceId: DeviceId, reason: string, by: Actor): void;
};
export type TwinDeskParts = {
  store: CentreStore;
  clock: Clock;
  audit: AuditLog;
  changed: (change: { siteId: SiteId; deviceId: DeviceId }) => void;
};

export function twinDesk({ store, clock, audit, changed }: TwinDeskParts): TwinDesk {
  const { db, sites, devices, twins } = store;
  const found = (deviceId: DeviceId): DeviceRow => {
    const device = devices.get(deviceId);
    if (device === undefined) throw new TramError('NOT_FOUND', 'there is no such device; look at the list again.');
    return device;
  };
  return {
    setDesired(deviceId, { ifVersion, desired }, by) {
      const fault = twinLimitFault(desired);
      if (fault !== undefined) throw new TramError('TWIN_INVALID', `this configuration is too large: ${fault}. Take something out.`);
      const device = db.transaction(() => {
        const row = found(deviceId);
        if (row.state === 'revoked') throw new TramError('DEVICE_REVOKED', 'this device is revoked; it takes no configuration.');
        if (row.role === 'broker') throw new TramError('TWIN_INVALID', 'a site broker runs no drivers; choose one of its devices.');
        const before = twins.desired(deviceId);
        const version = before?.version ?? 0;
        if (version !== ifVersion)
          throw new TramError(
            'TWIN_VERSION_CONFLICT',
            `the configuration is at version ${version} by now; look at it and change that one.`,
            { details: { version } },
          );
        const hash = desiredHash(desired);
        if (before?.hash === hash) return undefined;
        twins.putDesired({
          ...{ device_id: deviceId, site_id: row.site_id, version: version + 1, document: JSON.stringify(desired), hash },
          ...{ changed_ms: clock.wallMs(), changed_by: by.actor, change_cursor: sites.nextCursor(row.site_id) },
        });
        audit.note({ ...by, action: 'desired-changed', target: deviceId, details: { version: version + 1 } });
        return row;
      });
      if (device !== undefined) changed({ siteId: device.site_id, deviceId });
    },
    revoke(deviceId, reason, by) {
      const device = db.transaction(() => {
        const row = found(deviceId);
        if (row.state === 'revoked') return undefined;
        devices.revoke(deviceId, { atMs: clock.wallMs(), reason, cursor: sites.nextCursor(row.site_id) });
        audit.note({ ...by, action: 'device-revoked', target: deviceId, details: { reason } });
        return row;
      });
      if (device !== undefined) changed({ siteId: device.site_id, deviceId });
    },
  };
}
