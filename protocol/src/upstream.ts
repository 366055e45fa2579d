/**
 * Site broker <-> centre, HTTPS with the site's certificate, opened from inside the site.
 *   POST /v1/events            application/cloudevents-batch+json, content-encoding zstd or none -> EventReceipt
 *   GET  /v1/desired?after=N   long poll -> DesiredChanges
 */
import { z } from 'zod';
import { DeviceCommand } from './command.ts';
import { DeviceId, Epoch, SiteId } from './ids.ts';
import { SiteRoster } from './roster.ts';
import { DesiredDocument } from './twin.ts';

/**
 * How far a site's own list has arrived. With each batch the site says what it believes the centre holds (`heldMarkHeader`, `noMark` for nothing) and
 * what it is to hold afterwards (`nextMarkHeader`); the centre keeps the latter in the transaction that stores the batch. When it holds another one it
 * takes nothing and answers 409 with `MarkConflict`: it was put back from a copy, or an answer was lost, and the site knows from which row on to send
 * again. To the centre a mark is a text and nothing else. An empty batch asks whether both agree.
 */
export const heldMarkHeader = 'tramhoc-held-mark';
export const nextMarkHeader = 'tramhoc-next-mark';
export const noMark = 'none';
export const DeliveryMark = z.string().regex(/^[0-9A-Za-z.-]{1,64}$/);
export const MarkConflict = z.object({ code: z.literal('CONFLICT'), heldMark: DeliveryMark });

/** `contiguousSeq`: every seq from 1 up to it is stored (or declared dropped) at the centre. `storedSeq`: the highest one stored. */
export const EventReceipt = z.object({
  receipts: z.array(z.object({ device: DeviceId, epoch: Epoch, contiguousSeq: z.int().min(0), storedSeq: z.int().min(0) })),
  accepted: z.int().min(0),
  repeated: z.int().min(0),
  /** Stored aside because this centre cannot read them; they count as delivered. */
  quarantined: z.int().min(0),
  /** Set when the centre is busy: send nothing before this many ms have passed. */
  retryAfterMs: z.int().min(0).optional(),
  /** What the centre holds now; left out by one that knows no marks. */
  heldMark: DeliveryMark.optional(),
});
export type EventReceipt = z.infer<typeof EventReceipt>;

/** A device that must not be served, by its identity; certificates are not listed one by one because all of a revoked device's are refused. */
export const Revocation = z.object({ device: DeviceId, revokedAtMs: z.int(), reason: z.string().max(200) });
export type Revocation = z.infer<typeof Revocation>;

/** Everything that changed for this site after cursor `after`, in one answer. Lists are complete states of what they name, so a repeat is harmless. */
export const DesiredChanges = z.object({
  siteId: SiteId,
  cursor: z.int().min(0),
  documents: z.array(z.object({ device: DeviceId, document: DesiredDocument })),
  revocations: z.array(Revocation),
  roster: SiteRoster.optional(),
  /** For devices that are connected now. They expire: a site that comes back later does not get them. */
  commands: z.array(z.object({ device: DeviceId, command: DeviceCommand })).optional(),
  /** The centre's clock, for the console's clock-skew figure. */
  centreMs: z.int(),
});
export type DesiredChanges = z.infer<typeof DesiredChanges>;
