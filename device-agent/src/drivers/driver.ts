/** The contract between a piece of hardware and the agent. A new device is one folder here and one line in registry.ts. */
import type { Duplex } from 'node:stream';
import type { Clock } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import type { Random } from '@tramhoc/base/random';
import type { ComputerLoad, ComputerState, DisplayState, PrinterState } from '@tramhoc/protocol/asset';
import type { Capability } from '@tramhoc/protocol/capability';
import type { DeviceFault } from '@tramhoc/protocol/device-fault';
import type { TramError } from '@tramhoc/protocol/errors';
import type { CardUid } from '@tramhoc/protocol/ids';
import type { ItemsMode, ItemTag } from '@tramhoc/protocol/library';
import type { Receipt } from '@tramhoc/protocol/receipt';
import type { Measurement } from '@tramhoc/protocol/sensor';
import type { PunchDirection, PunchVerify } from '@tramhoc/protocol/terminal-punch';
import type { z } from 'zod';
import type { Discovery } from './discovery.ts';
import type { ItemAccess } from './item-access.ts';

/** What hardware tells. What it means (a tap, an average, an alarm) is decided above the drivers. */
export type Reading =
  /** A card is in the field. Readers repeat this while it stays there. */
  | { kind: 'card'; uid: CardUid; technology: 'em4100' | 'iso14443' | 'iso15693' }
  /** A printed code was scanned; `text` may be personal (an identity card): it is handed on, never logged. */
  | { kind: 'code'; text: string }
  /** Averages over the driver's reporting interval; `sampleCount` samples went into each. */
  | { kind: 'measurements'; measurements: Measurement[]; sampleCount: number }
  | { kind: 'display'; state: DisplayState }
  | { kind: 'printer'; state: PrinterState }
  | { kind: 'computer'; state: ComputerState }
  | { kind: 'computer-load'; load: ComputerLoad; sampleCount: number }
  /** Everything that is wrong with the device now, nothing at all included. Displays and printers say it within their state. */
  | { kind: 'faults'; faults: DeviceFault[] }
  | Punch
  /** `in-field`: everything that one look of the reader saw, nothing at all included. `passed`: what went through a gate just now. */
  | { kind: 'items'; mode: ItemsMode; items: ItemTag[] };

/** Somebody used an attendance terminal, now or days ago. A terminal may tell the same punch again: above the drivers it counts once. */
export type Punch = {
  kind: 'punch';
  /** Serial number. */
  terminal: string;
  /** Who, as the terminal's own user list knows them. It is personal: handed on, never logged. */
  pin: string;
  /** The terminal's own wall time, `YYYY-MM-DDTHH:mm:ss`, without a zone. */
  localTime: string;
  /** Where the terminal itself says in which zone its time is; else the slot's config does (`utcOffsetMinutes`, 420 where it has none). */
  utcOffsetMinutes?: number;
  verify: PunchVerify;
  direction: PunchDirection;
};

export type SerialSettings = { baudRate: number; dataBits: 7 | 8; parity: 'none' | 'even' | 'odd'; stopBits: 1 | 2 };

/**
 * Where a driver's bytes come from. `port` is `/dev/ttyUSB0`, `COM3`, `tcp://host:port`, `udp://host:port`, `http-in://0.0.0.0:port`,
 * `hid:04d9:a052`, `file:/dev/usb/lp0`, `pcsc:ACR122U` or `host:`; `serial` applies to the first three.
 */
export type LinkSpec = {
  port: string;
  serial: SerialSettings;
  /** A device that sleeps deaf: a wake-on-LAN packet goes to this address before each attempt to connect. Only where a wish wants it awake. */
  wakeOnLanMac?: string;
};

export type DriverDeps = {
  clock: Clock;
  random: Random;
  log: Log;
  /** `true`: what the reading means is on disk, or nothing of it had to be kept. `false`: the disk refused; a device that can is asked to say it again. */
  emit(reading: Reading): boolean;
  /** The device stopped making sense (no answer, refused): the slot closes this driver and opens it again after a while. Call once. */
  fail(error: TramError): void;
  /** What drivers of this slot learned of the device, for the next connection; gone with the agent. A few short texts. */
  notes?: Map<string, string>;
  /** The same on disk: there until the slot is removed, or gets another driver or port. */
  lasting?: Notes;
};

export type Notes = { get(key: string): string | undefined; set(key: string, value: string): unknown };

export type Driver<Config> = {
  /** Takes effect without losing a reading. Called only with configs for which `link(config)` is what it was when opened. */
  configure(config: Config): Promise<void>;
  /** Idempotent. Stops timers and listeners; the slot destroys the link. */
  close(): Promise<void>;
  counters(): DriverCounters;
  /** Readers with the capability `write-items`. */
  readonly items?: ItemAccess;
  /** Printers with the capability `print-receipts`. */
  readonly receipts?: ReceiptPrinter;
};

export type ReceiptPrinter = {
  /**
   * Resolves when it is printed; `confirmed` is false when the printer cannot say so. Throws PRINTER_PAPER_OUT, PRINTER_COVER_OPEN, PRINTER_FAULT,
   * PRINTER_OFFLINE: then what was not printed is given up and does not come out later. CONFLICT while another receipt is being printed.
   */
  print(receipt: Receipt): Promise<{ confirmed: boolean }>;
};

/** Since opening. `lastFrameAtMs`: monotonic ms of the last good frame. */
export type DriverCounters = { frameCount: number; skippedBytes: number; timeoutCount: number; lastFrameAtMs: number | undefined };

export type DriverDefinition<Config> = {
  kind: string;
  title: { vi: string; en: string };
  /** Every key has a default except where the hardware decides (the port). Texts for the console's form: see `describe` below. */
  configSchema: z.ZodType<Config>;
  capabilities: readonly Capability[];
  /** Where the wire lets a device of this kind be found: discovery.ts of its folder. */
  discovery?: Discovery;
  /** `lasting`, as of DriverDeps, is there when the link is about to be opened. */
  link(config: Config, lasting?: Notes): LinkSpec;
  /** Each config that the slot gets, also while the device is away. */
  configured?(config: Config, lasting: Notes): void;
  /** `link` is open. Throws TramError DRIVER_TIMEOUT when a device that must answer does not within 2 s, DRIVER_AUTH_FAILED when it refuses us. */
  open(link: Duplex, config: Config, deps: DriverDeps): Promise<Driver<Config>>;
};

/** A definition whose config type is known only to itself: what the registry holds. */
// biome-ignore lint/suspicious/noExplicitAny: configs go through configSchema before they reach the driver
export type AnyDriverDefinition = DriverDefinition<any>;

/**
 * Texts of one config key in the console: they travel inside the JSON Schema as `vi`, `en` and `unit`. `options` names each value of a choice;
 * `secret` keys are typed into a password field and kept out of reports and logs.
 */
export type FieldText = {
  vi: { title: string; help: string };
  en: { title: string; help: string };
  unit?: string;
  options?: Record<string, { vi: string; en: string }>;
  secret?: true;
};
export function describe<Schema extends z.ZodType>(schema: Schema, text: FieldText): Schema {
  return schema.meta({ ...text }) as Schema;
}
