/**
 * Facts. An event is a CloudEvents 1.0 JSON object with our extension attributes; identity is (device, epoch, seq), `id` is unique as well.
 * Source: CloudEvents 1.0.2, JSON event format and batch; extension names are lower case without separators as its clause 3.1 asks.
 */
import { z } from 'zod';
import { ComputerLoad, ComputerState, DisplayState, PrinterState, UsbDevice } from './asset.ts';
import { DeviceFaultCode } from './device-fault.ts';
import { BootId, CardHash, DeviceId, Epoch, parseDeviceUrn, Seq, SlotId } from './ids.ts';
import { Feedback, TrackingCode } from './kiosk.ts';
import { ItemsSeen } from './library.ts';
import { maxScanPorts, ScanId, ScanPort } from './scan.ts';
import { Measurement } from './sensor.ts';
import { PunchDirection, PunchVerify, TerminalSerial } from './terminal-punch.ts';

/** How far the wall clock of the device can be believed: never set, battery clock, set by the site broker, set by NTP. */
export const ClockQuality = z.enum(['unknown', 'rtc', 'site', 'ntp']);
export type ClockQuality = z.infer<typeof ClockQuality>;

/** How the site broker worked out `sitetime`; `unknown` means no time can be given ("không rõ giờ"). */
export const SiteTimeMethod = z.enum(['same-boot', 'device-clock', 'unknown']);
export type SiteTimeMethod = z.infer<typeof SiteTimeMethod>;

const Slot = SlotId;
/** Decimal digits of a 64-bit count of nanoseconds; CloudEvents integers have 31 bits. */
const Nanoseconds = z.string().regex(/^\d{1,19}$/);
const Timestamp = z.iso.datetime({ offset: true });

