/** Rows of the registry as the contract shows them. */
import type { Clock } from '@tramhoc/base/clock';
import { ComputerLoad, ComputerState, DisplayState, usbPlace } from '@tramhoc/protocol/asset';
import type { SiteId } from '@tramhoc/protocol/ids';
import { DesiredState } from '@tramhoc/protocol/twin';
import { z } from 'zod';
import {
  type ComputerView,
  type Device,
  type DeviceDetail,
  DriverKind,
  type PendingEnrolment,
  type Site,
  type StoredEvent,
  type TwinView,
} from '../api/contract.ts';
import { siteDay } from '../attendance/site-day.ts';
import type { CentreStore } from '../store/centre-store.ts';
import type { DeviceListRow } from '../store/device-store.ts';
import type { EnrolmentRow } from '../store/enrolment-store.ts';
import type { EventRow } from '../store/event-store.ts';
import type { SiteRow } from '../store/site-store.ts';
import { scanOf } from '../twin/scan-desk.ts';
import type { SitePresence } from './site-presence.ts';

const ReportedErrors = z.array(z.object({ key: z.string(), code: z.string(), message: z.string() }));
const DriverTitle = DriverKind.pick({ kind: true, title: true });
const noDesired: DesiredState = { drivers: {} };

export type Views = ReturnType<typeof views>;

export function views({ store, presence, clock }: { store: CentreStore; presence: SitePresence; clock: Clock }) {
  const { sites, devices, twins } = store;

  const siteOf = (row: SiteRow, counts: { deviceCount: number; onlineCount: number; tapsToday: number }): Site => {
    const online = presence.online(row.site_id);
    return {
      ...{ siteId: row.site_id, name: row.name, brokerHost: row.broker_host, brokerPort: row.broker_port, online },
      ...{ lastSeenMs: presence.lastSeenMs(row.site_id) ?? null, deviceCount: counts.deviceCount },
      ...{ onlineCount: online ? counts.onlineCount : 0, cardCount: row.card_count, tapsToday: counts.tapsToday },
    };
  };

  /** While the site cannot be heard nobody knows whether its devices are there: they count as offline. */
  const deviceOf = (row: DeviceListRow): Device => {
    const siteOnline = presence.online(row.site_id);
    const online = row.state === 'active' && siteOnline && (row.role === 'broker' || row.online === 1);
    return {
      ...{ deviceId: row.device_id, siteId: row.site_id, name: row.name, role: row.role, model: row.model, serial: row.serial },
      ...{ agentVersion: row.agent_version, os: row.os, fingerprint: row.fingerprint, state: row.state, enrolledMs: row.enrolled_ms },
      ...{ certificateNotAfterMs: row.certificate_not_after_ms, certificateSerial: row.certificate_serial },
      ...{ revokedMs: row.revoked_ms, revokedReason: row.revoked_reason, online },
      onlineChangedMs: row.role === 'broker' ? (presence.lastSeenMs(row.site_id) ?? null) : row.online_changed_ms,
      ...{ lastEventMs: row.last_event_ms, clockQuality: row.clock_quality, twin: twinState(row) },
      ...{ lostSlotCount: row.lost_slots, faultCount: row.raised_faults },
    };
  };

  const twinViewOf = (deviceId: Device['deviceId']): TwinView => {
    const desired = twins.desired(deviceId);
    const reported = twins.reported(deviceId);
    return {
      desiredVersion: desired?.version ?? 0,
      desired: desired === undefined ? noDesired : DesiredState.parse(JSON.parse(desired.document)),
      desiredMs: desired?.changed_ms ?? null,
      reportedVersion: reported?.version ?? null,
      reported: reported === undefined ? null : reportedState(reported.drivers),
      reportedMs: reported?.reported_ms ?? null,
      errors: reported === undefined ? [] : ReportedErrors.parse(JSON.parse(reported.errors)),
    };
  };

  const computersOf = (deviceId: Device['deviceId']): ComputerView[] => {
    const changes = new Map(devices.usbChanges(deviceId).map((row) => [`${row.slot} ${row.place}`, row]));
    return devices.computers(deviceId).map(({ slot, at_ms, state, load, load_ms }) => {
      const { usb, ...computer } = ComputerState.parse(JSON.parse(state));
      return {
        ...{ slot, atMs: at_ms, state: computer },
        load: load === null || load_ms === null ? null : { atMs: load_ms, load: ComputerLoad.parse(JSON.parse(load)) },
        usb: usb.map((device) => {
          const change = changes.get(`${slot} ${usbPlace(device)}`);
          return { ...device, known: change === undefined || change.known === 1, sinceMs: change?.at_ms ?? null };
        }),
      };
    });
  };

  return {
    allSites(): Site[] {
      const counts = new Map(sites.deviceCounts().map((row) => [row.site_id, row]));
      const taps = new Map(sites.tapsOn(siteDay(clock.wallMs())).map((row) => [row.site_id, row.tap_count]));
      return sites.all().map((row) => {
        const count = counts.get(row.site_id);
        return siteOf(row, {
          deviceCount: count?.device_count ?? 0,
          onlineCount: count?.online_count ?? 0,
          tapsToday: taps.get(row.site_id) ?? 0,
        });
      });
    },
    site(siteId: SiteId): Site | undefined {
      const row = sites.get(siteId);
      if (row === undefined) return undefined;
      const count = sites.deviceCountsOf(siteId);
      const tapsToday = sites.tapsOfSiteOn(siteId, siteDay(clock.wallMs()));
      return siteOf(row, { deviceCount: count.device_count, onlineCount: count.online_count ?? 0, tapsToday });
    },
    devices: (siteId: SiteId | undefined): Device[] => devices.list(siteId).map(deviceOf),
    device(deviceId: string): Device | undefined {
      const row = devices.listed(deviceId);
      return row === undefined ? undefined : deviceOf(row);
    },
    drivers: (): z.infer<typeof DriverTitle>[] =>
      devices.driverTitles().map(({ kind, title }) => DriverTitle.parse({ kind, title: JSON.parse(title) })),
    twinViewOf,
    deviceDetail(deviceId: string): DeviceDetail | undefined {
      const row = devices.listed(deviceId);
      if (row === undefined) return undefined;
      const scan = devices.scan(row.device_id);
      return {
        ...deviceOf(row),
        twinView: twinViewOf(row.device_id),
        driverKinds: devices.drivers(row.device_id).map((driver) => DriverKind.parse(JSON.parse(driver))),
        slots: devices.slots(row.device_id).map((slot) => ({
          ...{ slot: slot.slot, driver: slot.driver, state: slot.state, sinceMs: slot.since_ms, code: slot.code, message: slot.message },
          ...{ skippedBytes: slot.skipped_bytes, reopenCount: slot.reopen_count, timeoutCount: slot.timeout_count },
          lastFrameMs: slot.last_frame_ms,
        })),
        faults: devices
          .faults(row.device_id)
          .map(({ slot, code, level, detail, since_ms }) => ({ slot, code, level, detail, sinceMs: since_ms })),
        scan: scan === undefined ? null : scanOf(scan, clock.wallMs()),
        displays: devices
          .displays(row.device_id)
          .map(({ slot, at_ms, state }) => ({ slot, atMs: at_ms, state: DisplayState.parse(JSON.parse(state)) })),
        computers: computersOf(row.device_id),
      };
    },
  };
}

