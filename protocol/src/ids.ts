/** Identities. Branded, so that a SiteId never lands where a DeviceId belongs. */
import { z } from 'zod';

/** A school, library or learning centre: lower-case letters, digits and dashes, 2..40 characters. It is a topic level and a URN part. */
export const SiteId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$/, 'use 2 to 40 lower-case letters, digits or dashes, e.g. thpt-nguyen-thuong-hien')
  .brand<'SiteId'>();
export type SiteId = z.infer<typeof SiteId>;

/** One computer that speaks for hardware, or a site broker. Random (v4) UUID in lower case, given by the centre. */
export const DeviceId = z
  .string()
  .regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'a lower-case UUID')
  .brand<'DeviceId'>();
export type DeviceId = z.infer<typeof DeviceId>;

/** A place for one piece of hardware on a device: `gate-reader`, `air`. */
export const SlotId = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/, 'use 1 to 32 lower-case letters, digits or dashes')
  .brand<'SlotId'>();
export type SlotId = z.infer<typeof SlotId>;

/** Of an outbox from one start to the next (docs/adr/0010): 64 random bits, 16 hex digits. */
export const Epoch = z
  .string()
  .regex(/^[0-9a-f]{16}$/, '16 lower-case hex digits')
  .brand<'Epoch'>();
export type Epoch = z.infer<typeof Epoch>;

/** Names one run of the operating system between two boots (Linux: /proc/sys/kernel/random/boot_id). */
export const BootId = z
  .string()
  .regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'a lower-case UUID')
  .brand<'BootId'>();
export type BootId = z.infer<typeof BootId>;

/** Position in the outbox, from 1. CloudEvents integers have 31 bits; at one event a second that is 68 years. */
export const Seq = z.int().min(1).max(2_147_483_647).brand<'Seq'>();
export type Seq = z.infer<typeof Seq>;

/** HMAC-SHA-256 under the site's card key of the normalised UID (upper-case hex, big-endian): 64 hex digits. Card numbers leave a site only so. */
export const CardHash = z
  .string()
  .regex(/^[0-9a-f]{64}$/, '64 lower-case hex digits')
  .brand<'CardHash'>();
export type CardHash = z.infer<typeof CardHash>;

/** A card's number as read, upper-case hex, big-endian, 4 to 10 bytes. It stays in the process that read it; never log or store it. */
export const CardUid = z
  .string()
  .regex(/^(?:[0-9A-F]{2}){4,10}$/, 'upper-case hex, 4 to 10 bytes')
  .brand<'CardUid'>();
export type CardUid = z.infer<typeof CardUid>;

/** `source` of an event and subject of a certificate: urn:tramhoc:<site>:<device>. */
export function deviceUrn({ siteId, deviceId }: { siteId: SiteId; deviceId: DeviceId }): string {
  return `urn:tramhoc:${siteId}:${deviceId}`;
}

export function parseDeviceUrn(urn: string): { siteId: SiteId; deviceId: DeviceId } | undefined {
  const match = /^urn:tramhoc:([^:]+):([^:]+)$/.exec(urn);
  if (match === null) return undefined;
  const siteId = SiteId.safeParse(match[1]);
  const deviceId = DeviceId.safeParse(match[2]);
  return siteId.success && deviceId.success ? { siteId: siteId.data, deviceId: deviceId.data } : undefined;
}
