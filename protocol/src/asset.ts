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