/** The data of each event type. A new optional field is the same version, anything else the next. */
export const eventData = {
  /** A card or code was presented and counted. */
  'vn.tramhoc.attendance.tap.v1': z.strictObject({
    slot: Slot,
    cardHash: CardHash,
    /** What carried the number: a 125 kHz card, a 13.56 MHz card, a printed code; `terminal`: an attendance terminal knew the person (PIN). */
    technology: z.enum(['em4100', 'iso14443', 'iso15693', 'code', 'terminal']),
    /** Only with `terminal`: the day and time that count are the terminal's own, it may tell them days later. */
    terminal: z.strictObject({ serial: TerminalSerial, time: Timestamp, verify: PunchVerify, direction: PunchDirection }).optional(),
  }),
  /** Values measured over the reporting interval (averages unless the driver says otherwise). */
  'vn.tramhoc.sensor.reading.v1': z.strictObject({
    slot: Slot,
    driver: z.string().max(32),
    measurements: z.array(Measurement).min(1).max(16),
    sampleCount: z.int().min(1),
  }),
  'vn.tramhoc.asset.display.v1': z.strictObject({ slot: Slot, driver: z.string().max(32), state: DisplayState }),
  'vn.tramhoc.asset.printer.v1': z.strictObject({ slot: Slot, driver: z.string().max(32), state: PrinterState }),
  /** The computer itself, when something changed and once a day. */
  'vn.tramhoc.asset.computer.v1': z.strictObject({ slot: Slot, driver: z.string().max(32), state: ComputerState }),
  'vn.tramhoc.asset.computer-load.v1': z.strictObject({
    slot: Slot,
    driver: z.string().max(32),
    load: ComputerLoad,
    sampleCount: z.int().min(1),
  }),
  /** `known`: it was there when the computer was first seen, or somebody allowed it. */
  'vn.tramhoc.asset.usb.v1': z.strictObject({
    slot: Slot,
    driver: z.string().max(32),
    change: z.enum(['plugged', 'unplugged']),
    device: UsbDevice,
    known: z.boolean(),
  }),
  /** A device says that a part of it is broken, empty or too hot (`raised`), or that it is well again. What to do: protocol/src/device-fault.ts. */
  'vn.tramhoc.asset.fault.v1': z.strictObject({
    slot: Slot,
    driver: z.string().max(32),
    code: DeviceFaultCode,
    level: z.enum(['warning', 'error']),
    raised: z.boolean(),
    detail: z.string().max(120).optional(),
  }),
  /** Items of a library came to a pad, left it, or were carried through a gate. */
  'vn.tramhoc.library.items-seen.v1': ItemsSeen,
  /** Sent when an agent starts: what it is and which drivers it can run. */
  'vn.tramhoc.device.hello.v1': z.strictObject({
    agentVersion: z.string().max(32),
    model: z.string().max(120),
    serial: z.string().max(120),
    os: z.string().max(120),
    driverKinds: z.array(z.string().max(32)).max(128),
  }),
  /** One driver that the agent can run, with the JSON Schema of its config. Sent once, and again when an update changed it. */
  'vn.tramhoc.device.driver.v1': z.strictObject({
    kind: z.string().max(32),
    title: z.strictObject({ vi: z.string().max(120), en: z.string().max(120) }),
    configSchema: z.record(z.string(), z.unknown()),
    /** Kept as words: a newer agent may be able to do what an older centre has no name for. */
    capabilities: z
      .array(z.looseObject({ can: z.string().max(32) }))
      .max(16)
      .optional(),
  }),
  /** A device was asked to look at its ports (`began`), and this is what it found (`done`). `more`: ports that found no room in the list. */
  'vn.tramhoc.device.scan.v1': z.strictObject({
    scanId: ScanId,
    state: z.enum(['began', 'done']),
    ports: z.array(ScanPort).max(maxScanPorts),
    more: z.int().min(0),
  }),
  /** A slot changed its state; counters since the agent started. */
  'vn.tramhoc.device.slot.v1': z.strictObject({
    slot: Slot,
    driver: z.string().max(32),
    state: z.enum(['opening', 'open', 'lost', 'closed']),
    code: z.string().max(64).optional(),
    message: z.string().max(300).optional(),
    skippedBytes: z.int().min(0),
    reopenCount: z.int().min(0),
    /** Questions that the device left unanswered. */
    timeoutCount: z.int().min(0).optional(),
    /** How long it has been in this state, and since the last good frame, when this was told. */
    stateMs: z.int().min(0).optional(),
    lastFrameAgoMs: z.int().min(0).optional(),
  }),
  /** What the device runs after it worked through a desired document. */
  'vn.tramhoc.twin.reported.v1': z.strictObject({
    appliedVersion: z.int().min(0),
    hash: z.string().max(64),
    drivers: z.record(SlotId, z.strictObject({ kind: z.string().max(32), config: z.record(z.string(), z.unknown()) })),
    /** Keys of the desired document that were refused; the old config goes on for them. */
    errors: z.array(z.strictObject({ key: z.string().max(200), code: z.string().max(64), message: z.string().max(300) })).max(64),
  }),
  'vn.tramhoc.kiosk.feedback.v1': z.strictObject({ trackingCode: TrackingCode, ...Feedback.shape }),
  /** The outbox reached its cap and gave up `count` rows of `epoch`, all with a seq within `from`..`to`: the only way an accepted event may be missing. */
  'vn.tramhoc.outbox.dropped.v1': z.strictObject({
    epoch: Epoch,
    from: Seq,
    to: Seq,
    count: z.int().min(1),
    reason: z.enum(['size', 'age']),
  }),
  /** `count` waiting rows of the outbox were damaged on the disk and are not sent: what they said is not known. Their seqs are missing. */
  'vn.tramhoc.outbox.damaged.v1': z.strictObject({ count: z.int().min(1) }),
  /** From the broker: a device came or went. */
  'vn.tramhoc.site.presence.v1': z.strictObject({
    device: DeviceId,
    online: z.boolean(),
    reason: z.enum(['connected', 'closed', 'lost', 'taken-over', 'revoked', 'restart']),
  }),
  /** From the broker: seq `from`..`to` of a device have not arrived although later ones have. */
  'vn.tramhoc.site.gap.v1': z.strictObject({ device: DeviceId, epoch: Epoch, from: Seq, to: Seq }),
  /**
   * From the broker: its store reached its cap and gave up `count` events of a device, all with a seq within `from`..`to`. What a record among them
   * said (this type or outbox.dropped) is in this one or in another of the same moment. With `epochs`, `count` is of up to so many of the device, and this
   * one is the last of them: a record for each would have taken the room.
   */
  'vn.tramhoc.site.dropped.v1': z.strictObject({
    device: DeviceId,
    epoch: Epoch,
    from: Seq,
    to: Seq,
    count: z.int().min(1),
    epochs: z.int().min(2).optional(),
    reason: z.literal('size'),
  }),
  /** From the broker: a payload could not be understood; it is kept at the site. */
  'vn.tramhoc.site.quarantined.v1': z.strictObject({
    device: DeviceId,
    code: z.string().max(64),
    reason: z.string().max(300),
    payloadBytes: z.int().min(0),
  }),
} as const;