/** What a device reports is what its drivers run with; a newer agent's values that we cannot read are not shown as empty but left out. */
function reportedState(drivers: string): DesiredState | null {
  const parsed = DesiredState.safeParse({ drivers: JSON.parse(drivers) });
  return parsed.success ? parsed.data : null;
}

function twinState(row: DeviceListRow): Device['twin'] {
  if (row.desired_version === null) return 'none';
  if (row.reported_version !== row.desired_version) return 'pending';
  if (row.reported_errors !== null && row.reported_errors !== '[]') return 'refused';
  return row.reported_hash === row.desired_hash ? 'converged' : 'pending';
}

export function pendingOf(row: EnrolmentRow): PendingEnrolment {
  return {
    ...{ enrolmentId: row.enrolment_id, name: row.name, model: row.model, serial: row.serial, agentVersion: row.agent_version },
    ...{ fingerprint: row.fingerprint, address: row.address, createdMs: row.created_ms, expiresMs: row.expires_ms },
  };
}

export function storedEventOf(row: EventRow): StoredEvent {
  return {
    ...{
      position: row.position,
      siteId: row.site_id,
      deviceId: row.device_id,
      deviceName: row.device_name ?? '',
      epoch: row.epoch,
      seq: row.seq,
    },
    ...{ id: row.id, type: row.type, deviceTime: row.device_time, clockQuality: row.clock_quality, siteTimeMs: row.site_time_ms },
    ...{ siteTimeMethod: row.site_time_method, siteTimeErrorMs: row.site_time_error_ms, receivedMs: row.received_ms },
    data: JSON.parse(row.data) as Record<string, unknown>,
    person: row.person_id === null ? null : { personId: row.person_id, name: row.person_name ?? '', group: row.person_group ?? '' },
  };
}
