/** States of boards and projectors, in PJLink's words; of receipt printers, and of the computer itself. */
import { z } from 'zod';

export const DisplayPower = z.enum(['off', 'on', 'cooling', 'warming', 'unknown']);
export type DisplayPower = z.infer<typeof DisplayPower>;

/** Parts that a display reports as faulty; `warning` heals, `error` needs a person. Source: PJLink ERST. */
export const DisplayFault = z.strictObject({
  part: z.enum(['fan', 'lamp', 'temperature', 'cover', 'filter', 'other']),
  level: z.enum(['warning', 'error']),
});
export type DisplayFault = z.infer<typeof DisplayFault>;

export const DisplayState = z.strictObject({
  power: DisplayPower,
  /** The device's own name of the input, e.g. `31` = digital 1. */
  input: z.string().max(8).optional(),
  muted: z.boolean().optional(),
  lampHours: z.array(z.int().min(0)).max(8).optional(),
  volumePct: z.int().min(0).max(100).optional(),
  /** Inside the case. */
  temperatureC: z.number().min(-99).max(150).optional(),
  /** Hours that it has run, as it counts them itself. */
  usageHours: z.int().min(0).optional(),
  filterHours: z.int().min(0).optional(),
  /** What people called the input in the device's menu. */
  inputName: z.string().max(64).optional(),
  /** Of the signal on the input, e.g. `1920x1080`. */
  resolution: z.string().max(16).optional(),
  frozen: z.boolean().optional(),
  faults: z.array(DisplayFault).max(8),
  name: z.string().max(64).optional(),
  manufacturer: z.string().max(64).optional(),
  model: z.string().max(64).optional(),
  serial: z.string().max(64).optional(),
  firmware: z.string().max(64).optional(),
});
export type DisplayState = z.infer<typeof DisplayState>;

/** `warning`: it still prints. `part` says which part of the printer failed (`PRINTER_FAULT`). What to do about each code: docs/errors.md. */
export const PrinterFault = z.strictObject({
  code: z.enum(['PRINTER_OFFLINE', 'PRINTER_PAPER_LOW', 'PRINTER_PAPER_OUT', 'PRINTER_COVER_OPEN', 'PRINTER_FAULT']),
  level: z.enum(['warning', 'error']),
  part: z.enum(['cutter', 'mechanism', 'head', 'other']).optional(),
});
export type PrinterFault = z.infer<typeof PrinterFault>;

export const PrinterState = z.strictObject({
  /** A receipt that is sent now comes out. A printer that tells nothing of itself counts as ready. */
  ready: z.boolean(),
  paper: z.enum(['ok', 'low', 'out', 'unknown']),
  coverOpen: z.boolean(),
  faults: z.array(PrinterFault).max(8),
});
export type PrinterState = z.infer<typeof PrinterState>;

const HexNumber = z.string().regex(/^[0-9a-f]{4}$/, 'four lower-case hex digits');

/** What is plugged into a computer. Never a serial number: it may be somebody's telephone. */
export const UsbDevice = z.strictObject({
  vendorId: HexNumber,
  productId: HexNumber,
  /** What the maker calls it; empty where it does not say, and for telephones and cameras, whose owners may have named them. */
  name: z.string().max(80),
  /** Where it is plugged in, as the system counts: `1-1.4`. */
  port: z.string().max(40),
});
export type UsbDevice = z.infer<typeof UsbDevice>;

/** Tells a device in a port from the same one elsewhere. */
export const usbPlace = ({ vendorId, productId, port }: UsbDevice): string => `${vendorId}:${productId} ${port}`;

/** What a computer is made of and how it is kept. What the system does not tell is missing. */
export const ComputerState = z.strictObject({
  manufacturer: z.string().max(64).optional(),
  model: z.string().max(64).optional(),
  serial: z.string().max(64).optional(),
  cpu: z.strictObject({ model: z.string().max(80), coreCount: z.int().min(0).max(4_096) }),
  memoryMiB: z.int().min(0),
  os: z.strictObject({
    name: z.string().max(80),
    version: z.string().max(40),
    kernel: z.string().max(64),
    architecture: z.string().max(16),
  }),
  /** Of the operating system, as its package lists say; `securityCount` of them mend a security fault, where the lists tell. */
  updates: z
    .strictObject({ pendingCount: z.int().min(0), securityCount: z.int().min(0).optional(), restartNeeded: z.boolean() })
    .optional(),
  /** `failing`: SMART says that it will not last. */
  disks: z
    .array(
      z.strictObject({
        name: z.string().max(80),
        kind: z.enum(['ssd', 'hdd', 'other']),
        sizeGiB: z.number().min(0),
        health: z.enum(['ok', 'failing', 'unknown']),
      }),
    )
    .max(16),
  volumes: z.array(z.strictObject({ mount: z.string().max(120), sizeGiB: z.number().min(0), usedPct: z.int().min(0).max(100) })).max(16),
  /** Its own, not those of whoever uses it: no addresses. */
  networks: z
    .array(
      z.strictObject({
        name: z.string().max(64),
        mac: z.string().regex(/^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/),
        kind: z.enum(['wired', 'wireless', 'other']),
        up: z.boolean(),
        speedMbps: z.int().min(1).optional(),
      }),
    )
    .max(16),
  /** `healthPct`: what it holds of what it held when it was new. */
  battery: z.strictObject({ healthPct: z.int().min(0).max(100).optional() }).optional(),
  printers: z.array(z.string().max(80)).max(16),
  usb: z.array(UsbDevice).max(32),
});
export type ComputerState = z.infer<typeof ComputerState>;

/** Averages over the reporting interval. */
export const ComputerLoad = z.strictObject({
  cpuPct: z.number().min(0).max(100),
  memoryUsedPct: z.number().min(0).max(100),
  /** Of the processor, the hottest core. */
  temperatureC: z.number().min(-50).max(150).optional(),
  batteryPct: z.number().min(0).max(100).optional(),
});
export type ComputerLoad = z.infer<typeof ComputerLoad>;
