/** Events as devices make them, for tests. */
import { createHash } from 'node:crypto';
import type { EventType } from '@tramhoc/protocol/event';
import { type DeviceId, deviceUrn, type SiteId } from '@tramhoc/protocol/ids';

export const epochA = '00000000000000aa';
export const epochB = '00000000000000bb';

export type Made = {
  siteId: SiteId;
  deviceId: DeviceId;
  seq: number;
  epoch?: string;
  type?: EventType;
  data?: Record<string, unknown>;
  siteTimeMs?: number | null;
  id?: string;
};

/** A tap unless another type is given. `siteTimeMs: null`: the site could not work the time out. The id follows from the identity. */
export function made({
  siteId,
  deviceId,
  seq,
  epoch = epochA,
  type = 'vn.tramhoc.attendance.tap.v1',
  data,
  siteTimeMs = Date.UTC(2026, 10, 23, 0, 5),
  id,
}: Made) {
  const hash = createHash('sha256').update(`${deviceId} ${epoch} ${seq}`).digest('hex');
  return {
    specversion: '1.0',
    id: id ?? `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`,
    source: deviceUrn({ siteId, deviceId }),
    type,
    time: '2000-01-01T00:00:00.000Z',
    datacontenttype: 'application/json',
    ...{ epoch, seq, bootid: '00000000-0000-4000-8000-000000000001', monons: String(seq * 1_000_000), clockquality: 'rtc' },
    ...(siteTimeMs === null
      ? { sitetimemethod: 'unknown' }
      : { sitetime: new Date(siteTimeMs).toISOString(), sitetimemethod: 'same-boot', sitetimeerrorms: 20 }),
    data: data ?? { slot: 'gate', cardHash: 'a'.repeat(64), technology: 'em4100' },
  };
}
