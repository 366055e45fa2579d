/** Searches for hardware that somebody asks a device for: done now or not at all. Asking moves the site's cursor and wakes its broker. */
import type { Clock } from '@tramhoc/base/clock';
import type { Random } from '@tramhoc/base/random';
import { TramError } from '@tramhoc/protocol/errors';
import type { DeviceId, SiteId } from '@tramhoc/protocol/ids';
import { ScanPort } from '@tramhoc/protocol/scan';
import { z } from 'zod';
import type { DeviceScan } from '../api/contract.ts';
import type { Actor, AuditLog } from '../audit/audit-log.ts';
import type { CentreStore } from '../store/centre-store.ts';
import type { ScanRow } from '../store/device-store.ts';

export type ScanDesk = {
  /** Throws NOT_FOUND, DEVICE_REVOKED, INPUT_INVALID (a broker), CONFLICT (not connected, or searching already). */
  ask(deviceId: DeviceId, wish: { modbus: boolean }, by: Actor): DeviceScan;
};
export type ScanDeskParts = {
  store: CentreStore;
  clock: Clock;
  random: Random;
  audit: AuditLog;
  /** Whether a command would reach it. */
  online(deviceId: DeviceId): boolean;
  changed(change: { siteId: SiteId; deviceId: DeviceId }): void;
};

/** The longest scan takes two minutes; the rest is the way there and back. */
const answerWithinMs = 180_000;
const Ports = z.array(ScanPort);

export function scanDesk({ store, clock, random, audit, online, changed }: ScanDeskParts): ScanDesk {
  const { db, sites, devices } = store;
  return {
    ask(deviceId, { modbus }, by) {
      const scan = db.transaction(() => {
        const device = devices.get(deviceId);
        if (device === undefined) throw new TramError('NOT_FOUND', 'there is no such device; look at the list again.');
        if (device.state === 'revoked') throw new TramError('DEVICE_REVOKED', 'this device is revoked; it takes no commands.');
        if (device.role === 'broker') throw new TramError('INPUT_INVALID', 'a site broker has no hardware; choose one of its devices.');
        if (!online(deviceId)) throw new TramError('CONFLICT', 'this device is not connected; a search is done now or not at all.');
        const before = devices.scan(deviceId);
        const nowMs = clock.wallMs();
        if (before !== undefined && ['asked', 'began'].includes(scanState(before, nowMs)))
          throw new TramError('CONFLICT', 'this device is searching already; wait for its result.');
        const { site_id: siteId } = device;
        devices.putScan({ deviceId, siteId, scanId: random.uuid(), modbus, askedMs: nowMs, cursor: sites.nextCursor(siteId) });
        audit.note({ ...by, action: 'scan-asked', target: deviceId, details: { modbus } });
        return { siteId, row: devices.scan(deviceId)! };
      });
      changed({ siteId: scan.siteId, deviceId });
      return scanOf(scan.row, clock.wallMs());
    },
  };
}

/** A row as the contract shows it. Ports that this version cannot read (a newer agent's) are left out. */
export function scanOf(row: ScanRow, nowMs: number): DeviceScan {
  const ports = Ports.safeParse(JSON.parse(row.ports)).data ?? [];
  return { scanId: row.scan_id, state: scanState(row, nowMs), askedMs: row.asked_ms, toldMs: row.told_ms, ports, more: row.more };
}

function scanState(row: ScanRow, nowMs: number): DeviceScan['state'] {
  return row.state !== 'done' && nowMs - row.asked_ms > answerWithinMs ? 'lost' : row.state;
}
