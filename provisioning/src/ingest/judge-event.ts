/** What one element of a batch is, before any store is asked. The same for every event log. */
import { sha256Hex } from '@tramhoc/base/digest';
import { checkEvent, dataOf, type TramEvent } from '@tramhoc/protocol/event';
import { isPlainStampedEvent } from '@tramhoc/protocol/event-check';
import { type DeviceId, Epoch, parseDeviceUrn, Seq, type SiteId } from '@tramhoc/protocol/ids';
import type { StoredTime } from '../store/event-store.ts';

/** Kept of one thing that could not be read. */
const maxQuarantineChars = 64 * 1024;
/** The newest ones; a device that sends rubbish for ever must not fill the disk. */
export const maxQuarantineRows = 20_000;

export type Owner = { siteId: SiteId; deviceId: DeviceId };
export type Judged =
  | { kind: 'event'; event: TramEvent; owner: Owner; input: unknown }
  | { kind: 'unreadable'; input: unknown; reason: string };
export const reusedIdentity = 'seq: another event has this device, epoch and seq';
export const reusedId = 'id: another event has this id';

export function judgeEvent(input: unknown, siteId: SiteId): Judged {
  const plain = plainEvent(input, siteId);
  if (plain !== undefined) return plain;
  const checked = checkEvent(input);
  if (!checked.ok) return { kind: 'unreadable', input, reason: checked.reason };
  const owner = parseDeviceUrn(checked.event.source)!;
  if (owner.siteId !== siteId) return { kind: 'unreadable', input, reason: `source: not of site ${siteId}` };
  return { kind: 'event', event: checked.event, owner, input };
}

/** Taps and readings of this site as brokers send them: what checkEvent would say of them, at a fifth of the time. */
function plainEvent(input: unknown, siteId: SiteId): Judged | undefined {
  const source = (input as { source?: unknown } | null)?.source;
  const prefix = `urn:tramhoc:${siteId}:`;
  if (typeof source !== 'string' || source.length !== prefix.length + uuidLength || !source.startsWith(prefix)) return undefined;
  const deviceId = source.slice(prefix.length);
  if (!lowerUuid.test(deviceId) || !isPlainStampedEvent(input, source)) return undefined;
  return { kind: 'event', event: input, owner: { siteId, deviceId: deviceId as DeviceId }, input };
}
const uuidLength = 36;
const lowerUuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export type QuarantineRow = {
  fingerprint: string;
  siteId: SiteId;
  deviceId: DeviceId | null;
  receivedMs: number;
  reason: string;
  payload: string;
};
/** `identity`: where it can be read, its stream goes on past it. A repeat has the same fingerprint. */
export type Quarantined = { row: QuarantineRow; identity: { device: DeviceId; epoch: Epoch; seq: number } | undefined };

export function quarantined(input: unknown, reason: string, { siteId, receivedMs }: { siteId: SiteId; receivedMs: number }): Quarantined {
  const payload = JSON.stringify(input) ?? 'undefined';
  const identity = readableIdentity(input, siteId);
  const key = identity === undefined ? payload : `${siteId} ${identity.device} ${identity.epoch} ${identity.seq} ${identity.id}`;
  return {
    row: {
      ...{ fingerprint: sha256Hex(key), siteId, deviceId: identity?.device ?? null, receivedMs, reason },
      payload: payload.slice(0, maxQuarantineChars),
    },
    identity,
  };
}

export function readableIdentity(input: unknown, siteId: SiteId): { device: DeviceId; epoch: Epoch; seq: number; id: string } | undefined {
  const { source, epoch, seq, id } = (typeof input === 'object' && input !== null ? input : {}) as Record<string, unknown>;
  const owner = typeof source === 'string' ? parseDeviceUrn(source) : undefined;
  const checkedEpoch = Epoch.safeParse(epoch);
  const checkedSeq = Seq.safeParse(seq);
  if (owner?.siteId !== siteId || !checkedEpoch.success || !checkedSeq.success) return undefined;
  return { device: owner.deviceId, epoch: checkedEpoch.data, seq: checkedSeq.data, id: String(id).slice(0, 80) };
}

/** Who is who, as the registry has it. */
export type Registered = { get(deviceId: string): { role: 'agent' | 'broker'; site_id: SiteId } | undefined };
export type Loss = { device: DeviceId; epoch: Epoch; from: number; to: number };

/** A declared loss that is believed: of the device itself, or from the broker for a device of its site. */
export function declaredLoss(event: TramEvent, { siteId, deviceId }: Owner, registered: Registered): Loss | undefined {
  const own = dataOf(event, 'vn.tramhoc.outbox.dropped.v1');
  const ofSite = own === undefined ? dataOf(event, 'vn.tramhoc.site.dropped.v1') : undefined;
  if (own === undefined && ofSite === undefined) return undefined;
  if (ofSite !== undefined && registered.get(deviceId)?.role !== 'broker') return undefined;
  const loss = own === undefined ? ofSite! : { ...own, device: deviceId };
  if (loss.from > loss.to) return undefined;
  if (loss.device !== deviceId && registered.get(loss.device)?.site_id !== siteId) return undefined;
  return { device: loss.device, epoch: loss.epoch, from: loss.from, to: loss.to };
}

/** The site's time, when the site could work one out. The device's own clock is never used in its place. */
export function storedTime(event: TramEvent): StoredTime {
  const method = event.sitetimemethod ?? 'unknown';
  const known = method !== 'unknown' && event.sitetime !== undefined;
  return {
    siteTimeMs: known ? Date.parse(event.sitetime!) : null,
    method: known ? method : 'unknown',
    errorMs: event.sitetimeerrorms ?? null,
  };
}