export type EventType = keyof typeof eventData;
export type EventData<T extends EventType> = z.infer<(typeof eventData)[T]>;
export const eventTypes = Object.keys(eventData) as EventType[];

/** Evicted only when nothing else is left to evict. */
export const keepLongest: ReadonlySet<string> = new Set<EventType>(['vn.tramhoc.attendance.tap.v1', 'vn.tramhoc.kiosk.feedback.v1']);

/** The envelope. Data is looked at by type afterwards, so that a newer device's event types pass through an older broker unharmed. */
export const TramEvent = z.object({
  specversion: z.literal('1.0'),
  id: z.uuid(),
  /** urn:tramhoc:<site>:<device> */
  source: z
    .string()
    .max(120)
    .refine((urn) => parseDeviceUrn(urn) !== undefined, 'urn:tramhoc:<site>:<device>'),
  type: z.string().regex(/^vn\.tramhoc\.[a-z]+\.[a-z-]+\.v[1-9]\d*$/, 'vn.tramhoc.<area>.<fact>.v<n>'),
  /** The device's wall clock as it was: never corrected on the way. */
  time: Timestamp,
  datacontenttype: z.literal('application/json'),
  epoch: Epoch,
  seq: Seq,
  bootid: BootId,
  /** CLOCK_MONOTONIC of the device when the event was made. */
  monons: Nanoseconds,
  clockquality: ClockQuality,
  /** Stamped when the batch is sent; with them the broker works out the true time without believing the device's wall clock. */
  sentbootid: BootId.optional(),
  sentmonons: Nanoseconds.optional(),
  /** Stamped by the site broker when it admits the event. */
  sitetime: Timestamp.optional(),
  sitetimemethod: SiteTimeMethod.optional(),
  sitetimeerrorms: z.int().min(0).optional(),
  data: z.record(z.string(), z.unknown()),
});
export type TramEvent = z.infer<typeof TramEvent>;

/** What a device publishes: a JSON array of 1..n events, in the order of their seq. */
export const maxBatchEvents = 500;
export const EventBatch = z.array(z.unknown()).min(1).max(maxBatchEvents);

export type EventCheck = { ok: true; event: TramEvent } | { ok: false; reason: string };

/** Envelope and, for a type this version knows, data. `reason` names the field and what is wrong with it, never its value. */
export function checkEvent(input: unknown): EventCheck {
  const envelope = TramEvent.safeParse(input);
  if (!envelope.success) return { ok: false, reason: faults(envelope.error) };
  const schema = (eventData as Record<string, z.ZodType | undefined>)[envelope.data.type];
  if (schema !== undefined) {
    const data = schema.safeParse(envelope.data.data);
    if (!data.success) return { ok: false, reason: `data: ${faults(data.error)}` };
  }
  return { ok: true, event: envelope.data };
}

/** The first few faults of a parse in one line, at most 300 characters. */
export function faults(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join('.') || 'value'}: ${issue.message}`)
    .join('; ')
    .slice(0, 300);
}

/** The typed data of an event of type `T`, or undefined when it is of another type. The event has been through checkEvent. */
export function dataOf<T extends EventType>(event: TramEvent, type: T): EventData<T> | undefined {
  return event.type === type ? (event.data as EventData<T>) : undefined;
}
