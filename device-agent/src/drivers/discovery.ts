/** How devices of a kind are found, as data: what they are called on USB, what they say on a serial line, and what they may be asked there. */
import type { Clock } from '@tramhoc/base/clock';
import type { ConfigValue } from '@tramhoc/protocol/twin';
import type { SerialSettings } from './driver.ts';

/** Config keys beside `port` that a find settles, e.g. the speed. */
export type FoundConfig = Readonly<Record<string, ConfigValue>>;

/** `productId` undefined: whatever this maker puts on USB is of this kind. `what`: a name for people. */
export type UsbDevice = { vendorId: number; productId?: number; what: string; config?: FoundConfig };

/** What was heard, in words for a technician; never what a card or code says. */
export type Evidence = { vi: string; en: string };
export type Recognised = { evidence: Evidence; config?: FoundConfig };

export type SerialProbe = {
  serial: SerialSettings;
  /** What stands for these settings in the driver's config. */
  config?: FoundConfig;
  /**
   * A question that only reads. It must mean nothing to other devices on the same settings (the test of the scan asks every simulated device
   * every question), and must leave the device as it was. undefined: the device speaks by itself.
   */
  ask?: Uint8Array;
  /** Listening: the longest pause between two frames. Asking: when an answer will not come any more. */
  withinMs: number;
  /** `heard`: all bytes since the question, or since the port was opened; at most `maxHeardBytes`. Pure. */
  recognise(heard: Uint8Array): Recognised | undefined;
  /** It would reach any device on a bus of many: only when the person asks for it. */
  onlyOnRequest?: true;
  /** A device of the network that greets whoever connects: listened to only where a person gave an address. */
  onNetwork?: true;
};

/** What the scan keeps of what a port says: more than the longest frame of any device that is asked. */
export const maxHeardBytes = 8_192;

export type NetworkFind = { port: string; evidence: Evidence; config?: FoundConfig };
export type SearchDeps = { clock: Clock; signal: AbortSignal };

export type Discovery = {
  /** Devices that are a serial port of their own, by their USB numbers. */
  usbSerial?: readonly UsbDevice[];
  /** HID devices by their USB numbers. */
  usbHid?: readonly UsbDevice[];
  /** HID devices by what they say that they are. */
  hidUsage?: { page: number; usage?: number; what: string };
  serial?: readonly SerialProbe[];
  /** Over the network, where the protocol has a search, or of a service of this computer. Ends by itself or with `signal`, in both cases with what was found. */
  search?(deps: SearchDeps): Promise<NetworkFind[]>;
  /** The search sends nothing: it belongs to a scan that only listens as well. */
  searchIsQuiet?: true;
};

/** The shape that nearly all devices here use. */
export function eightN1(baudRate: number): SerialSettings {
  return { baudRate, dataBits: 8, parity: 'none', stopBits: 1 };
}
