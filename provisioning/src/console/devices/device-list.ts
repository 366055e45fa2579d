/** The list of devices (of one site, or all), kept up to date by the live stream. */
import type { Device } from '../../api/contract.ts';
import { type Asked, useAsked } from '../api/asked.ts';
import { useLive } from '../api/live.tsx';
import { finds } from '../language/fold-text.ts';
import { useApi } from '../page-context.tsx';

export function useDevices(siteId?: string): [Asked<Device[]>, () => void] {
  const api = useApi();
  const [asked, { reload, change }] = useAsked(
    `devices ${siteId ?? ''}`,
    async (signal) => (await api.ask('listDevices', { query: siteId === undefined ? {} : { site: siteId }, signal })).devices,
  );
  useLive((message) => {
    if (message.kind === 'device' && (siteId === undefined || message.device.siteId === siteId))
      change((devices) => withDevice(devices, message.device));
  }, reload);
  return [asked, reload];
}

/** The newest state of one device in its place; a new device goes to the end. */
export function withDevice(devices: Device[], device: Device): Device[] {
  const known = devices.some(({ deviceId }) => deviceId === device.deviceId);
  return known ? devices.map((old) => (old.deviceId === device.deviceId ? device : old)) : [...devices, device];
}

export const stateFilters = ['all', 'online', 'offline', 'attention', 'revoked'] as const;
export type StateFilter = (typeof stateFilters)[number];

/** Somebody should look: offline though active, a config refused, hardware lost or at fault, no idea of the time, a certificate near its end. */
export function needsAttention(device: Device, nowMs: number): boolean {
  if (device.state === 'revoked') return false;
  const certificateMs = device.certificateNotAfterMs;
  return (
    !device.online ||
    device.twin === 'refused' ||
    device.lostSlotCount > 0 ||
    device.faultCount > 0 ||
    device.clockQuality === 'unknown' ||
    (certificateMs !== null && certificateMs - nowMs < certificateWarningMs)
  );
}
/** Devices renew by themselves from 120 days before the end; one that has not by now needs help. */
export const certificateWarningMs = 30 * 86_400_000;

export function filterDevices(
  devices: readonly Device[],
  { query, state, siteId, nowMs }: { query: string; state: StateFilter; siteId: string; nowMs: number },
): Device[] {
  return devices
    .filter((device) => siteId === '' || device.siteId === siteId)
    .filter((device) => inState(device, state, nowMs))
    .filter((device) => finds(query, device.name, device.model, device.serial, device.siteId, device.deviceId))
    .sort((a, b) => a.siteId.localeCompare(b.siteId) || a.name.localeCompare(b.name, 'vi', { numeric: true }));
}

function inState(device: Device, state: StateFilter, nowMs: number): boolean {
  switch (state) {
    case 'all':
      return true;
    case 'online':
      return device.state === 'active' && device.online;
    case 'offline':
      return device.state === 'active' && !device.online;
    case 'revoked':
      return device.state === 'revoked';
    case 'attention':
      return needsAttention(device, nowMs);
    default:
      return state satisfies never;
  }
}
